from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .relationship_profile_refresh import TOPIC

#: a night looks back this far before the former one began: rows commit later than they are dated
OVERLAP = timedelta(hours=2)
#: when the former night began
SINCE = "relationship_crm.profile_night"
MEASURES = ("r", "f", "m")


class RelationshipProfile(models.Model):
    """What time changes in profiles, and the ranking of each month."""

    _inherit = "relationship.profile"

    @api.model
    def _cron_night(self):
        """Find what time or a late change moved, and rank where this month has no limits yet."""
        self._run_job("night", 1)
        self._run_job("rank", 1)

    # ------------------------------------------------------------ what moved

    @api.model
    def _job_night(self, _limit):
        """Let the profiles wait whose purchases leave the months or whose orders changed."""
        self._take_memory()
        began = fields.Datetime.now()
        settings = self.env["ir.config_parameter"].sudo()
        former = fields.Datetime.to_datetime(settings.get_param(SINCE))
        self._queue_moved()
        if former:
            self._queue_changed(former - OVERLAP)
        else:
            self._queue_everybody()
        settings.set_param(SINCE, fields.Datetime.to_string(began))
        self.env["relationship.queue"]._wake("relationship_crm.ir_cron_profile_refresh")
        return 0

    def _queue_moved(self):
        """Queue profiles of which a purchase leaves the months by today."""
        days = self._company_days()
        self.env.cr.execute(
            """
            INSERT INTO relationship_queue (topic, partner_id, company_id)
            SELECT %(topic)s, profile.partner_id, profile.company_id
              FROM unnest(%(ids)s::int[], %(todays)s::date[]) AS company(id, today)
              JOIN relationship_profile profile
                ON profile.company_id = company.id AND profile.next_move_on <= company.today
            """,
            {
                "topic": TOPIC,
                "ids": [row[0] for row in days],
                "todays": [row[2] for row in days],
            },
        )

    def _queue_changed(self, since):
        """Queue the customers of documents that changed: cancelled, amended, imported."""
        self.env.cr.execute(
            """
            INSERT INTO relationship_queue (topic, partner_id, company_id)
            SELECT DISTINCT %(topic)s, partner.commercial_partner_id, changed.company_id
              FROM (
                SELECT partner_id, company_id FROM sale_order
                 WHERE write_date >= %(since)s AND state IN ('sale', 'cancel')
                 UNION
                SELECT sale.partner_id, sale.company_id
                  FROM sale_order_line line JOIN sale_order sale ON sale.id = line.order_id
                 WHERE line.write_date >= %(since)s AND sale.state = 'sale'
                 UNION
                SELECT partner_id, company_id FROM account_move
                 WHERE write_date >= %(since)s AND state IN ('posted', 'cancel')
                   AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                 UNION
                SELECT partner_id, company_id FROM crm_lead WHERE write_date >= %(since)s
              ) changed
              JOIN res_partner partner ON partner.id = changed.partner_id
            """,
            {"topic": TOPIC, "since": since},
        )

    def _queue_everybody(self):
        """Queue whoever has facts from before this app was installed."""
        self.env.cr.execute(
            """
            INSERT INTO relationship_queue (topic, partner_id, company_id)
            SELECT DISTINCT %(topic)s, partner.commercial_partner_id, fact.company_id
              FROM (
                SELECT partner_id, company_id FROM sale_order WHERE state = 'sale'
                 UNION SELECT partner_id, company_id FROM account_move
                        WHERE state = 'posted'
                          AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')
                 UNION SELECT partner_id, company_id FROM crm_lead
                 UNION SELECT DISTINCT partner_id, company_id FROM relationship_interaction
                 UNION SELECT partner_id, company_id FROM relationship_need
              ) fact
              JOIN res_partner partner ON partner.id = fact.partner_id
            """,
            {"topic": TOPIC},
        )

    # ------------------------------------------------------------ RFM

    @api.model
    def _job_rank(self, _limit):
        """Fix the limits of this month for one company and kind that has none; more remain?"""
        self._take_memory()
        self.env.flush_all()
        todo = self._rank_todo()
        if not todo:
            return 0
        self._know_size(self._table)
        company, kind, month = todo[0]
        self._fix_limits(company, kind, month)
        self._apply_limits(company, kind, month)
        self.invalidate_model()
        return len(todo) - 1

    def _rank_todo(self):
        """Give (company id, kind, month) of active customers that were not ranked this month."""
        days = self._company_days()
        self.env.cr.execute(
            """
            SELECT company.id, kind.kind, company.month
              FROM unnest(%(ids)s::int[], %(months)s::date[]) AS company(id, month)
             CROSS JOIN (VALUES ('b2b'), ('b2c')) AS kind(kind)
             WHERE EXISTS (SELECT FROM relationship_profile profile
                            WHERE profile.company_id = company.id AND profile.kind = kind.kind
                              AND profile.frequency > 0)
               AND NOT EXISTS (SELECT FROM relationship_rfm_limit rfm
                                WHERE rfm.company_id = company.id AND rfm.kind = kind.kind
                                  AND rfm.month = company.month)
             ORDER BY company.id, kind.kind
            """,
            {
                "ids": [row[0] for row in days],
                "months": [row[2].replace(day=1) for row in days],
            },
        )
        return self.env.cr.fetchall()

    def _fix_limits(self, company, kind, month):
        """Keep the highest value of each class: class = ceil(5 × cume_dist())."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO relationship_rfm_limit (company_id, kind, month, base, limits,
                       create_uid, write_uid, create_date, write_date)
                SELECT %(company)s, %(kind)s, %(month)s, count(*), %(limits)s, %(uid)s, %(uid)s,
                       now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM (
                    SELECT %(values)s FROM relationship_profile
                     WHERE company_id = %(company)s AND kind = %(kind)s AND frequency > 0
                    WINDOW over_r AS (ORDER BY last_purchase_on),
                           over_f AS (ORDER BY frequency),
                           over_m AS (ORDER BY monetary)
                  ) ranked
                    ON CONFLICT (company_id, kind, month) DO NOTHING
                """,
                company=company,
                kind=kind,
                month=month,
                uid=self.env.uid,
                limits=self._sql_limits(),
                values=SQL(
                    """
                    last_purchase_on - date '1970-01-01' AS r, frequency AS f, monetary AS m,
                    cume_dist() OVER over_r AS r_rank, cume_dist() OVER over_f AS f_rank,
                    cume_dist() OVER over_m AS m_rank
                    """
                ),
            )
        )

    def _sql_limits(self):
        """Json of the four limits of each measure; null where a class is empty from below."""
        return SQL(
            "jsonb_build_object(%s)",
            SQL(", ").join(
                SQL(
                    "%s, jsonb_build_array(%s)",
                    measure,
                    SQL(", ").join(
                        SQL(
                            "max(%s) FILTER (WHERE %s <= %s::float8 / 5)",
                            SQL.identifier(measure),
                            SQL.identifier(f"{measure}_rank"),
                            part,
                        )
                        for part in range(1, 5)
                    ),
                )
                for measure in MEASURES
            ),
        )

    def _apply_limits(self, company, kind, month):
        """Give every active customer of a company and kind its code by these limits."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE relationship_profile active
                   SET rfm_code = %(code)s, write_date = now() AT TIME ZONE 'UTC'
                  FROM relationship_rfm_limit rfm
                 WHERE rfm.company_id = %(company)s AND rfm.kind = %(kind)s
                   AND rfm.month = %(month)s
                   AND active.company_id = %(company)s AND active.kind = %(kind)s
                   AND active.frequency > 0
                   AND active.rfm_code IS DISTINCT FROM %(code)s
                """,
                code=self._sql_rfm_code(
                    SQL("rfm.limits"),
                    SQL("active.last_purchase_on"),
                    SQL("active.frequency"),
                    SQL("active.monetary"),
                ),
                company=company,
                kind=kind,
                month=month,
            )
        )

    @api.model
    def _sql_rfm_code(self, limits, last_purchase_on, frequency, monetary):
        """Expression: the three digits of these values under these limits; null without limits."""
        values = (SQL("(%s - date '1970-01-01')", last_purchase_on), frequency, monetary)
        digits = [
            SQL("1 + %s", SQL(" + ").join(self._sql_above(value, limits, measure)))
            for value, measure in zip(values, MEASURES, strict=True)
        ]
        return SQL("CASE WHEN %s IS NOT NULL THEN concat(%s) END", limits, SQL(", ").join(digits))

    @api.model
    def _sql_above(self, value, limits, measure):
        """Expressions, 1 or 0 each: the value is above the limit; an empty limit is below all."""
        for place in range(4):
            yield SQL(
                "coalesce(%s > (%s -> %s ->> %s)::numeric, TRUE)::int",
                value,
                limits,
                measure,
                place,
            )
