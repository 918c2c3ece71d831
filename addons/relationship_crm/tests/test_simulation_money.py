"""The money of a simulation against sums worked out by hand."""

from datetime import datetime, time

from odoo import Command, fields
from odoo.tests import tagged

from .simulation_common import SimulationCommon


@tagged("post_install", "-at_install")
class TestSimulationMoney(SimulationCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.list_price = 100.0
        cls.cable = cls.env["product.product"].create(
            {"name": "Cable", "type": "service", "list_price": 10.0, "taxes_id": False}
        )
        cls.criterion(cls.gold, "revenue_ordered", 1000)
        cls.criterion(cls.silver, "revenue_ordered", 100)
        cls.gold.default_pricelist_id = cls.pricelist("Gold", 20)
        cls.silver.default_pricelist_id = cls.pricelist("Silver", 10)
        cls.one = cls.enroll("One", cls.silver)

    @classmethod
    def pricelist(cls, name, discount, *rules, **vals):
        """Return a pricelist that takes so many percent off, with further rules."""
        every = {"applied_on": "3_global", "compute_price": "percentage", "percent_price": discount}
        return cls.env["product.pricelist"].create(
            {
                "name": name,
                "item_ids": [Command.create(values) for values in (every, *rules)],
                **vals,
            }
        )

    def buy(self, enrollment, quantity, product=None, days_ago=2, price=90.0, uom=None):
        """Let the partner order at a price that has nothing to do with its pricelist."""
        line = {
            "product_id": (product or self.product).id,
            "product_uom_qty": quantity,
            "price_unit": price,
            "tax_ids": False,
        }
        if uom:
            line["product_uom_id"] = uom.id
        order = self.env["sale.order"].create(
            {"partner_id": enrollment.partner_id.id, "order_line": [Command.create(line)]}
        )
        order.action_confirm()
        order.date_order = datetime.combine(self.in_days(-days_ago), time(12))
        return order

    def effect(self, enrollment=None, **vals):
        draft = self.simulation(**vals)
        draft.action_run()
        enrollment = enrollment or self.one
        return draft.line_ids.filtered(lambda one: one.enrollment_id == enrollment).margin_effect

    def test_quantities_at_new_less_old_prices(self):
        """12 × 100 and 5 × 10, from 10 % to 20 % off: 1,250 × −10 % = −125."""
        self.buy(self.one, 12)
        self.buy(self.one, 5, self.cable)
        self.assertEqual(self.one.partner_id.specific_property_product_pricelist.name, "Silver")
        self.assertAlmostEqual(self.effect(), -125.0)

    def test_who_keeps_the_tier_moves_no_money(self):
        self.buy(self.one, 5)
        self.assertEqual(self.effect(), 0)

    def test_down_brings_money(self):
        """Gold that bought 5 × 100: from 20 % to 10 % off is +50."""
        two = self.enroll("Two", self.gold)
        self.buy(two, 5)
        self.assertAlmostEqual(self.effect(two), 50.0)

    def test_only_the_period_counts(self):
        """12 in the period, 8 a year and a half ago, 3 today: only the 12."""
        for quantity, days_ago in ((12, 2), (8, 540), (3, 0)):
            self.buy(self.one, quantity, days_ago=days_ago)
        self.assertAlmostEqual(self.effect(), -120.0)

    def test_first_and_last_day_of_the_period(self):
        """1, 2, 4 and 8 lamps on the day before, the first, the last, the day after: 6 × −10."""
        for quantity, days_ago in ((1, 41), (2, 40), (4, 31), (8, 30)):
            self.buy(self.one, quantity, days_ago=days_ago, price=500)
        effect = self.effect(date_from=self.in_days(-40), date_to=self.in_days(-31))
        self.assertAlmostEqual(effect, -60.0)

    def test_a_down_payment_is_no_product(self):
        self.buy(self.one, 12)
        order = self.buy(self.one, 7)
        order.order_line.is_downpayment = True
        self.assertAlmostEqual(self.effect(), -120.0)

    def test_quotations_and_sales_through_do_not_count(self):
        self.buy(self.one, 12)
        self.env["sale.order"].create(
            {
                "partner_id": self.one.partner_id.id,
                "order_line": [
                    Command.create({"product_id": self.product.id, "product_uom_qty": 50})
                ],
            }
        )
        self.sell(self.one, 5000)
        self.assertAlmostEqual(self.effect(), -120.0)

    def test_contacts_buy_for_the_company(self):
        self.buy(self.one, 10)
        contact = self.env["res.partner"].create(
            {"name": "Sal", "parent_id": self.one.partner_id.id}
        )
        order = self.buy(self.one, 2)
        order.partner_id = contact
        self.assertAlmostEqual(self.effect(), -120.0)

    def test_a_dozen_is_twelve(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.buy(self.one, 1, uom=dozen, price=1080)
        self.assertAlmostEqual(self.effect(), -120.0)

    def test_steps_of_quantity(self):
        """Gold: lamps 50 off from 10 pieces. 10: 10 × (50 − 90) = −400; 4: 4 × (80 − 90) = −40."""
        self.gold.default_pricelist_id = self.pricelist(
            "Gold Steps",
            20,
            {
                "applied_on": "0_product_variant",
                "product_id": self.product.id,
                "compute_price": "fixed",
                "fixed_price": 50,
                "min_quantity": 10,
            },
        )
        self.buy(self.one, 10)
        self.buy(self.one, 4)
        self.assertAlmostEqual(self.effect(), -440.0)

    def test_less_than_the_least_step(self):
        """Gold: lamps 50 off from 1 piece. Half a lamp: 0.5 × (80 − 90); four: 4 × (50 − 90)."""
        self.gold.default_pricelist_id = self.pricelist(
            "Gold from One",
            20,
            {
                "applied_on": "0_product_variant",
                "product_id": self.product.id,
                "compute_price": "fixed",
                "fixed_price": 50,
                "min_quantity": 1,
            },
        )
        self.buy(self.one, 0.5)
        self.buy(self.one, 4, price=300)
        self.assertAlmostEqual(self.effect(), -165.0)

    def test_rules_that_begin_and_end(self):
        """Gold has lamps at 60 from day −40 to −20: 6 × (60 − 90) there, 7 × (80 − 90) after."""
        self.gold.default_pricelist_id = self.pricelist(
            "Gold Summer",
            20,
            {
                "applied_on": "0_product_variant",
                "product_id": self.product.id,
                "compute_price": "fixed",
                "fixed_price": 60,
                "date_start": datetime.combine(self.in_days(-40), time()),
                "date_end": datetime.combine(self.in_days(-20), time()),
            },
        )
        self.buy(self.one, 6, days_ago=30)
        self.buy(self.one, 7, days_ago=5)
        self.assertAlmostEqual(self.effect(), -250.0)

    def test_a_pricelist_in_another_currency(self):
        """One euro is two of ours: 30 euro fixed is 60: 12 × (60 − 90) = −360."""
        self.abroad({"2020-01-01": 0.5})
        self.buy(self.one, 12)
        self.assertAlmostEqual(self.effect(), -360.0)

    def test_each_month_at_its_rate(self):
        """One euro was two of ours, then four: 12 × (60 − 90) + 5 × (120 − 90) = −210."""
        month = fields.Date.start_of(self.in_days(-40), "month")
        self.abroad({"2020-01-01": 0.5, month: 0.25})
        self.buy(self.one, 12, days_ago=200)
        self.buy(self.one, 5, days_ago=2)
        self.assertAlmostEqual(self.effect(), -210.0)

    def abroad(self, rates):
        """Let gold pay 30 euro for whatever it is, one euro at these rates ({first day: rate})."""
        euro = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", "EUR" if self.company.currency_id.name != "EUR" else "USD")])
        )
        euro.active = True
        euro.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            [
                {
                    "currency_id": euro.id,
                    "company_id": self.company.id,
                    "name": day,
                    "rate": rate,
                }
                for day, rate in rates.items()
            ]
        )
        self.gold.default_pricelist_id = self.env["product.pricelist"].create(
            {
                "name": "Gold Abroad",
                "currency_id": euro.id,
                "item_ids": [
                    Command.create(
                        {"applied_on": "3_global", "compute_price": "fixed", "fixed_price": 30}
                    )
                ],
            }
        )

    def test_another_pricelist_for_a_tier_in_the_draft(self):
        """Who keeps silver gets 15 % instead of 10 %: 5 × 100 × −5 % = −25."""
        self.buy(self.one, 5)
        draft = self.simulation()
        better = self.pricelist("Better Silver", 15)
        draft.tier_ids.filtered(lambda one: one.grade_id == self.silver).pricelist_id = better
        draft.action_run()
        self.assertAlmostEqual(draft.margin_effect, -25.0)

    def test_a_pricelist_given_by_hand_stays(self):
        """A tier without a pricelist takes none away that was given by hand."""
        self.gold.default_pricelist_id = False
        self.buy(self.one, 12)
        self.one.partner_id.specific_property_product_pricelist = self.pricelist("Own", 30)
        self.assertEqual(self.effect(), 0)
        self.one.partner_id.specific_property_product_pricelist = self.silver.default_pricelist_id
        self.env["res.groups"]._is_feature_enabled("product.group_product_pricelist")
        self.assertAlmostEqual(self.effect(), 120.0, msg="back to the sales price")

    def test_another_pricelist_for_a_tier_leaves_what_was_given_by_hand(self):
        self.buy(self.one, 5)
        self.one.partner_id.specific_property_product_pricelist = self.pricelist("Own", 30)
        draft = self.simulation()
        tier = draft.tier_ids.filtered(lambda one: one.grade_id == self.silver)
        tier.pricelist_id = self.pricelist("Better Silver", 15)
        draft.action_run()
        self.assertEqual(draft.margin_effect, 0)

    def test_without_a_pricelist_of_its_own_the_one_of_the_country(self):
        """Gold has none: from 10 % to the 5 % of the country: 12 × 100 × 5 % = 60."""
        self.env.ref("base.group_user")._apply_group(
            self.env.ref("product.group_product_pricelist")
        )
        country = self.env.ref("base.lu")
        group = self.env["res.country.group"].create(
            {"name": "Here", "country_ids": [Command.set(country.ids)]}
        )
        self.pricelist("Country", 5, country_group_ids=[Command.set(group.ids)], sequence=1)
        self.one.partner_id.country_id = country
        self.gold.default_pricelist_id = False
        self.buy(self.one, 12)
        self.assertAlmostEqual(self.effect(), 60.0)

    # ------------------------------------------------------------ several programs

    def elsewhere(self, enrollment, grade, **vals):
        """Enroll the same partner in another program, too."""
        program = self.env["prm.program"].create({"name": "Other", **vals})
        if grade:
            grade.prm_program_id = program
        return self.env["prm.enrollment"].create(
            {
                "partner_id": enrollment.partner_id.id,
                "program_id": program.id,
                "grade_id": grade.id if grade else False,
                "state": "active",
            }
        )

    def expert(self, discount):
        return self.env["res.partner.grade"].create(
            {"name": "Expert", "default_pricelist_id": self.pricelist("Expert", discount).id}
        )

    def test_who_is_priced_by_a_program_that_comes_first_moves_no_money(self):
        """Its tier here goes up, its prices stay those of the other program; and really so."""
        self.elsewhere(self.one, self.expert(25), sequence=0)
        self.buy(self.one, 12)
        draft = self.simulation()
        draft.action_run()
        self.assertEqual((draft.promote_count, draft.margin_effect), (1, 0))
        self.one.grade_id = self.gold
        self.assertEqual(self.one.partner_id.specific_property_product_pricelist.name, "Expert")

    def test_a_program_that_comes_later_changes_nothing(self):
        self.elsewhere(self.one, self.expert(25), sequence=50)
        self.buy(self.one, 12)
        self.assertAlmostEqual(self.effect(), -120.0)
        self.one.grade_id = self.gold
        self.assertEqual(self.one.partner_id.specific_property_product_pricelist.name, "Gold")

    def test_a_program_that_comes_first_without_a_tier_prices_nobody(self):
        self.elsewhere(self.one, None, sequence=0)
        self.buy(self.one, 12)
        self.assertAlmostEqual(self.effect(), -120.0)

    def test_a_program_that_another_company_runs_prices_nobody_here(self):
        other = self.other_company()
        program = self.env["prm.program"].create(
            {"name": "Abroad", "sequence": 0, "company_ids": [Command.set(other.ids)]}
        )
        expert = self.expert(25)
        expert.prm_program_id = program
        there = self.env["prm.enrollment"].create(
            {
                "partner_id": self.one.partner_id.id,
                "program_id": program.id,
                "company_id": other.id,
                "grade_id": expert.id,
                "state": "active",
            }
        )
        self.assertEqual(there.partner_id.grade_id, expert, "it is shown, since it comes first")
        self.buy(self.one, 12)
        draft = self.simulation()
        self.assertFalse(draft._elsewhere(self.one))
        draft.action_run()
        self.assertAlmostEqual(draft.margin_effect, -120.0)

    def test_a_pricelist_of_another_company_moves_no_money(self):
        """Gold has a list that only another company may use: its partners have none here."""
        other = self.other_company()
        self.gold.default_pricelist_id = self.pricelist("Far Gold", 20, company_id=other.id)
        self.buy(self.one, 12)
        self.assertAlmostEqual(self.effect(), 120.0, msg="from 10 % off to the sales price")
        self.one.grade_id = self.gold
        self.assertFalse(self.one.partner_id.specific_property_product_pricelist)

    def test_who_loses_the_last_tier_is_priced_by_the_next_program(self):
        """Silver, the lowest here, is lost: from 10 % to 25 % off: 5 × 100 × −15 % = −75."""
        self.bronze.active = False
        two = self.enroll("Two", self.silver)
        self.elsewhere(two, self.expert(25), sequence=50)
        self.buy(two, 5, days_ago=500)
        draft = self.simulation(date_from=self.in_days(-600), date_to=self.in_days(-1))
        draft.action_run()
        line = draft.line_ids.filtered(lambda one: one.enrollment_id == two)
        self.assertFalse(line.to_grade_id)
        self.assertAlmostEqual(line.margin_effect, -75.0)
        two.grade_id = False
        self.assertEqual(two.partner_id.specific_property_product_pricelist.name, "Expert")

    def test_core_gives_the_same_prices(self):
        """Every line by core's own price of its day and quantity, one at a time."""
        self.gold.default_pricelist_id = self.pricelist(
            "Gold Mixed",
            17,
            {
                "applied_on": "2_product_category",
                "categ_id": self.category.id,
                "compute_price": "formula",
                "base": "pricelist",
                "base_pricelist_id": self.silver.default_pricelist_id.id,
                "price_discount": 12,
                "price_surcharge": 3,
                "min_quantity": 3,
                "date_end": datetime.combine(self.in_days(-15), time(9)),
            },
        )
        orders = self.env["sale.order"]
        for number, days_ago in enumerate((2, 14, 15, 16, 40, 200, 364), 1):
            orders |= self.buy(self.one, number, days_ago=days_ago)
            orders |= self.buy(self.one, 8 - number, self.cable, days_ago=days_ago)
        new, old = self.gold.default_pricelist_id, self.silver.default_pricelist_id
        expected = sum(
            line.product_uom_qty
            * (
                new._get_product_price(
                    line.product_id, line.product_uom_qty, date=line.order_id.date_order
                )
                - old._get_product_price(
                    line.product_id, line.product_uom_qty, date=line.order_id.date_order
                )
            )
            for line in orders.order_line
        )
        self.assertNotEqual(expected, 0)
        self.assertAlmostEqual(self.effect(), expected, places=2)

    def test_queries_do_not_grow_with_orders(self):
        self.buy(self.one, 12)
        draft = self.simulation(date_from=fields.Date.add(self.today, years=-1))
        draft.action_run()
        few = self.queries(draft.action_run)
        for days_ago in range(3, 9):
            self.buy(self.one, 12, days_ago=days_ago)
        self.assertLessEqual(self.queries(draft.action_run), few)
