"""What the tests of this addon share."""

from odoo.fields import Command

from odoo.addons.relationship_crm.tests.common import RelationshipCommon

#: cards that break the promise of the ledger: points, entries, lots, and what each says
DIFFERENT = """
    SELECT card.id, card.points, coalesce(entries.points, 0), coalesce(lots.points, 0)
      FROM loyalty_card card
      LEFT JOIN (SELECT card_id, sum(points) AS points FROM loyalty_ledger_entry
                  WHERE state = 'posted' GROUP BY card_id) entries ON entries.card_id = card.id
      LEFT JOIN (SELECT card_id, sum(remaining) AS points FROM loyalty_ledger_lot
                  GROUP BY card_id) lots ON lots.card_id = card.id
     WHERE card.program_id = ANY(%s)
       AND (coalesce(card.points, 0) <> coalesce(entries.points, 0)
            OR coalesce(card.points, 0) <> coalesce(lots.points, 0))
"""
#: lots whose rest is not what their allocations leave
LOTS = """
    SELECT lot.id, lot.initial, lot.remaining, coalesce(sum(use.points), 0)
      FROM loyalty_ledger_lot lot
      LEFT JOIN loyalty_ledger_allocation use ON use.lot_id = lot.id
     GROUP BY lot.id HAVING lot.remaining <> lot.initial - coalesce(sum(use.points), 0)
"""
#: entries that their lots do not explain
ENTRIES = """
    SELECT entry.id, entry.kind, entry.points, made.points, used.points
      FROM loyalty_ledger_entry entry
      LEFT JOIN LATERAL (SELECT sum(initial) AS points FROM loyalty_ledger_lot lot
                          WHERE lot.entry_id = entry.id) made ON true
      LEFT JOIN LATERAL (SELECT sum(points) AS points FROM loyalty_ledger_allocation use
                          WHERE use.entry_id = entry.id) used ON true
     WHERE CASE WHEN entry.state = 'posted' THEN entry.points ELSE 0 END
           <> coalesce(made.points, 0) - coalesce(used.points, 0)
"""


class LoyaltyCommon(RelationshipCommon):
    """The users of each role, and one loyalty program of our own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([("program_type", "=", "loyalty")]).active = False
        manager = cls.users["manager"]
        manager.group_ids = [Command.link(cls.env.ref("sales_team.group_sale_manager").id)]

    @classmethod
    def _new_program(cls, **values):
        """Return a running loyalty program with core's default rule and reward."""
        values = {
            "name": "Gold points",
            "program_type": "loyalty",
            "applies_on": "both",
            "trigger": "auto",
            **values,
        }
        return cls.env["loyalty.program"].create(values)


class LedgerCommon(LoyaltyCommon):
    """A program with one point for each unit of money, a reward, a customer and a card."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([]).active = False
        reward = {
            "reward_type": "discount",
            "discount": 10,
            "discount_mode": "per_order",
            "discount_applicability": "order",
            "required_points": 100,
        }
        rule = {"reward_point_mode": "money", "reward_point_amount": 1}
        cls.program = cls._new_program(
            rule_ids=[Command.create(rule)], reward_ids=[Command.create(reward)]
        )
        cls.reward = cls.program.reward_ids
        cls.partner = cls.env["res.partner"].create({"name": "Buyer", "is_company": True})
        cls.product = cls.env["product.product"].create(
            {
                "name": "Chair",
                "list_price": 100.0,
                "taxes_id": [Command.clear()],
                "invoice_policy": "order",
            }
        )
        cls.card = cls._new_card()

    @classmethod
    def _new_card(cls, points=0, **values):
        values = {"program_id": cls.program.id, "partner_id": cls.partner.id, **values}
        return cls.env["loyalty.card"].create({**values, "points": points})

    def order(self, quantity=1, **values):
        """Return a draft order of chairs at 100 each."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "order_line": [
                    Command.create({"product_id": self.product.id, "product_uom_qty": quantity})
                ],
                **values,
            }
        )
        order._update_programs_and_rewards()
        return order

    def redeem_in(self, order, card=None):
        """Claim the reward in an order."""
        error = order._apply_program_reward(self.reward, card or self.card)
        self.assertFalse(error)
        order._update_programs_and_rewards()

    def entries(self, card=None):
        """Return [(kind, points)] of a card, the oldest first."""
        self.commit_hooks()
        card = card or self.card
        rows = self.env["loyalty.ledger.entry"].search([("card_id", "=", card.id)], order="id")
        return [(row.kind, row.points) for row in rows]

    def lots(self, card=None):
        """Return {expiry: what remains} of a card, debts below zero."""
        self.commit_hooks()
        card = card or self.card
        rows = self.env["loyalty.ledger.lot"]._read_group(
            [("card_id", "=", card.id), ("remaining", "!=", 0)],
            ["expires_on:day"],
            ["remaining:sum"],
        )
        return {day and day.isoformat(): points for day, points in rows}

    def commit_hooks(self):
        """Do what a commit does before it commits."""
        self.env.cr.flush()

    def assert_ledger(self):
        """Assert that points = entries = lots for every card, and that all of it is traced."""
        self.commit_hooks()
        programs = self.env["loyalty.program"].with_context(active_test=False).search([])
        covered = programs.filtered("loyalty_has_ledger").ids
        self.env.cr.execute(DIFFERENT, [covered])
        self.assertEqual(self.env.cr.fetchall(), [], "(card, points, entries, lots)")
        self.env.cr.execute(LOTS)
        self.assertEqual(self.env.cr.fetchall(), [], "(lot, initial, remaining, used)")
        self.env.cr.execute(ENTRIES)
        self.assertEqual(self.env.cr.fetchall(), [], "(entry, kind, points, lots, used)")
