from odoo import fields, models
from odoo.fields import NO_ACCESS
from odoo.tools import SQL

from odoo.addons.relationship_crm.models.relationship_interaction import INTERNAL

from .loyalty_earning_rule import CONSUMER

#: An event tells once that an order was confirmed: let the rules look at it again. A worker that
#: looks at it right now and the confirmation meet on its row, and the later one is run again.
LOOK_AGAIN = """
    INSERT INTO relationship_interaction_todo (interaction_id, consumer_id)
    SELECT event.id, consumer.id
      FROM relationship_interaction event
      JOIN relationship_interaction_consumer_kind_rel rel ON rel.kind_id = event.kind_id
      JOIN relationship_interaction_consumer consumer ON consumer.id = rel.consumer_id
       AND consumer.active
     WHERE event.source = %(internal)s AND event.external_ref = ANY(%(references)s)
       AND consumer.id = %(consumer)s
     ORDER BY event.id
        ON CONFLICT (consumer_id, interaction_id) DO UPDATE SET next_try = NULL
    RETURNING id
"""


class SaleOrder(models.Model):
    """An order that was cancelled and is confirmed anew earns anew, what it is worth then.

    What earlier confirmations earned was taken back when it was cancelled. Their entries and
    credit notes stay with the order; where they end is noted, so that none counts for this one.
    """

    _inherit = "sale.order"

    loyalty_round = fields.Integer(
        string="Times Confirmed Anew", readonly=True, copy=False, groups=NO_ACCESS
    )
    loyalty_former_entry = fields.Integer(
        string="Last Entry of Earlier Confirmations", readonly=True, copy=False, groups=NO_ACCESS
    )
    loyalty_former_move = fields.Integer(
        string="Last Invoice of Earlier Confirmations", readonly=True, copy=False, groups=NO_ACCESS
    )

    def _action_cancel(self):
        undone = self.filtered(lambda order: order.state == "sale").sudo()
        result = super()._action_cancel()
        for order in undone:
            order.loyalty_round += 1
        return result

    def _action_confirm(self):
        self.sudo().filtered("loyalty_round")._loyalty_begin_anew()
        return super()._action_confirm()

    def _loyalty_begin_anew(self):
        """Close what earlier confirmations of these orders left, and let the rules look again."""
        if not self:
            return
        last = dict(
            self.env.execute_query(
                SQL(
                    "SELECT origin_id, max(id) FROM loyalty_ledger_entry"
                    " WHERE origin_model = %s AND origin_id = ANY(%s) GROUP BY origin_id",
                    self._name,
                    self.ids,
                )
            )
        )
        for order in self:
            order.loyalty_former_entry = last.get(order.id, 0)
            order.loyalty_former_move = max(order.invoice_ids.ids, default=0)
        self.env["relationship.interaction.consumer"].flush_model(["active"])
        consumer = self.env.ref(CONSUMER, raise_if_not_found=False)
        told = self.env.execute_query(
            SQL(
                LOOK_AGAIN,
                internal=INTERNAL,
                references=[
                    order._prepare_interaction("order_confirmed")["external_ref"] for order in self
                ],
                consumer=consumer.id if consumer else None,
            )
        )
        if told:
            self.env["relationship.queue"]._wake("relationship_crm.ir_cron_interaction_consume")
