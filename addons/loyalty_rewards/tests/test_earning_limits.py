"""How many points a rule gives at most, when they come, how long they last, and its versions."""

from datetime import date, timedelta

from freezegun import freeze_time
from psycopg2.errors import ExclusionViolation

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .test_earning_rules import EarningCommon


class LimitsCommon(EarningCommon):
    def noon(self, day):
        return f"{day} 12:00:00"

    def given(self):
        """Return the points of all entries, the oldest first."""
        return [points for _kind, points, _state in self.all_entries()]


@tagged("post_install", "-at_install")
class TestEarningCaps(LimitsCommon):
    def test_at_once(self):
        self._rule(per_amount=1, cap_event=250)
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.work()
        self.assertEqual(self.given(), [250])
        for left in (200, 100, 0):
            self.refund(invoice, quantity=1)
            self.work()
            self.assertEqual(self.holder_card().points, left)
        self.assert_ledger()

    def test_day_month_and_member(self):
        """Of three a day at four points: seven a day, ten a month, eighteen in all."""
        self._rule("call", mode="fixed", points=4, cap_day=7, cap_month=10, cap_card=18)
        for day in ("2026-03-10", "2026-03-11", "2026-04-01", "2026-04-02"):
            for _turn in range(3):
                self.event(occurred_at=self.noon(day))
        self.work()
        self.assertEqual(self.given(), [4, 3, 3, 4, 3, 1])
        self.assert_ledger()

    def test_one_by_one_as_in_a_batch(self):
        self._rule("call", mode="fixed", points=4, cap_day=7, cap_month=10, cap_card=18)
        for day in ("2026-03-10", "2026-03-11", "2026-04-01", "2026-04-02"):
            for _turn in range(3):
                self.event(occurred_at=self.noon(day))
                self.work()
        self.assertEqual(self.given(), [4, 3, 3, 4, 3, 1])

    def test_program(self):
        self._rule("call", mode="fixed", points=4, cap_program=10)
        others = self.partner.create([{"name": f"Member {number}"} for number in range(3)])
        for partner in self.partner | others:
            self.event(contact_id=partner.id)
        self.work()
        self.assertEqual(self.given(), [4, 4, 2])
        self.event(contact_id=others[2].id)
        self.work()
        self.assertEqual(self.given(), [4, 4, 2], "nothing is left for anybody")

    def test_what_is_taken_back_makes_room(self):
        self._rule("call", mode="fixed", points=4, cap_card=4)
        self._rule(per_amount=1, cap_month=300)
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.work()
        self.refund(invoice, quantity=1)
        self.work()
        second = self.invoice_of(self.order(3))
        self.pay(second)
        self.work()
        self.assertEqual(self.holder_card().points, 200 + 100)
        self.assert_ledger()

    def test_pending_points_take_room(self):
        self._rule("call", mode="fixed", points=4, cap_card=6, pending_days=30)
        for _turn in range(2):
            self.event()
            self.work()
        self.assertEqual(self.all_entries(), [("earn", 4, "pending"), ("earn", 2, "pending")])

    def test_days_are_those_of_the_company(self):
        self.env.company.partner_id.tz = "Asia/Tokyo"
        self._rule("call", mode="fixed", points=4, cap_day=4)
        self.event(occurred_at="2026-03-10 14:59:00")  # 23:59 there
        self.event(occurred_at="2026-03-10 15:01:00")
        self.work()
        self.assertEqual(self.given(), [4, 4])
        days = self.holder_card().ledger_entry_ids.mapped("earned_on")
        self.assertEqual(set(days), {date(2026, 3, 10), date(2026, 3, 11)})

    def test_queries_do_not_grow_with_events_or_rules(self):
        """Selected in pairs of batches: twice as many events and rules cost no query more."""
        kinds = ("call", "visit", "letter")
        members = self.partner.create([{"name": f"Member {number}"} for number in range(12)])

        def batch(rules, events):
            for kind in kinds[:rules]:
                self._rule(kind, mode="fixed", points=4, cap_day=7, cap_month=90, cap_program=9999)
            made = self.env["relationship.interaction"]
            for number in range(events):
                contact = members[number % len(members)]
                for kind in kinds[:rules]:
                    made |= self.event(kind, contact_id=contact.id)
            self.commit_hooks()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["loyalty.earning.rule"]._consume_interactions(made)
            return self.env.cr.sql_log_count - before

        batch(1, 12)  # cards are made
        few = batch(1, 4)
        many = batch(3, 24)
        self.assertLessEqual(many, few)
        self.assertLessEqual(few, 40)
        self.assert_ledger()

    def test_queries_of_refunds_do_not_grow_with_documents(self):
        self._rule()

        def refunds(number):
            invoices = self.env["account.move"]
            for _turn in range(number):
                invoices |= self.invoice_of(self.order(2))
            for invoice in invoices:
                self.pay(invoice)
            self.work()
            for invoice in invoices:
                self.refund(invoice, quantity=1)
            self.commit_hooks()
            self.env.flush_all()
            events = self.env["relationship.interaction"].search(
                [("kind_id.code", "=", "invoice_refunded")], limit=number, order="id desc"
            )
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["loyalty.earning.rule"]._consume_interactions(events)
            count = self.env.cr.sql_log_count - before
            self.work()
            return count

        refunds(1)
        few = refunds(1)
        self.assertLessEqual(refunds(6), few)
        self.assert_ledger()


