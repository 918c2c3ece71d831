from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import RelationshipCommon


class View360Common(RelationshipCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.customer = cls.env["res.partner"].create(
            {"name": "Delta Foods", "is_company": True, "user_id": cls.users["user"].id}
        )
        cls.person = cls.env["res.partner"].create(
            {"name": "Dana", "parent_id": cls.customer.id, "email": "dana@delta.example"}
        )
        cls.now = fields.Datetime.now()
        cls.number = 0

    @classmethod
    def interactions(cls, count, kind="call", partner=None, ago=timedelta(hours=1), **values):
        """Record interactions, each a minute older than the one before."""
        events = []
        for number in range(count):
            cls.number += 1
            events.append(
                {
                    "kind": kind,
                    "contact_id": (partner or cls.person).id,
                    "company_id": cls.company.id,
                    "channel": "phone",
                    "occurred_at": cls.now - ago - timedelta(minutes=number),
                    "external_ref": f"test_view360,{cls.number}",
                    "summary": f"Talk {cls.number}",
                    **values,
                }
            )
        return cls.env["relationship.interaction"]._insert(events)

    @classmethod
    def profile(cls, partner, **values):
        return cls.env["relationship.profile"].create(
            {"partner_id": partner.id, "company_id": cls.company.id, **values}
        )

    def view(self, role="user"):
        return self.env["relationship.view360"].with_user(self.users[role])

    def blocks(self, role="user", partner=None):
        summary = self.view(role).get_summary((partner or self.customer).id)
        return {block["code"]: block for block in summary["blocks"]}


@tagged("post_install", "-at_install")
class TestView360Summary(View360Common):
    # -- who may ------------------------------------------------------------------------------

    def calls(self, view, partner_id):
        return [
            lambda: view.get_summary(partner_id),
            lambda: view.get_sections(partner_id),
            lambda: view.get_timeline(partner_id),
            lambda: view.get_charts(partner_id),
        ]

    def test_refused_without_a_role(self):
        public = self.env.ref("base.public_user")
        for user in (self.users["integration"], self.sales_user, self.portal_user, public):
            view = self.env["relationship.view360"].with_user(user)
            for call in [*self.calls(view, self.customer.id), view.get_timeline_filters]:
                with self.subTest(login=user.login), self.assertRaises(AccessError):
                    call()

    def test_refused_for_a_contact_of_another_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.customer.company_id = elsewhere
        for call in self.calls(self.view(), self.customer.id):
            with self.assertRaises(AccessError):
                call()

    def test_input_that_is_no_contact(self):
        for value in (None, True, "1", 1.5, [], {}, 0, -1, 2**31, 2**70):
            for call in self.calls(self.view(), value):
                with self.subTest(value=value), self.assertRaises(UserError):
                    call()

    def test_a_contact_stands_for_its_company(self):
        summary = self.view().get_summary(self.person.id)
        self.assertEqual(summary["partner"]["id"], self.customer.id)

    # -- what it says -------------------------------------------------------------------------

    def test_blocks_of_a_new_customer(self):
        """Nothing is known yet: no figure is made up."""
        blocks = self.blocks()
        self.assertFalse({"stage", "value", "last_purchase", "tier"} & set(blocks))
        self.assertEqual(blocks["needs"]["value"], 0)
        for code in ("last_contact", "opportunities", "segments"):
            self.assertIs(blocks[code]["value"], False, code)

    def test_blocks_of_a_known_customer(self):
        stage = self.env["relationship.stage"].search([], limit=1)
        self.profile(
            self.customer,
            stage_id=stage.id,
            monetary=1234.5,
            frequency=3,
            last_purchase_on="2026-01-31",
        )
        self.interactions(1)
        self.env["relationship.need"].create({"partner_id": self.customer.id, "topic": "Speed"})
        self.env["crm.lead"].create(
            [
                {
                    "name": f"Worth {amount}",
                    "type": "opportunity",
                    "partner_id": partner.id,
                    "expected_revenue": amount,
                    "user_id": self.users["manager"].id,
                }
                for partner, amount in ((self.person, 100), (self.customer, 50))
            ]
        )
        segment = self.env["relationship.segment"].create({"name": "Top", "kind": "manual"})
        self.env["relationship.segment.member"].create(
            {"segment_id": segment.id, "partner_id": self.customer.id}
        )
        blocks = self.blocks("manager")
        self.assertEqual(blocks["stage"]["value"], stage.name)
        self.assertEqual(
            (blocks["value"]["value"], blocks["value"]["note"]), (1234.5, "3 purchases")
        )
        self.assertEqual(blocks["value"]["currency_id"], self.company.currency_id.id)
        self.assertEqual(blocks["last_purchase"]["value"], "2026-01-31")
        self.assertEqual(blocks["last_contact"]["note"], "Call")
        self.assertEqual(blocks["needs"]["value"], 1)
        self.assertEqual(blocks["opportunities"]["value"], 150)
        self.assertEqual(blocks["segments"]["value"], [{"name": "Top", "tone": "neutral"}])
        self.assertEqual(blocks["team"]["value"][0]["name"], self.users["user"].name)

    def test_consent_by_purpose(self):
        self.env["relationship.consent"].create(
            {"contact_id": self.customer.id, "purpose": "marketing", "state": "granted"}
        )
        tags = {tag["name"]: tag["tone"] for tag in self.blocks()["consent"]["value"]}
        self.assertEqual((tags["Marketing"], tags["Profiling"]), ("good", "bad"))

    def test_consent_of_own_customers(self):
        self.customer.user_id = self.users["manager"]
        self.assertNotIn("consent", self.blocks("user"))
        self.assertIn("consent", self.blocks("manager"))
        self.assertIn("consent", self.blocks("auditor"))

    def test_a_day_is_one_of_the_company(self):
        self.company.partner_id.tz = "Asia/Ho_Chi_Minh"
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        manager = self.users["manager"].id
        order.write({"state": "sale", "date_order": "2026-03-01 20:00:00", "user_id": manager})
        sections = self.view("manager").get_sections(self.customer.id)
        [orders] = [section for section in sections if section["code"] == "orders"]
        self.assertEqual(orders["rows"][0]["date"], "2026-03-02")

    def test_overdue_invoice_is_said(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2026-01-01",
                "invoice_date_due": "2026-01-31",
                "invoice_line_ids": [
                    Command.create({"name": "Work", "price_unit": 80, "tax_ids": False})
                ],
            }
        )
        invoice.action_post()
        block = self.blocks("manager")["invoices"]
        self.assertIs(block["value"], False, "a salesperson reads own invoices only")
        self.users["manager"].group_ids += self.env.ref("account.group_account_readonly")
        block = self.blocks("manager")["invoices"]
        self.assertEqual((block["value"], block["tone"]), (80, "bad"))
        self.assertIn("80", block["note"])

    def test_partner_tab_only_for_partners(self):
        self.assertEqual(self.view().get_summary(self.customer.id)["tabs"], ["customer"])
        program = self.env["prm.program"].create({"name": "Resellers"})
        enrollment = self.env["prm.enrollment"].create(
            {"partner_id": self.customer.id, "program_id": program.id, "state": "active"}
        )
        summary = self.view("manager").get_summary(self.customer.id)
        self.assertEqual(summary["tabs"], ["customer", "partner"])
        sections = self.view("manager").get_sections(self.customer.id, "partner")
        rows = {section["code"]: section["rows"] for section in sections}
        self.assertEqual(rows["programs"][0]["record"]["id"], enrollment.id)

    def test_only_what_the_caller_may_read(self):
        """A user who is not in charge of the customer sees who it is, and no figures."""
        self.customer.user_id = self.users["manager"]
        self.profile(self.customer, monetary=500, frequency=1)
        self.interactions(3)
        self.assertIn("value", self.blocks("manager"))
        self.assertIn("value", self.blocks("auditor"))
        self.assertNotIn("value", self.blocks("user"))
        self.assertEqual(self.view("user").get_timeline(self.customer.id)["rows"], [])
        charts = {chart["code"] for chart in self.view("user").get_charts(self.customer.id)}
        self.assertNotIn("revenue", charts)

    def test_figures_of_the_current_company_only(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["relationship.profile"].create(
            {"partner_id": self.customer.id, "company_id": other.id, "monetary": 9}
        )
        self.interactions(1, company_id=other.id)
        self.users["manager"].company_ids += other
        self.assertNotIn("value", self.blocks("manager"))
        self.assertEqual(self.view("manager").get_timeline(self.customer.id)["rows"], [])
        both = self.view("manager").with_context(allowed_company_ids=[other.id, self.company.id])
        codes = [block["code"] for block in both.get_summary(self.customer.id)["blocks"]]
        self.assertIn("value", codes)
        self.assertEqual(len(both.get_timeline(self.customer.id)["rows"]), 1)

    def test_hook_adds_a_block(self):
        view = self.view()
        extra = view._block("points", sequence=15, label="Points", type="number", value=7)
        former = type(view)._summary_blocks
        with patch.object(
            type(view), "_summary_blocks", lambda self, p: [*former(self, p), extra, None]
        ):
            self.assertEqual(self.blocks()["points"]["value"], 7)

    def test_button_on_the_contact(self):
        action = self.person.with_user(self.users["user"]).action_relationship_360()
        self.assertEqual(action["tag"], "relationship_360")
        self.assertEqual(action["params"], {"partner_id": self.customer.id})

    def test_forms_show_the_line_to_who_has_a_role(self):
        for model in ("res.partner", "crm.lead", "sale.order", "account.move"):
            for user, shown in ((self.users["manager"], True), (self.sales_user, False)):
                user.group_ids += self.env.ref("account.group_account_readonly")
                arch = self.env[model].with_user(user).get_view(view_type="form")["arch"]
                self.assertEqual("relationship_summary" in arch, shown, (model, user.login))
        with Form(self.env["res.partner"].with_user(self.users["user"])) as form:
            form.name = "Echo"

    # -- cost ---------------------------------------------------------------------------------

    def costs(self, calls):
        """Return the queries of each call, once the rules that it needs are known."""
        for call in calls:
            self.queries(call)
        return [self.queries(call) for call in calls]

    def test_queries_do_not_grow_with_history(self):
        """The same queries with 1 and with 2,000 interactions, needs and opportunities."""
        self.profile(self.customer, monetary=500, frequency=1)
        self.interactions(1)
        view = self.view("manager")
        calls = self.calls(view, self.customer.id)
        costs = self.costs(calls)
        self.interactions(2000)
        self.env["relationship.need"].create(
            [{"partner_id": self.customer.id, "topic": f"Need {n}"} for n in range(50)]
        )
        self.env["crm.lead"].create(
            [{"name": f"Lead {n}", "partner_id": self.person.id} for n in range(50)]
        )
        again = self.costs(calls)
        # a page that is full reads the same sets of names as one with a single row; sections may
        # read names (of stages, currencies) that an empty list does not ask for
        self.assertLessEqual(again[0], costs[0] + 1)
        self.assertLessEqual(again[1], costs[1] + 4)
        self.assertEqual(again[2:], costs[2:])
        self.assertLessEqual(again[0], 40, "summary")
        self.assertLessEqual(again[2], 12, "timeline")


@tagged("post_install", "-at_install")
class TestView360Timeline(View360Common):
    def timeline(self, role="manager", **options):
        return self.view(role).get_timeline(self.customer.id, **options)

    def test_pages_have_each_row_once_newest_first(self):
        """Also with many rows of the same moment, and of fractions of a second."""
        ids = self.interactions(7)
        ids += self.interactions(9, occurred_at=self.now - timedelta(days=1))
        self.env.cr.execute(
            "UPDATE relationship_interaction SET occurred_at = occurred_at + %s * interval '1 us'"
            " WHERE id = %s",
            [7, ids[8]],
        )
        found, before = [], None
        while True:
            page = self.timeline(before=before, limit=5)
            self.assertLessEqual(len(page["rows"]), 5)
            found += page["rows"]
            before = page["next"]
            if not before:
                break
        self.assertEqual(len(found), 16)
        self.assertEqual({row["id"] for row in found}, set(ids))
        moments = [row["occurred_at"] for row in found]
        self.assertEqual(moments, sorted(moments, reverse=True))

    def test_a_row_that_arrives_shifts_nothing(self):
        self.interactions(6)
        first = self.timeline(limit=3)
        self.interactions(1, ago=timedelta(0))
        second = self.timeline(limit=3, before=first["next"])
        ids = [row["id"] for row in first["rows"] + second["rows"]]
        self.assertEqual(len(set(ids)), 6)

    def test_filters(self):
        self.interactions(2)
        self.interactions(1, kind="letter", channel="post")
        self.interactions(1, kind="order_confirmed", ago=timedelta(days=40), channel=None)

        def kinds(**options):
            return {row["kind"] for row in self.timeline(**options)["rows"]}

        self.assertEqual(kinds(), {"call", "letter", "order_confirmed"})
        self.assertEqual(kinds(classes=["contact"]), {"call", "letter"})
        self.assertEqual(kinds(kinds=["letter"]), {"letter"})
        self.assertEqual(kinds(kinds=["letter"], classes=["purchase"]), set())
        self.assertEqual(kinds(channels=["post"]), {"letter"})
        self.assertEqual(kinds(kinds=[]), set())
        self.assertEqual(kinds(kinds=["no such kind"]), set())
        recent = str((self.now - timedelta(days=10)).date())
        self.assertEqual(kinds(date_from=recent), {"call", "letter"})
        self.assertEqual(kinds(date_to=recent), {"order_confirmed"})

    def test_days_begin_in_the_zone_of_the_company(self):
        self.company.partner_id.tz = "Asia/Ho_Chi_Minh"  # seven hours ahead
        self.interactions(1, occurred_at="2026-03-09 17:30:00")
        self.assertEqual(len(self.timeline(date_from="2026-03-10")["rows"]), 1)
        self.assertEqual(len(self.timeline(date_to="2026-03-10")["rows"]), 0)

    def test_row(self):
        euro = self.env.ref("base.EUR")
        [row_id] = self.interactions(1, amount=12.5, currency_id=euro.id)
        [row] = self.timeline()["rows"]
        self.assertEqual(
            {key: row[key] for key in ("id", "kind", "kind_name", "class", "direction", "channel")},
            {
                "id": row_id,
                "kind": "call",
                "kind_name": "Call",
                "class": "contact",
                "direction": "mutual",
                "channel": "phone",
            },
        )
        self.assertEqual(row["contact"], {"id": self.person.id, "name": "Dana"})
        self.assertEqual((row["amount"], row["currency_id"]), (12.5, euro.id))
        self.assertIs(row["record"], False)

    def test_records_that_the_caller_may_read(self):
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        gone = self.env["sale.order"].create({"partner_id": self.customer.id})
        for record in (order, gone):
            self.interactions(1, "order_confirmed", res_model="sale.order", res_id=record.id)
        self.interactions(1, res_model="no.such.model", res_id=1)
        self.interactions(1, res_model="res.partner", res_id=self.customer.id)
        gone.unlink()
        records = [row["record"] for row in self.timeline()["rows"] if row["record"]]
        self.assertFalse(records, "a manager of relationships without sales rights of others")
        self.users["manager"].group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        records = [row["record"] for row in self.timeline()["rows"] if row["record"]]
        self.assertEqual(records, [{"model": "sale.order", "id": order.id, "name": order.name}])
        self.assertFalse([r for r in self.timeline("auditor")["rows"] if r["record"]])

    def test_bad_input(self):
        bad = [
            {"limit": 0},
            {"limit": 101},
            {"limit": True},
            {"limit": "10"},
            {"kinds": "call"},
            {"kinds": [1]},
            {"classes": {"contact": 1}},
            {"channels": [None]},
            {"date_from": "yesterday"},
            {"date_to": 20260101},
            {"date_from": "9999-99-99"},
            {"before": "nonsense"},
            {"before": 12},
            {"before": "2026-13-45 00:00:00,1"},
            {"before": "2026-01-01 00:00:00,1; DROP TABLE res_partner"},
        ]
        for options in bad:
            with self.subTest(options=options), self.assertRaises(UserError):
                self.timeline(**options)

    def test_any_language_and_huge_numbers_in_the_cursor(self):
        self.interactions(1)
        last = 9999999999999999999
        self.assertEqual(self.timeline(before=f"1900-01-01 00:00:00,{last}")["rows"], [])
        self.assertEqual(len(self.timeline(before=f"2999-01-01 00:00:00.5,{last}")["rows"]), 1)

    def test_what_can_be_filtered(self):
        options = self.view("auditor").get_timeline_filters()
        self.assertIn({"code": "contact", "name": "Communication"}, options["classes"])
        self.assertIn({"code": "call", "name": "Call", "class": "contact"}, options["kinds"])
        self.assertIn({"code": "phone", "name": "Phone"}, options["channels"])


@tagged("post_install", "-at_install")
class TestView360Charts(View360Common):
    def charts(self, role="manager"):
        return {c["code"]: c for c in self.view(role).get_charts(self.customer.id)}

    def test_contacts_by_month_and_direction(self):
        self.interactions(2, occurred_at=self.now.replace(day=1, hour=12))
        self.interactions(1, kind="mail_in", occurred_at=self.now - timedelta(days=800))
        self.interactions(1, kind="order_confirmed")
        chart = self.charts()["contacts"]
        self.assertEqual(len(chart["months"]), 24)
        self.assertEqual(chart["months"][-1], f"{self.company._relationship_today():%Y-%m}")
        totals = [
            sum(values) for values in zip(*(s["values"] for s in chart["series"]), strict=True)
        ]
        self.assertEqual((totals[-1], sum(totals)), (2, 2))

    def test_revenue_is_that_of_the_metric(self):
        self.profile(self.customer)
        self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.person.id,
                "invoice_date": self.company._relationship_today().replace(day=1),
                "invoice_line_ids": [
                    Command.create({"name": "Work", "price_unit": 80, "tax_ids": False})
                ],
            }
        ).action_post()
        [series] = self.charts()["revenue"]["series"]
        self.assertEqual((series["values"][-1], sum(series["values"])), (80, 80))
        self.assertNotIn("sold", self.charts())
