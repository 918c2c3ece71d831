from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ..lib.nps import nps
from .common import FeedbackCommon

#: promoters, detractors, answers → score, low and high end: see lib/nps.py
ORACLE = {
    (50, 20, 100): (30.0, 14.1, 44.2),
    (250, 100, 500): (30.0, 23.0, 36.6),
    (5, 2, 10): (30.0, -19.1, 65.2),
}


@tagged("post_install", "-at_install")
class TestInterval(BaseCase):
    def test_published_figures(self):
        for counts, figures in ORACLE.items():
            self.assertEqual(tuple(round(figure, 1) for figure in nps(*counts)[:3]), figures)

    @settings(deadline=None)
    @given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
    def test_interval_holds_the_score_within_its_bounds(self, up, down, rest):
        score = nps(up, down, up + down + rest)
        if not up + down + rest:
            self.assertIsNone(score)
            return
        self.assertTrue(-100 <= score.low <= score.value <= score.high <= 100)

    @settings(deadline=None)
    @given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 50))
    def test_more_answers_narrow_it(self, up, down, rest):
        few, many = nps(up, down, up + down + rest), nps(up * 9, down * 9, 9 * (up + down + rest))
        self.assertAlmostEqual(few.value, many.value)
        self.assertLess(many.high - many.low, few.high - few.low)

    def test_counts_that_cannot_be(self):
        for counts in ((3, 3, 5), (-1, 0, 5)):
            with self.assertRaises(ValueError):
                nps(*counts)


@tagged("post_install", "-at_install")
class TestScores(FeedbackCommon):
    def setUp(self):
        super().setUp()
        self.wave = self.new_wave()
        self.send(self.wave)

    def test_one_for_each_measure(self):
        dimension = self.env.ref("survey_feedback.feedback_dimension_contacts")
        self.survey.question_and_page_ids = [
            Command.create(
                {
                    "title": "Served well?",
                    "question_type": "scale",
                    "scale_min": 1,
                    "scale_max": 5,
                    "feedback_metric": "dimension",
                    "feedback_dimension_id": dimension.id,
                    "sequence": 3,
                }
            )
        ]
        answer = self.invitation(self.wave, self.customers[0]).sudo()._answer(8)
        answer._save_lines(self.survey.question_ids[2], "2")
        answer._mark_done()
        scores = self.env["feedback.score"].search([("user_input_id", "=", answer.id)], order="id")
        self.assertEqual(
            scores.mapped(lambda score: (score.metric, score.value, score.band)),
            [("nps", 8, "middle"), ("dimension", 2, "low")],
        )
        self.assertEqual(scores.dimension_id, dimension)
        self.assertEqual(
            (scores.wave_id, scores.program_id, scores.contact_id, scores.partner_id),
            (self.wave, self.program, self.customers[0], self.customers[0]),
        )
        self.assertEqual(set(scores.mapped("channel")), {"email"})

    def test_test_entries_are_none(self):
        answer = self.survey._create_answer(user=self.env.user, test_entry=True)
        answer._save_lines(self.question, "3")
        answer._mark_done()
        self.assertFalse(self.env["feedback.score"].search([("user_input_id", "=", answer.id)]))

    def test_answers_to_core_invitations_count_too(self):
        answer = self.survey._create_answer(partner=self.customers[0])
        answer._save_lines(self.question, "3")
        answer._mark_done()
        score = self.env["feedback.score"].search([("user_input_id", "=", answer.id)])
        self.assertEqual((score.value, score.wave_id.id), (3, False))
        self.assertFalse(self.env["relationship.case"].search([("kind", "=", "detractor")]))

    def test_skipped_is_no_score(self):
        answer = self.survey._create_answer(partner=self.customers[0])
        answer._save_lines(self.question, "")
        answer._mark_done()
        self.assertFalse(self.env["feedback.score"].search([("user_input_id", "=", answer.id)]))

    def test_written_once(self):
        score = self.answer(self.wave, self.customers[0], 9)
        score.user_input_id._mark_done()
        self.assertEqual(
            self.env["feedback.score"].search_count([("wave_id", "=", self.wave.id)]), 1
        )
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            score.copy()

    def test_nobody_writes_scores(self):
        score = self.answer(self.wave, self.customers[0], 9)
        for role in ("user", "channel_manager", "manager", "auditor"):
            with self.assertRaises(AccessError, msg=role):
                score.with_user(self.users[role]).value = 10

    def test_history(self):
        """The history tells that somebody answered, and not what: points must not know it."""
        self.answer(self.wave, self.customers[0], 3, "Too late, again and again")
        self.commit_hooks()
        interaction = self.env["relationship.interaction"].search(
            [("contact_id", "=", self.customers[0].id), ("kind_id.code", "=", "survey_completed")]
        )
        self.assertEqual(len(interaction), 1)
        self.assertEqual((interaction.channel, interaction.payload), ("email", False))
        self.assertEqual(interaction.summary, self.survey.title)

    def test_score_of_the_wave(self):
        for contact, value in zip(self.customers, (10, 9, 7, 2), strict=True):
            self.answer(self.wave, contact, value)
        self.env.invalidate_all()
        expected = nps(2, 1, 4)
        self.assertAlmostEqual(self.wave.nps, 25)
        self.assertAlmostEqual(self.wave.nps_low, expected.low)
        self.assertAlmostEqual(self.wave.nps_high, expected.high)
        self.assertEqual(self.wave.nps_summary["by_value"], [0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1])
        self.assertEqual((self.wave.answered_count, self.wave.response_rate), (4, 1))

    def test_wave_without_answers(self):
        self.assertFalse(self.wave.nps_summary)
        self.assertEqual(self.wave.nps_answers, 0)


