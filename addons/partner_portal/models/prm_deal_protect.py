from collections import defaultdict

from psycopg2.errors import ExclusionViolation

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import mute_logger

from ..lib.scopes import overlap, scope_of, widest

#: Days of protection where the partner's tier names none.
DEFAULT_DAYS = 90
#: Days for which the customer of a won deal stays protected.
WON_DAYS = 180


class PrmDeal(models.Model):
    """What an approved deal protects, from when until when."""

    _inherit = "prm.deal"

    scope_ids = fields.Many2many(
        "product.category",
        "prm_deal_scope_rel",
        "deal_id",
        "category_id",
        "Product Categories",
        help="What the deal is about, with all categories below. Empty: every product.",
    )
    protection_ids = fields.One2many(
        "prm.deal.protection", "deal_id", "Protected Customers", readonly=True, copy=False
    )
    protected_from = fields.Date(compute="_compute_protected", store=True)
    protected_until = fields.Date(
        compute="_compute_protected", store=True, help="The last day of the protection."
    )
    is_protected = fields.Boolean(
        "Protected Today", compute="_compute_is_protected", search="_search_is_protected"
    )

    @api.depends("protection_ids.date_from", "protection_ids.date_until", "protection_ids.live")
    def _compute_protected(self):
        for deal in self:
            rows = deal.protection_ids.filtered(
                lambda row: row.live and row.date_from < row.date_until
            )
            deal.protected_from = min(rows.mapped("date_from"), default=False)
            until = max(rows.mapped("date_until"), default=False)
            deal.protected_until = until and fields.Date.subtract(until, days=1)

    @api.depends("protected_from", "protected_until")
    def _compute_is_protected(self):
        for deal in self:
            deal.is_protected = bool(deal.protected_until) and (
                deal.protected_from <= deal._company_day() <= deal.protected_until
            )

    def _search_is_protected(self, operator, value):
        if operator != "in":
            return NotImplemented
        days = {
            company.id: self._day_of_company(company)
            for company in self.env["res.company"].sudo().search([("active", "=", True)])
        }
        return Domain.OR(
            Domain("company_id", "=", company)
            & Domain("protected_from", "<=", day)
            & Domain("protected_until", ">=", day)
            for company, day in days.items()
        )

    def _company_day(self):
        """Today in the time zone of the deal's company."""
        return self._day_of_company(self.company_id)

    @api.model
    def _day_of_company(self, company, moment=None):
        zoned = self.with_context(tz=company._relationship_tz())
        return fields.Datetime.context_timestamp(zoned, moment or fields.Datetime.now()).date()

    def _local_day(self, moment):
        """The day of a moment in the time zone of the deal's company."""
        return self._day_of_company(self.company_id, moment)

    def _protection_lengths(self):
        """Hook: for how many days from its approval each deal is protected, {deal: days}."""
        return dict.fromkeys(self, DEFAULT_DAYS)

    # ------------------------------------------------------------ beginning

    def _protect(self):
        """Protect the customers of these deals from today.

        A partner's own earlier protection of the same customer and products goes on, and this one
        begins when it ends.

        :raise psycopg2.errors.ExclusionViolation: another deal protects one of them already
        """
        own = self._own_protections()
        lengths = self._protection_lengths()
        rows = []
        for deal in self:
            # what it had before it was lost, extensions included, comes back with it
            deal.protection_days = deal.protection_days or lengths[deal]
            for vals in deal._prepare_protection_vals(deal.protection_days):
                free = self._free_from(own[deal.partner_id, deal.customer_id], vals)
                vals["date_from"] = max(vals["date_from"], free or vals["date_from"])
                if vals["date_from"] < vals["date_until"]:
                    rows.append(vals)
                    own[deal.partner_id, deal.customer_id].append(vals)
        self.env["prm.deal.protection"].create(rows).flush_recordset()

    @api.model
    def _free_from(self, rows, vals):
        """The day from which none of these protections covers the products of ``vals``."""
        scope = (vals["scope_low"], vals["scope_high"])
        return max(
            (
                row["date_until"]
                for row in rows
                if overlap(scope, (row["scope_low"] or None, row["scope_high"] or None))
            ),
            default=None,
        )

    def _own_protections(self):
        """Running protections of the deals' partners: {(partner, customer): [rows]}."""
        found = self.env["prm.deal.protection"].search(
            [
                ("customer_id", "in", self.customer_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("live", "=", True),
                ("date_until", ">", min(map(self._day_of_company, self.company_id))),
            ]
        )
        result = defaultdict(list)
        for row in found:
            result[row.deal_id.partner_id, row.customer_id].append(row)
        return result

    def _prepare_protection_vals(self, days):
        """Hook: the protections of one approved deal, one for each of its categories.

        :param int days: length from the day of the approval
        """
        self.ensure_one()
        approved = self._local_day(self.decided_on)
        paths = {category.parent_path: category for category in self.scope_ids}
        kept = [paths[path] for path in widest(list(paths))] or [self.scope_ids]
        result = []
        for category in kept:
            low, high = scope_of(category.parent_path or "")
            result.append(
                {
                    "deal_id": self.id,
                    "company_id": self.company_id.id,
                    "customer_id": self.customer_id.id,
                    "category_id": category.id,
                    "scope_low": low,
                    "scope_high": high,
                    "date_from": self._company_day(),
                    "date_until": fields.Date.add(approved, days=days),
                }
            )
        return result

    # ------------------------------------------------------------ ending

    def _annul_protection(self):
        """Take back the protection of a mistaken approval, as if it had never been."""
        self.protection_ids.write({"live": False})
        self._pass_on()

    def _end_protection(self):
        """Let these deals' customers free from today."""
        for company, deals in self.grouped("company_id").items():
            deals.protection_ids._end(self._day_of_company(company))
        self._pass_on()

    def _pass_on(self):
        """Let other registered deals of the same partners protect the customers from now on."""
        self.env["prm.deal.protection"].flush_model()
        heirs = self.search(
            [
                ("state", "=", "approved"),
                ("partner_id", "in", self.partner_id.ids),
                ("customer_id", "in", self.customer_id.ids),
                ("id", "not in", self.ids),
            ],
            order="submit_no",
        ).filtered(lambda deal: not deal.is_protected)
        heirs.protection_ids.filtered("live").write({"live": False})
        heirs._protect_if_free()

    # ------------------------------------------------------------ following the opportunity

    def _follow_lead(self):
        """Follow the opportunities: won, lost, or open again."""
        decided = self.filtered("decided_on")

        def gone(status, *states):
            return decided.filtered(
                lambda deal: deal.lead_id.won_status == status and deal.state in states
            )

        won = gone("won", "approved", "lost", "expired")
        lost = gone("lost", "approved", "won")
        opened = gone("pending", "won", "lost")
        won._close_won()
        lost._close_lost()
        opened._reopen()

    def _close_won(self):
        """The customers stay protected for half a year more, while the order is delivered."""
        if not self:
            return
        self.write({"state": "won", "closed_on": fields.Datetime.now()})
        self._log_batch(self.env._("Won."))
        self._record_event("deal_won")
        kept = self._try_each(lambda deals: deals._lengthen_won())
        (self - kept)._log_batch(
            self.env._(
                "The protection ends on its former day: another registration of the partner"
                " protects the customer from then on."
            )
        )

    def _lengthen_won(self):
        """Let running protections of won deals end half a year from now, if they end before."""
        for company, deals in self.grouped("company_id").items():
            today = self._day_of_company(company)
            until = fields.Date.add(today, days=WON_DAYS)
            deals.protection_ids.filtered(
                lambda row, day=today, end=until: (
                    row.live and row.date_from <= day < row.date_until < end
                )
            ).write({"date_until": until})

    def _close_lost(self):
        if not self:
            return
        self.write({"state": "lost", "closed_on": fields.Datetime.now()})
        self._end_protection()
        self._log_batch(self.env._("Lost. The customer is free again."))
        self._record_event("deal_lost")
        self._update_verdicts()

    def _reopen(self):
        """Registered again, and protected only if the customer is still free."""
        if not self:
            return
        lost = self.filtered(lambda deal: deal.state == "lost")
        self.write({"state": "approved", "closed_on": False})
        self._log_batch(self.env._("Open again with its opportunity."))
        (self - lost)._shorten()
        lost._protect_if_free()

    def _shorten(self):
        """Take back the longer protection of won deals: their own length holds again."""
        lengths = self._protection_lengths()
        for deal in self:
            today = deal._company_day()
            days = deal.protection_days or lengths[deal]
            day = max(fields.Date.add(deal._local_day(deal.decided_on), days=days), today)
            deal.protection_ids._end(day)

    def _protect_if_free(self):
        """Protect again; where another deal took the customer meanwhile, tell staff."""
        free = self - self._claimed_by_others()
        free = free._try_each(lambda deals: deals._protect())
        (self - free)._log_batch(
            self.env._("Not protected: another deal protects this customer meanwhile.")
        )

    def _try_each(self, change):
        """Change protections of all these deals at once, or of each where one is in the way.

        :param change: what is done to a recordset of deals
        :return: the deals to which it was done
        """
        done = self.browse()
        for deals in (self, *self) if len(self) > 1 else self:
            try:
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    change(deals)
                    self.env["prm.deal.protection"].flush_model()
            except ExclusionViolation:
                continue
            done |= deals
            if deals == self:
                break
        return done

    # ------------------------------------------------------------ time

    @api.model
    def _cron_expire(self):
        """Several times a day: deals whose protection is over in every company expire."""
        self._run_job("expire", 500)

    @api.model
    def _job_expire(self, limit):
        """Expire up to ``limit`` approved deals whose last protected day is past.

        :return: number of deals that remain, counted up to a thousand
        """
        today = min(
            map(self._day_of_company, self.env["res.company"].search([("active", "=", True)]))
        )
        domain = [("state", "=", "approved"), ("protected_until", "<", today)]
        deals = self.search(domain, limit=limit)
        deals.write({"state": "expired", "closed_on": fields.Datetime.now()})
        deals._log_batch(self.env._("Expired: the protection is over."))
        deals._update_verdicts()
        return self.search_count(domain, limit=1000)
