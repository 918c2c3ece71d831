from odoo import api, fields, models
from odoo.tools import SQL, drop_view_if_exists

from ..lib.account import FALL, PROMOTER_FROM, WEIGHTS

#: One row for each customer who answered within two years or bought within one. ``place`` counts
#: the answers of a person from the latest; the former score is what the people of the customer had
#: said before the latest answer came.
ACCOUNTS = """
    WITH role AS (
        SELECT rel.%(contact)s AS contact_id, max(%(weight)s) AS weight
          FROM %(relation)s rel JOIN relationship_role part ON part.id = rel.%(role)s
         GROUP BY rel.%(contact)s
    ),
    answer AS (
        SELECT score.id, score.company_id, score.partner_id, score.value, score.answered_on,
               coalesce(score.contact_id, -score.id) AS person, coalesce(role.weight, 1) AS weight,
               row_number() OVER person AS place, lead(score.value) OVER person AS former_value,
               first_value(score.id) OVER account AS last_id,
               first_value(coalesce(score.contact_id, -score.id)) OVER account AS last_person
          FROM feedback_score score
          LEFT JOIN role ON role.contact_id = score.contact_id
         WHERE score.metric = 'nps' AND score.partner_id IS NOT NULL
           AND score.is_sealed IS NOT TRUE
           AND score.answered_on >= (now() AT TIME ZONE 'UTC') - interval '2 years'
        WINDOW person AS (PARTITION BY score.company_id, score.partner_id,
                                       coalesce(score.contact_id, -score.id)
                              ORDER BY score.answered_on DESC, score.id DESC),
               account AS (PARTITION BY score.company_id, score.partner_id
                               ORDER BY score.answered_on DESC, score.id DESC)
    ),
    said AS (
        SELECT company_id, partner_id, max(answered_on) AS answered_on,
               sum(value * weight) FILTER (WHERE latest)::float
                   / nullif(sum(weight) FILTER (WHERE latest), 0) AS score,
               avg(value) FILTER (WHERE latest)::float AS raw_score,
               count(*) FILTER (WHERE latest) AS people,
               sum(value * weight) FILTER (WHERE former)::float
                   / nullif(sum(weight) FILTER (WHERE former), 0) AS former_score,
               coalesce(bool_or(latest AND value < %(promoter)s AND former_value >= %(promoter)s),
                        FALSE) AS turned
          FROM (SELECT answer.*,
                       place = 1 AND answered_on >= (now() AT TIME ZONE 'UTC') - interval '1 year'
                           AS latest,
                       (place = 1 AND id <> last_id) OR (place = 2 AND person = last_person)
                           AS former
                  FROM answer) answer
         GROUP BY company_id, partner_id
    ),
    heard AS (
        SELECT company_id, partner_id, max(done_at) AS heard_on FROM feedback_invitation
         WHERE done_at IS NOT NULL AND partner_id IS NOT NULL GROUP BY company_id, partner_id
    ),
    bought AS (
        SELECT company_id, commercial_partner_id AS partner_id,
               sum(amount_untaxed_signed) AS revenue
          FROM account_move
         WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')
           AND invoice_date > current_date - interval '1 year' AND commercial_partner_id IS NOT NULL
         GROUP BY company_id, commercial_partner_id
    )
    SELECT account.*, partner.user_id, partner.grade_id,
           coalesce(account.former_score - account.score >= %(fall)s OR account.turned, FALSE)
               AS is_falling,
           coalesce(account.heard_on >= account.quarter, FALSE) AS is_heard,
           account.revenue > 0 AND coalesce(account.heard_on < account.quarter, TRUE) AS is_silent
      FROM (SELECT partner_id::bigint * 10000 + company_id AS id, company_id, partner_id,
                   said.score, said.raw_score, said.former_score,
                   coalesce(said.people, 0)::int AS people, coalesce(said.turned, FALSE) AS turned,
                   greatest(said.answered_on, heard.heard_on) AS heard_on,
                   coalesce(bought.revenue, 0) AS revenue,
                   date_trunc('quarter', now() AT TIME ZONE 'UTC') AS quarter
              FROM said
              FULL JOIN bought USING (company_id, partner_id)
              LEFT JOIN heard USING (company_id, partner_id)) account
      JOIN res_partner partner ON partner.id = account.partner_id
"""


class FeedbackAccount(models.Model):
    """What each customer thinks as a whole, whether that falls, and who has not been heard."""

    _name = "feedback.account"
    _description = "Account Score"
    _auto = False
    _order = "revenue desc, id"
    _rec_name = "partner_id"

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    user_id = fields.Many2one("res.users", string="Owner", readonly=True)
    grade_id = fields.Many2one("res.partner.grade", string="Tier", readonly=True)
    score = fields.Float(
        string="Account Score",
        readonly=True,
        aggregator="avg",
        help="Mean of the last answer of each person within a year, 0–10. The decision maker "
        "counts three times, the payer twice.",
    )
    raw_score = fields.Float(
        string="Plain Score", readonly=True, aggregator="avg", help="The same, everybody once."
    )
    former_score = fields.Float(
        readonly=True, aggregator="avg", help="Account score before the latest answer."
    )
    people = fields.Integer(readonly=True, help="People of the customer who answered in a year.")
    heard_on = fields.Datetime(string="Last Heard", readonly=True)
    revenue = fields.Monetary(
        string="Revenue of a Year", readonly=True, help="Invoiced in 12 months, without taxes."
    )
    is_falling = fields.Boolean(
        string="Falling",
        readonly=True,
        help="Two points or more below the former score, or somebody who would have recommended "
        "us and no longer would.",
    )
    is_heard = fields.Boolean(string="Heard This Quarter", readonly=True)
    is_silent = fields.Boolean(
        string="Silent", readonly=True, help="Buys from us and did not answer this quarter."
    )

    def init(self):
        drop_view_if_exists(self.env.cr, self._table)
        role = self.env["res.partner"]._fields["relationship_role_ids"]
        weight = SQL(
            "CASE part.code %s ELSE 1 END",
            SQL(" ").join(SQL("WHEN %s THEN %s", code, heavy) for code, heavy in WEIGHTS.items()),
        )
        query = SQL(
            ACCOUNTS,
            contact=SQL.identifier(role.column1),
            relation=SQL.identifier(role.relation),
            role=SQL.identifier(role.column2),
            weight=weight,
            promoter=PROMOTER_FROM,
            fall=FALL,
        )
        self.env.cr.execute(SQL("CREATE VIEW %s AS %s", SQL.identifier(self._table), query))

    @api.model
    def get_coverage(self):
        """Return how much of the revenue of a year belongs to customers heard this quarter.

        Of the customers of the current company that the caller may read.

        :return: dict of ``revenue`` and ``heard`` (money of the company), ``percent`` (None
            without revenue), ``accounts``, ``silent`` and ``falling`` (numbers of customers)
        :raise AccessError: the caller may not read scores
        """
        self.check_access("read")
        ours = [("company_id", "=", self.env.company.id)]
        sums = dict(self._read_group([*ours, ("revenue", ">", 0)], ["is_heard"], ["revenue:sum"]))
        revenue = sum(sums.values())
        return {
            "revenue": revenue,
            "heard": sums.get(True, 0),
            "percent": 100 * sums.get(True, 0) / revenue if revenue else None,
            "accounts": self.search_count([*ours, ("revenue", ">", 0)]),
            "silent": self.search_count([*ours, ("is_silent", "=", True)]),
            "falling": self.search_count([*ours, ("is_falling", "=", True)]),
        }