@tagged("post_install", "-at_install")
class TestMetrics(FeedbackCommon):
    CODES = ["nps", "nps_lower", "csat", "ces", "response_rate"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls.env["res.partner"].create({"name": "Firm", "is_company": True})

    def person(self, number):
        return self.env["res.partner"].create(
            {"name": f"Person {number}", "parent_id": self.firm.id}
        )

    def score(self, contact, value, day, metric="nps"):
        """Let a person have given a score on a day."""
        question = (
            self.env["survey.question"].create(
                {
                    "title": metric,
                    "question_type": "scale",
                    "scale_min": {"nps": 0}.get(metric, 1),
                    "scale_max": {"nps": 10, "csat": 5, "ces": 7}[metric],
                    "feedback_metric": metric,
                    "survey_id": self.survey.id,
                }
            )
            if metric != "nps"
            else self.question
        )
        answer = self.survey._create_answer(partner=contact, check_attempts=False)
        answer._save_lines(question, str(value))
        answer._mark_done()
        scores = self.env["feedback.score"].search([("user_input_id", "=", answer.id)])
        scores.sudo().write({"answered_on": f"{day} 12:00:00"})
        return scores

    def compute(self, day_from, day_to):
        [row] = self.env["relationship.metric"].compute(self.CODES, self.firm.ids, day_from, day_to)
        return row

    def test_as_of_any_day(self):
        ada, bao = self.person(1), self.person(2)
        self.score(ada, 10, "2026-02-01")
        self.score(bao, 3, "2026-03-01")
        self.score(bao, 9, "2026-04-01")
        self.assertIsNone(self.compute("2025-01-01", "2026-02-01")["nps"])
        self.assertEqual(self.compute("2025-01-01", "2026-02-02")["nps"], 100)
        self.assertEqual(self.compute("2025-01-01", "2026-03-15")["nps"], 0)
        self.assertEqual(self.compute("2025-01-01", "2026-05-01")["nps"], 100, "his latest")

    def test_without_answers_there_is_no_number(self):
        self.assertEqual({self.compute("2026-01-01", "2027-01-01")[c] for c in self.CODES}, {None})

    def test_satisfaction_and_effort(self):
        ada, bao = self.person(1), self.person(2)
        self.score(ada, 4, "2026-02-01", "csat")
        self.score(bao, 3, "2026-02-01", "csat")
        self.score(ada, 6, "2026-02-01", "ces")
        self.score(bao, 3, "2026-02-01", "ces")
        row = self.compute("2026-01-01", "2027-01-01")
        self.assertEqual((row["csat"], row["ces"], row["nps"]), (50, 4.5, None))

    def test_response_rate(self):
        person = self.person(1)
        person.email = "person@firm.example"
        self.program.domain = f"[('id', 'in', {[self.firm.id, *self.customers.ids]})]"
        wave = self.new_wave()
        self.send(wave)
        self.assertEqual(self.compute("2026-01-01", "2099-01-01")["response_rate"], 0)
        self.answer(wave, person, 9)
        self.env.flush_all()
        self.assertEqual(self.compute("2026-01-01", "2099-01-01")["response_rate"], 100)

    def test_response_rate_of_a_past_day_stays(self):
        person = self.person(1)
        person.email = "person@firm.example"
        self.program.domain = f"[('id', 'in', {self.firm.ids})]"
        wave = self.new_wave()
        self.send(wave)
        self.answer(wave, person, 9)
        self.invitation(wave, person).sudo().write(
            {"sent_at": "2026-02-01 12:00:00", "done_at": "2026-03-01 12:00:00"}
        )
        self.env.flush_all()
        self.assertEqual(self.compute("2026-01-01", "2026-02-15")["response_rate"], 0)
        self.assertEqual(self.compute("2026-01-01", "2026-03-15")["response_rate"], 100)

    @settings(max_examples=15, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10), st.integers(1, 28)), max_size=12)
    )
    def test_same_as_worked_out_by_hand(self, answers):
        """The statement says what lib/nps.py says of each person's latest answer."""
        self.env["feedback.score"].sudo().search([]).unlink()
        people = [self.person(number) for number in range(5)]
        latest = {}
        for who, value, day in answers:
            self.score(people[who], value, f"2026-06-{day:02}")
            if latest.get(who, (0, 0))[0] <= day:
                latest[who] = (day, value)
        values = [value for _day, value in latest.values()]
        expected = nps(
            sum(value >= 9 for value in values), sum(value <= 6 for value in values), len(values)
        )
        row = self.compute("2026-06-01", "2026-07-01")
        if expected is None:
            self.assertEqual((row["nps"], row["nps_lower"]), (None, None))
        else:
            self.assertAlmostEqual(row["nps"], expected.value)
            self.assertAlmostEqual(row["nps_lower"], expected.low)


