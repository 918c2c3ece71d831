from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import BaseCase, HttpCase, new_test_user, tagged

from ..lib.disclosure import LEAST, shown
from ..lib.figures import Counts, change, figure
from ..lib.intervals import mean, nps_change, share, share_change
from .common import FeedbackCommon


@tagged("post_install", "-at_install")
class TestFigures(BaseCase):
    @settings(deadline=None)
    @given(st.integers(0, 400), st.integers(0, 400))
    def test_share_lies_in_its_interval(self, hits, rest):
        found = share(hits, hits + rest)
        if hits + rest:
            self.assertTrue(0 <= found.low <= found.value <= found.high <= 100)
        else:
            self.assertIsNone(found)

    @settings(deadline=None)
    @given(st.lists(st.integers(1, 7), max_size=60))
    def test_mean_lies_in_its_interval_and_on_the_scale(self, values):
        found = mean(sum(values), sum(v * v for v in values), len(values), 1, 7)
        if values:
            self.assertTrue(1 <= found.low <= found.value <= found.high <= 7)
        else:
            self.assertIsNone(found)

    @settings(deadline=None)
    @given(*(st.integers(0, 200) for _count in range(6)))
    def test_changes_lie_in_their_intervals(self, up, down, rest, up2, down2, rest2):
        now, before = (up, down, up + down + rest), (up2, down2, up2 + down2 + rest2)
        for found in (nps_change(now, before), share_change(now[::2], before[::2])):
            if not now[2] or not before[2]:
                self.assertIsNone(found)
            else:
                self.assertTrue(-200 <= found.low <= found.value <= found.high <= 200)

    @settings(deadline=None)
    @given(*(st.integers(1, 200) for _count in range(6)))
    def test_the_other_way_round(self, up, down, rest, up2, down2, rest2):
        """From one wave to another is as much up as back is down."""
        now, before = (up, down, up + down + rest), (up2, down2, up2 + down2 + rest2)
        there, back = nps_change(now, before), nps_change(before, now)
        self.assertAlmostEqual(there.value, -back.value)
        self.assertAlmostEqual(there.low, -back.high)

    def test_each_measure_has_its_figure(self):
        counts = Counts(10, 5, 2, 40, 180)
        self.assertAlmostEqual(figure("nps", counts).value, 30)
        self.assertAlmostEqual(figure("csat", counts).value, 50)
        self.assertAlmostEqual(figure("ces", counts).value, 4)
        self.assertAlmostEqual(change("nps", counts, counts).value, 0)


@tagged("post_install", "-at_install")
class TestDisclosure(BaseCase):
    @settings(deadline=None, max_examples=300)
    @given(
        st.integers(0, 25).flatmap(
            lambda size: st.lists(
                st.lists(st.sampled_from("abcd"), min_size=size, max_size=size), max_size=4
            )
        )
    )
    def test_no_sum_or_difference_finds_fewer_than_five(self, groupings):
        """Whatever is worked out from shown cells is a union of groups alike in all of them."""
        size = len(groupings[0]) if groupings else 0
        people = range(size)
        cells = shown(
            people,
            [(str(n), dict(zip(people, g, strict=True))) for n, g in enumerate(groupings)],
        )
        if not cells:
            return
        alike = {}
        for person in people:
            alike.setdefault(tuple(cell[person] for cell in cells.values()), set()).add(person)
        self.assertGreaterEqual(min(map(len, alike.values())), LEAST)
        published = [
            frozenset(person for person in people if cell_of[person] == cell)
            for cell_of in cells.values()
            for cell in set(cell_of.values())
        ] + [frozenset(people)]
        for one, other in combinations(published, 2):
            for found in (one - other, other - one, one & other):
                self.assertTrue(not found or len(found) >= LEAST)


