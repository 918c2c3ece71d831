from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RelationshipCommon

DAY = date(2026, 11, 22)


class CriterionCase(RelationshipCommon):
    """Three customers who were called 1, 3 and 0 times in 2026, and a stage to own criteria."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.partner_id.tz = "UTC"
        cls.stage = cls.env["relationship.stage"].create({"name": "Test", "code": "test"})
        partner = cls.env["res.partner"]
        cls.one, cls.three, cls.none = partner.create([{"name": n} for n in ("1", "3", "0")])
        cls._call(cls.one, "2026-10-01")
        for day in ("2026-08-01", "2026-09-01", "2026-11-21"):
            cls._call(cls.three, day)

    @classmethod
    def _call(cls, partner, day):
        cls.env["relationship.interaction"]._insert(
            [
                {
                    "kind": "call",
                    "partner_id": partner.id,
                    "company_id": cls.env.company.id,
                    "occurred_at": f"{day} 12:00:00",
                    "source": "odoo",
                    "external_ref": f"criterion,{partner.id},{day}",
                }
            ]
        )

    def criterion(self, code="interactions", **vals):
        metric = self.env["relationship.metric"].search([("code", "=", code)])
        vals = {"metric_id": metric.id, "threshold": 1, "stage_id": self.stage.id, **vals}
        return self.env["relationship.criterion"].create(vals)

    def passing(self, criteria, day=DAY):
        """Names of those of the three customers who pass."""
        ours = self.one | self.three | self.none
        return {p.name for p in ours if p.id in criteria._passing(self.env.company, day)}


@tagged("post_install", "-at_install")
class TestCriterion(CriterionCase):
    """Who meets what, as of a day."""

    def test_evaluate(self):
        criterion = self.criterion(threshold=3, window_length=4)
        found = criterion._evaluate([self.one.id, self.three.id], self.env.company, DAY)
        self.assertEqual(
            found,
            {
                self.one.id: {criterion.id: (1.0, 3.0, False)},
                self.three.id: {criterion.id: (3.0, 3.0, True)},
            },
        )

    def test_the_day_itself_does_not_count(self):
        criterion = self.criterion(threshold=3)
        self.assertEqual(self.passing(criterion, date(2026, 11, 21)), set())
        self.assertEqual(self.passing(criterion, "2026-11-22"), {"3"})

    def test_passing_within_given_partners(self):
        criterion = self.criterion()
        company = self.env.company
        self.assertEqual(criterion._passing(company, DAY, [self.one.id]), {self.one.id})
        self.assertEqual(criterion._passing(company, DAY, []), set())
        self.assertEqual(criterion.browse()._passing(company, DAY), set())

    def test_who_has_nothing_can_pass(self):
        criterion = self.criterion(operator="<", threshold=2)
        self.assertEqual(self.passing(criterion), {"1", "0"})
        passing = criterion._passing(self.env.company, DAY, [self.none.id, self.three.id])
        self.assertEqual(passing, {self.none.id})

    def test_nobody_of_ours_passes_for_having_nothing(self):
        criterion = self.criterion(operator="<", threshold=1)
        passing = criterion._passing(self.env.company, DAY)
        self.assertIn(self.none.id, passing)
        self.assertNotIn(self.env.company.partner_id.id, passing)
        self.assertNotIn(self.env.user.partner_id.id, passing)
        self.none.active = False
        self.assertNotIn(self.none.id, criterion._passing(self.env.company, DAY))

    def test_all_must_pass(self):
        criteria = self.criterion() | self.criterion(operator="<", threshold=3)
        self.assertEqual(self.passing(criteria), {"1"})

    def test_alternatives(self):
        criteria = self.criterion(operator="<", alternative=1)
        criteria |= self.criterion(threshold=3, alternative=1)
        self.assertEqual(self.passing(criteria), {"0", "3"})

    def test_without_data(self):
        criterion = self.criterion("response_hours", operator="<", threshold=24)
        self.assertEqual(self.passing(criterion), set())
        self.assertEqual(
            criterion._evaluate([self.one.id], self.env.company, DAY),
            {self.one.id: {criterion.id: (None, 24.0, False)}},
        )
        criterion.when_missing = "ignore"
        self.assertEqual(self.passing(criterion), {"0", "1", "3"})
        self.assertEqual(
            criterion._evaluate([self.one.id], self.env.company, DAY),
            {self.one.id: {criterion.id: (None, 24.0, True)}},
        )

    def test_left_out_is_no_alternative(self):
        criteria = self.criterion("response_hours", alternative=1, when_missing="ignore")
        criteria |= self.criterion(threshold=3, alternative=1)
        self.assertEqual(self.passing(criteria), {"3"})

    def test_times_another_metric(self):
        criterion = self.criterion(
            compare_to="times_metric",
            other_metric_id=self.env.ref(
                "relationship_crm.relationship_metric_contacts_engaged"
            ).id,
            threshold=2,
            operator=">",
        )
        self.assertEqual(self.passing(criterion), {"1", "3"}, "no contact was named")

    def test_times_the_same_earlier(self):
        criterion = self.criterion(window_length=2, compare_to="times_lag", threshold=2)
        value = criterion._evaluate([self.one.id, self.three.id], self.env.company, DAY)
        self.assertEqual(value[self.one.id][criterion.id], (1.0, 0.0, True))
        self.assertEqual(value[self.three.id][criterion.id], (1.0, 4.0, False))

    def test_change_since_earlier(self):
        criterion = self.criterion(
            window_length=2, compare_to="difference_lag", threshold=-1, operator="<="
        )
        self.assertEqual(self.passing(criterion), {"3"})
        criterion.compare_lag = 1
        value = criterion._evaluate([self.three.id], self.env.company, DAY)
        self.assertEqual(value[self.three.id][criterion.id], (0.0, -1.0, False))

    def test_calendar_windows(self):
        quarter = {"window_kind": "quarter", "window_length": 1}
        self.assertEqual(self.passing(self.criterion(**quarter)), {"1", "3"})
        self.assertEqual(self.passing(self.criterion(threshold=2, lag=1, **quarter)), {"3"})
        year = {"window_kind": "year", "window_length": 1}
        self.assertEqual(self.passing(self.criterion(threshold=3, **year)), {"3"})
        self.assertEqual(self.passing(self.criterion(lag=1, **year)), set())

    def test_holds_from_and_to(self):
        criterion = self.criterion(valid_from=DAY, valid_to=DAY)
        self.assertEqual(self.passing(criterion), {"1", "3"})
        self.assertEqual(self.passing(criterion, date(2026, 11, 23)), set())
        self.assertEqual(
            criterion._evaluate([self.one.id], self.env.company, "2026-11-21"), {self.one.id: {}}
        )

    def test_one_round_of_statements_for_all(self):
        one = self.criterion()
        many = one
        for length in range(1, 7):
            many |= self.criterion(window_length=length, window_kind="quarter", lag=length)
        partners = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(100)])
        company = self.env.company
        one._evaluate(partners.ids, company, DAY)
        first = self.queries(lambda: one._evaluate(partners[:1].ids, company, DAY))
        self.assertEqual(first, self.queries(lambda: many._evaluate(partners.ids, company, DAY)))
        self.assertLessEqual(self.queries(lambda: many._passing(company, DAY)), first + 1)


@tagged("post_install", "-at_install")
class TestCriterionRecord(CriterionCase):
    """What the database promises of criteria, and how they read."""

    def refuses(self, part, **vals):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError) as caught:
            self.criterion(**vals)
        self.assertIn(part, str(caught.exception))

    def test_exactly_one_owner(self):
        grade = self.env["res.partner.grade"].search([], limit=1) or self.env[
            "res.partner.grade"
        ].create({"name": "Gold"})
        self.refuses("one_owner", grade_id=grade.id)
        self.refuses("one_owner", stage_id=False)
        self.assertTrue(self.criterion(stage_id=False, grade_id=grade.id))

    def test_owner_check_names_every_owner(self):
        self.env.cr.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conname = 'relationship_criterion_one_owner'"
        )
        [definition] = self.env.cr.fetchone()
        owners = self.env["relationship.criterion"]._owner_fields()
        for name in owners:
            self.assertIn(name, definition)
            self.env.cr.execute(
                "SELECT contype FROM pg_constraint WHERE conname = %s",
                [f"relationship_criterion_{name.removesuffix('_id')}_no_overlap"],
            )
            self.assertEqual(self.env.cr.fetchone(), ("x",), name)

    def test_the_same_never_holds_twice_on_a_day(self):
        self.criterion(valid_from="2026-01-01", valid_to="2026-06-30")
        self.refuses("no_overlap", valid_from="2026-06-30")
        self.refuses("no_overlap", threshold=99)
        self.criterion(valid_from="2026-07-01", threshold=2)
        self.criterion(valid_from="2026-06-30", alternative=1)
        self.criterion(valid_from="2026-06-30", operator="<")
        self.criterion(valid_from="2026-06-30", window_kind="ever")
        self.criterion("orders", valid_from="2026-06-30")

    def test_wrong_numbers(self):
        self.refuses("window_positive", window_length=0)
        self.refuses("window_positive", lag=-1)
        self.refuses("weight_positive", weight=-1)
        self.refuses("weight_positive", alternative=-1)
        self.refuses("valid_order", valid_from="2026-02-01", valid_to="2026-01-31")
        self.refuses("other_metric", compare_to="times_metric")

    def test_ever_needs_a_lag_to_compare(self):
        with self.assertRaises(ValidationError):
            self.criterion(window_kind="ever", compare_to="difference_lag")
        self.assertTrue(
            self.criterion(window_kind="ever", compare_to="difference_lag", compare_lag=3)
        )

    def test_used_metric_stays(self):
        criterion = self.criterion()
        metric = criterion.metric_id
        self.env.cr.execute(
            "UPDATE relationship_metric SET is_custom = TRUE WHERE id = %s", metric.ids
        )
        metric.invalidate_recordset()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            metric.unlink()

    def test_sentences(self):
        quarter = {"window_kind": "quarter", "window_length": 1}
        year = {"window_kind": "year", "window_length": 1}
        sentences = {
            "Revenue Invoiced, last 12 months ≥ 10,000": {
                "code": "revenue_invoiced",
                "threshold": 10000,
            },
            "Orders, last month > 2.50": {
                "code": "orders",
                "window_length": 1,
                "operator": ">",
                "threshold": 2.5,
            },
            "Orders, ever ≥ 1": {"code": "orders", "window_kind": "ever"},
            "Orders, this quarter ≥ 1": {"code": "orders", **quarter},
            "Orders, last quarter ≥ 1": {"code": "orders", **quarter, "lag": 1},
            "Orders, last quarter, 1 quarters earlier ≥ 1": {"code": "orders", **quarter, "lag": 2},
            "Orders, last year < 3": {
                "code": "orders",
                **year,
                "lag": 1,
                "operator": "<",
                "threshold": 3,
            },
            "Days Since Last Purchase, ever > 1.50 × Days Between Purchases": {
                "code": "days_since_purchase",
                "window_kind": "ever",
                "operator": ">",
                "threshold": 1.5,
                "compare_to": "times_metric",
                "other_metric_id": self.env.ref(
                    "relationship_crm.relationship_metric_days_between_purchases"
                ).id,
            },
        }
        for sentence, vals in sentences.items():
            self.assertEqual(self.criterion(**vals).display_name, sentence)
