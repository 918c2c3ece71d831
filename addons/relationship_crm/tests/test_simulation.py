"""Simulations: drafts begin with the live rules, decide as a review does, write nothing else."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .simulation_common import SimulationCommon

#: each example works on the same database: how long it takes says nothing
EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
#: tables that a simulation must leave alone
TABLES = (
    "res_partner",
    "prm_enrollment",
    "res_partner_grade",
    "relationship_profile",
    "prm_program",
    "mail_message",
)


@tagged("post_install", "-at_install")
class TestSimulation(SimulationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.criteria()
        cls.one = cls.enroll("One", cls.silver)
        cls.two = cls.enroll("Two", cls.silver)
        cls.three = cls.enroll("Three", cls.gold)
        cls.four = cls.enroll("Four")
        cls.sell(cls.one, 1200)
        cls.sell(cls.two, 600)
        cls.sell(cls.three, 300)

    # ------------------------------------------------------------ drafts

    def test_a_draft_begins_with_the_live_rules(self):
        self.silver.prm_pass_mark = 80
        self.program.demotion_policy = "to_earned"
        kind = self.env.ref("relationship_crm.prm_benefit_kind_commission_rate")
        self.env["prm.benefit"].create(
            {"grade_id": self.gold.id, "kind_id": kind.id, "value": 12, "valid_from": "2020-01-01"}
        )
        self.criterion(self.gold, "sold_orders", 99, valid_to="2020-12-31")
        draft = self.simulation()
        self.assertEqual(draft.demotion_policy, "to_earned")
        self.assertEqual(
            [(tier.grade_id, tier.pass_mark) for tier in draft.tier_ids],
            [(self.gold, 100), (self.silver, 80), (self.bronze, 100)],
        )
        self.assertEqual(
            {(one.simulated_grade_id, one.threshold) for one in draft.criterion_ids},
            {(self.gold, 1000), (self.silver, 500), (self.bronze, 100)},
            "what no longer holds is left out",
        )
        self.assertEqual(draft.benefit_ids.mapped("value"), [12])
        self.assertFalse(draft.criterion_ids.grade_id, "a draft asks nothing of anybody")

    def test_load_live_rules_again(self):
        draft = self.simulation()
        self.threshold(draft, self.gold, 5)
        draft.action_load_rules()
        self.assertEqual(sorted(draft.criterion_ids.mapped("threshold")), [100, 500, 1000])

    def test_a_copy_has_the_same_rules(self):
        draft = self.simulation()
        self.threshold(draft, self.gold, 700)
        draft.action_run()
        copy = draft.copy()
        self.assertEqual(copy.state, "draft")
        self.assertEqual(sorted(copy.criterion_ids.mapped("threshold")), [100, 500, 700])
        self.assertEqual(copy._rules(), draft._rules())
        self.assertFalse(copy.line_ids)

    def test_tiers_of_another_program_are_refused(self):
        other = self.env["prm.program"].create({"name": "Others"})
        foreign = self.env["res.partner.grade"].create(
            {"name": "Foreign", "prm_program_id": other.id}
        )
        draft = self.simulation()
        with self.assertRaises(ValidationError):
            draft.criterion_ids[0].simulated_grade_id = foreign

    def test_the_period_is_over(self):
        with self.assertRaises(ValidationError):
            self.simulation(date_to=self.today)

    def test_drafts_ask_for_more_of_what_is_better(self):
        draft = self.simulation()
        with self.assertRaises(ValidationError):
            draft.criterion_ids[0].operator = "<="

    # ------------------------------------------------------------ decision

    def test_worked_by_hand(self):
        """Sold 1,200, 600, 300 and nothing; gold from 1,000, silver from 500, bronze from 100.

        The live rules: one goes up to gold, two keeps silver, three (gold) goes one down, four
        earns nothing. Gold from 600: two goes up as well. Policy "to earned": three falls to
        bronze.
        """
        draft = self.simulation()
        draft.action_run()
        none = self.gold.browse()
        self.assertEqual(
            self.lines(draft),
            {
                self.one: (self.silver, self.gold, "promote"),
                self.two: (self.silver, self.silver, "keep"),
                self.three: (self.gold, self.silver, "demote"),
                self.four: (none, none, "keep"),
            },
        )
        self.assertEqual(
            (draft.partner_count, draft.promote_count, draft.keep_count, draft.demote_count),
            (4, 1, 2, 1),
        )
        self.assertEqual(draft.revenue, 2100)
        self.threshold(draft, self.gold, 600)
        draft.demotion_policy = "to_earned"
        draft.action_run()
        lines = self.lines(draft)
        self.assertEqual(lines[self.two][1:], (self.gold, "promote"))
        self.assertEqual(lines[self.three][1:], (self.bronze, "demote"))

    def test_a_pass_mark_of_a_draft(self):
        """Two sold 600 of the 1,000 that gold asks for: 60 points."""
        draft = self.simulation()
        draft.tier_ids.filtered(lambda one: one.grade_id == self.gold).pass_mark = 60
        draft.action_run()
        line = draft.line_ids.filtered(lambda one: one.enrollment_id == self.two)
        self.assertEqual((line.to_grade_id, line.points), (self.gold, 60))
        self.assertIn("600", line.reasons)

    def test_as_of_the_day_after_the_period(self):
        """Sales of the last two days do not count for a period that ended before."""
        draft = self.simulation(date_from=self.in_days(-400), date_to=self.in_days(-10))
        draft.action_run()
        self.assertEqual(self.lines(draft)[self.one][1:], (self.bronze, "demote"))
        self.assertEqual(draft.revenue, 0)

    def test_first_and_last_day_of_the_period(self):
        """Sold on the day before it, its first, its last, and the day after: 1, 20, 300, 4,000."""
        draft = self.simulation(date_from=self.in_days(-40), date_to=self.in_days(-31))
        for days_ago, amount in ((41, 1), (40, 20), (31, 300), (30, 4000)):
            self.sell(self.four, amount, days_ago=days_ago)
        draft.action_run()
        self.assertEqual(draft.revenue, 320)
        self.assertEqual(self.lines(draft)[self.four][1], self.bronze, "321 in twelve months")

    def test_partners_of_another_company_are_not_looked_at(self):
        other = self.other_company()
        self.program.company_ids |= other
        there = self.enroll("There", self.silver, company_id=other.id)
        here, abroad = self.simulation(), self.simulation(company_id=other.id)
        (here | abroad).action_run()
        self.assertEqual(here.line_ids.enrollment_id, self.one | self.two | self.three | self.four)
        self.assertEqual(abroad.line_ids.enrollment_id, there)

    def test_only_active_partners_of_the_program(self):
        self.two.write({"state": "suspended", "reason": "Test"})
        other = self.env["prm.program"].create({"name": "Others"})
        self.enroll("Elsewhere", program=other)
        draft = self.simulation()
        draft.action_run()
        self.assertEqual(draft.line_ids.enrollment_id, self.one | self.three | self.four)

    @EXAMPLES
    @given(
        thresholds=st.lists(
            st.sampled_from([0, 1, 300, 600, 900, 1200, 5000]), min_size=3, max_size=3
        ),
        marks=st.lists(st.sampled_from([0, 40, 75, 100]), min_size=3, max_size=3),
        must=st.lists(st.booleans(), min_size=3, max_size=3),
        policy=st.sampled_from(["none", "one_down", "to_earned"]),
        nps=st.sampled_from(["no", "fail", "ignore"]),
    )
    def test_equals_the_review_and_writes_nothing(self, thresholds, marks, must, policy, nps):
        """What a draft does is what the review does once the same rules are live."""
        with self.env.cr.savepoint(flush=True) as savepoint:
            draft = self.simulation(demotion_policy=policy)
            rows = zip(draft.tier_ids, thresholds, marks, must, strict=True)
            for tier, threshold, mark, asked in rows:
                tier.pass_mark = mark
                self.threshold(draft, tier.grade_id, threshold).must = asked
            if nps != "no":
                self._ask_nps(draft, nps)
            before = self._written()
            draft.action_run()
            self.assertEqual(self._written(), before)
            self._make_live(draft)
            decisions = self.decide(self.one | self.two | self.three | self.four)
            self.assertEqual(
                {line.enrollment_id.id: self._plain(line) for line in draft.line_ids},
                {
                    key: (one.current, one.earned, one.outcome, one.to_tier, round(one.points, 1))
                    for key, one in decisions.items()
                },
            )
            savepoint.rollback()
        self.env.invalidate_all()

    def test_equals_the_lines_of_a_review(self):
        draft = self.simulation()
        draft.action_run()
        review = self.env["prm.review"].create(
            {"program_id": self.program.id, "company_id": self.company.id}
        )
        review.action_compute()
        self.assertEqual(
            self.lines(draft),
            {
                line.enrollment_id: (line.grade_id, line.to_grade_id, line.outcome)
                for line in review.line_ids
            },
        )

    def _ask_nps(self, draft, when_missing):
        """Nobody has a score yet: what a draft asks of it is not known of any partner."""
        metric = self.env["relationship.metric"].search([("code", "=", "nps")])
        draft.criterion_ids = [
            Command.create(
                {
                    "simulated_grade_id": self.gold.id,
                    "metric_id": metric.id,
                    "threshold": 10,
                    "when_missing": when_missing,
                }
            )
        ]

    def _make_live(self, draft):
        """Write the rules of a draft on the tiers, without publishing."""
        self.program.grade_ids.prm_criterion_ids.unlink()
        self.program.demotion_policy = draft.demotion_policy
        for tier in draft.tier_ids:
            tier.grade_id.prm_pass_mark = tier.pass_mark
        for one in draft.criterion_ids:
            self.env["relationship.criterion"].create(
                {**one._terms(), "grade_id": one.simulated_grade_id.id}
            )

    def _plain(self, line):
        return (
            line.from_grade_id.id or 0,
            line.earned_grade_id.id or 0,
            line.outcome,
            line.to_grade_id.id or 0,
            line.points,
        )

    def _written(self):
        """Return what would differ if rows of these tables were written."""
        self.env.flush_all()
        marks = []
        for table in TABLES:
            self.env.cr.execute(f"SELECT count(*), max(xmin::text::bigint), max(ctid) FROM {table}")
            marks.append((table, *self.env.cr.fetchone()))
        return marks

    @EXAMPLES
    @given(
        thresholds=st.lists(st.sampled_from([1, 200, 600, 900, 1500]), min_size=3, max_size=3),
        days=st.lists(st.sampled_from([1, 5, 30]), min_size=3, max_size=3),
        marks=st.lists(st.sampled_from([30, 60, 100]), min_size=3, max_size=3),
        policy=st.sampled_from(["none", "one_down", "to_earned"]),
        bought=st.sampled_from([1, 300, 2000]),
    )
    def test_buying_more_and_sooner_never_lowers_a_tier(
        self, thresholds, days, marks, policy, bought
    ):
        """Of every draft: more sales, and fewer days since the last purchase."""
        metric = self.env["relationship.metric"].search([("code", "=", "days_since_purchase")])
        with self.env.cr.savepoint(flush=True) as savepoint:
            draft = self.simulation(demotion_policy=policy)
            for tier, threshold, most, mark in zip(
                draft.tier_ids, thresholds, days, marks, strict=True
            ):
                tier.pass_mark = mark
                self.threshold(draft, tier.grade_id, threshold)
                draft.criterion_ids.create(
                    {
                        "simulation_id": draft.id,
                        "simulated_grade_id": tier.grade_id.id,
                        "metric_id": metric.id,
                        "operator": "<=",
                        "threshold": most,
                    }
                )
            self.order(self.two.partner_id, days_ago=20, amount=1)
            draft.action_run()
            before = {one: self._rank(to) for one, (_from, to, _out) in self.lines(draft).items()}
            self.order(self.two.partner_id, days_ago=2, amount=bought)
            draft.action_run()
            after = {one: self._rank(to) for one, (_from, to, _out) in self.lines(draft).items()}
            self.assertLessEqual(after.pop(self.two), before.pop(self.two))
            self.assertEqual(after, before, "nobody else is touched")
            savepoint.rollback()
        self.env.invalidate_all()

    def _rank(self, grade):
        return grade.sequence or 10**6

    def test_want_of_data_never_promotes(self):
        """Gold asks for a score that nobody has: a must is not met, and points lack its part."""
        draft = self.simulation()
        self.threshold(draft, self.gold, 1)
        self._ask_nps(draft, "fail")
        draft.action_run()
        self.assertEqual(self.lines(draft)[self.one][1:], (self.silver, "keep"))
        asked = draft.criterion_ids.filtered(lambda one: one.metric_id.code == "nps")
        asked.write({"when_missing": "ignore", "must": True})
        draft.action_run()
        self.assertEqual(self.lines(draft)[self.one][1:], (self.silver, "keep"))
        asked.must = False
        draft.action_run()
        self.assertEqual(self.lines(draft)[self.one][1:], (self.gold, "promote"), "left out")

    def test_the_order_of_partners_does_not_matter(self):
        draft = self.simulation()
        every = self.one | self.two | self.three | self.four
        there = self.decide(every, draft=draft)
        self.assertEqual(self.decide(every[::-1], draft=draft), there)
        apart = {}
        for one in every:
            apart |= self.decide(one, draft=draft)
        self.assertEqual(apart, there, "nor who else is looked at")

    def test_a_live_criterion_is_not_touched_by_a_draft(self):
        before = self.decide(self.one | self.two | self.three)
        draft = self.simulation()
        for tier in (self.gold, self.silver, self.bronze):
            self.threshold(draft, tier, 1)
        draft.action_run()
        self.assertEqual(self.decide(self.one | self.two | self.three), before)

    def test_queries_do_not_grow_with_partners(self):
        draft = self.simulation()
        draft.action_run()
        few = self.queries(draft.action_run)
        for number in range(15):
            self.enroll(f"More {number}", self.bronze)
        many = self.queries(draft.action_run)
        self.assertLessEqual(many, few)
        self.assertEqual(draft.partner_count, 19)

    # ------------------------------------------------------------ once tried

    def test_changed_rules_are_stale(self):
        draft = self.simulation()
        draft.action_run()
        self.assertFalse(draft.is_stale)
        self.threshold(draft, self.gold, 700)
        self.assertTrue(draft.is_stale)
        self.threshold(draft, self.gold, 1000)
        self.assertFalse(draft.is_stale, "as it was tried")
        for name, value in (
            ("demotion_policy", "none"),
            ("date_from", self.in_days(-30)),
            ("date_to", self.in_days(-3)),
        ):
            former = draft[name]
            draft[name] = value
            self.assertTrue(draft.is_stale, name)
            draft[name] = former
        self.assertFalse(draft.is_stale, "as it was tried")
        draft.criterion_ids[0].unlink()
        draft.invalidate_recordset(["is_stale"])
        self.assertTrue(draft.is_stale)

    def test_flows_count_every_partner_once(self):
        draft = self.simulation()
        draft.action_run()
        flows = draft.flows
        self.assertEqual(
            {(band["from"], band["to"]): (band["count"], band["way"]) for band in flows["bands"]},
            {
                ("Silver", "Gold"): (1, "up"),
                ("Silver", "Silver"): (1, "same"),
                ("Gold", "Silver"): (1, "down"),
                ("No Tier", "No Tier"): (1, "same"),
            },
        )
        self.assertEqual([bar["name"] for bar in flows["left"]], ["Gold", "Silver", "No Tier"])
        self.assertEqual(sum(bar["partners"] for bar in flows["right"]), 4)
        self.assertEqual({band["effect"] for band in flows["bands"]}, {0})

    def test_two_drafts_side_by_side(self):
        first, second = self.simulation("As it is"), self.simulation("Easier")
        self.threshold(second, self.gold, 600)
        second.tier_ids[1].pass_mark = 70
        (first | second).action_run()
        first.other_id = second
        html = first.comparison
        self.assertIn("As it is", html)
        self.assertIn("Easier", html)
        self.assertIn("Pass mark 70", html)
        self.assertNotIn("Never Down", html)
        self.assertNotIn("Bronze</th>\n<td>Sold", html, "what is the same is not told")
        self.assertEqual((first | second)._differing(), [self.two.id])
        values = (first | second)._comparison()
        self.assertTrue(values["same_period"])
        self.assertEqual(
            {name: (here, there) for name, here, there in values["tiers"]},
            {"Gold": (1, 2), "Silver": (2, 1), "Bronze": (0, 0), "No Tier": (1, 1)},
        )
        second.write({"demotion_policy": "none", "date_from": self.in_days(-30)})
        values = (first | second)._comparison()
        self.assertFalse(values["same_period"])
        self.assertEqual(values["rules"][-1][1:], ("One Tier Down", "Never Down"))
        action = first.action_view_differing()
        found = self.env["prm.simulation.line"].search(action["domain"])
        self.assertEqual(found.enrollment_id, self.two)
        self.assertEqual(found.simulation_id, first | second)

    def test_export(self):
        draft = self.simulation()
        draft.action_run()
        columns = ["partner_id/name", "from_grade_id/name", "to_grade_id/name", "margin_effect"]
        rows = draft.line_ids.sorted("id").export_data(columns)["datas"]
        self.assertIn(["One", "Silver", "Gold", 0.0], rows)
        self.assertEqual(len(rows), 4)

    # ------------------------------------------------------------ access

    def test_channel_managers_draft_for_own_programs(self):
        manager = self.users["channel_manager"]
        draft = self.env["prm.simulation"].with_user(manager)
        draft = draft.create({"name": "Mine", "program_id": self.program.id})
        draft.criterion_ids[0].threshold = 7
        draft.action_run()
        self.assertEqual(draft.partner_count, 4)
        with self.assertRaises(AccessError):
            draft.action_publish()
        live = self.gold.prm_criterion_ids
        with self.assertRaises(AccessError):
            live.with_user(manager).threshold = 1
        with self.assertRaises(AccessError):
            live.with_user(manager).unlink()
        with self.assertRaises(AccessError):
            live.with_user(manager).create({"grade_id": self.gold.id, **self._orders_asked()})
        other = self.env["prm.program"].create(
            {"name": "Others", "user_id": self.users["manager"].id}
        )
        with self.assertRaises(AccessError):
            draft.create({"name": "Theirs", "program_id": other.id})

    def _orders_asked(self):
        metric = self.env["relationship.metric"].search([("code", "=", "sold_orders")])
        return {"metric_id": metric.id, "threshold": 1}

    def test_others_see_no_draft(self):
        draft = self.simulation()
        draft.action_run()
        for user in (self.users["user"], self.users["integration"], self.portal_user):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    draft.with_user(user).read(["name"])
                with self.assertRaises(AccessError):
                    draft.line_ids.with_user(user).read(["outcome"])
                with self.assertRaises(AccessError):
                    draft.criterion_ids.with_user(user).read(["threshold"])
                with self.assertRaises(AccessError):
                    draft.with_user(user).action_run()

    def test_auditors_read_and_change_nothing(self):
        draft = self.simulation()
        draft.action_run()
        seen = draft.with_user(self.users["auditor"])
        self.assertEqual(seen.promote_count, 1)
        self.assertTrue(seen.flows["bands"])
        self.assertTrue(seen.criterion_ids.mapped("threshold"))
        for action in ("action_run", "action_load_rules", "action_publish", "action_take_back"):
            with self.subTest(action), self.assertRaises(AccessError):
                getattr(seen, action)()

    def test_another_company_sees_nothing(self):
        other = self.other_company()
        stranger = new_test_user(
            self.env,
            "simulation_stranger",
            groups="relationship_crm.group_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        draft = self.simulation()
        draft.action_run()
        self.assertFalse(self.env["prm.simulation"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            draft.with_user(stranger).action_run()

    def test_a_program_without_tiers_says_so(self):
        empty = self.env["prm.program"].create({"name": "Empty"})
        draft = self.simulation(program_id=empty.id)
        with self.assertRaises(UserError):
            draft.action_run()
