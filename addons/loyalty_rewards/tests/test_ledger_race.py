"""Sixteen real connections on one card: nothing doubled, nothing lost, clear answers."""

from odoo.fields import Command
from odoo.tests import tagged

from .race_common import RACERS, RaceCase, connection


@tagged("post_install", "-at_install")
class TestLedgerRace(RaceCase):
    def test_last_points_by_the_api(self):
        def redeem(env, number):
            env["loyalty.card"].redeem(
                [{"card_id": self.ids["card"], "points": 100, "key": f"r{number}"}]
            )

        done, refused = self.race(redeem)
        self.assertEqual((done, len(refused)), (1, RACERS - 1))
        self.assertIn("does not have enough points", refused[0])
        self.assert_ledger(0)

    def test_last_points_in_orders(self):
        with connection() as env:
            card = env["loyalty.card"].browse(self.ids["card"])
            line = Command.create({"product_id": self.ids["product"]})
            orders = env["sale.order"].create(
                [{"partner_id": self.ids["partner"], "order_line": [line]}] * RACERS
            )
            for order in orders:
                order._update_programs_and_rewards()
                order._apply_program_reward(card.program_id.reward_ids, card)
                order.loyalty_hold_ids.unlink()  # it is over since
        ids = orders.ids

        def confirm(env, number):
            env["sale.order"].browse(ids[number]).action_confirm()

        done, refused = self.race(confirm)
        self.assertEqual((done, len(refused)), (1, RACERS - 1))
        self.assert_ledger(0)
        with connection() as env:
            states = env["sale.order"].browse(ids).mapped("state")
            self.assertEqual(sorted(states), ["draft"] * (RACERS - 1) + ["sale"])

    def test_the_same_event_consumed_by_all(self):
        with connection() as env:
            kind = env["relationship.interaction.kind"].search([("code", "=", "call")])
            env["loyalty.card"].browse(self.ids["card"]).active = False
            env["loyalty.earning.rule"].create(
                {
                    "name": "Raced",
                    "program_id": self.ids["program"],
                    "kind_id": kind.id,
                    "mode": "fixed",
                    "points": 5,
                }
            )
            [event] = env["relationship.interaction"]._insert(
                [
                    {
                        "kind": "call",
                        "contact_id": self.ids["partner"],
                        "external_ref": f"raced,{self.ids['partner']}",
                    }
                ]
            )

        def consume(env, _number):
            interaction = env["relationship.interaction"].browse(event)
            env["loyalty.earning.rule"]._consume_interactions(interaction)

        done, refused = self.race(consume)
        self.assertEqual((done, refused), (RACERS, []))
        with connection() as env:
            cards = env["loyalty.card"].search([("program_id", "=", self.ids["program"])])
            self.assertEqual(len(cards), 1, "one card was made")
            self.assertEqual(cards.ledger_entry_ids.mapped("points"), [5])
            self.assertEqual(cards.points, 5)

    def test_the_same_key_by_all(self):
        def accrue(env, _number):
            env["loyalty.card"].accrue(
                [{"card_id": self.ids["card"], "points": 7, "key": f"k{self.ids['card']}"}]
            )

        done, refused = self.race(accrue)
        self.assertEqual((done, refused), (RACERS, []))
        self.assert_ledger(107)

    def test_refund_against_release(self):
        """Pending points are cancelled while the job makes them available: one of both happens."""
        with connection() as env:
            [row] = env["loyalty.card"].accrue(
                [
                    {
                        "card_id": self.ids["card"],
                        "points": 9,
                        "key": f"p{self.ids['card']}",
                        "available_on": "2099-01-01",
                    }
                ]
            )
            entry = env["loyalty.ledger.entry"].browse(row["entry_id"])
            entry.available_on = "2020-01-01"

        def act(env, number):
            ledger = env["loyalty.ledger"]
            if number % 2:
                ledger._job_release(10)
            else:
                ledger._take_back([(env["loyalty.ledger.entry"].browse(entry.id), 0)])

        done, refused = self.race(act)
        self.assertEqual((done, refused), (RACERS, []))
        self.assert_ledger(100)

    def test_limit_of_cancelled_points(self):
        """Each cancels other pending points of one card: only as many as one person may."""
        with connection() as env:
            rows = env["loyalty.card"].accrue(
                [
                    {
                        "card_id": self.ids["card"],
                        "points": 300,
                        "key": f"wait{self.ids['card']},{number}",
                        "available_on": "2099-01-01",
                    }
                    for number in range(RACERS)
                ]
            )
            admin = env.ref("base.user_admin").id

        def cancel(env, number):
            back = {"entry_id": rows[number]["entry_id"], "key": f"c{number}"}
            env["loyalty.card"].with_user(admin).reverse([back])

        done, refused = self.race(cancel)
        self.assertEqual((done, len(refused)), (3, RACERS - 3), "3 times 300 of 1,000")
        self.assertIn("more than one person", refused[0])
        self.assert_ledger(100)
