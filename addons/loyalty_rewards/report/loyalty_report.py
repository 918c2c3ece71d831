from odoo import api, fields, models
from odoo.tools import SQL

FACTS = [
    ("issued", "Issued"),
    ("redeemed", "Redeemed"),
    ("expired", "Expired"),
    ("other", "Corrected"),
    ("open", "Outstanding"),
]


class LoyaltyReport(models.Model):
    """Points issued, redeemed and expired, and those outstanding: one row an entry or open lot.

    What was taken back lowers what it takes back: a reversed earning is issued less, a reversed
    redemption redeemed less. Outstanding points stand in the month in which they were issued and
    with the rule that gave them; their sum is what members can still spend. Days are in the time
    zone of the company.
    """

    _name = "loyalty.report"
    _description = "Points Report"
    _inherit = "relationship.report.segment"
    _auto = False
    _rec_name = "partner_id"
    _order = "date desc, id desc"

    fact = fields.Selection(FACTS, string="What", readonly=True)
    date = fields.Date(readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    card_id = fields.Many2one("loyalty.card", readonly=True)
    program_id = fields.Many2one("loyalty.program", readonly=True)
    tier_id = fields.Many2one(
        "loyalty.tier", readonly=True, help="The tier that the member has today."
    )
    rule_id = fields.Many2one("loyalty.earning.rule", string="Earning Rule", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    expires_on = fields.Date(readonly=True)
    issued = fields.Float(digits=(16, 2), readonly=True)
    redeemed = fields.Float(digits=(16, 2), readonly=True)
    expired = fields.Float(digits=(16, 2), readonly=True)
    other = fields.Float(
        string="Corrected",
        digits=(16, 2),
        readonly=True,
        help="Opening balances, adjustments, transfers and merges.",
    )
    outstanding = fields.Float(
        digits=(16, 2),
        readonly=True,
        help="Points that can still be spent, less debts.",
    )

    @property
    def _table_query(self):
        # two rows of one number never meet: entries have even ids, lots odd ones
        return SQL(
            """
            SELECT fact.*, p.commercial_partner_id AS partner_id, card.loyalty_tier_id AS tier_id
              FROM ((%s) UNION ALL (%s)) fact
              LEFT JOIN loyalty_card card ON card.id = fact.card_id
              LEFT JOIN res_partner p ON p.id = fact.holder_id
              JOIN loyalty_program program ON program.id = fact.program_id
               AND program.program_type = 'loyalty'
            """,
            self._query_entries(),
            self._query_lots(),
        )

    @api.model
    def _query_entries(self):
        """What moved: posted entries, each counted as the kind of what it takes back."""
        return SQL(
            """
            SELECT 2 * entry.id AS id, what.fact, %(day)s AS date, entry.card_id, entry.program_id,
                   entry.company_id, coalesce(entry.rule_id, origin.rule_id) AS rule_id,
                   entry.partner_id AS holder_id, entry.expires_on,
                   CASE WHEN what.fact = 'issued' THEN entry.points END AS issued,
                   CASE WHEN what.fact = 'redeemed' THEN -entry.points END AS redeemed,
                   CASE WHEN what.fact = 'expired' THEN -entry.points END AS expired,
                   CASE WHEN what.fact = 'other' THEN entry.points END AS other,
                   NULL::numeric AS outstanding
              FROM loyalty_ledger_entry entry
              LEFT JOIN loyalty_ledger_entry origin ON origin.id = entry.reverses_id
              LEFT JOIN res_company company ON company.id = entry.company_id
              LEFT JOIN res_partner home ON home.id = company.partner_id
             CROSS JOIN LATERAL (
                   SELECT CASE coalesce(origin.kind, entry.kind)
                          WHEN 'earn' THEN 'issued' WHEN 'redeem' THEN 'redeemed'
                          WHEN 'expire' THEN 'expired' ELSE 'other' END AS fact
                   ) what
             WHERE entry.state = 'posted' AND entry.points <> 0
            """,
            day=self._day(SQL("entry.posted_at")),
        )

    @api.model
    def _query_lots(self):
        """What can still be spent: open lots, and debts below zero."""
        return SQL(
            """
            SELECT 2 * lot.id + 1 AS id, 'open' AS fact, %(day)s AS date, lot.card_id,
                   entry.program_id, entry.company_id, entry.rule_id,
                   entry.partner_id AS holder_id, lot.expires_on, NULL::numeric AS issued,
                   NULL::numeric AS redeemed, NULL::numeric AS expired, NULL::numeric AS other,
                   lot.remaining AS outstanding
              FROM loyalty_ledger_lot lot
              JOIN loyalty_ledger_entry entry ON entry.id = lot.entry_id
              LEFT JOIN res_company company ON company.id = entry.company_id
              LEFT JOIN res_partner home ON home.id = company.partner_id
             WHERE lot.remaining <> 0
            """,
            day=self._day(SQL("entry.posted_at")),
        )

    @api.model
    def _day(self, moment):
        """The day of a moment in the time zone of the company's own contact, else UTC."""
        return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE coalesce(home.tz, 'UTC'))::date", moment)