class ResultsCommon(FeedbackCommon):
    """A program that asks twelve customers of two owners."""

    ANONYMITY = "identified"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers |= cls.env["res.partner"].create(
            [cls._person_vals(name) for name in ("Eli", "Fay", "Gus", "Hoa", "Ida", "Jan")]
            + [{**cls._person_vals(name), "user_id": cls.manager.id} for name in ("Kim", "Lou")]
        )
        cls.program.anonymity = cls.ANONYMITY
        cls.reader = new_test_user(
            cls.env,
            "feedback_reader",
            groups="relationship_crm.group_manager,survey_feedback.group_confidential_reader",
        )

    def asked(self, values, close=False):
        """Return a wave that the first customers have answered with these values."""
        wave = self.new_wave()
        self.send(wave)
        for contact, value in zip(self.customers, values, strict=False):
            self.answer(wave, contact, value)
        if close:
            wave.action_close()
        self.env.flush_all()
        self.env.invalidate_all()
        return wave

    def results(self, wave, user=None):
        return wave.with_user(user or self.manager).get_results()

    def slice(self, results, code):
        found = [one for one in results["slices"] if one["code"] == code]
        return (
            {row["label"]: (row["answers"], row["value"]) for row in found[0]["rows"]}
            if (found)
            else {}
        )


