"""What nobody waits for is gathered once, from outside people only."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .interaction_common import InteractionCommon


@tagged("post_install", "-at_install")
class TestInteractionHarvest(InteractionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.harvest = cls.env["relationship.harvest"]
        cls.lead = cls.env["crm.lead"].create({"name": "Deal", "partner_id": cls.contact.id})
        cls.colleague = cls.users["user"].partner_id

    def gather(self, hours=2):
        """Gather, and return what is now recorded of these tests' people, oldest first."""
        before = self.Interaction.search([], order="id desc", limit=1).id or 0
        self.env.flush_all()
        self.harvest._job_harvest(hours)
        return self.Interaction.search([("id", ">", before)], order="id")

    def post(self, **values):
        """Return a message on the opportunity."""
        values = {"body": "Hello", "subject": "Hello", "subtype_xmlid": "mail.mt_comment"} | values
        return self.lead.message_post(**values)

    def sent(self, message, status="sent"):
        """Let its notifications have this status, as the mail server makes them."""
        notifications = self.env["mail.notification"].search([("mail_message_id", "=", message.id)])
        notifications.notification_status = status
        return notifications

    def test_mail_in(self):
        message = self.post(message_type="email", author_id=self.contact.id)
        self.post(message_type="email", author_id=self.colleague.id)
        self.post(message_type="comment", author_id=self.contact.id)
        self.assertRecordValues(
            self.gather(),
            [
                {
                    "kind_class": "contact",
                    "direction": "in",
                    "partner_id": self.customer.id,
                    "contact_id": self.contact.id,
                    "channel": "email",
                    "res_model": "crm.lead",
                    "res_id": self.lead.id,
                    "external_ref": f"mail.message,{message.id},in",
                    "summary": "Hello",
                    "company_id": self.env.company.id,
                }
            ],
        )
        self.assertFalse(self.gather(), "gathered once")

    def test_the_date_of_an_email_may_lie(self):
        tomorrow = fields.Datetime.now() + timedelta(days=1)
        self.post(message_type="email", author_id=self.contact.id, date=tomorrow)
        self.assertLess(self.gather().occurred_at, tomorrow - timedelta(hours=1))

    def test_mail_out_once_for_each_person_outside(self):
        other = self.env["res.partner"].create({"name": "Bob", "email": "bob@buyer.example"})
        people = self.contact + other + self.colleague
        message = self.post(partner_ids=people.ids)
        self.assertFalse(self.gather(), "not sent yet")
        self.sent(message)
        events = self.gather()
        self.assertEqual(events.contact_id, self.contact + other)
        self.assertEqual(events.kind_id.code, "mail_out")
        self.assertFalse(self.gather())

    def test_what_did_not_reach_anybody_is_no_event(self):
        for status in ("bounce", "exception", "canceled"):
            self.sent(self.post(partner_ids=self.contact.ids), status)
        self.assertFalse(self.gather())

    def test_sms_out(self):
        if "sms.sms" not in self.env:
            self.skipTest("needs the module sms")
        notification = self.sent(self.post(partner_ids=self.contact.ids))
        notification.notification_type = "sms"
        event = self.gather()
        self.assertEqual((event.kind_id.code, event.channel), ("sms_out", "sms"))

    def test_activities_done_on_whatever_leads_to_a_partner(self):
        documents = (self.contact, self.lead, self.order(), self.colleague)
        call = self.env.ref("mail.mail_activity_data_call")
        for document in documents:
            document.activity_schedule(activity_type_id=call.id).action_feedback("Done")
        events = self.gather()
        self.assertCountEqual(events.mapped("res_model"), ["res.partner", "crm.lead", "sale.order"])
        self.assertEqual(set(events.mapped("channel")), {"phone"})
        self.assertEqual(events.contact_id, self.contact)
        self.assertEqual(set(events.mapped("summary")), {call.name})

    def test_logins_of_portal_users(self):
        self.portal_user.partner_id.parent_id = self.customer
        for user in (self.portal_user, self.users["user"]):
            self.env["res.users.log"].with_user(user).sudo().create({})
        event = self.gather()
        self.assertEqual((event.kind_id.code, event.channel), ("portal_login", "portal"))
        self.assertEqual(event.contact_id, self.portal_user.partner_id)
        self.assertEqual(event.partner_id, self.customer)

    def test_only_what_is_recent_and_of_active_kinds(self):
        message = self.post(message_type="email", author_id=self.contact.id)
        early = fields.Datetime.now() - timedelta(hours=30)
        self.env.cr.execute(
            "UPDATE mail_message SET create_date = %s WHERE id = %s", [early, message.id]
        )
        self.assertFalse(self.gather())
        kind = self.env.ref("relationship_crm.relationship_interaction_kind_mail_in")
        kind.active = False
        self.assertFalse(self.gather(48))
        kind.active = True
        self.assertTrue(self.gather(48), "what was late is found at night")

    def test_one_failing_source_stops_no_other(self):
        self.post(message_type="email", author_id=self.contact.id)
        commit = patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *_a, **_k: 1)
        broken = patch.object(
            type(self.harvest), "_harvest_mail_out", lambda self, since: 1 / 0, create=True
        )
        said = ""
        with commit, broken:
            try:  # assertRaises would undo what the others did
                self.gather()
            except UserError as error:
                said = str(error)
        self.assertIn("mail_out: ZeroDivisionError", said)
        self.assertEqual(len(self.recorded("mail_in")), 1)

    def test_consumers_are_told_of_what_is_new_only(self):
        self.consumer("mail_in")
        self.post(message_type="email", author_id=self.contact.id)
        events = self.gather()
        self.gather()
        self.assertEqual(self.Todo.search([]).interaction_id & events, events)
        self.assertEqual(self.Todo.search_count([("interaction_id", "in", events.ids)]), 1)

    def test_another_addon_adds_documents(self):
        user = new_test_user(self.env, "harvest_other", groups="base.group_portal")
        documents = type(self.harvest)._harvest_documents
        extended = patch.object(
            type(self.harvest),
            "_harvest_documents",
            lambda self: documents(self) | {"res.users": "partner_id"},
        )
        todo = self.env.ref("mail.mail_activity_data_todo")
        message = self.lead.activity_schedule(activity_type_id=todo.id).action_feedback("Done")
        message = self.env["mail.message"].browse(message)
        message.write({"model": "res.users", "res_id": user.id})
        with extended:
            self.assertEqual(self.gather().contact_id, user.partner_id)

    def test_the_window_is_read_by_an_index(self):
        """The plan on a big table: sequential scans are forbidden to make it big."""
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        since = fields.Datetime.now()
        for source in ("mail_in", "mail_out", "activity_done"):
            select = getattr(self.harvest, f"_harvest_{source}")(since)
            plan = self.env.execute_query(SQL("EXPLAIN %s", select))
            self.assertIn("relationship_arrival", "\n".join(line for (line,) in plan), source)
