from datetime import date, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..lib.windows import add_months
from .target_common import TargetCommon


@tagged("post_install", "-at_install")
class TestTargetFigures(TargetCommon):
    """What a target shows, by figures worked out by hand."""

    def test_even_spread_pace_and_no_forecast_below_six_months(self):
        self.on_day(date(2026, 2, 14))
        self.invoice(self.partner, "2026-01-20", 90)
        self.invoice(self.partner, "2026-02-14", 60)
        target = self.target()
        self.assertEqual(target.value, 150, "the day itself counts")
        self.assertEqual(target.attainment, 12.5)
        self.assertEqual(target.expected, 150, "January, and 14 of 28 days of February")
        self.assertEqual((target.pace, target.standing), (100, "on_track"))
        self.assertFalse(target.has_forecast or target.seasonal)
        self.assertEqual(target.line_ids.mapped("planned"), [100.0] * 12)
        self.assertEqual(target.line_ids[:2].mapped("actual"), [90, 60])

    def test_spread_by_last_year_and_seasonal_forecast(self):
        """Last year 10 a month, 130 in December; this year double."""
        self.on_day(date(2026, 6, 30))
        self.invoices(self.partner, date(2025, 1, 1), [10] * 11 + [130] + [20] * 6)
        target = self.target(goal=480)
        self.assertTrue(target.seasonal)
        self.assertEqual(target.line_ids.mapped("planned"), [20.0] * 11 + [260.0])
        self.assertEqual((target.value, target.expected, target.former), (120, 120, 240))
        self.assertEqual((target.attainment, target.pace), (25, 100))
        # the history ends in May: its 17 months tell the season by 2025, the rate by the last six
        # (December 130, five times 20: 230 over weights of 6.5 + 5 × 0.5 = 9 months); what is
        # left is July to November at a weight of 0.5 and December at 6.5
        self.assertAlmostEqual(target.forecast, 120 + 230 / 9 * (5 * 0.5 + 6.5), delta=0.01)
        self.assertLess(target.forecast_low, target.forecast)
        self.assertGreater(target.forecast_high, target.forecast)

    def test_rounded_months_add_up_to_the_target(self):
        self.on_day(date(2026, 5, 10))
        lines = self.target(goal=100).line_ids
        self.assertEqual(lines[:3].mapped("planned"), [8.33, 8.34, 8.33])
        self.assertAlmostEqual(sum(lines.mapped("planned")), 100)

    def test_flat_history_has_an_interval_of_nothing(self):
        self.on_day(date(2026, 7, 31))
        self.invoices(self.partner, date(2026, 1, 1), [100] * 7)
        target = self.target()
        self.assertEqual(
            (target.forecast, target.forecast_low, target.forecast_high), (1200, 1200, 1200)
        )

    def test_interval_by_hand(self):
        """Six months of 100, 100, 100, 130, 100, 100; five to come and the sixth just begun."""
        self.on_day(date(2026, 7, 31))
        self.invoices(self.partner, date(2026, 1, 1), [100, 100, 100, 130, 100, 100])
        target = self.target()
        rate = 630 / 6
        # past errors: 30 in April, then 100 − 430/4 and 100 − 530/5
        errors = [30, 100 - 107.5, 100 - 106]
        deviation = (sum(error**2 for error in errors) / 3) ** 0.5
        width = 1.638 * deviation * 5**0.5
        self.assertAlmostEqual(target.forecast, 630 + 5 * rate, delta=0.01)
        self.assertAlmostEqual(target.forecast_low, 630 + 5 * rate - width, delta=0.01)
        self.assertAlmostEqual(target.forecast_high, 630 + 5 * rate + width, delta=0.01)

    def test_six_months_are_enough_and_five_are_not(self):
        self.on_day(date(2026, 6, 15))
        self.invoices(self.partner, date(2026, 1, 1), [100] * 5)
        self.assertFalse(self.target().has_forecast, "five complete months")
        self.on_day(date(2026, 7, 15))
        self.invoice(self.partner, "2026-06-10", 100)
        target = self.target(date_from=date(2026, 7, 1), period="quarter", goal=300)
        self.assertTrue(target.has_forecast)
        self.assertEqual(target.value, 0)
        self.assertAlmostEqual(target.forecast, 100 * (16 / 31) + 200, delta=0.01)

    def test_periods_and_standings(self):
        self.on_day(date(2026, 5, 10))
        self.invoice(self.partner, "2026-02-10", 100)
        ended = self.target(period="quarter", goal=101)
        self.assertEqual((ended.date_to, ended.standing), (date(2026, 3, 31), "missed"))
        self.assertEqual(ended.forecast, 100, "what it brought")
        reached = self.target(period="month", date_from=date(2026, 2, 1), goal=100)
        self.assertEqual((reached.standing, reached.attainment), ("reached", 100))
        upcoming = self.target(period="half_year", date_from=date(2026, 7, 1))
        self.assertEqual((upcoming.standing, upcoming.has_forecast), ("upcoming", False))
        behind = self.target(period="month", date_from=date(2026, 5, 1), goal=100)
        self.assertEqual((behind.standing, behind.pace), ("behind", 0))

    def test_a_metric_that_does_not_add_up(self):
        self.on_day(date(2026, 5, 10))
        products = self.env.ref("relationship_crm.relationship_metric_products_sold")
        rate = self.env.ref("relationship_crm.relationship_metric_win_rate")
        self.order(self.partner, days_ago=0)
        self.env["sale.order"].search(
            [("partner_id", "=", self.partner.id)]
        ).date_order = "2026-03-01"
        target = self.target(metric_id=products.id, goal=4)
        self.assertEqual((target.value, target.attainment), (1, 25))
        self.assertFalse(target.has_pace or target.has_forecast or target.line_ids)
        self.assertEqual(target.standing, "behind")
        empty = self.target(metric_id=rate.id, goal=50)
        self.assertEqual((empty.has_value, empty.standing), (False, "no_data"))
        for vals in ({"subject": "company"}, {"product_categ_id": self.category.id}):
            with self.assertRaises(ValidationError):
                self.target(metric_id=rate.id, goal=50, **vals)

    def test_lower_is_better(self):
        self.on_day(date(2026, 5, 10))
        days = self.env.ref("relationship_crm.relationship_metric_days_since_purchase")
        self.order(self.partner).date_order = "2026-04-30 12:00:00"
        target = self.target(metric_id=days.id, goal=5)
        self.assertEqual((target.value, target.attainment), (10, 50))
        target.goal = 20
        self.assertEqual((target.attainment, target.standing), (100, "reached"))

    def test_two_companies_and_currencies(self):
        self.on_day(date(2026, 5, 10))
        other = self.other_company(
            currency_id=self.env["res.currency"].create({"name": "XT1", "symbol": "X"}).id
        )
        self.env.user.company_ids += other
        self.invoice(self.partner, "2026-02-10", 100)
        here = self.target()
        there = self.target(company_id=other.id)
        self.assertEqual((here.value, there.value), (100, 0))
        self.assertEqual(there.currency_id, other.currency_id)
        both = here | there
        both.action_refresh()
        self.assertEqual((here.value, there.value), (100, 0))


