"""Real connections: an order is lowered while it is credited, a card deleted while adjusted."""

from odoo.fields import Command
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tests.common import get_db_name

from .race_common import RaceCase, connection

CLEAN_MOVES = """
    DELETE FROM account_partial_reconcile WHERE debit_move_id IN
        (SELECT id FROM account_move_line WHERE partner_id = %(partner)s);
    DELETE FROM sale_order_line_invoice_rel WHERE invoice_line_id IN
        (SELECT id FROM account_move_line WHERE partner_id = %(partner)s);
    DELETE FROM mail_message WHERE model = 'account.move' AND res_id IN
        (SELECT id FROM account_move WHERE partner_id = %(partner)s);
    DELETE FROM mail_followers WHERE res_model = 'account.move' AND res_id IN
        (SELECT id FROM account_move WHERE partner_id = %(partner)s);
    DELETE FROM account_move WHERE partner_id = %(partner)s;
"""


@tagged("post_install", "-at_install")
class TestEditRace(RaceCase):
    def _clean(self):
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute(CLEAN_MOVES, self.ids)
            cr.commit()
        return super()._clean()

    def consume(self, env):
        while env["relationship.interaction.todo"]._job_consume(500):
            pass

    def test_lowered_while_it_is_credited(self):
        """Three chairs of ten are credited one by one, and the order is lowered by them."""
        with connection() as env:
            kind = env["relationship.interaction.kind"].search([("code", "=", "order_confirmed")])
            env["loyalty.earning.rule"].create(
                {
                    "name": "Raced",
                    "program_id": self.ids["program"],
                    "kind_id": kind.id,
                    "points": 1,
                    "per_amount": 10,
                }
            )
            line = {"product_id": self.ids["product"], "product_uom_qty": 10}
            order = env["sale.order"].create(
                {"partner_id": self.ids["partner"], "order_line": [Command.create(line)]}
            )
            order.action_confirm()
            invoice = order._create_invoices()
            invoice.action_post()
        with connection() as env:
            self.consume(env)
        self.assert_ledger(200)
        with connection() as env:
            refunds = env["account.move"]
            for _turn in range(3):
                reversal = (
                    env["account.move.reversal"]
                    .with_context(active_model="account.move", active_ids=invoice.ids)
                    .create({"journal_id": invoice.with_env(env).journal_id.id})
                )
                refunds |= refunds.browse(reversal.reverse_moves()["res_id"])
            refunds.invoice_line_ids.quantity = 1

        def act(env, number):
            if number < 3:
                env["account.move"].browse(refunds.ids[number]).action_post()
            elif number == 3:
                env["sale.order"].browse(order.id).order_line.product_uom_qty = 7
            elif number < 6:
                self.consume(env)

        _done, refused = self.race(act)
        self.assertEqual(refused, [])
        with connection() as env:
            self.assertEqual(env["sale.order"].browse(order.id).order_line.product_uom_qty, 7)
            self.assertEqual(set(refunds.with_env(env).mapped("state")), {"posted"})
            self.consume(env)
        self.assert_ledger(170)

    def test_deleted_while_the_same_person_adjusts(self):
        """Together no more than one person may move within a day, whoever comes first."""
        with connection() as env:
            card = env["loyalty.card"].browse(self.ids["card"])
            card.accrue([{"card_id": card.id, "points": 800, "key": f"more{card.id}"}])
            admin = env.ref("base.user_admin").id
            access = env["ir.model.access"].create(
                {
                    "name": "raced: salespeople delete cards",
                    "model_id": env["ir.model"]._get_id("loyalty.card"),
                    "group_id": env.ref("base.group_user").id,
                    "perm_read": True,
                    "perm_write": True,
                    "perm_unlink": True,
                }
            )
        self.addCleanup(self._forget_access, access.id)

        def act(env, number):
            card = env["loyalty.card"].with_user(admin).browse(self.ids["card"])
            if number % 2:
                card.unlink()
            else:
                card.points += 150

        done, refused = self.race(act)
        self.assertTrue(done)
        self.assertTrue(refused)
        with connection() as env:
            entries = env["loyalty.ledger.entry"].search(
                [("program_id", "=", self.ids["program"]), ("user_id", "=", admin)]
            )
            self.assertTrue(entries)
            self.assertLessEqual(sum(abs(entry.points) for entry in entries), 1000)
            left = env["loyalty.card"].browse(self.ids["card"]).exists()
            self.assertEqual(bool(left), "close" not in entries.mapped("kind"))

    def _forget_access(self, access):
        with connection() as env:
            env["ir.model.access"].browse(access).unlink()
