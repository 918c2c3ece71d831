from odoo import api, models
from odoo.tools import SQL

#: Pending points that wait for delivery, and whether all goods of their orders have been delivered:
#: all that was ordered, less what credit notes gave back. What comes back before the points are
#: there lets them wait again, until it is credited or replaced.
DELIVERED = """
    WITH waiting AS (
        SELECT entry.id, entry.available_on, coalesce(rule.pending_days, 0) AS pending_days,
               (SELECT bool_and(round(coalesce(line.qty_delivered, 0)
                                      + coalesce(back.quantity, 0) - line.product_uom_qty, 5) >= 0)
                  FROM sale_order_line line
                  JOIN sale_order document ON document.id = line.order_id
                  LEFT JOIN LATERAL (
                      SELECT sum(credit.quantity
                                 * coalesce(theirs.factor / ours.factor, 1))::numeric AS quantity
                        FROM sale_order_line_invoice_rel link
                        JOIN account_move_line credit ON credit.id = link.invoice_line_id
                        JOIN account_move move ON move.id = credit.move_id
                         AND move.move_type = 'out_refund' AND move.state = 'posted'
                         AND move.id > coalesce(document.loyalty_former_move, 0)
                        LEFT JOIN uom_uom theirs ON theirs.id = credit.product_uom_id
                        LEFT JOIN uom_uom ours ON ours.id = line.product_uom_id
                       WHERE link.order_line_id = line.id
                  ) back ON true
                 WHERE line.display_type IS NULL AND line.reward_id IS NULL
                   AND NOT coalesce(line.is_downpayment, false)
                   AND line.order_id IN (
                       SELECT entry.origin_id WHERE entry.origin_model = 'sale.order'
                        UNION
                       SELECT sold.order_id FROM account_move_line billed
                         JOIN sale_order_line_invoice_rel link ON link.invoice_line_id = billed.id
                         JOIN sale_order_line sold ON sold.id = link.order_line_id
                        WHERE entry.origin_model = 'account.move'
                          AND billed.move_id = entry.origin_id)) AS delivered
          FROM loyalty_ledger_entry entry
          JOIN loyalty_earning_rule rule ON rule.id = entry.rule_id
           AND rule.pending_until = 'delivered'
         WHERE entry.state = 'pending'
    )
    UPDATE loyalty_ledger_entry entry
       SET available_on = CASE WHEN waiting.delivered IS NOT FALSE
                               THEN %(today)s + waiting.pending_days END
      FROM waiting
     WHERE waiting.id = entry.id
       AND (waiting.available_on IS NULL) = (waiting.delivered IS NOT FALSE)
"""

#: Lots of rules whose points expire without activity last that many months after the last activity
#: of their card, or of one that was merged into it: the 31st of January and one month is the last
#: day of February.
ACTIVE = """
    UPDATE loyalty_ledger_lot lot SET expires_on = active.until
      FROM (
          SELECT lot.id, (max(moved.posted_at)::date
                          + make_interval(months => rule.expiry_months))::date AS until
            FROM loyalty_ledger_lot lot
            JOIN loyalty_ledger_entry entry ON entry.id = lot.entry_id
            JOIN loyalty_earning_rule rule ON rule.id = coalesce(lot.rule_id, entry.rule_id)
             AND rule.expiry = 'activity'
            JOIN loyalty_ledger_entry moved ON moved.card_id = ANY(lot.card_id || ARRAY(
                     SELECT id FROM loyalty_card WHERE loyalty_merged_into_id = lot.card_id))
             AND moved.state = 'posted' AND moved.kind IN ('earn', 'redeem')
           WHERE lot.remaining > 0
           GROUP BY lot.id, rule.expiry_months
      ) active
     WHERE active.id = lot.id AND lot.expires_on < active.until
"""


class LoyaltyLedger(models.AbstractModel):
    """What points wait for, and what lets them live on."""

    _inherit = "loyalty.ledger"

    @api.model
    def _cron_release(self):
        self._run_job("delivered", 1000)
        return super()._cron_release()

    @api.model
    def _cron_expire(self):
        self._run_job("stay", 1000)
        return super()._cron_expire()

    @api.model
    def _job_delivered(self, _limit):
        """Let points that wait for delivery come, once all is delivered; one statement."""
        self.env.flush_all()
        today = self.env["loyalty.earning.rule"]._today()
        self.env.cr.execute(SQL(DELIVERED, today=today))
        self._forget()
        return 0

    @api.model
    def _job_stay(self, _limit):
        """Let points of active members last longer, where their rule says so; one statement."""
        self._write_down()
        self.env.cr.execute(SQL(ACTIVE))
        self._forget()
        return 0