@tagged("post_install", "-at_install")
class TestTargetKept(TargetCommon):
    """What is kept and when it changes."""

    def test_another_goal_is_worked_out_at_once(self):
        self.on_day(date(2026, 2, 28))
        self.invoice(self.partner, "2026-01-20", 90)
        target = self.target()
        target.write({"goal": 600})
        self.assertEqual((target.attainment, target.line_ids[0].planned), (15, 50))
        target.write({"period": "quarter"})
        self.assertEqual(len(target.line_ids), 3)
        self.assertEqual(target.line_ids[0].planned, 200)

    def test_the_cron_brings_running_targets_up_to_date(self):
        self.on_day(date.today())
        start = date.today().replace(day=1)
        target = self.target(period="month", date_from=start)
        old = self.target(period="month", date_from=add_months(start, -6))
        self.invoice(self.partner, start, 50)
        self.invoice(self.partner, add_months(start, -6), 70)
        self.assertEqual(target.value, 0)
        job = self.env["prm.target"]
        self.assertEqual(job._job_targets(100), 0)
        self.assertEqual(target.value, 0, "worked out a moment ago")
        (target | old).refreshed_at = target.refreshed_at - timedelta(hours=5)
        self.assertEqual(job._job_targets(1), 0)
        self.assertEqual((target.value, old.value), (50, 0), "what ended long ago stays")

    def test_queries_do_not_grow_with_targets(self):
        self.on_day(date(2026, 5, 10))
        metric = self.env.ref("relationship_crm.relationship_metric_opportunities_won")
        one = self.target() | self.target(metric_id=metric.id)
        partners = [self.customer(f"P{number}") for number in range(30)]
        many = one + self.env["prm.target"].create(
            [
                {
                    "subject": "partner",
                    "partner_id": partner.id,
                    "metric_id": which.id,
                    "date_from": date(2026, 1, 1),
                    "goal": 10,
                }
                for partner in partners
                for which in (self.metric, metric)
            ]
        )
        day = date(2026, 5, 10)
        few = self.queries(lambda: one._stands(day))
        self.assertLessEqual(few, 12)
        self.assertEqual(self.queries(lambda: many._stands(day)), few)
        one.action_refresh()
        many.action_refresh()
        few = self.queries(one._refresh)
        self.assertLessEqual(self.queries(many._refresh), few + 3, "writes go by hundreds")

    def test_one_target_of_a_kind(self):
        self.target()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.target(goal=5)
        self.target(product_categ_id=self.category.id)
        self.target(product_categ_id=self.category.id, country_id=self.env.ref("base.fr").id)

    def test_what_a_target_needs(self):
        contact = self.env["res.partner"].create({"name": "C", "parent_id": self.partner.id})
        for vals, error in (
            ({"partner_id": contact.id}, ValidationError),
            ({"goal": 0}, IntegrityError),
            ({"date_from": date(2026, 1, 2)}, IntegrityError),
            ({"subject": "tier"}, IntegrityError),
            ({"team_id": self.env["crm.team"].search([], limit=1).id}, IntegrityError),
        ):
            with (
                self.subTest(vals=vals),
                mute_logger("odoo.sql_db"),
                self.assertRaises(error),
                self.env.cr.savepoint(),
            ):
                self.target(**vals)

    def test_partners_that_become_one(self):
        self.on_day(date(2026, 5, 10))
        twin = self.customer("Rho Resale Ltd")
        same, narrow = (
            self.target(partner_id=twin.id),
            self.target(partner_id=twin.id, product_categ_id=self.category.id),
        )
        kept = self.target(goal=900)
        self.env["prm.target"]._merge_partners(twin, self.partner)
        self.assertEqual((same + narrow + kept).partner_id, self.partner)
        self.assertEqual((same + narrow + kept).mapped("active"), [False, True, True])
        self.assertEqual(narrow.line_ids.partner_id, self.partner)

    def test_texts(self):
        self.assertEqual(self.target().display_name, f"Rho Resale: {self.metric.name} 2026")
        quarter = self.target(period="quarter", date_from=date(2026, 4, 1))
        self.assertTrue(quarter.display_name.endswith("Q2 2026"))
        fiscal = self.target(date_from=date(2026, 4, 1))
        self.assertTrue(fiscal.display_name.endswith("Apr 2026 to Mar 2027"))
