from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..lib import earning

#: what waits for payment or delivery has an order behind it
OF_ORDERS = {"paid": ("order_confirmed",), "delivered": ("order_confirmed", "invoice_paid")}


class LoyaltyEarningRule(models.Model):
    """When points of a rule can be spent, and until when."""

    _inherit = "loyalty.earning.rule"

    pending_until = fields.Selection(
        [
            ("event", "It happened"),
            ("paid", "The order is invoiced and paid"),
            ("delivered", "The order is delivered"),
        ],
        required=True,
        default="event",
    )
    pending_days = fields.Integer(
        string="And Then", help="Days to wait after that, such as the time to return goods."
    )
    expiry = fields.Selection(
        [
            ("never", "Never"),
            ("months", "Some months after it happened"),
            ("activity", "After some months without activity"),
            ("year", "At the end of a year"),
            ("date", "On a fixed day"),
        ],
        string="Points Expire",
        compute="_compute_expiry",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    expiry_months = fields.Integer(
        string="Expire After",
        help="Months after the day it happened, or after the last time the member earned or spent. "
        "The end of a month stays the end of a month.",
    )
    expiry_years = fields.Integer(
        string="Years Later", help="0: the end of the year in which it happened; 1: of the next."
    )
    expires_on = fields.Date(help="Last day on which the points can be spent.")

    _days_check = models.Constraint(
        "CHECK (pending_days BETWEEN 0 AND 3650 AND expiry_months BETWEEN 0 AND 600)",
        "Days and months to wait are between 0 and ten years, and fifty years to expire.",
    )
    _years_check = models.Constraint(
        "CHECK (coalesce(expiry_years, 0) BETWEEN 0 AND 50)",
        "Points expire at the end of this year, or of one of the next fifty.",
    )

    @api.depends("expiry_months")
    def _compute_expiry(self):
        """Months given alone, as other systems do, mean that many months after it happened."""
        for rule in self:
            if rule.expiry_months and rule.expiry in (False, "never"):
                rule.expiry = "months"
            else:
                rule.expiry = rule.expiry or "never"

    @api.constrains("pending_until", "kind_id")
    def _check_pending_until(self):
        texts = {
            "paid": self.env._("Only what earns at the order can wait until it is paid."),
            "delivered": self.env._("Only orders and invoices can wait until it is delivered."),
        }
        for rule in self:
            kinds = OF_ORDERS.get(rule.pending_until)
            if kinds and rule.kind_code not in kinds:
                raise ValidationError(texts[rule.pending_until])

    @api.constrains("expiry", "expiry_months", "expires_on", "valid_from", "valid_to")
    def _check_expiry(self):
        for rule in self:
            if rule.expiry in ("months", "activity") and not rule.expiry_months:
                raise ValidationError(self.env._("Say after how many months the points expire."))
            if rule.expiry == "date" and not rule.expires_on:
                raise ValidationError(self.env._("Say on which day the points expire."))
            last = rule.valid_to or rule.valid_from
            if rule.expiry == "date" and rule.expires_on < last:
                raise ValidationError(
                    self.env._("The points would expire before the rule ends: choose a later day.")
                )

    def _waits(self):
        """Whether points of this rule are pending at first."""
        self.ensure_one()
        return self.pending_until != "event" or bool(self.pending_days)

    def _available_on(self, day):
        """Return the day on which points become usable; None while nobody paid or delivered."""
        if self.pending_until != "event" or not self.pending_days:
            return None
        return day + timedelta(days=self.pending_days)

    def _expires_on(self, day):
        """Return the last day of points that are earned on a day; None: they do not expire."""
        self.ensure_one()
        if self.expiry == "date":
            return self.expires_on
        if self.expiry == "year":
            return date(day.year + self.expiry_years, 12, 31)
        if self.expiry in ("months", "activity"):
            return earning.add_months(day, self.expiry_months)
        return None
