from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..lib.windows import add_months
from .target_common import TargetCommon

CODES = [
    "sold_products",
    "sold_units",
    "sold_revenue_invoiced",
    "active_customers",
    "payment_delay_days",
]


@tagged("post_install", "-at_install")
class TestScorecard(TargetCommon):
    """A scorecard shows the metrics, their trend, and a place only among enough peers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.end = cls.customer("Delta Foods")
        cls.start = cls.today - timedelta(days=200)

    def card(self, enrollment=None, **context):
        [card] = (enrollment or self.enrollment).with_context(**context).scorecard()
        return card

    def line(self, code, enrollment=None):
        return next(line for line in self.card(enrollment)["lines"] if line["code"] == code)

    def peers(self, number):
        partners = [self.customer(f"Peer {place}") for place in range(number)]
        for place, partner in enumerate(partners):
            self.enroll(partner)
            self.invoice(self.end, self.start, 100 * (place + 1), seller=partner)

    def sell(self):
        self.order(self.end, days_ago=5, amount=70, prm_partner_id=self.partner.id)
        self.invoice(self.end, self.start, 250, seller=self.partner)
        self.invoice(self.partner, self.today, 50)
        self.invoice(self.end, add_months(self.today, -14), 200, seller=self.partner)

    def test_values_are_those_of_the_metrics(self):
        self.sell()
        end = self.today + timedelta(days=1)
        [values] = self.env["relationship.metric"].compute(
            CODES, self.partner.ids, add_months(end, -12), end
        )
        lines = {line["code"]: line for line in self.card()["lines"]}
        for code in CODES:
            self.assertEqual(lines[code]["value"], values[code], code)
        self.assertEqual(lines["sold_revenue_invoiced"]["value"], 300)
        self.assertEqual(lines["sold_revenue_invoiced"]["trend"], "better")
        self.assertTrue(lines["sold_revenue_invoiced"]["trend_text"].startswith("+50"))

    def test_too_little_data_is_no_value(self):
        line = self.line("payment_delay_days")
        self.assertEqual((line["value"], line["trend"]), (None, None))
        self.assertEqual(line["text"], "not enough data")
        self.assertEqual(self.line("attainment")["text"], "no target")

    def test_every_promised_measure_is_there(self):
        codes = [line["code"] for line in self.card()["lines"]]
        self.assertEqual(codes[:4], ["sold_products", "sold_units", CODES[2], "attainment"])
        for some in (
            {"pipeline", "lead_pipeline"},
            {"win_rate", "lead_win_rate", "deal_win_rate"},
            {"csat", "nps"},
            {"certified_people"},
            {"payment_delay_days"},
        ):
            self.assertEqual(len(some & set(codes)), 1, some)

    def test_no_place_below_five_peers(self):
        self.sell()
        self.peers(4)
        self.assertIsNone(self.line("sold_revenue_invoiced")["quartile"])
        self.assertNotIn("quarter", self.enrollment.scorecard_html())
        self.peers(1)
        self.assertEqual(self.line("sold_revenue_invoiced")["quartile"], 1, "one of six is better")
        self.assertIn("Best quarter", self.enrollment.scorecard_html())

    def test_peers_are_active_in_the_same_program(self):
        self.sell()
        self.peers(5)
        self.assertEqual(self.line("sold_revenue_invoiced")["quartile"], 2, "two of six are better")
        some = self.env["prm.enrollment"].search([("program_id", "=", self.program.id)])
        (some - self.enrollment)[0].write({"state": "suspended", "reason": "Late"})
        self.assertIsNone(self.line("sold_revenue_invoiced")["quartile"])

    def test_targets_products_months_and_plan(self):
        self.sell()
        target = self.target(date_from=self.today.replace(month=1, day=1))
        plan = self.env["prm.plan"].create(
            {
                "name": "Growth",
                "enrollment_id": self.enrollment.id,
                "date_to": self.today + timedelta(days=90),
                "contact_id": self.partner.id,
                "line_ids": [
                    (0, 0, {"name": "Train", "due_on": self.today}),
                    (0, 0, {"name": "Show room", "side": "theirs"}),
                    (0, 0, {"name": "Past", "state": "done"}),
                ],
            }
        )
        self.assertFalse(self.card()["steps"], "not agreed yet")
        plan.action_agree()
        card = self.card()
        self.assertEqual([step["name"] for step in card["steps"]], ["Train", "Show room"])
        [row] = card["targets"]
        self.assertEqual(row["target_id"], target.id)
        self.assertAlmostEqual(row["attainment"], target.attainment, delta=0.1)
        self.assertAlmostEqual(
            next(line["value"] for line in card["lines"] if line["code"] == "attainment"),
            row["attainment"],
        )
        self.assertEqual([product["name"] for product in card["products"]], ["Lamp"])
        self.assertIn("300", card["products"][0]["revenue"])
        self.assertEqual(len(card["months"]), 12)
        self.assertEqual(sum(month["bar"] > 0 for month in card["months"]), 2)
        self.assertEqual(max(month["bar"] for month in card["months"]), 100)

    def test_what_is_not_shown_is_counted(self):
        """Of many targets and steps the first six stand on the card, those of everything first."""
        categories = self.env["product.category"].create(
            [{"name": f"Part {number}"} for number in range(10)]
        )
        for category in categories:
            self.target(date_from=self.today.replace(month=1, day=1), product_categ_id=category.id)
        steps = [(0, 0, {"name": f"Step {number}"}) for number in range(9)]
        plan = self.env["prm.plan"].create(
            {
                "name": "Much",
                "enrollment_id": self.enrollment.id,
                "date_to": self.today + timedelta(days=90),
                "contact_id": self.partner.id,
                "line_ids": steps,
            }
        )
        plan.action_agree()
        whole = self.target(date_from=self.today.replace(month=1, day=1))
        card = self.card()
        self.assertEqual((len(card["targets"]), card["targets_left"]), (6, 5))
        self.assertEqual(card["targets"][0]["target_id"], whole.id)
        self.assertEqual((len(card["steps"]), card["steps_left"]), (6, 3))
        html = self.enrollment.scorecard_html()
        for text in ("More targets: 5", "More in the plan: 3"):
            self.assertIn(text, " ".join(html.striptags().split()))

    def test_another_company_counts_nothing(self):
        other = self.other_company()
        there = self.enroll(self.partner, company_id=other.id)
        self.sell()
        self.assertEqual(self.line("sold_revenue_invoiced", there)["value"], 0)
        both = (self.enrollment | there).scorecard()
        self.assertEqual([card["enrollment_id"] for card in both], [self.enrollment.id, there.id])

    def test_queries_do_not_grow_with_partners(self):
        self.sell()
        self.peers(6)
        every = self.env["prm.enrollment"].search([("program_id", "=", self.program.id)])
        for one in every:
            self.target(partner_id=one.partner_id.id)
        few = self.queries(self.enrollment.scorecard)
        self.assertLessEqual(few, 60)
        self.assertLessEqual(self.queries(every.scorecard), few + 3)

    def test_who_may_read_it(self):
        self.partner.user_id = self.users["manager"]
        for role in ("manager", "auditor"):
            self.assertTrue(self.enrollment.with_user(self.users[role]).scorecard(), role)
        refused = [self.users[role] for role in ("user", "channel_manager", "integration")]
        for user in (*refused, self.sales_user, self.portal_user):
            with self.assertRaises(AccessError):
                self.enrollment.with_user(user).scorecard()
        self.program.user_id = self.users["channel_manager"]
        self.assertTrue(self.enrollment.with_user(self.users["channel_manager"]).scorecard())
        self.partner.user_id = self.users["user"]
        self.assertTrue(self.enrollment.with_user(self.users["user"]).scorecard())

    def test_too_many_at_once(self):
        many = self.env["prm.enrollment"].browse([self.enrollment.id] * 501)
        with self.assertRaises(UserError):
            many.scorecard()

    def test_in_the_language_of_the_partner(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.lang = "fr_FR"
        self.sell()
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "relationship_crm.prm_scorecard_report", self.enrollment.ids
        )
        text = html.decode()
        self.assertIn('data-oe-lang="fr_FR"', text)
        self.assertIn("Rho Resale", text)
        month = self.today.strftime("%Y")
        self.assertIn(month, text)


@tagged("post_install", "-at_install")
class TestScorecardDay(TargetCommon):
    def test_as_of_a_past_day(self):
        self.invoice(self.partner, "2025-03-10", 100)
        self.invoice(self.partner, "2025-07-10", 900)
        target = self.target(date_from=date(2025, 1, 1), goal=1000)
        cards = self.env["prm.scorecard"]._cards(self.enrollment, date(2025, 5, 31))
        lines = {line["code"]: line for line in cards[self.enrollment.id]["lines"]}
        self.assertEqual(lines["sold_revenue_invoiced"]["value"], 100)
        self.assertEqual(lines["attainment"]["value"], 10)
        self.assertEqual(target.attainment, 100)
