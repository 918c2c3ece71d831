"""Nobody gets at figures, fields or companies of others by a detour through a public method."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestTrust(RelationshipCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user, cls.manager = cls.users["user"], cls.users["manager"]
        cls.firm = cls.env["res.partner"].create({"name": "Firm", "is_company": True})
        cls.other = cls.env["res.company"].create({"name": "Other"})

    # ------------------------------------------------------------ figures of others' customers

    def computed(self, user):
        """Return for how many of our partners this user is told a metric."""
        metric = self.env["relationship.metric"].with_user(user)
        return len(metric.compute(["orders"], self.firm.ids, False, "2026-01-01"))

    def test_metrics_are_of_the_callers_customers(self):
        self.assertEqual(self.computed(self.user), 1, "nobody's customer is everybody's")
        self.firm.user_id = self.manager
        self.assertEqual(self.computed(self.user), 0)
        for role in ("channel_manager", "manager", "auditor"):
            self.assertEqual(self.computed(self.users[role]), 1, role)
        self.env["relationship.profile"].create(
            {
                "partner_id": self.firm.id,
                "company_id": self.env.company.id,
                "service_user_id": self.user.id,
            }
        )
        self.assertEqual(self.computed(self.user), 1, "of the account team")

    def test_metrics_are_of_the_customers_of_the_team(self):
        self.firm.user_id = self.manager
        self.env["crm.team"].create(
            {"name": "Us", "member_ids": [Command.set((self.user | self.manager).ids)]}
        )
        self.assertEqual(self.computed(self.user), 1)

    # ------------------------------------------------------------ fields

    def test_a_metric_filters_by_no_field_that_its_author_may_not_read(self):
        vals = {
            "name": "Found",
            "code": "found",
            "model_id": self.env["ir.model"]._get("res.partner").id,
            "partner_path": "parent_id",
            "aggregate": "count",
            "date_field_id": self.env["ir.model.fields"]._get("res.partner", "create_date").id,
        }
        metric = self.env["relationship.metric"].with_user(self.manager)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            metric.create({**vals, "domain": "[('signup_type', '=', 'reset')]"})
        self.assertTrue(metric.create({**vals, "domain": "[('name', '=', 'reset')]"}))

    def test_customers_do_not_see_through_whom_a_document_was_sold(self):
        self.portal_user.partner_id.parent_id = self.firm
        seller = self.env["res.partner"].create({"name": "Rival", "is_company": True})
        order = self.env["sale.order"].create(
            {"partner_id": self.portal_user.partner_id.id, "prm_partner_id": seller.id}
        )
        order.write({"state": "sale"})
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.portal_user.partner_id.id,
                "prm_partner_id": seller.id,
            }
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET state = 'posted' WHERE id = %s", invoice.ids)
        self.env.invalidate_all()
        for document in (order, invoice):
            document.message_subscribe(self.portal_user.partner_id.ids)
            theirs = document.with_user(self.portal_user)
            self.assertTrue(theirs.read(["partner_id"]), "the document is theirs to read")
            for name in ("prm_partner_id", "prm_end_customer_id"):
                with self.assertRaises(AccessError):
                    theirs.read([name])

    # ------------------------------------------------------------ companies

    def test_a_metric_is_not_tried_in_another_company(self):
        metric = self.env.ref("relationship_crm.relationship_metric_revenue_invoiced")
        preview = self.env["relationship.metric.preview"].with_user(self.manager)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            preview.create({"metric_id": metric.id, "company_id": self.other.id})
        self.assertTrue(metric.with_user(self.manager).action_try())

    def test_a_webhook_of_every_company_is_for_who_works_in_every_one(self):
        webhooks = self.env["relationship.webhook"].with_user(self.manager)
        vals = {"name": "Hook", "url": "https://hook.example/in"}
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            webhooks.create(vals)
        webhook = webhooks.create({**vals, "company_id": self.env.company.id})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            webhook.company_id = False
        shared = self.env["relationship.webhook"].create(vals).with_user(self.manager)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            shared.url = "https://elsewhere.example/in"
        self.manager.company_ids = self.env["res.company"].search([])
        webhook.company_id = False
        self.assertFalse(webhook.company_id)

    def test_a_segment_filters_by_no_field_that_its_author_may_not_read(self):
        segment = self.env["relationship.segment"].with_user(self.manager)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            segment.create({"name": "Found", "partner_domain": "[('signup_type', '!=', False)]"})
        self.assertTrue(segment.create({"name": "B", "partner_domain": "[('name', '=', 'B')]"}))

    # ------------------------------------------------------------ tiers

    def test_a_contact_editor_raises_no_tier(self):
        program = self.env["prm.program"].create({"name": "Trusted"})
        low, high = self.env["res.partner.grade"].create(
            [
                {"name": "Low", "sequence": 20, "prm_program_id": program.id},
                {"name": "High", "sequence": 10, "prm_program_id": program.id},
            ]
        )
        enrollment = self.env["prm.enrollment"].create(
            {
                "partner_id": self.firm.id,
                "program_id": program.id,
                "state": "active",
                "grade_id": low.id,
            }
        )
        editor = self.env["res.users"].create(
            {
                "name": "Editor",
                "login": "contact-editor",
                "group_ids": [
                    Command.set(
                        [
                            self.env.ref("base.group_user").id,
                            self.env.ref("base.group_partner_manager").id,
                        ]
                    )
                ],
            }
        )
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.firm.with_user(editor).write({"grade_id": high.id})
        self.assertEqual(enrollment.grade_id, low)
        self.firm.with_user(self.manager).write({"grade_id": high.id})
        self.assertEqual(enrollment.grade_id, high)

    def test_drafts_of_rules_are_published_by_no_writing(self):
        manager = self.users["channel_manager"]
        program = self.env["prm.program"].create({"name": "Trusted", "user_id": manager.id})
        simulations = self.env["prm.simulation"].with_user(self.users["channel_manager"])
        draft = simulations.create({"name": "Mine", "program_id": program.id})
        for vals in ({"state": "published"}, {"publication": {}}, {"in_force": False}):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                draft.write(vals)
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                simulations.create({"name": "Mine", "program_id": program.id, **vals})
        slipped = simulations.with_context(default_state="published", default_in_force=True)
        other = slipped.create({"name": "Slipped", "program_id": program.id})
        self.assertEqual((other.state, other.in_force), ("draft", False))

    def test_targets_stay_in_their_company(self):
        segment = self.env["relationship.segment"].create(
            {"name": "Theirs", "company_id": self.other.id}
        )
        metric = self.env["relationship.metric"].search([("code", "=", "revenue_invoiced")])
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env["prm.target"].create(
                {
                    "subject": "segment",
                    "segment_id": segment.id,
                    "company_id": self.env.company.id,
                    "metric_id": metric.id,
                    "goal": 10,
                }
            )

    # ------------------------------------------------------------ what the system works out

    def test_nobody_writes_what_the_system_works_out(self):
        profile = self.env["relationship.profile"].create(
            {"partner_id": self.firm.id, "company_id": self.env.company.id}
        )
        cases = self.env["relationship.case"].with_user(self.manager)
        case = cases.create({"name": "Late", "kind": "complaint", "partner_id": self.firm.id})
        told = profile.with_user(self.manager)
        tried = (
            (told, {"health": 100}),
            (told, {"frequency": 9, "kind": "b2b"}),
            (told, {"stage_fixed": True}),
            (case, {"opened_at": "2020-01-01"}),
            (case, {"contacted_at": False}),
            (case, {"reopen_count": 0, "name": "Never late"}),
        )
        for record, vals in tried:
            with self.subTest(vals=vals), self.assertRaises(AccessError), self.env.cr.savepoint():
                record.write(vals)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            cases.create({"name": "Old", "kind": "complaint", "opened_at": "2020-01-01"})
        slipped = cases.with_context(default_opened_at="2020-01-01 00:00:00").create(
            {"name": "Slipped", "kind": "complaint", "partner_id": self.firm.id}
        )
        self.assertGreater(str(slipped.opened_at), "2020-01-02")
        told.write({"kind": "b2c", "service_user_id": self.user.id})
        self.assertEqual((profile.kind, profile.kind_fixed), ("b2c", True))
        case.action_contact()
        case.action_start()
        case.write({"resolution": "Sent again"})
        case.action_verify()
        case.action_close()
        self.assertTrue(case.contacted_at and case.closed_at, "the steps still date themselves")