@tagged("post_install", "-at_install")
class TestEarningTimes(LimitsCommon):
    def expiry_of(self, day, **values):
        rule = self._rule("call", mode="fixed", points=5, **values)
        self.event(occurred_at=self.noon(day))
        self.work()
        entry = self.env["loyalty.ledger.entry"].search([("rule_id", "=", rule.id)])
        return entry.expires_on

    def test_months_keep_the_end_of_a_month(self):
        self.assertEqual(self.expiry_of("2026-01-31", expiry_months=1), date(2026, 2, 28))

    def test_end_of_this_year_or_a_later_one(self):
        self.assertEqual(self.expiry_of("2026-03-05", expiry="year"), date(2026, 12, 31))
        later = self.expiry_of("2026-03-05", expiry="year", expiry_years=2)
        self.assertEqual(later, date(2028, 12, 31))

    def test_fixed_day(self):
        day = self.expiry_of(
            "2026-03-05", expiry="date", expires_on="2027-01-15", valid_to="2026-12-31"
        )
        self.assertEqual(day, date(2027, 1, 15))

    def test_never(self):
        self.assertFalse(self.expiry_of("2026-03-05"))

    def test_expiry_must_be_said(self):
        for values in (
            {"expiry": "months"},
            {"expiry": "activity"},
            {"expiry": "date"},
            {"expiry": "date", "expires_on": "2026-01-01", "valid_to": "2026-12-31"},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self._rule("call", **values)

    def test_activity_lets_points_live_on(self):
        """Six months after the last activity; a lot of another rule expires on its day."""
        self._rule("call", mode="fixed", points=5, expiry="activity", expiry_months=6)
        self._rule("visit", mode="fixed", points=3, expiry_months=6)
        for kind in ("call", "visit"):
            self.event(kind, occurred_at=self.noon("2026-01-31"))
        self.work()
        card = self.holder_card()
        self.assertEqual(set(self.lots(card)), {"2026-07-31"})
        self.env.cr.execute(
            "UPDATE loyalty_ledger_entry SET posted_at = '2026-08-31 10:00' WHERE card_id = %s",
            [card.id],
        )
        self.env["loyalty.ledger"]._job_stay(100)
        self.assertEqual(self.lots(card), {"2027-02-28": 5, "2026-07-31": 3})
        self.assertEqual(card.ledger_entry_ids.mapped("expires_on"), [date(2026, 7, 31)] * 2)
        self.env["loyalty.ledger"]._job_expire(100)
        self.assertEqual(card.points, 5)
        self.assert_ledger()

    def test_until_delivered(self):
        self._rule("order_confirmed", pending_until="delivered", pending_days=2)
        order = self.order(3)
        order.action_confirm()
        self.work()
        ledger = self.env["loyalty.ledger"]
        entry = self.env["loyalty.ledger.entry"].search([("program_id", "=", self.program.id)])
        order.order_line.qty_delivered = 2
        ledger._job_delivered(100)
        self.assertEqual((entry.state, entry.available_on), ("pending", False))
        [line] = self.holder_card()._portal_statement()
        self.assertTrue(line["pending"] and line["delivery"], "the member reads what it waits for")
        order.order_line.qty_delivered = 3
        ledger._job_delivered(100)
        today = self.env["loyalty.earning.rule"]._today()
        self.assertEqual(entry.available_on, today + timedelta(days=2))
        order.order_line.qty_delivered = 1
        ledger._job_delivered(100)
        self.assertFalse(entry.available_on, "some came back before")
        self.assertEqual(self.holder_card().points, 0)

    def test_paid_invoice_waits_for_the_delivery_of_its_order(self):
        self._rule(pending_until="delivered")
        order = self.order(3)
        self.pay(self.invoice_of(order))
        self.work()
        ledger = self.env["loyalty.ledger"]
        ledger._job_delivered(100)
        ledger._job_release(100)
        self.assertEqual(self.holder_card().points, 0)
        order.order_line.qty_delivered = 3
        ledger._job_delivered(100)
        ledger._job_release(100)
        self.assertEqual(self.holder_card().points, 30)
        self.assert_ledger()

    def test_what_was_returned_and_credited_is_not_waited_for(self):
        """One of three comes back for good: the points of the other two come."""
        self._rule("order_confirmed", pending_until="delivered")
        order = self.order(3)
        invoice = self.invoice_of(order)
        self.work()
        ledger = self.env["loyalty.ledger"]
        order.order_line.qty_delivered = 2
        ledger._job_delivered(100)
        ledger._job_release(100)
        self.assertEqual(self.holder_card().points, 0, "returned, neither replaced nor credited")
        self.refund(invoice, quantity=1)
        self.work()
        ledger._job_delivered(100)
        ledger._job_release(100)
        self.assertEqual(self.holder_card().points, 20)
        self.assert_ledger()

    def test_goods_that_are_replaced_are_waited_for(self):
        self._rule("order_confirmed", pending_until="delivered")
        order = self.order(3)
        invoice = self.invoice_of(order)
        self.refund(invoice, quantity=1)
        order.order_line.qty_delivered = 1
        self.work()
        ledger = self.env["loyalty.ledger"]
        ledger._job_delivered(100)
        ledger._job_release(100)
        self.assertEqual(self.holder_card().points, 0, "one more is to come")
        order.order_line.qty_delivered = 2
        ledger._job_delivered(100)
        ledger._job_release(100)
        self.assertEqual(self.holder_card().points, 20)

    def test_paid_invoice_waits_no_more_for_what_was_credited(self):
        self._rule(pending_until="delivered")
        order = self.order(3)
        invoice = self.invoice_of(order)
        self.pay(invoice)
        self.refund(invoice, quantity=1)
        order.order_line.qty_delivered = 2
        self.work()
        ledger = self.env["loyalty.ledger"]
        ledger._job_delivered(100)
        ledger._job_release(100)
        self.assertEqual(self.holder_card().points, 20)
        self.assert_ledger()

    def test_credited_by_the_dozen(self):
        self._rule("order_confirmed", pending_until="delivered")
        order = self.order(24)
        invoice = self.invoice_of(order)
        refund = self.refund_draft(invoice)
        refund.invoice_line_ids.write(
            {"product_uom_id": self.env.ref("uom.product_uom_dozen").id, "quantity": 1}
        )
        refund.invoice_line_ids.price_unit = 1200
        refund.action_post()
        order.order_line.qty_delivered = 12
        self.work()
        ledger = self.env["loyalty.ledger"]
        ledger._job_delivered(100)
        ledger._job_release(100)
        self.assertEqual(self.holder_card().points, 120)

    def test_only_orders_and_invoices_are_delivered(self):
        with self.assertRaises(ValidationError):
            self._rule("call", pending_until="delivered")

    def test_birthday_is_told_once_a_year(self):
        rules = self.env["loyalty.earning.rule"]
        today = self.env.company._relationship_today()
        person = self.partner.create({"name": "Ann", "loyalty_birthday": today.replace(year=1984)})
        self.partner.create({"name": "Bob", "loyalty_birthday": today - timedelta(days=40)})
        self._rule("birthday", mode="fixed", points=50, company_id=self.env.company.id)
        rules._cron_birthdays()
        rules._cron_birthdays()
        self.work()
        self.assertEqual(self.holder_card().partner_id, person)
        self.assertEqual(self.given(), [50])

    def test_leap_day(self):
        person = self.partner.create({"name": "Ann", "loyalty_birthday": "1984-02-29"})
        company = self.env.company
        cls = type(company)
        self.patch(cls, "_relationship_today", lambda _self: date(2026, 2, 28))
        told = self.env["relationship.interaction"].search_count([])
        self.env["loyalty.earning.rule"]._record_birthdays(company, days=0)
        events = self.env["relationship.interaction"].search([], limit=1, order="id desc")
        self.assertEqual(self.env["relationship.interaction"].search_count([]), told + 1)
        self.assertEqual(events.contact_id, person)

    def test_birthday_earns_once_a_year_however_many_companies(self):
        """Who belongs to no company has one birthday, also where rules of branches hear of it."""
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.env.company.id}
        )
        self.env["res.company"].create({"name": "Other"})
        person = self._born_today()
        everywhere = self._rule("birthday", mode="fixed", points=50, name="Everywhere")
        everywhere.program_id.company_id = False
        everywhere.company_id = False
        self._rule("birthday", mode="fixed", points=7, company_id=self.env.company.id)
        self._rule("birthday", mode="fixed", points=3, company_id=branch.id)
        rules = self.env["loyalty.earning.rule"]
        for _turn in range(2):
            rules._cron_birthdays()
            self.work()
        self.assertEqual(self.holder_card().partner_id, person)
        self.assertEqual(sorted(self.given()), [3, 7, 50])
        self.assert_ledger()

    def test_birthday_with_nothing_but_a_rule_for_all_is_one_event(self):
        self.env["res.company"].create([{"name": "Second"}, {"name": "Third"}])
        person = self._born_today()
        rule = self._rule("birthday", mode="fixed", points=50)
        rule.program_id.company_id = False
        rule.company_id = False
        rule._cron_birthdays()
        told = self.env["relationship.interaction"].search([("contact_id", "=", person.id)])
        self.assertEqual(told.kind_id.code, "birthday")
        self.assertEqual(len(told), 1)

    def test_birthday_of_a_contact_of_another_company(self):
        """It is heard of there: a rule for all gives points, one of our company does not."""
        other = self.env["res.company"].create({"name": "Other"})
        person = self._born_today(company_id=other.id)
        self._rule("birthday", mode="fixed", points=7, company_id=self.env.company.id)
        rule = self._rule("birthday", mode="fixed", points=50)
        rule.program_id.company_id = False
        rule.company_id = False
        rule._cron_birthdays()
        self.work()
        self.assertEqual(self.holder_card().partner_id, person)
        self.assertEqual(self.given(), [50])

    def test_late_birthday_is_dated_on_its_day(self):
        """The job was down over the turn of the year: the next birthday is another one's year."""
        person = self.partner.create({"name": "Ann", "loyalty_birthday": "1984-12-31"})
        self._rule("birthday", mode="fixed", points=50, company_id=self.env.company.id)
        rules = self.env["loyalty.earning.rule"]
        for moment in ("2024-01-02 10:00:00", "2024-12-31 10:00:00", "2025-01-01 10:00:00"):
            with freeze_time(moment):
                rules._cron_birthdays()
        self.work()
        told = self.env["relationship.interaction"].search([("contact_id", "=", person.id)])
        days = sorted(
            rules._day(event).isoformat() for event in told if event.kind_id.code == "birthday"
        )
        self.assertEqual(days, ["2023-12-31", "2024-12-31"])
        self.assertEqual(self.given(), [50, 50])

    def test_birthday_told_by_another_system_too_earns_once(self):
        self._born_today()
        source = self.env["relationship.interaction.source"].create(
            {"name": "club", "trusted": True}
        )
        self._rule(
            "birthday",
            mode="fixed",
            points=50,
            company_id=self.env.company.id,
            source_ids=[Command.set(source.ids)],
        )
        person = self.partner.search([("loyalty_birthday", "!=", False), ("name", "=", "Ann")])
        self.event("birthday", contact_id=person.id, source="club")
        self.env["loyalty.earning.rule"]._cron_birthdays()
        self.work()
        self.assertEqual(self.given(), [50])

    def _born_today(self, **values):
        today = self.env.company._relationship_today()
        born = {"name": "Ann", "loyalty_birthday": today.replace(year=1984)}
        return self.partner.create({**born, **values})

    def test_leap_day_in_all_years(self):
        """On the 28th in other years, on the 29th in leap years; never on both, never twice."""
        person = self.partner.create({"name": "Ann", "loyalty_birthday": "1984-02-29"})
        self._rule("birthday", mode="fixed", points=50, company_id=self.env.company.id)
        rules = self.env["loyalty.earning.rule"]
        for year in (2023, 2024):
            for day in ("02-27", "02-28", "02-29", "03-01", "03-02"):
                if year == 2024 or day != "02-29":
                    with freeze_time(f"{year}-{day} 10:00:00"):
                        rules._cron_birthdays()
        self.work()
        told = self.env["relationship.interaction"].search(
            [("contact_id", "=", person.id), ("kind_id.code", "=", "birthday")]
        )
        days = sorted(rules._day(event).isoformat() for event in told)
        self.assertEqual(days, ["2023-02-28", "2024-02-29"])
        self.assertEqual(self.given(), [50, 50])


