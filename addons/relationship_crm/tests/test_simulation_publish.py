"""Publishing a draft: no overlap, from its day on, taken back before; and warnings about rules."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .simulation_common import SimulationCommon


@tagged("post_install", "-at_install")
class TestSimulationPublish(SimulationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.criteria()
        cls.kind = cls.env.ref("relationship_crm.prm_benefit_kind_commission_rate")
        cls.env["prm.benefit"].create(
            {"grade_id": cls.gold.id, "kind_id": cls.kind.id, "value": 10}
        )
        cls.one = cls.enroll("One", cls.silver)
        cls.sell(cls.one, 800)

    def ready(self, day, gold=750, **vals):
        """Return a draft that was tried: gold from 750, commission 12 %."""
        draft = self.simulation(publish_on=day, **vals)
        self.threshold(draft, self.gold, gold)
        draft.benefit_ids.value = 12
        draft.action_run()
        return draft

    def rules(self, day):
        """Return {tier: [threshold]} of the criteria that hold on a day."""
        tiers = self.gold | self.silver | self.bronze
        return {tier: tier.prm_criterion_ids._valid_on(day).mapped("threshold") for tier in tiers}

    def test_from_its_day_on(self):
        start = self.in_days(40)
        silver = self.silver.prm_criterion_ids
        draft = self.ready(start)
        draft.action_publish()
        self.assertEqual(draft.state, "published")
        before, after = self.in_days(39), start
        self.assertEqual(self.rules(before)[self.gold], [1000])
        self.assertEqual(self.rules(after)[self.gold], [750])
        self.assertEqual(self.rules(after)[self.silver], [500])
        self.assertEqual(self.silver.prm_criterion_ids, silver, "what stays the same is left alone")
        self.assertFalse(silver.valid_to)
        self.assertEqual(self.gold.prm_criterion_ids.mapped("valid_to"), [before, False])
        self.assertEqual(self.one.benefit("commission_rate", before), None)
        self.one.grade_id = self.gold
        self.assertEqual(self.one.benefit("commission_rate", before), 10)
        self.assertEqual(self.one.benefit("commission_rate", after), 12)

    def test_nobody_moves(self):
        self.ready(self.today).action_publish()
        self.assertEqual(self.one.grade_id, self.silver)
        self.assertEqual(self.decide(self.one)[self.one.id].to_tier, self.gold.id)

    def test_the_review_follows_on_the_day(self):
        start = self.in_days(1)
        self.ready(start).action_publish()
        self.assertEqual(self.decide(self.one)[self.one.id].to_tier, self.silver.id)
        self.assertEqual(self.decide(self.one, start)[self.one.id].to_tier, self.gold.id)

    def test_pass_marks_policy_and_pricelists_follow_on_the_day(self):
        start = self.in_days(10)
        pricelists = self.env["product.pricelist"].create([{"name": "Old"}, {"name": "New"}])
        self.silver.default_pricelist_id = pricelists[0]
        own = self.enroll("Own", self.silver)
        self.one.partner_id.specific_property_product_pricelist = pricelists[0]
        own.partner_id.specific_property_product_pricelist = False
        draft = self.simulation(publish_on=start, demotion_policy="none")
        draft.demotion_policy = "none"
        tier = draft.tier_ids.filtered(lambda one: one.grade_id == self.silver)
        tier.write({"pass_mark": 70, "pricelist_id": pricelists[1].id})
        draft.action_run()
        draft.action_publish()
        cron = self.env["prm.simulation"]
        cron._cron_put_in_force()
        self.assertEqual(
            (self.silver.prm_pass_mark, self.program.demotion_policy), (100, "one_down")
        )
        marks = [self.program._pass_marks(day)[self.silver.id] for day in (self.today, start)]
        self.assertEqual(marks, [100, 70])
        policies = [self.program._policy_on(day) for day in (self.today, start)]
        self.assertEqual(policies, ["one_down", "none"])
        self.on_day(start)
        cron._cron_put_in_force()
        self.assertEqual((self.silver.prm_pass_mark, self.program.demotion_policy), (70, "none"))
        self.assertEqual(self.silver.default_pricelist_id, pricelists[1])
        self.assertEqual(self.one.partner_id.specific_property_product_pricelist, pricelists[1])
        self.assertFalse(own.partner_id.specific_property_product_pricelist, "given by hand")
        marks = [self.program._pass_marks(day)[self.silver.id] for day in (self.in_days(9), start)]
        self.assertEqual(marks, [100, 70], "the past stays as it was")
        self.assertEqual(self.program._policy_on(self.in_days(9)), "one_down")
        rules = {rule.id: rule.pass_mark for rule in self.program._tier_rules(self.in_days(9))}
        self.assertEqual(rules[self.silver.id], 100)

    def test_the_past_stays_after_several_publications(self):
        """Each knows what stood before it: the first one tells of the days before all."""
        for number, (mark, policy) in enumerate(((80, "none"), (60, "to_earned"))):
            self.on_day(self.in_days(number))
            draft = self.simulation(
                f"No. {number}", publish_on=self.in_days(number), date_to=self.in_days(-1)
            )
            draft.demotion_policy = policy
            draft.tier_ids.filtered(lambda one: one.grade_id == self.gold).pass_mark = mark
            draft.action_run()
            draft.action_publish()
        days = [self.in_days(number) for number in (-1, 0, 1)]
        marks = [self.program._pass_marks(day)[self.gold.id] for day in days]
        self.assertEqual(marks, [100, 80, 60])
        policies = [self.program._policy_on(day) for day in days]
        self.assertEqual(policies, ["one_down", "none", "to_earned"])

    def test_a_pricelist_follows_in_each_company_of_the_program(self):
        """Where the tier prices the partner; not where another program does."""
        other = self.other_company()
        self.program.company_ids |= other
        old, new = self.env["product.pricelist"].create(
            [{"name": name, "company_id": False} for name in ("Old", "New")]
        )
        self.silver.default_pricelist_id = old
        first = self.env["prm.program"].create({"name": "First", "sequence": 0})
        expert = self.env["res.partner.grade"].create(
            {"name": "Expert", "prm_program_id": first.id, "default_pricelist_id": old.id}
        )
        elsewhere = self.enroll("Elsewhere", self.silver)
        self.env["prm.enrollment"].create(
            {
                "partner_id": elsewhere.partner_id.id,
                "program_id": first.id,
                "grade_id": expert.id,
                "state": "active",
            }
        )
        mine = self.enroll("Mine", self.silver)
        draft = self.simulation(publish_on=self.today)
        draft.tier_ids.filtered(lambda one: one.grade_id == self.silver).pricelist_id = new
        draft.action_run()
        draft.action_publish()
        prices = {
            (one, company): one.partner_id.with_company(company).specific_property_product_pricelist
            for one in (mine, elsewhere)
            for company in (self.company, other)
        }
        self.assertEqual(
            prices,
            {
                (mine, self.company): new,
                (mine, other): new,
                (elsewhere, self.company): old,
                (elsewhere, other): new,
            },
        )

    def test_taken_back_before_its_day(self):
        criteria = self.gold.prm_criterion_ids
        benefits = self.gold.prm_benefit_ids
        draft = self.ready(self.in_days(20))
        draft.action_publish()
        draft.action_take_back()
        self.assertEqual(draft.state, "computed")
        self.assertEqual(self.gold.prm_criterion_ids, criteria)
        self.assertEqual(self.gold.prm_benefit_ids, benefits)
        self.assertFalse(criteria.valid_to)
        self.assertFalse(benefits.valid_to)
        draft.action_publish()
        self.assertEqual(draft.state, "published", "and published again")

    def test_taken_back_an_end_that_was_set_stays(self):
        criteria = self.gold.prm_criterion_ids
        criteria.valid_to = self.in_days(60)
        draft = self.ready(self.in_days(20))
        draft.action_publish()
        self.assertEqual(criteria.valid_to, self.in_days(19))
        draft.action_take_back()
        self.assertEqual(criteria.valid_to, self.in_days(60))

    def test_not_taken_back_once_it_holds(self):
        draft = self.ready(self.today)
        draft.action_publish()
        self.assertTrue(draft.in_force)
        with self.assertRaises(UserError):
            draft.action_take_back()

    def test_not_taken_back_on_its_day(self):
        """Though the night has not come yet: what is dated holds since the morning."""
        draft = self.ready(self.in_days(1))
        draft.action_publish()
        self.on_day(self.in_days(1))
        self.assertFalse(draft.in_force)
        with self.assertRaises(UserError):
            draft.action_take_back()

    def test_what_ends_later_and_is_drafted_goes_on(self):
        """A live rule that ends some day is not the same as one until further notice."""
        self.gold.prm_criterion_ids.valid_to = self.in_days(60)
        self.ready(self.in_days(40), gold=1000).action_publish()
        days = [self.in_days(number) for number in (39, 40, 61)]
        self.assertEqual([self.rules(day)[self.gold] for day in days], [[1000], [1000], [1000]])

    def test_back_to_the_rules_of_an_earlier_day(self):
        draft = self.ready(self.today)
        draft.tier_ids.filtered(lambda one: one.grade_id == self.gold).pass_mark = 80
        draft.demotion_policy = "none"
        draft.action_run()
        draft.action_publish()
        back = self.simulation(rules_on=self.in_days(-1), publish_on=self.in_days(1))
        self.assertEqual(sorted(back.criterion_ids.mapped("threshold")), [100, 500, 1000])
        self.assertEqual(set(back.tier_ids.mapped("pass_mark")), {100})
        self.assertEqual(back.demotion_policy, "one_down")
        back.action_run()
        back.action_publish()
        days = [self.in_days(n) for n in (-1, 0, 1)]
        self.assertEqual([self.rules(day)[self.gold] for day in days], [[1000], [750], [1000]])

    def test_one_after_another(self):
        first, second = self.ready(self.in_days(10)), self.ready(self.in_days(20), gold=600)
        first.action_publish()
        second.action_publish()
        days = [self.in_days(n) for n in (9, 10, 19, 20)]
        self.assertEqual(
            [self.rules(day)[self.gold] for day in days], [[1000], [750], [750], [600]]
        )
        with self.assertRaises(UserError):
            first.action_take_back()
        second.action_take_back()
        first.action_take_back()
        self.assertEqual(self.rules(self.in_days(30))[self.gold], [1000])

    def test_not_before_what_is_published(self):
        self.ready(self.in_days(20)).action_publish()
        for day in (20, 10):
            with self.subTest(day), self.assertRaises(UserError):
                self.ready(self.in_days(day), gold=600).action_publish()

    def test_not_before_a_rule_by_hand(self):
        self.criterion(self.gold, "sold_orders", 3, valid_from=self.in_days(30))
        for day in (20, 30):
            with self.subTest(day), self.assertRaises(UserError):
                self.ready(self.in_days(day)).action_publish()
        self.ready(self.in_days(31)).action_publish()

    def test_two_of_one_day_that_only_change_pass_marks(self):
        for number, refused in enumerate((False, True)):
            draft = self.simulation(f"No. {number}", publish_on=self.in_days(20))
            draft.tier_ids.pass_mark = 70 - number
            draft.action_run()
            if refused:
                with self.assertRaises(UserError):
                    draft.action_publish()
            else:
                draft.action_publish()

    def test_not_for_the_past_nor_untried(self):
        with self.assertRaises(UserError):
            self.ready(self.in_days(-1)).action_publish()
        draft = self.ready(self.in_days(5))
        self.threshold(draft, self.gold, 1)
        with self.assertRaises(UserError):
            draft.action_publish()
        with self.assertRaises(UserError):
            self.simulation().action_publish()

    def test_published_rules_stay(self):
        draft = self.ready(self.in_days(5))
        draft.action_publish()
        for change in (
            lambda: draft.criterion_ids[0].write({"threshold": 1}),
            lambda: draft.criterion_ids[0].unlink(),
            lambda: draft.tier_ids[0].write({"pass_mark": 1}),
            lambda: draft.benefit_ids[0].write({"value": 1}),
            lambda: draft.write({"benefit_ids": [Command.clear()]}),
            lambda: draft.write({"publish_on": self.today}),
            draft.action_run,
            draft.action_load_rules,
            draft.action_publish,
            draft.unlink,
        ):
            with self.assertRaises(UserError):
                change()

    def test_only_managers_publish(self):
        draft = self.ready(self.in_days(5))
        for role in ("channel_manager", "user", "auditor", "integration"):
            with self.subTest(role), self.assertRaises(AccessError):
                draft.with_user(self.users[role]).action_publish()
        draft.with_user(self.users["manager"]).action_publish()
        self.assertEqual(draft.published_by_id, self.users["manager"])
        for role in ("channel_manager", "user", "auditor", "integration"):
            with self.subTest(role), self.assertRaises(AccessError):
                draft.with_user(self.users[role]).action_take_back()

    # ------------------------------------------------------------ warnings

    def warnings(self, draft=None):
        found = self.program._guard_warnings(self.company, self.today, draft)
        return [text for _tier, text in self.program._guard_texts(found)]

    def test_steps_between_tiers(self):
        """Gold 1,000 is twice silver 500, silver is five times bronze 100."""
        [text] = self.warnings()
        self.assertIn("Silver asks for 5.0 times", text)
        draft = self.simulation()
        self.threshold(draft, self.bronze, 250)
        self.threshold(draft, self.gold, 600)
        [text] = self.warnings(draft)
        self.assertIn("Gold asks for only 1.2 times", text)

    def test_the_way_in(self):
        """Five partners sold 200 each in their first year: bronze from 100 is half of that."""
        joined = self.in_days(-500)
        for number in range(5):
            one = self.enroll(f"New {number}", active_on=joined)
            self.sell(one, 200, days_ago=450)
        texts = " ".join(self.warnings())
        self.assertIn("50 % of a usual first year", texts)
        draft = self.simulation()
        self.threshold(draft, self.bronze, 80)
        self.assertNotIn("usual first year", " ".join(self.warnings(draft)))

    def test_nobody_and_everybody(self):
        for number in range(4):
            self.sell(self.enroll(f"Other {number}", self.bronze), 150)
        texts = self.warnings()
        self.assertIn("Gold: none of 5 partners", " ".join(texts))
        self.assertIn("Bronze: all of 5 partners", " ".join(texts))
        self.assertNotIn("Silver: ", " ".join(texts))

    def test_tiers_that_ask_for_nothing(self):
        self.bronze.prm_criterion_ids.unlink()
        self.silver.prm_pass_mark = 0
        self.gold.prm_criterion_ids.weight = 0
        texts = " ".join(self.warnings())
        self.assertIn("Bronze has no criteria", texts)
        self.assertIn("Silver has a pass mark of 0", texts)
        self.assertIn("Gold: no criterion has a weight", texts)
        self.assertEqual(self.decide(self.one)[self.one.id].earned, self.gold.id)
        (self.gold | self.silver).prm_criterion_ids.must = True
        texts = " ".join(self.warnings())
        self.assertNotIn("every partner earns it", texts)

    def test_told_on_the_tier_and_the_draft(self):
        self.assertIn("5.0 times", self.silver.prm_warning_html)
        self.assertFalse(self.gold.prm_warning_html)
        draft = self.simulation()
        draft.action_run()
        self.assertIn("5.0 times", draft.warning_html)

    def test_warnings_are_read_in_the_language_of_the_reader(self):
        """Whoever ran it: words, names and numbers are those of who reads."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.silver.with_context(lang="fr_FR").name = "Argent"
        draft = self.simulation().with_context(lang="fr_FR")
        draft.action_run()
        self.env.invalidate_all()
        text = {lang: draft.with_context(lang=lang).warning_html for lang in ("en_US", "fr_FR")}
        self.assertIn("Silver asks for 5.0 times", text["en_US"])
        self.assertIn("Argent", text["fr_FR"])
        self.assertIn("5,0", text["fr_FR"])
        self.assertNotIn("Silver asks", text["fr_FR"])

    def test_warnings_tell_of_the_rules_that_were_tried(self):
        for number in range(4):
            self.sell(self.enroll(f"Other {number}", self.bronze), 150)
        draft = self.simulation()
        draft.action_run()
        self.assertIn("1,000", draft.warning_html)
        self.threshold(draft, self.gold, 4321)
        self.env.invalidate_all()
        self.assertIn("1,000", draft.warning_html)
        self.assertNotIn("4,321", draft.warning_html)
        draft.criterion_ids.unlink()
        self.assertIn("1,000", draft.warning_html)

    def test_warnings_about_a_metric_that_is_gone_are_not_said(self):
        criterion = {"metric_id": self.env.ref("relationship_crm.relationship_metric_orders").id}
        guard = {"code": "entry", "tier": self.gold.id, "share": 0.5, "criterion": criterion}
        self.assertEqual(len(self.program._guard_texts([guard])), 1)
        criterion["metric_id"] = 2**31 - 1
        self.assertEqual(self.program._guard_texts([guard]), [])

    def test_warnings_about_a_tier_that_is_gone_are_not_said(self):
        """Neither where it is the tier, nor where it is the one below."""
        spare = self.silver.copy({"prm_program_id": False})
        guard = {"code": "no_criteria", "tier": spare.id}
        kept = {"code": "no_criteria", "tier": self.gold.id}
        terms = self.gold.prm_criterion_ids._terms()
        step = {
            "code": "step_big",
            "tier": self.gold.id,
            "lower": spare.id,
            "times": 5.0,
            "criterion": terms,
        }
        self.assertEqual(len(self.program._guard_texts([guard, kept, step])), 3)
        spare.unlink()
        found = self.program._guard_texts([guard, kept, step])
        self.assertEqual([tier for tier, _text in found], [self.gold.id])
