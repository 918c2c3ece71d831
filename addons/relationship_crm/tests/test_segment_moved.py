"""A night that looks at some customers finds whom a night that looks at everybody finds."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from odoo.addons.relationship_crm.lib.windows import add_months, window

from .metric_world import DRAWN, FACTS, MetricWorld
from .people_common import COMPANY, PeopleCommon

PAST = "2020-01-01"
CODES = (
    "orders revenue_ordered average_order repeat_rate days_between_purchases units_sold"
    " revenue_invoiced refund_rate interactions contacts_engaged opportunities_won win_rate"
).split()

criteria = st.lists(
    st.fixed_dictionaries(
        {
            "code": st.sampled_from(CODES),
            "other": st.sampled_from(CODES),
            "window_kind": st.sampled_from(["rolling", "rolling", "quarter", "year", "ever"]),
            "window_length": st.integers(1, 2),
            "lag": st.integers(0, 1),
            "operator": st.sampled_from([">=", ">", "<=", "<", "="]),
            "threshold": st.sampled_from([0.0, 1.0, 2.0, 50.0, 500.0]),
            "compare_to": st.sampled_from(
                ["constant", "constant", "times_lag", "times_metric", "difference_lag"]
            ),
            "compare_lag": st.integers(1, 2),
            "alternative": st.integers(0, 2),
            "when_missing": st.sampled_from(["fail", "ignore"]),
        }
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda criterion: criterion["code"],
)
changes = st.fixed_dictionaries(
    {
        "facts": FACTS,
        "cancel": st.booleans(),
        "reprice": st.booleans(),
        "give_order": st.booleans(),
        "take_back_invoice": st.booleans(),
        "give_lead": st.booleans(),
        "delete_lead": st.booleans(),
        "move_contact": st.booleans(),
        "archive": st.booleans(),
        "rename": st.booleans(),
        "fix_kind": st.booleans(),
    }
)
FILTERS = ("[]", "[('frequency', '>', 0)]", "[('kind', '=', 'b2b')]")
BOUNDED = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),  # a failing world is small enough as it is drawn
)
CONTACTS = (
    "[]",
    "[('name', 'like', 'a')]",
    "['|', ('is_company', '=', True), ('country_id.code', '=', 'VN')]",
    "[('child_ids.name', 'like', 'At')]",
)


@tagged("post_install", "-at_install")
class TestSegmentMoved(MetricWorld):
    """On random documents, days, criteria and filters."""

    @settings(BOUNDED, max_examples=20)
    @given(
        facts=FACTS,
        change=st.none() | changes,
        drawn=st.just([]) | criteria,
        others=st.lists(criteria, max_size=2),
        first=st.sampled_from([day + timedelta(days=1) for day in DRAWN]),
        pause=st.sampled_from([0, 1, 1, 2, 7, 14, 31]),
        company=st.integers(0, 1),
        profile_filter=st.sampled_from(FILTERS),
        partner_filter=st.sampled_from(CONTACTS),
    )
    def test_some_equal_all(
        self, facts, change, drawn, others, first, pause, company, profile_filter, partner_filter
    ):
        last = first + timedelta(days=pause)
        with self.env.cr.savepoint() as savepoint:
            made = self.fill(facts)
            self._refresh_everybody(first)
            filters = self.companies[company], profile_filter, partner_filter
            segment = self._segment(drawn, *filters)
            segments = segment.union(*(self._segment(rules, *filters) for rules in others))
            with self._on(first):
                for one in segments:
                    one._refresh_members()
            self._grow_old()
            segments.whole_on = last
            if change:
                self._change(
                    made, {**change, "facts": {**change["facts"], "zones": facts["zones"]}}
                )
            with self._on(last):
                self._work_through()
                self._compare_together(segments)
                self._compare(segment, last)
            self.env.invalidate_all(flush=False)
            savepoint.rollback()
        self.env.cr.precommit.clear()
        self.env.invalidate_all()

    @settings(BOUNDED, max_examples=6)
    @given(
        facts=FACTS,
        drawn=st.lists(criteria, min_size=15, max_size=15),
        first=st.lists(st.sampled_from(DRAWN), min_size=15, max_size=15),
        pause=st.lists(st.sampled_from([1, 2, 14, 31]), min_size=15, max_size=15),
    )
    def test_what_only_time_moves(self, facts, drawn, first, pause):
        """Nothing is written between two nights; what differs has crossed the edge of a window."""
        with self.env.cr.savepoint() as savepoint:
            self.fill(facts)
            self._refresh_everybody(DRAWN[-1])
            for place, (rules, day, days) in enumerate(zip(drawn, first, pause, strict=True)):
                segment = self._segment(rules, self.companies[place % 2], "[]", "[]")
                with self._on(day):
                    segment._refresh_members()
                self._grow_old()
                segment.whole_on = day + timedelta(days=days)
                with self._on(segment.whole_on):
                    self._compare(segment, segment.whole_on)
            self.env.invalidate_all(flush=False)
            savepoint.rollback()
        self.env.cr.precommit.clear()
        self.env.invalidate_all()

    def _compare_together(self, segments):
        """Looking at some for all segments at once finds what looking at everybody finds."""
        self.env.flush_all()
        with self.env.cr.savepoint() as savepoint:
            others = segments._refresh_together(segments._touched())
            self.assertEqual(others, segments.filtered(lambda s: not s._has_own_filters()))
            found = [segment.member_ids.partner_id for segment in segments - others]
            sizes = [segment.size_ids[:1].size for segment in segments - others]
            for segment in segments - others:
                segment._refresh_members()
            kept = [segment.member_ids.partner_id for segment in segments - others]
            self.env.invalidate_all(flush=False)
            savepoint.rollback()
        self.env.invalidate_all(flush=False)
        self.assertEqual(found, kept)
        self.assertEqual(sizes, [len(partners) for partners in found])

    def _compare(self, segment, day):
        touched = segment._touched()
        if segment.criterion_ids or segment._has_own_filters():
            self.assertIsNotNone(segment._moved(day, touched), "only some are looked at")
        segment._refresh_members(touched)
        found = segment.member_ids.partner_id, sorted(segment.outside or [])
        segment._refresh_members()
        kept = sorted(segment.outside or [])
        self.assertEqual(found[0], segment.member_ids.partner_id)
        if not segment._has_own_filters():
            self.assertEqual(found[1], kept)

    @contextmanager
    def _on(self, day):
        with patch(f"{COMPANY}._relationship_today", lambda _company: day):
            yield

    def _refresh_everybody(self, day):
        with self._on(day):
            pairs = [(partner.id, None) for partner in self.partners.commercial_partner_id]
            self.env["relationship.profile"]._refresh(pairs)

    def _segment(self, drawn, company, profile_filter, partner_filter):
        metric = self.env["relationship.metric"]
        values = []
        for vals in drawn:
            vals = dict(vals)
            other = metric.search([("code", "=", vals.pop("other"))])
            vals["metric_id"] = metric.search([("code", "=", vals.pop("code"))]).id
            vals["other_metric_id"] = other.id if vals["compare_to"] == "times_metric" else False
            values.append((0, 0, vals))
        return self.env["relationship.segment"].create(
            {
                "name": "Drawn",
                "company_id": company.id,
                "profile_domain": profile_filter,
                "partner_domain": partner_filter,
                "criterion_ids": values,
            }
        )

    def _grow_old(self):
        """Whatever was done so far was done long ago and is worked through."""
        self.env.cr.flush()
        tables = ("sale_order", "sale_order_line", "account_move", "crm_lead", "res_partner")
        for table in (*tables, "relationship_profile"):
            self.env.cr.execute(f"UPDATE {table} SET write_date = %s", [PAST])
        self.env.cr.execute("UPDATE relationship_profile SET touched_at = %s", [PAST])
        self.env.cr.execute("DELETE FROM relationship_queue")
        self.env.cr.execute("DELETE FROM relationship_interaction_todo")
        self.env["ir.config_parameter"].set_param(
            "relationship_crm.profile_night", "2021-01-01 00:00:00"
        )
        self.env.invalidate_all()

    def _change(self, made, change):
        """More documents, and changes of those before."""
        confirmed = made["orders"].filtered(lambda order: order.state == "sale")
        cat, dog = self.partners[4:]
        if change["cancel"]:
            confirmed[:1]._action_cancel()
        if change["reprice"]:
            confirmed[1:2].order_line.write({"price_unit": 7})
        if change["give_order"]:
            confirmed[2:3].write({"partner_id": dog.id})
        if change["take_back_invoice"]:
            posted = made["invoices"].filtered(
                lambda move: move.state == "posted" and move.payment_state == "not_paid"
            )
            posted[:1].button_draft()
        leads = made["leads"]
        if change["give_lead"]:
            leads[:1].write({"partner_id": cat.id})
        if change["delete_lead"]:
            leads[1:2].unlink()
        if change["move_contact"]:
            self.partners[2].parent_id = self.partners[1]
        if change["archive"]:
            dog.active = False
        if change["rename"]:
            cat.write({"name": "Gnu", "country_id": self.env.ref("base.vn").id})
        if change["fix_kind"]:
            self.env["relationship.profile"].search([("partner_id", "=", cat.id)]).kind = "b2b"
        self.fill(change["facts"])

    def _work_through(self):
        """What the crons do before segments are found."""
        self.env.cr.flush()
        while self.env["relationship.interaction.todo"]._job_consume(1000):
            pass
        self.env.cr.flush()
        profiles = self.env["relationship.profile"]
        profiles._job_night(1)
        while profiles._job_refresh(1000):
            pass
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestSegmentWhole(PeopleCommon):
    """When everybody is looked at, and whom a night looks at else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.loyal, cls.lapsed = cls.customer("Loyal"), cls.customer("Lapsed")
        cls.order(cls.loyal, days_ago=5)
        cls.order(cls.lapsed, days_ago=29)
        both = [(partner.id, cls.company.id) for partner in cls.loyal | cls.lapsed]
        cls.profiles._refresh(both)
        cls.segment = cls.env["relationship.segment"].create(
            {"name": "Bought Lately", "criterion_ids": [(0, 0, cls.rule())]}
        )
        cls.env.cr.flush()
        cls.env.cr.execute("DELETE FROM relationship_queue")
        cls.grow_old()

    @classmethod
    def grow_old(cls):
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE res_partner SET write_date = %s", [PAST])
        cls.env.cr.execute(
            "UPDATE relationship_profile SET touched_at = %s, write_date = %s", [PAST, PAST]
        )

    @classmethod
    def rule(cls, code="orders", **vals):
        metric = cls.env["relationship.metric"].search([("code", "=", code)])
        return {"metric_id": metric.id, "window_length": 1, "threshold": 1, **vals}

    def moved(self, day=None):
        """Who is looked at again, None for everybody."""
        self.env.flush_all()
        return self.segment._moved(day or self.today, self.segment._touched())

    def judge(self):
        self.segment._refresh_members()
        self.segment.whole_on = self.today + timedelta(days=1)

    def test_the_next_night_looks_at_whose_rows_cross_an_edge(self):
        self.judge()
        self.assertEqual(self.segment.member_ids.partner_id, self.loyal | self.lapsed)
        self.assertEqual(self.moved(), [])
        day = self.today + timedelta(days=3)
        self.segment.whole_on = day
        self.on_day(day)
        self.assertEqual(self.moved(day), [self.lapsed.id])
        self.segment.refreshed_at = self.segment.refreshed_at - timedelta(days=1)
        self.env["relationship.segment"]._job_refresh_segments(100)
        self.assertEqual(self.segment.member_ids.partner_id, self.loyal)

    def test_who_was_touched_or_waits_is_looked_at(self):
        self.judge()
        self.refresh_profiles(self.loyal)
        self.assertEqual(self.moved(), [self.loyal.id])
        self.profiles._touch({(self.lapsed.id, self.company.id)})
        self.commit_hooks()
        self.assertEqual(self.moved(), sorted((self.loyal | self.lapsed).ids))

    def test_who_was_written_to_is_looked_at(self):
        self.judge()
        self.lapsed.name = "Renamed"
        self.assertEqual(self.moved(), [self.lapsed.id])
        self.profile(self.loyal).kind = "b2c"
        self.assertEqual(self.moved(), sorted((self.loyal | self.lapsed).ids))

    def test_filters_that_look_further_are_asked_about_everybody(self):
        own = {
            "partner_domain": (
                "[]",
                "[('name', 'like', 'x')]",
                "[('country_id.code', '=', 'VN')]",
                "[('user_id', 'in', [1, 2])]",
            ),
            "profile_domain": ("[('frequency', '>', 1)]", "[('stage_id', '=', 1)]"),
        }
        far = {
            "partner_domain": (
                "[('category_id.name', '=', 'x')]",
                "[('user_id', 'ilike', 'x')]",
                "[('child_ids', '!=', False)]",
                "[('customer_rank', '>', 0)]",
                "[('create_date', '>', 'today -3d')]",
                "[('relationship_segment_ids', '!=', False)]",
            ),
            "profile_domain": (
                "[('partner_id.name', '=', 'x')]",
                "[('last_purchase_on', '<', 'today -30d')]",
                "[('relationship_segment_ids', '=', False)]",
            ),
        }
        for expected, filters in ((True, own), (False, far)):
            for name, texts in filters.items():
                for text in texts:
                    with self.subTest(text=text):
                        segment = self.env["relationship.segment"].new({name: text})
                        self.assertIs(segment._has_own_filters(), expected)

    def test_everybody_when_the_criteria_are_others(self):
        self.judge()
        self.segment.criterion_ids.threshold = 2
        self.assertIsNone(self.moved())
        self.judge()
        self.assertEqual(self.moved(), [])
        self.segment.criterion_ids.valid_to = self.today
        self.segment.whole_on = self.today + timedelta(days=1)
        self.assertIsNone(self.moved(self.today + timedelta(days=1)))

    def test_everybody_when_the_days_are_others(self):
        self.judge()
        self.company.partner_id.tz = "Pacific/Kiritimati"
        self.assertIsNone(self.moved())

    def test_everybody_once_a_month_and_after_a_long_rest(self):
        self.judge()
        self.segment.whole_on = self.today - timedelta(days=31)
        self.assertIsNone(self.moved())
        self.segment.whole_on = self.today + timedelta(days=60)
        self.assertIsNone(self.moved(self.today + timedelta(days=60)))
        self.assertIsNone(self.moved(self.today - timedelta(days=1)))

    def test_everybody_where_time_alone_counts(self):
        self.segment.write({"criterion_ids": [(0, 0, self.rule("days_since_purchase"))]})
        self.judge()
        self.assertIsNone(self.moved())

    def test_the_button_looks_at_everybody(self):
        self.judge()
        self.order(self.customer("Unnoticed"), days_ago=1)
        late = self.env["res.partner"].search([("name", "=", "Unnoticed")])
        self.refresh_profiles(late)
        self.grow_old()
        self.assertNotIn(late.id, self.moved())
        self.segment.action_refresh()
        self.assertIn(late, self.segment.member_ids.partner_id)

    def test_statements_do_not_grow_with_who_moved(self):
        self.judge()
        touched = self.segment._touched
        counts = []
        for partners in (self.loyal, self.loyal | self.lapsed):
            self.refresh_profiles(*partners)
            found = touched()
            counts.append(self.queries(lambda found=found: self.segment._refresh_members(found)))
        self.assertEqual(*counts)

    def test_a_source_is_looked_at_once_for_all_edges(self):
        day = self.company._relationship_today()
        before = day - timedelta(days=1)
        needs = [
            (code, window("rolling", before, months), window("rolling", day, months))
            for code in ("orders", "revenue_ordered")
            for months in (3, 12, 24)
        ]
        query = self.env["relationship.metric"]._moving_query(needs, self.company)
        self.assertEqual(query.code.count("FROM sale_order"), 1)
        late = self.customer("Bought long ago")
        self.order(late, days_ago=(day - add_months(before, -12)).days)
        self.assertIn((late.id,), self.env.execute_query(query))