@tagged("post_install", "-at_install")
class TestEarningVersions(LimitsCommon):
    def test_draft_gives_nothing_until_published(self):
        rule = self._rule("call", mode="fixed", points=5, state="draft")
        self.event()
        self.work()
        self.assertEqual(self.given(), [])
        rule.action_publish()
        self.event()
        self.work()
        self.assertEqual(self.given(), [5])
        with self.assertRaises(UserError):
            rule.action_draft()

    def test_new_version_takes_over_and_leaves_given_points_alone(self):
        rule = self._rule("call", mode="fixed", points=5)
        self.event()
        self.work()
        with self.assertRaises(UserError):
            rule.points = 6
        version = rule.browse(rule.action_new_version()["res_id"])
        self.assertEqual((version.state, version.root_id, version.points), ("draft", rule, 5))
        version.points = 6
        version.action_publish()
        self.assertEqual(rule.valid_to, version.valid_from - timedelta(days=1))
        self.event()
        self.work()
        self.assertEqual(self.given(), [5, 5], "today the first version counts")
        self.assertEqual(rule.version_count, 2)

    def test_versions_do_not_overlap(self):
        """Not even when somebody writes the days by hand."""
        rule = self._rule("call", mode="fixed", points=5)
        version = rule.browse(rule.action_new_version()["res_id"])
        version.action_publish()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(ExclusionViolation),
            self.env.cr.savepoint(),
        ):
            rule.valid_to = False
            self.env.flush_all()

    def test_version_from_before_the_last_one_is_refused(self):
        rule = self._rule("call", mode="fixed", points=5)
        versions = [rule.browse(rule.action_new_version()["res_id"]) for _turn in range(2)]
        versions[0].action_publish()
        with self.assertRaises(UserError):
            versions[1].action_publish()

    def test_rule_that_would_be_over_is_not_published(self):
        rule = self._rule("call", state="draft", valid_to="2020-02-01")
        with self.assertRaises(UserError):
            rule.action_publish()

    def test_form_begins_with_a_draft_and_says_the_rule_in_words(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "loyalty_rewards.loyalty_earning_rule_action"
        )
        self.assertIn("'default_state': 'draft'", action["context"])
        rules = self.env["loyalty.earning.rule"].with_user(self.users["manager"])
        form = Form(rules.with_context(default_state="draft"))
        form.name = "Paid"
        form.program_id = self.program
        form.kind_id = self.kinds["invoice_paid"]
        form.cap_month = 500
        form.pending_days = 14
        form.expiry = "year"
        rule = form.save()
        self.assertEqual(rule.state, "draft")
        for part in ("Invoice paid. ", "At most 500 a month.", "wait: 14.", "of the year"):
            self.assertIn(part, rule.summary)

    def test_numbers_in_words_need_no_plural(self):
        """One point or two: the sentence is the same, in every language."""
        self.program.portal_point_name = "Stars"
        for values, said in (
            ({"mode": "fixed", "points": 1}, "Call. Stars: 1."),
            ({"mode": "amount", "points": 1, "per_amount": 10}, "10.00: 1."),
            ({"mode": "unit", "points": 1, "per_units": 1}, "Stars: 1. Units needed for that: 1."),
            ({"pending_days": 1}, "Days to wait: 1."),
            ({"expiry_months": 1}, "Months until then: 1."),
            ({"expiry": "activity", "expiry_months": 1}, "spending. Months until then: 1."),
            ({"expiry": "year", "expiry_years": 2}, "Years until then: 2."),
        ):
            self.assertIn(said, self._rule("call", state="draft", **values).summary)
        paid = self._rule("order_confirmed", state="draft", pending_until="paid", pending_days=1)
        self.assertIn("invoiced and paid. Days to wait after that: 1.", paid.summary)

    def test_stages(self):
        today = fields.Date.context_today(self.env["loyalty.earning.rule"])
        stages = {
            "draft": self._rule("call", state="draft"),
            "planned": self._rule("call", valid_from=today + timedelta(days=1)),
            "running": self._rule("call"),
            "over": self._rule("call", valid_to=today - timedelta(days=1)),
        }
        for stage, rule in stages.items():
            self.assertEqual(rule.stage, stage)
            found = rule.search([("stage", "=", stage), ("program_id", "=", self.program.id)])
            self.assertEqual(found, rule)

    def test_copy_is_a_draft(self):
        rule = self._rule("call")
        self.assertEqual(rule.copy().state, "draft")

    def test_archived_rule_gives_nothing(self):
        rule = self._rule("call", mode="fixed", points=5)
        self._rule("visit")
        event = self.event()
        rule.active = False
        rule._consume_interactions(event)
        self.assertEqual(self.given(), [])


