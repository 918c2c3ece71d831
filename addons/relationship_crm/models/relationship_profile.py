from datetime import date

from odoo import api, fields, models
from odoo.tools import SQL, format_date

KINDS = [("b2b", "Company"), ("b2c", "Person")]
#: what the background work finds out; people set the kind and the account team
WORKED_OUT = frozenset(
    (
        "partner_id",
        "company_id",
        "stage_id",
        "stage_since",
        "stage_fixed",
        "last_purchase_on",
        "frequency",
        "monetary",
        "rfm_code",
        "habits",
        "next_move_on",
        "touched_at",
        "clv_12m",
        "clv_low",
        "clv_high",
        "alive_probability",
        "health",
        "health_reasons",
    )
)


class RelationshipProfile(models.Model):
    """How one customer stands with one company: a row for each commercial partner with facts.

    Background work writes these rows (see :mod:`.relationship_profile_refresh`), so that
    ``res.partner`` is never rewritten by it.
    """

    _name = "relationship.profile"
    _description = "Customer Profile"
    _inherit = ["relationship.job", "relationship.worked.out"]
    _order = "monetary desc, id"
    _rec_name = "partner_id"
    _worked_out = WORKED_OUT

    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )  # indexed by _worth_idx
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        KINDS, help="Sold to as a company or as a person; follows the contact unless fixed by hand."
    )
    kind_fixed = fields.Boolean(string="Kind Fixed by Hand")
    stage_id = fields.Many2one("relationship.stage", readonly=True, ondelete="restrict", index=True)
    stage_since = fields.Date(readonly=True)
    stage_fixed = fields.Boolean(string="Stage Fixed by Hand", readonly=True)

    last_purchase_on = fields.Date(string="Last Purchase", readonly=True)
    frequency = fields.Integer(
        string="Purchases", readonly=True, help="Confirmed orders of the last 24 months."
    )
    monetary = fields.Monetary(
        string="Purchased",
        readonly=True,
        help="Confirmed orders of the last 24 months, without taxes, in the company's currency.",
    )
    rfm_code = fields.Char(
        string="RFM",
        size=3,
        readonly=True,
        help="Recency, frequency and amount, each from 1 to 5 (best), among the customers of the "
        "same kind who purchased in the last 24 months.",
    )
    habits = fields.Json(readonly=True)
    next_move_on = fields.Date(
        readonly=True, help="Day on which the oldest purchase leaves the 24 months."
    )

    touched_at = fields.Datetime(
        readonly=True, help="When facts of this customer were last looked at, changed or not."
    )

    clv_12m = fields.Monetary(string="Value of the Next 12 Months", readonly=True)
    clv_low = fields.Monetary(string="Value, Low Estimate", readonly=True)
    clv_high = fields.Monetary(string="Value, High Estimate", readonly=True)
    alive_probability = fields.Float(string="Probability to Purchase Again", readonly=True)
    health = fields.Integer(readonly=True)
    health_reasons = fields.Json(readonly=True)

    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")
    sales_user_id = fields.Many2one("res.users", string="Sales", index="btree_not_null")
    marketing_user_id = fields.Many2one("res.users", string="Marketing", index="btree_not_null")
    service_user_id = fields.Many2one("res.users", string="Service", index="btree_not_null")
    finance_user_id = fields.Many2one("res.users", string="Finance", index="btree_not_null")

    next_best_action = fields.Char(compute="_compute_next_best_action")
    last_interaction_at = fields.Datetime(
        string="Last Interaction", compute="_compute_last_interaction_at"
    )
    habits_text = fields.Text(string="Purchase Habits", compute="_compute_habits_text")
    relationship_segment_ids = fields.Many2many(
        "relationship.segment",
        string="Segments",
        compute="_compute_relationship_segment_ids",
        search="_search_relationship_segment_ids",
    )

    _partner_company_unique = models.Constraint(
        "UNIQUE (partner_id, company_id)", "A customer has one profile in each company."
    )
    _worth_idx = models.Index("(company_id, monetary DESC, id)")
    _stage_kind_idx = models.Index("(company_id, kind, last_purchase_on)")
    _touched_idx = models.Index("(company_id, touched_at)")
    _moves_idx = models.Index("(next_move_on) WHERE next_move_on IS NOT NULL")

    def init(self):
        """Leave room in the pages: background work writes columns that no index holds."""
        self.env.cr.execute("ALTER TABLE relationship_profile SET (fillfactor = 80)")

    # ------------------------------------------------------------ computed

    def _compute_next_best_action(self):
        """What to do next with this customer; empty until something is known to propose."""
        self.next_best_action = False

    def _compute_last_interaction_at(self):
        """Newest interaction of each customer with its company, one query for all."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT asked.id, newest.occurred_at
                  FROM unnest(%s::int[], %s::int[], %s::int[]) AS asked(id, partner_id, company_id)
                 CROSS JOIN LATERAL (
                       SELECT occurred_at FROM relationship_interaction what
                        WHERE what.partner_id = asked.partner_id
                          AND what.company_id = asked.company_id
                        ORDER BY occurred_at DESC, id DESC LIMIT 1
                       ) newest
                """,
                self.ids,
                [profile.partner_id.id for profile in self],
                [profile.company_id.id for profile in self],
            )
        )
        newest = dict(rows)
        for profile in self:
            profile.last_interaction_at = newest.get(profile.id)

    @api.depends_context("lang")
    @api.depends("habits")
    def _compute_habits_text(self):
        categories = self.env["product.category"].sudo()
        found = {
            id_ for profile in self for id_, _share in (profile.habits or {}).get("categories", ())
        }
        names = {row.id: row.name for row in categories.browse(found).exists()}
        for profile in self:
            profile.habits_text = "\n".join(profile._habit_lines(profile.habits or {}, names))

    def _habit_lines(self, habits, names):
        """Say habits in words, one line each.

        :param dict habits: as :func:`..lib.habits.habits` gives them; empty for none
        :param dict names: product category id → name
        """
        known = [
            f"{names[id_]} {round(share * 100)} %"
            for id_, share in habits.get("categories", ())
            if id_ in names
        ]
        if known:
            yield self.env._("Mostly %s", ", ".join(known))
        if habits.get("interval_days"):
            yield self.env._("Every %s days", habits["interval_days"])
        if habits.get("channel"):
            channels = self.env["relationship.interaction"]._fields["channel"]
            labels = dict(channels._description_selection(self.env))
            yield self.env._("Usually by %s", labels.get(habits["channel"], habits["channel"]))
        if habits.get("weekday"):
            day = date(2024, 1, habits["weekday"])  # a year that began on a Monday
            yield self.env._("Mostly on a %s", format_date(self.env, day, date_format="EEEE"))
        if habits.get("month"):
            day = date(2024, habits["month"], 1)
            yield self.env._("Mostly in %s", format_date(self.env, day, date_format="LLLL"))

    def _compute_relationship_segment_ids(self):
        """Segments of the profile's company in which the customer is now."""
        current = self.env["relationship.segment.member"]._current(self.partner_id)
        for profile in self:
            profile.relationship_segment_ids = current[profile.partner_id.id].filtered(
                lambda segment, company=profile.company_id: segment.company_id == company
            )

    def _search_relationship_segment_ids(self, operator, value):
        return self.env["relationship.segment.member"]._search_current(
            "partner_id", operator, value
        )

    # ------------------------------------------------------------ by hand

    def write(self, vals):
        """A kind that a person sets stays as it is set."""
        if "kind" in vals and "kind_fixed" not in vals:
            vals = dict(vals, kind_fixed=bool(vals["kind"]))
        res = super().write(vals)
        if {"kind", "kind_fixed"} & vals.keys():
            self._touch({(profile.partner_id.id, profile.company_id.id) for profile in self})
        return res

    def action_open_partner(self):
        """Open the form of this customer.

        :return: window action on ``res.partner``
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(False, "form")],
        }