@tagged("post_install", "-at_install")
class TestResults(ResultsCommon):
    VALUES = (10, 9, 9, 2, 7, 8, 9, 10, 6, 9, 1, 10)

    def test_figures_and_slices(self):
        gold = self.env["res.partner.grade"].create({"name": "Gold of the Test"})
        self.customers[:3].grade_id = gold
        support = self.env.ref("survey_feedback.feedback_touchpoint_support")
        self.question.feedback_touchpoint_id = support
        segment = self.env["relationship.segment"].create({"name": "Few", "kind": "manual"})
        self.env["relationship.segment.member"].create(
            [
                {"segment_id": segment.id, "partner_id": one.id, "entered_on": "2020-01-01"}
                for one in self.customers[:2]
            ]
        )
        role = self.env["relationship.role"].create({"name": "Chief", "code": "test_chief"})
        self.customers[3].relationship_role_ids = role
        results = self.results(self.asked(self.VALUES))
        [nps] = results["measures"]
        self.assertEqual((nps["metric"], nps["answers"], nps["change"]), ("nps", 12, None))
        self.assertAlmostEqual(nps["value"], 100 * (7 - 3) / 12)
        self.assertEqual(self.slice(results, "tier")[gold.name], (3, 100))
        self.assertEqual(self.slice(results, "touchpoint"), {support.name: (12, nps["value"])})
        self.assertEqual(self.slice(results, "segment"), {"Few": (2, 100)})
        self.assertEqual(self.slice(results, "role"), {"Chief": (1, -100)})
        owners = self.slice(results, "owner")
        self.assertEqual(owners[self.manager.name], (2, 0))
        self.assertEqual(owners[self.users["user"].name][0], 10)
        self.assertEqual(sum(n for n, _value in self.slice(results, "channel").values()), 12)
        self.assertEqual(sum(n for n, _value in self.slice(results, "month").values()), 12)

    def test_effort_changes_by_its_best_answers(self):
        """The mean has no change beside it: that of the best answers is in percent."""
        self.question.write({"feedback_metric": "ces", "scale_min": 1, "scale_max": 7})
        first = self.asked((7, 6, 1, 2))
        first.sent_at = first.invitation_ids.sent_at = "2026-01-01"
        mean, best = self.results(self.asked((7, 7, 7, 1)))["measures"]
        self.assertEqual((mean["unit"], mean["value"], mean["change"]), ("mean", 5.5, None))
        self.assertEqual((best["unit"], best["value"], best["answers"]), ("percent", 75, 4))
        self.assertAlmostEqual(best["change"]["value"], 25)

    def test_weighted_or_not(self):
        """Where quotas asked groups out of proportion, both scores are shown, and said which."""
        self.program.quota_ids = [
            Command.create(
                {
                    "name": "First",
                    "domain": f"[('id', 'in', {self.customers[:4].ids})]",
                    "sample_size": 2,
                }
            )
        ]
        wave = self.new_wave()
        self.send(wave)
        first, rest = wave.stratum_ids
        for row in wave.invitation_ids:
            self.answer(wave, row.contact_id, 10 if row.stratum_id == first else 0)
        results = self.results(wave)
        plain, weighted = results["measures"][:2]
        asked = len(wave.invitation_ids)
        self.assertEqual((plain["label"], weighted["label"]), ("NPS", "NPS, weighted"))
        self.assertAlmostEqual(plain["value"], 100 * (2 - (asked - 2)) / asked)
        people = 4 + rest.population
        self.assertAlmostEqual(weighted["value"], 100 * (4 - rest.population) / people)
        self.assertLessEqual(weighted["low"], weighted["value"])
        self.assertIn("people ÷ answers", results["weighting"])
        rows = wave._results_rows()
        self.assertIn("NPS, weighted", [row[2] for row in rows])
        self.assertIn(results["weighting"], [row[0] for row in rows])

    def test_not_weighted(self):
        results = self.results(self.asked(self.VALUES))
        self.assertEqual(len(results["measures"]), 1)
        self.assertIn("Not weighted", results["weighting"])

    def test_rates_of_calls(self):
        self.assertEqual(self.results(self.asked(self.VALUES))["calls"], [])
        self.env.cr.execute("UPDATE feedback_invitation SET sent_at = sent_at - interval '1 year'")
        self.env.invalidate_all()
        self.program.channel_ids = [Command.create({"channel": "phone"})]
        self.customers.write({"phone": "+84 24 3826 0001"})
        wave = self.new_wave()
        self.send(wave)
        rates = {one["code"]: one["value"] for one in self.results(wave)["calls"]}
        self.assertEqual(rates, {"rr2": 0, "con1": 0, "ref1": 0}, "nobody reached: no cooperation")
        self.answer(wave, self.customers[0], 9)
        row = self.invitation(wave, self.customers[1])
        refusal = self.env["feedback.disposition"].search([("outcome", "=", "R")], limit=1)
        row._log_attempt(refusal)
        interview = self.env.ref("survey_feedback.feedback_disposition_1_1")
        self.invitation(wave, self.customers[0])._log_attempt(interview)
        rates = {one["code"]: one["value"] for one in self.results(wave)["calls"]}
        everybody = wave.call_count
        self.assertAlmostEqual(rates["coop2"], 50)
        self.assertAlmostEqual(rates["rr2"], 100 / everybody)
        self.assertAlmostEqual(rates["con1"], 200 / everybody)
        self.assertIn("Cooperation Rate (COOP2)", [row[1] for row in wave._results_rows()])

    def test_funnel(self):
        self.customers[0].email = False
        wave = self.asked(())
        self.answer(wave, self.customers[1], 9)
        steps = {step["code"]: step["count"] for step in self.results(wave)["funnel"]}
        self.assertEqual(
            steps, {"population": 12, "drawn": 11, "asked": 11, "reached": 11, "answered": 1}
        )

    def test_funnel_is_one_for_everybody(self):
        wave = self.asked((9, 9))
        self.customers[:2].user_id = self.manager
        seen = [self.results(wave, self.users[role])["funnel"] for role in ("user", "manager")]
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(seen[0][-1]["count"], 2)

    def test_change_since_the_wave_before(self):
        first = self.asked(self.VALUES)
        first.sent_at = "2026-01-01"
        first.invitation_ids.sent_at = "2026-01-01"
        self.env["relationship.case"].search([("kind", "=", "detractor")]).unlink()
        second = self.asked((10,) * 12)
        results = self.results(second)
        [nps] = results["measures"]
        self.assertEqual(results["before"], first.name)
        self.assertAlmostEqual(nps["change"]["value"], 100 - 100 * 4 / 12)
        self.assertTrue(nps["change"]["is_sure"])
        self.assertEqual(
            [(row["id"], row["answers"]) for row in results["trend"]],
            [(first.id, 12), (second.id, 12)],
        )
        self.assertFalse(self.results(first)["before"])

    def test_owner_compares_own_customers_only(self):
        wave = self.asked(self.VALUES)
        results = self.results(wave, self.users["user"])
        self.assertEqual(results["measures"][0]["answers"], 12, "the wave as a whole")
        self.assertNotIn(self.manager.name, self.slice(results, "owner"))
        self.assertEqual(sum(n for n, _value in self.slice(results, "channel").values()), 10)

    def test_nothing_answered(self):
        results = self.results(self.asked(()))
        self.assertEqual((results["state"], results["measures"]), ("few", []))
        self.assertEqual((results["slices"], results["trend"]), ([], []))

    def test_who_may_not_read_the_wave(self):
        with self.assertRaises(AccessError):
            self.results(self.asked(()), self.users["integration"])

    def test_queries_do_not_grow(self):
        wave = self.asked(self.VALUES[:6])
        self.results(wave)
        self.env.invalidate_all()
        with self.assertQueryCount(60):
            self.results(wave)


