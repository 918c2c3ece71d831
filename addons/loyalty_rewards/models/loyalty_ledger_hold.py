from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: how long a draft order, or a caller that names no other time, keeps points for itself
HOLD_MINUTES = 30
#: days after which holds that are over are deleted
KEPT_DAYS = 7


class LoyaltyLedgerHold(models.Model):
    """Points of a card that are kept for one purpose for a while: a draft order, another system.

    A hold moves no points. What can be spent by anybody else is the balance less the holds that
    are not over. Every hold that is made or grows first bumps the card row, as a posting does.
    """

    _name = "loyalty.ledger.hold"
    _description = "Hold on Points"
    _order = "until desc, id desc"
    _rec_name = "key"

    card_id = fields.Many2one(
        "loyalty.card", required=True, readonly=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one(related="card_id.partner_id", string="Customer", store=True)
    program_id = fields.Many2one(related="card_id.program_id", store=True)
    company_id = fields.Many2one(related="card_id.company_id", store=True, index=True)
    points = fields.Float(digits=(16, 4), min_display_digits=2, required=True, readonly=True)
    key = fields.Char(required=True, readonly=True, help="Names what the points are kept for.")
    until = fields.Datetime(required=True, readonly=True)
    order_id = fields.Many2one(
        "sale.order", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    is_over = fields.Boolean(compute="_compute_is_over", search="_search_is_over")

    _key_unique = models.Constraint("UNIQUE (key)", "These points are kept already.")
    _points_check = models.Constraint("CHECK (points > 0)", "A hold keeps points.")

    @api.depends("until")
    def _compute_is_over(self):
        now = fields.Datetime.now()
        for hold in self:
            hold.is_over = hold.until <= now

    def _search_is_over(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        if set(value) == {True, False}:
            return [(1, "=", 1)]
        return [("until", "<=" if True in value else ">", now)]

    @api.model
    def _end_of_hold(self, minutes=HOLD_MINUTES):
        """Return the moment at which a hold that is made now is over."""
        return fields.Datetime.now() + timedelta(minutes=minutes)

    @api.model
    def _hold(self, wanted, order=None):
        """Keep exactly these points, until half an hour from now; whatever was kept before ends.

        :param dict wanted: card → points (0: nothing is kept any more)
        :param order: the draft order that they are kept for
        """
        own = {hold.card_id: hold for hold in order.loyalty_hold_ids}
        until = self._end_of_hold()
        soon = self._end_of_hold(HOLD_MINUTES - 1)
        new = []
        for card in {**own, **wanted}:
            points = round(wanted.get(card, 0.0), 4)
            hold = own.get(card)
            if points <= 0:
                (hold or self).unlink()
            elif not hold:
                new.append(self._prepare_order_hold(order, card, points, until))
            elif hold.points != points or hold.until < soon:
                card._bump()
                hold.write({"points": points, "until": until})
        if new:
            self.env["loyalty.card"].browse(row["card_id"] for row in new)._bump()
            self.create(new)

    @api.model
    def _prepare_order_hold(self, order, card, points, until):
        """Return the values of the hold of a draft order."""
        return {
            "card_id": card.id,
            "points": points,
            "key": f"sale.order,{order.id},{card.id}",
            "until": until,
            "order_id": order.id,
        }

    @api.autovacuum
    def _gc_holds(self):
        """Delete holds that were over a week ago."""
        gone = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search([("until", "<", gone)], limit=10000).unlink()


class LoyaltyCard(models.Model):
    """What of a card is kept for somebody, and what can be spent."""

    _inherit = "loyalty.card"

    loyalty_hold_ids = fields.One2many(
        "loyalty.ledger.hold",
        "card_id",
        readonly=True,
        groups="relationship_crm.group_user,relationship_crm.group_auditor",
    )
    loyalty_held = fields.Float(
        string="On Hold",
        digits=(16, 4),
        min_display_digits=2,
        compute="_compute_loyalty_held",
        compute_sudo=True,
        help="Points that draft orders or other systems keep for themselves for a while.",
    )
    loyalty_available = fields.Float(
        string="Available",
        digits=(16, 4),
        min_display_digits=2,
        compute="_compute_loyalty_held",
        compute_sudo=True,
        help="Points that can be spent now: the balance less what is on hold.",
    )

    @api.depends("points", "loyalty_hold_ids.points", "loyalty_hold_ids.until")
    def _compute_loyalty_held(self):
        held = self._loyalty_held_now()
        for card in self:
            card.loyalty_held = held.get(card.id, 0.0)
            card.loyalty_available = card.points - card.loyalty_held

    def _loyalty_held_now(self, but=()):
        """Return {card id: points on hold now}, other than by the orders with the ids ``but``."""
        domain = [("card_id", "in", self.ids), ("until", ">", fields.Datetime.now())]
        if but:
            domain.append(("order_id", "not in", list(but)))
        holds = self.env["loyalty.ledger.hold"].sudo()
        rows = holds._read_group(domain, ["card_id"], ["points:sum"])
        return {card.id: points for card, points in rows}

    def _bump(self):
        """Meet on the rows of these cards, before something is decided that depends on them.

        Two transactions that do so on one card cannot both commit on what they saw: Odoo runs the
        later one again on what the former left.
        """
        self.flush_recordset(["points"])
        self.env.cr.execute(
            SQL(
                "WITH met AS (SELECT id FROM loyalty_card WHERE id = ANY(%s)"
                " ORDER BY id FOR UPDATE)"
                " UPDATE loyalty_card card SET points = card.points FROM met"
                " WHERE met.id = card.id",
                sorted(self.ids),
            )
        )