@tagged("post_install", "-at_install")
class TestDetractor(FeedbackCommon):
    def setUp(self):
        super().setUp()
        self.wave = self.new_wave()
        self.send(self.wave)
        self.ada, self.bao = self.customers[:2]

    def cases(self):
        return self.env["relationship.case"].search([("kind", "=", "detractor")])

    def test_opens_a_case(self):
        score = self.answer(self.wave, self.ada, 3, "Late <b>again</b>")
        case = self.cases()
        self.assertEqual((case.contact_id, case.partner_id), (self.ada, self.ada))
        self.assertEqual(case.user_id, self.users["user"], "who looks after the customer")
        self.assertEqual((case.feedback_score_id, case.feedback_score), (score, 3))
        self.assertIn("Late &lt;b&gt;again&lt;/b&gt;", case.description)
        self.assertEqual((case.state, case.priority, case.channel), ("new", "1", "email"))
        activity = case.activity_ids
        self.assertEqual(activity.user_id, self.users["user"])
        self.assertEqual(str(activity.date_deadline), str(case.due.date()))

    def test_every_score_up_to_six(self):
        for contact, value in zip(self.customers, (0, 6, 7, 10), strict=True):
            self.answer(self.wave, contact, value)
        self.assertEqual(self.cases().contact_id, self.customers[:2])

    def test_customer_without_anybody(self):
        self.ada.user_id = False
        self.answer(self.wave, self.ada, 0)
        self.assertEqual(self.cases().user_id, self.manager, "the program's responsible")

    def test_switched_off(self):
        self.program.case_from_detractor = False
        self.answer(self.wave, self.ada, 0)
        self.assertFalse(self.cases())

    def test_holds_until_closed(self):
        self.answer(self.wave, self.ada, 0)
        case = self.cases()
        for purpose in ("marketing", "survey", "upsell", "downgrade"):
            self.assertTrue(self.ada._relationship_holds(purpose)[self.ada], purpose)
        case.resolution = "<p>Called, apologised</p>"
        case.feedback_cause_id = self.env["feedback.cause"].search([], limit=1)
        for state in ("contacted", "action", "verified", "closed"):
            case.state = state
        self.assertFalse(self.ada._relationship_holds("upsell")[self.ada])

    def test_owner_sees_it_and_a_stranger_does_not(self):
        self.answer(self.wave, self.ada, 0)
        self.assertTrue(self.cases().with_user(self.users["user"]).has_access("write"))
        self.assertTrue(self.cases().with_user(self.users["user"]).feedback_score == 0)
        self.ada.user_id = self.cases().user_id = self.manager
        self.assertFalse(self.cases().with_user(self.users["user"]).has_access("read"))

    def test_page_of_the_customer(self):
        self.answer(self.wave, self.ada, 3)
        view = self.env["relationship.view360"].with_user(self.users["user"])
        blocks = {b["code"]: b for b in view.get_summary(self.ada.id)["blocks"]}
        self.assertEqual(
            (blocks["feedback"]["value"], blocks["feedback"]["tone"]), ("3 of 10", "bad")
        )
        self.assertEqual(blocks["cases"]["value"], 1)
