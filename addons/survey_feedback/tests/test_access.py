from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import FeedbackCommon

MODELS = (
    "feedback.dimension",
    "feedback.touchpoint",
    "feedback.contact.rule",
    "feedback.contact.lock",
    "feedback.program",
    "feedback.wave",
    "feedback.invitation",
    "feedback.score",
    "feedback.account",
)
#: models that people keep; all others are written by the addon itself
KEPT = (
    "feedback.dimension",
    "feedback.touchpoint",
    "feedback.contact.rule",
    "feedback.program",
    "feedback.wave",
)


@tagged("post_install", "-at_install")
class TestFeedbackAccess(FeedbackCommon):
    def test_operations_of_each_role(self):
        for model in MODELS:
            for role, user in self.users.items():
                allowed = {
                    operation
                    for operation in ("read", "write", "create", "unlink")
                    if self.env[model].with_user(user).has_access(operation)
                }
                readers = {"manager", "auditor"}
                if model != "feedback.contact.lock":
                    readers |= {"user", "channel_manager"}
                expected = {"read"} if role in readers else set()
                if role == "manager" and model in KEPT:
                    expected = {"read", "write", "create", "unlink"}
                with self.subTest(model=model, role=role):
                    self.assertEqual(allowed, expected)

    def test_own_customers(self):
        wave = self.new_wave()
        self.send(wave)
        self.customers[1].user_id = self.manager
        self.customers[2].user_id = False
        for contact in self.customers:
            self.answer(wave, contact, 9)
        own = self.customers - self.customers[1]
        for model in ("feedback.invitation", "feedback.score"):
            domain = [("wave_id", "=", wave.id)]
            seen = {
                role: self.env[model].with_user(user).search(domain).contact_id
                for role, user in self.users.items()
                if role != "integration"
            }
            self.assertEqual(seen["user"], own, model)
            for role in ("channel_manager", "manager", "auditor"):
                self.assertEqual(seen[role], self.customers, f"{model} {role}")

    def test_token_hash_is_for_nobody(self):
        wave = self.new_wave()
        self.send(wave)
        with self.assertRaises(AccessError):
            wave.invitation_ids.with_user(self.manager).read(["token_hash"])
        fields = self.env["feedback.invitation"].with_user(self.manager).fields_get()
        self.assertNotIn("token_hash", fields)

    def test_companies_are_kept_apart(self):
        company = self.env["res.company"].create({"name": "Sister"})
        program = self._new_program("Sister's", company_id=company.id)
        wave = self.new_wave(program)
        for record in (program, wave, wave.invitation_ids[0]):
            self.assertFalse(record.with_user(self.manager).has_access("read"), record)
        self.manager.company_ids |= company
        self.assertTrue(
            wave.with_user(self.manager).with_context(allowed_company_ids=company.ids).name
        )

    def test_manager_sets_up_without_rights_in_surveys(self):
        """The role brings what a program needs of core's surveys."""
        manager = new_test_user(
            self.env, "feedback_manager", groups="relationship_crm.group_manager"
        )
        program = (
            self.env["feedback.program"]
            .with_user(manager)
            .create({"name": "Mine", "survey_id": self.survey.id, "domain": self.program.domain})
        )
        program.action_run()
        action = program.action_new_wave()
        wave = self.env["feedback.wave"].with_user(manager).browse(action["res_id"])
        wave.action_send()
        self.assertEqual((wave.state, wave.invited_count), ("sending", 4))
        wave.action_close()
        self.assertEqual(set(wave.invitation_ids.mapped("state")), {"expired"})


@tagged("post_install", "-at_install")
class TestFeedbackTrust(FeedbackCommon):
    """Filters and segments reach no further than whoever wrote them."""

    def test_no_filter_by_what_the_author_may_not_read(self):
        hidden = "[('signup_type', '=', 'reset')]"
        rule = {"name": "Rule", "hours": 24}
        rules = self.env["feedback.contact.rule"].with_user(self.manager)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            rules.create({**rule, "domain": hidden})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.program.with_user(self.manager).domain = hidden
        self.assertTrue(rules.create({**rule, "domain": "[('name', '=', 'Ada')]"}))

    def test_the_e_mail_is_one_of_invitations(self):
        contacts = {"name": "Hi", "model_id": self.env["ir.model"]._get_id("res.partner")}
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.program.template_id = self.env["mail.template"].create(contacts)

    def test_segments_are_of_the_company_of_the_program(self):
        other = self.env["res.company"].create({"name": "Other"})
        segment = {"name": "Theirs", "kind": "manual"}
        theirs, ours = self.env["relationship.segment"].create(
            [{**segment, "company_id": other.id}, segment]
        )
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.program.segment_ids = [Command.link(theirs.id)]
        self.program.segment_ids = [Command.link(ours.id)]
        self.assertEqual(self.program.segment_ids, ours)
