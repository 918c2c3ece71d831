import json

from odoo import api, fields, models
from odoo.tools import SQL

#: what a month shares with its target, kept on both for lists and pivots
SHARED = (
    "company_id",
    "subject",
    "partner_id",
    "grade_id",
    "segment_id",
    "team_id",
    "metric_id",
    "product_categ_id",
    "country_id",
    "user_id",
)


class PrmTargetLine(models.Model):
    """One month of a target: what was planned and what it brought."""

    _name = "prm.target.line"
    _description = "Month of a Target"
    _order = "month, target_id"
    _rec_name = "month"

    target_id = fields.Many2one(
        "prm.target", required=True, readonly=True, ondelete="cascade", index=True
    )
    month = fields.Date(required=True, readonly=True, help="Its first day.")
    planned = fields.Float(readonly=True, digits=(16, 2), help="The part of the target.")
    actual = fields.Float(readonly=True, digits=(16, 2))
    former = fields.Float(
        string="A Year Earlier", readonly=True, digits=(16, 2), help="The same month of last year."
    )
    company_id = fields.Many2one(related="target_id.company_id", store=True, index=True)
    subject = fields.Selection(related="target_id.subject", store=True)
    partner_id = fields.Many2one(related="target_id.partner_id", store=True, index="btree_not_null")
    grade_id = fields.Many2one(related="target_id.grade_id", store=True, index="btree_not_null")
    segment_id = fields.Many2one(related="target_id.segment_id", store=True, index="btree_not_null")
    team_id = fields.Many2one(related="target_id.team_id", store=True, index="btree_not_null")
    metric_id = fields.Many2one(related="target_id.metric_id", store=True, index=True)
    product_categ_id = fields.Many2one(
        related="target_id.product_categ_id",
        string="Product Category",
        store=True,
        index="btree_not_null",
    )
    country_id = fields.Many2one(related="target_id.country_id", store=True, index="btree_not_null")
    user_id = fields.Many2one(related="target_id.user_id", store=True, index="btree_not_null")

    _month_unique = models.Constraint(
        "UNIQUE (target_id, month)", "This month of the target is there already."
    )

    @api.model
    def _keep(self, targets, rows):
        """Make these the months of targets: what is new is added, what differs written.

        :param targets: recordset of ``prm.target``; their other months go
        :param rows: list of dicts of ``target_id``, ``month`` (ISO date), ``planned``, ``actual``
            and ``former``
        """
        self.env.flush_all()
        shared = [SQL.identifier(name) for name in SHARED]
        self.env.cr.execute(
            SQL(
                """
                WITH v AS (
                    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS v(
                        target_id int, month date, planned numeric, actual numeric, former numeric)
                ), gone AS (
                    DELETE FROM prm_target_line line
                     WHERE line.target_id = ANY(%(targets)s) AND NOT EXISTS (
                           SELECT FROM v WHERE v.target_id = line.target_id
                              AND v.month = line.month)
                )
                INSERT INTO prm_target_line AS line (
                    target_id, month, planned, actual, former, %(names)s, create_uid, create_date,
                    write_uid, write_date)
                SELECT v.target_id, v.month, v.planned, v.actual, v.former, %(values)s,
                       %(user)s, %(now)s, %(user)s, %(now)s
                  FROM v JOIN prm_target t ON t.id = v.target_id
                 ORDER BY v.month, v.target_id
                    ON CONFLICT (target_id, month) DO UPDATE
                   SET planned = excluded.planned, actual = excluded.actual,
                       former = excluded.former, write_date = excluded.write_date
                 WHERE (line.planned, line.actual, line.former)
                       IS DISTINCT FROM (excluded.planned, excluded.actual, excluded.former)
                """,
                rows=json.dumps(rows),
                targets=targets.ids,
                names=SQL(", ").join(shared),
                values=SQL(", ").join(SQL.identifier("t", name) for name in SHARED),
                user=self.env.uid,
                now=fields.Datetime.now(),
            )
        )
        self.invalidate_model()
        targets.invalidate_recordset(["line_ids"])