@tagged("post_install", "-at_install")
class TestConfidential(ResultsCommon):
    ANONYMITY = "confidential"
    VALUES = (10, 9, 9, 2, 7, 8, 9, 10, 6, 9, 1, 10)

    def rows(self, wave, user):
        """Return what a user finds of the answers of a wave."""
        answers = self.env["survey.user_input"].with_user(user)
        return (
            self.env["feedback.score"].with_user(user).search([("wave_id", "=", wave.id)]),
            answers.search([("feedback_wave_id", "=", wave.id)])
            if answers.has_access("read")
            else answers,
        )

    def test_only_readers_see_who_said_what(self):
        wave = self.asked(self.VALUES, close=True)
        for role in ("user", "channel_manager", "manager", "auditor"):
            scores, answers = self.rows(wave, self.users[role])
            self.assertFalse(scores, role)
            self.assertFalse(answers, role)
        scores, answers = self.rows(wave, self.reader)
        self.assertEqual((len(scores), len(answers)), (12, 12))
        self.assertEqual(answers.partner_id, self.customers)
        lines = self.env["survey.user_input.line"].with_user(self.manager)
        self.assertFalse(lines.search([("user_input_id", "in", answers.ids)]))

    def test_no_case_no_page_no_metric(self):
        """Nothing else tells what somebody said."""
        self.asked(self.VALUES, close=True)
        self.assertFalse(self.env["relationship.case"].search([("kind", "=", "detractor")]))
        view = self.env["relationship.view360"].with_user(self.manager)
        blocks = {b["code"] for b in view.get_summary(self.customers[3].id)["blocks"]}
        self.assertNotIn("feedback", blocks)
        rows = self.env["relationship.metric"].compute(
            ["nps", "nps_lower", "csat", "ces"], self.customers.ids, "2020-01-01", "2099-01-01"
        )
        self.assertEqual({row["nps"] for row in rows}, {None})

    def test_nothing_until_it_is_closed(self):
        wave = self.asked(self.VALUES)
        results = self.results(wave)
        self.assertEqual((results["state"], results["measures"]), ("early", []))
        self.assertEqual((wave.nps_answers, wave.nps_summary), (0, False))
        self.assertTrue(results["note"])
        wave.action_close()
        self.env.invalidate_all()
        self.assertEqual(self.results(wave)["measures"][0]["answers"], 12)
        self.assertEqual(wave.nps_answers, 12)

    def test_nothing_of_four(self):
        wave = self.asked(self.VALUES[:4], close=True)
        results = self.results(wave)
        self.assertEqual((results["state"], results["measures"]), ("few", []))
        self.assertEqual(results["trend"], [])
        self.assertEqual(wave.nps_answers, 0)

    def test_small_groups_are_not_worked_out(self):
        """Ten of one owner and two of the other: neither is shown beside the total of twelve."""
        results = self.results(self.asked(self.VALUES, close=True))
        self.assertEqual(self.slice(results, "owner"), {})
        self.assertEqual(results["measures"][0]["answers"], 12)

    def test_groups_large_enough_are_shown(self):
        gold = self.env["res.partner.grade"].create({"name": "Gold of the Test"})
        self.customers[:6].grade_id = gold
        results = self.results(self.asked(self.VALUES, close=True))
        half = (6, 100 / 3)
        self.assertEqual(self.slice(results, "tier"), {gold.name: half, "None": half})

    def test_figures_stay_as_they_were(self):
        """A customer who changes owner or tier later does not move from one figure to another."""
        gold = self.env["res.partner.grade"].create({"name": "Gold of the Test"})
        self.customers[:6].grade_id = gold
        wave = self.asked(self.VALUES, close=True)
        before = self.results(wave)
        self.customers[6].grade_id = gold
        self.env["feedback.score"].search([("wave_id", "=", wave.id)], limit=1).sudo().unlink()
        self.env.invalidate_all()
        self.assertEqual(self.results(wave), before)

    def test_the_promise_stays(self):
        wave = self.asked(self.VALUES)
        self.program.anonymity = "identified"
        self.assertEqual(wave.anonymity, "confidential")
        with self.assertRaises(UserError):
            wave.anonymity = "identified"
        self.assertEqual(self.new_wave().anonymity, "identified", "the next wave")

    def test_core_results_page_is_for_readers(self):
        self.asked(self.VALUES)
        survey = self.survey.with_user(self.manager)
        statistics = survey._prepare_statistics()
        self.assertFalse(statistics.get("answer_count"))

    def test_nobody_is_a_reader_by_role(self):
        for role, user in self.users.items():
            self.assertFalse(user.has_group("survey_feedback.group_confidential_reader"), role)

    def test_asking_again_under_a_new_name(self):
        """Two dimensions of the same people are apart; each needs its five."""
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
        wave = self.new_wave()
        self.send(wave)
        for number, contact in enumerate(self.customers):
            answer = self.invitation(wave, contact).sudo()._answer(9)
            if number < 4:
                answer._save_lines(self.survey.question_ids[2], "1")
            answer._mark_done()
        wave.action_close()
        self.env.invalidate_all()
        self.assertEqual([one["metric"] for one in self.results(wave)["measures"]], ["nps"])