@tagged("post_install", "-at_install")
class TestEarningPreview(LimitsCommon):
    @classmethod
    def setUpClass(cls):
        """What happened before, in this database, is of other kinds and of other customers."""
        super().setUpClass()
        cls.kinds["tested"] = cls.kinds["call"].create({"code": "tested", "name": "Tested"})
        cls.segment = cls.env["relationship.segment"].create({"name": "Ours", "kind": "manual"})
        cls.env["relationship.segment.member"].create(
            {
                "segment_id": cls.segment.id,
                "partner_id": cls.partner.id,
                "entered_on": "2020-01-01",
            }
        )

    def test_preview_is_what_the_rule_then_gives(self):
        rule = self._rule(
            "tested",
            mode="fixed",
            points=4,
            cap_day=7,
            cap_program=20,
            state="draft",
            valid_from=fields.Date.today() + timedelta(days=5),
        )
        second = self.partner.create({"name": "Second"})
        now = fields.Datetime.now()
        for days in (400, 70, 70, 70, 1):
            self.event("tested", occurred_at=now - timedelta(days=days))
        self.event("tested", occurred_at=now - timedelta(days=70), contact_id=second.id)
        before = self.env["loyalty.ledger.entry"].search_count([])
        cards = self.env["loyalty.card"].search_count([])
        [found] = rule.preview()
        self.assertEqual((found["points"], found["members"], found["events"]), (15, 2, 4))
        self.assertEqual(sum(row["points"] for row in found["months"]), 15)
        self.assertEqual([row["points"] for row in found["months"]], [11, 4])
        self.assertEqual(self.env["loyalty.ledger.entry"].search_count([]), before)
        self.assertEqual(self.env["loyalty.card"].search_count([]), cards)
        self.assertFalse(rule.used)
        rule.valid_from = "2020-01-01"
        rule.action_publish()
        year = self.env["relationship.interaction"].search(
            [("kind_id.code", "=", "tested"), ("occurred_at", ">", now - timedelta(days=300))]
        )
        rule._consume_interactions(year)
        self.assertEqual(rule.points_given, 15)
        self.assertEqual(rule.preview()[0]["points"], 15, "what it has given does not count")

    def test_preview_counts_refunds(self):
        rule = self._rule(per_amount=1, state="draft", segment_ids=self.segment.ids)
        invoice = self.invoice_of(self.order(3))
        self.pay(invoice)
        self.refund(invoice, quantity=1)
        self.commit_hooks()
        self.assertEqual(rule.preview()[0]["points"], 200)

    def test_preview_of_credited_and_lowered_orders(self):
        """An order that only follows its credit note is not counted less a second time."""
        rule = self._rule("order_confirmed", segment_ids=self.segment.ids)
        cases = (
            # of 10: credited, what the order holds then, credited after that, points that stay
            ((3,), None, (), 70),
            ((3,), 7, (), 70),
            ((3,), 7, (1,), 60),
            ((), 6, (), 60),
            ((), 6, (4,), 60),
            ((), 6, (4, 1), 50),
            ((3,), 5, (), 50),
            ((10,), 0, (), 0),
        )
        for first, held, later, points in cases:
            with self.subTest(first=first, held=held, later=later):
                with self.env.cr.savepoint() as savepoint:
                    order = self.order(10)
                    invoice = self.invoice_of(order)
                    for quantity in first:
                        self.refund(invoice, quantity=quantity)
                    if held is not None:
                        order.order_line.product_uom_qty = held
                    for quantity in later:
                        self.refund(invoice, quantity=quantity)
                    self.work()
                    given = sum(self.holder_card().mapped("points"))
                    self.assertEqual(given, points, "really given")
                    self.assertEqual(rule.preview()[0]["points"], points)
                    savepoint.rollback()
                self.env.invalidate_all()

    def test_cost(self):
        rule = self._rule("tested", mode="fixed", points=4, state="draft")
        self.event("tested")
        self.program.reward_ids.write({"discount_mode": "per_order", "discount": 10})
        self.assertEqual(rule.preview()[0]["cost"], 0.4, "100 points are worth 10")
        self.program.loyalty_point_value = 0.005
        self.assertEqual(rule.preview()[0]["cost"], 0.02)

    def test_dialog(self):
        rule = self._rule("tested", mode="fixed", points=4, state="draft")
        self.event("tested")
        action = rule.with_user(self.users["manager"]).action_preview()
        preview = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((preview.points, preview.members, preview.events), (4, 1, 1))
        self.assertEqual(preview.line_ids.mapped("points"), [4])
        preview.with_user(self.users["manager"]).action_publish()
        self.assertEqual(rule.state, "published")

    def test_refused(self):
        rule = self._rule("tested")
        for months in (0, 37, "12", True, None):
            with self.assertRaises(ValidationError):
                rule.preview(months)
        with self.assertRaises(UserError):
            rule.with_user(self.users["user"]).preview()
