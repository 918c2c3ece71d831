from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.deal_states import FOLLOWING, UNDECIDED


class PrmDealReport(models.Model):
    """What became of deal registrations, one row for each that was submitted.

    Amounts are in company currency at the rate of the day of submission.
    """

    _name = "prm.deal.report"
    _description = "Deal Registration Report"
    _auto = False
    _rec_name = "deal_id"
    _order = "submitted_on desc, id desc"

    deal_id = fields.Many2one("prm.deal", "Deal Registration", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    program_id = fields.Many2one("prm.program", readonly=True)
    grade_id = fields.Many2one("res.partner.grade", "Tier", readonly=True)
    country_id = fields.Many2one("res.country", "Customer Country", readonly=True)
    verdict = fields.Selection(
        selection=lambda self: self._labels_of_deals("verdict"), readonly=True
    )
    state = fields.Selection(selection=lambda self: self._labels_of_deals("state"), readonly=True)
    source = fields.Selection(selection=lambda self: self._labels_of_deals("source"), readonly=True)
    decided_by = fields.Many2one("res.users", readonly=True)
    submitted_on = fields.Datetime("Submission Date", readonly=True)
    decided_on = fields.Datetime("Decision Date", readonly=True)
    closed_on = fields.Datetime("Closing Date", readonly=True)
    submitted = fields.Integer(readonly=True)
    undecided = fields.Integer("Under Review", readonly=True)
    approved = fields.Integer("Registered", readonly=True, help="Ever, whatever came later.")
    rejected = fields.Integer("Refused", readonly=True)
    withdrawn = fields.Integer(readonly=True)
    won = fields.Integer(readonly=True)
    lost = fields.Integer(readonly=True)
    amount = fields.Monetary("Submitted Amount", readonly=True)
    amount_won = fields.Monetary("Won Amount", readonly=True)
    amount_protected = fields.Monetary(
        "Value Protected", readonly=True, help="Of registered deals whose customer is protected."
    )
    days_to_decide = fields.Float(
        readonly=True, aggregator="avg", help="Calendar days from submission to decision."
    )
    days_to_close = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Calendar days from registration to winning or losing.",
    )
    in_time = fields.Float(
        "Decided in Time (%)", readonly=True, aggregator="avg", help="Of those that are decided."
    )
    approval_rate = fields.Float(
        "Approval Rate (%)", readonly=True, aggregator="avg", help="Registered ÷ decided × 100."
    )
    win_rate = fields.Float(
        "Win Rate (%)", readonly=True, aggregator="avg", help="Won ÷ (won or lost) × 100."
    )

    _depends = {
        "prm.deal": [
            "amount",
            "closed_on",
            "company_id",
            "currency_id",
            "customer_country_id",
            "decided_by",
            "decided_on",
            "decision_due",
            "partner_id",
            "program_id",
            "protected_from",
            "protected_until",
            "source",
            "state",
            "submitted_on",
            "verdict",
        ],
        "prm.enrollment": ["company_id", "grade_id", "partner_id", "program_id", "state"],
        "res.company": ["currency_id", "parent_path"],
        "res.currency.rate": ["company_id", "currency_id", "name", "rate"],
        "res.partner": ["grade_id"],
    }

    @api.model
    def _labels_of_deals(self, name):
        """The values of a field of deals, with their labels in the reader's language."""
        return self.env["prm.deal"]._fields[name]._description_selection(self.env)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT fact.*, fact.deal_id AS id,
                   CASE WHEN fact.won = 1 THEN fact.amount END AS amount_won,
                   CASE WHEN fact.is_protected THEN fact.amount END AS amount_protected
              FROM (%s) fact
            """,
            self._facts(),
        )

    def _facts(self):
        """One row per submitted deal, its amount in company currency."""
        return SQL(
            """
            SELECT deal.id AS deal_id, deal.partner_id, deal.company_id, company.currency_id,
                   deal.program_id, coalesce(enrollment.grade_id, partner.grade_id) AS grade_id,
                   deal.customer_country_id AS country_id, deal.verdict, deal.state, deal.source,
                   deal.decided_by, deal.submitted_on, deal.decided_on, deal.closed_on,
                   1 AS submitted,
                   (deal.state = ANY(%(undecided)s))::int AS undecided,
                   (deal.state = ANY(%(following)s))::int AS approved,
                   (deal.state = 'rejected')::int AS rejected,
                   (deal.state = 'withdrawn')::int AS withdrawn,
                   (deal.state = 'won')::int AS won,
                   (deal.state = 'lost')::int AS lost,
                   deal.amount * %(ours)s / %(theirs)s AS amount,
                   deal.state IN ('approved', 'won')
                       AND current_date BETWEEN deal.protected_from AND deal.protected_until
                       AS is_protected,
                   extract(epoch FROM deal.decided_on - deal.submitted_on) / 86400
                       AS days_to_decide,
                   CASE WHEN deal.state IN ('won', 'lost')
                        THEN extract(epoch FROM deal.closed_on - deal.decided_on) / 86400
                    END AS days_to_close,
                   CASE WHEN deal.decided_on IS NOT NULL AND deal.decision_due IS NOT NULL
                        THEN 100.0 * (deal.decided_on <= deal.decision_due)::int
                    END AS in_time,
                   CASE WHEN deal.decided_on IS NOT NULL
                        THEN 100.0 * (deal.state <> 'rejected')::int END AS approval_rate,
                   CASE WHEN deal.state IN ('won', 'lost')
                        THEN 100.0 * (deal.state = 'won')::int END AS win_rate
              FROM prm_deal deal
              JOIN res_company company ON company.id = deal.company_id
              JOIN res_partner partner ON partner.id = deal.partner_id
              LEFT JOIN LATERAL (
                   SELECT one.grade_id FROM prm_enrollment one
                    WHERE one.partner_id = deal.partner_id AND one.company_id = deal.company_id
                      AND one.program_id = deal.program_id
                 ORDER BY one.state = 'active' DESC, one.id DESC LIMIT 1) enrollment ON TRUE
             WHERE deal.state <> 'draft'
            """,
            undecided=list(UNDECIDED),
            following=list(FOLLOWING),
            ours=self._rate(SQL("company.currency_id")),
            theirs=self._rate(SQL("deal.currency_id")),
        )

    def _rate(self, currency):
        """Rate of a currency in the deal's company on the day of submission, 1 without one."""
        return SQL(
            """
            coalesce((SELECT rate.rate FROM res_currency_rate rate
                       WHERE rate.currency_id = %s AND rate.name <= deal.submitted_on::date
                         AND (rate.company_id IS NULL
                              OR rate.company_id = split_part(company.parent_path, '/', 1)::int)
                    ORDER BY rate.company_id, rate.name DESC LIMIT 1), 1)
            """,
            currency,
        )

    def action_open_record(self):
        """Open the deal registration of the row.

        :return: a window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "prm.deal",
            "view_mode": "form",
            "res_id": self.deal_id.id,
        }