@tagged("post_install", "-at_install")
class TestExport(HttpCase, ResultsCommon):
    VALUES = (10, 9, 9, 2, 7, 8, 9, 10, 6, 9, 1, 10)

    def fetch(self, wave, kind):
        return self.url_open(f"/feedback/wave/{wave.id}/results.{kind}")

    def test_what_the_page_shows(self):
        tier = self.env["res.partner.grade"].create({"name": "=1+1"})
        self.customers[:6].grade_id = tier
        wave = self.asked(self.VALUES)
        self.authenticate("relationship_manager", "relationship_manager")
        text = self.fetch(wave, "csv").content.decode("utf-8-sig")
        self.assertIn("'=1+1", text, "no formula for a spreadsheet")
        self.assertIn("33.33", text)
        self.assertEqual(self.fetch(wave, "xlsx").content[:2], b"PK")
        self.assertEqual(self.fetch(wave, "exe").status_code, 404)

    def test_nothing_of_a_confidential_wave_of_four(self):
        self.program.anonymity = "confidential"
        wave = self.asked(self.VALUES[:4], close=True)
        self.authenticate("relationship_manager", "relationship_manager")
        text = self.fetch(wave, "csv").content.decode("utf-8-sig")
        self.assertNotIn("NPS", text)

    def test_waves_of_others(self):
        company = self.env["res.company"].create({"name": "Sister"})
        wave = self.new_wave(self._new_program("Sister's", company_id=company.id))
        self.authenticate("relationship_manager", "relationship_manager")
        self.assertEqual(self.fetch(wave, "csv").status_code, 404)
