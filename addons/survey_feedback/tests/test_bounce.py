"""E-mails that do not arrive: the link stays good, the failure is seen, and is tried again."""

from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MockEmail

from ..models.feedback_invitation_bounce import AGAIN, TRIES
from .common import LINK, FeedbackCommon

RETURNED = """Return-Path: <>
To: bounce@feedback.example
From: MAILER-DAEMON@mx.example
Subject: Undelivered Mail Returned to Sender
Message-Id: <returned@mx.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain

The address does not exist.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {email}
Original-Recipient: rfc822;{email}
Action: failed
Status: 5.1.1

--part--
"""


@tagged("post_install", "-at_install")
class TestBounce(FeedbackCommon, MockEmail):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada, cls.bao, cls.cleo, cls.dina = cls.customers
        cls.program.reminder_count = 1

    def setUp(self):
        super().setUp()
        self.wave = self.new_wave()
        self.tokens = self.send(self.wave)
        self.row = self.invitation(self.wave, self.ada)

    def mails(self, state=None):
        domain = [("model", "=", "feedback.invitation"), ("res_id", "=", self.row.id)]
        if state:
            domain.append(("state", "=", state))
        return self.env["mail.mail"].search(domain, order="id")

    @mute_logger("odoo.addons.mail.models.mail_mail")
    def fail(self, reason="refused by the server"):
        """Send what waits to Ada through a server that refuses it, as core does."""
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.connect_mocked.side_effect = OSError(reason)
            self.mails("outgoing").send()
        self.env.flush_all()

    def work(self, days=0):
        """Do what is due some days from now."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE feedback_invitation SET next_at = next_at - make_interval(days => %s)"
            " WHERE wave_id = %s",
            [days, self.wave.id],
        )
        self.env.invalidate_all()
        while self.env["feedback.invitation"]._job_follow(5):
            pass
        self.env.flush_all()

    def test_seen_and_still_answered(self):
        self.fail()
        self.assertEqual(self.row.state, "bounced")
        self.assertIn("refused by the server", self.row.skip_note)
        self.assertEqual((self.wave.asked_count, self.wave.bounced_count), (4, 1))
        action = self.wave.with_context(bounced=True).action_open_invitations()
        self.assertEqual(action["context"], {"search_default_bounced": 1})
        found = self.env["feedback.invitation"]._find(self.tokens[self.ada])
        self.assertTrue(found._can_answer())
        found._answer(9)._mark_done()
        self.assertEqual(self.row.state, "done")
        self.assertEqual(self.wave.bounced_count, 0)

    def test_a_link_handed_over_and_the_portal_work_too(self):
        self.fail()
        self.assertTrue(self.row.with_user(self.users["user"]).action_link())
        account = self.env["res.users"].create(
            {
                "name": "Ada",
                "login": "bounce_ada",
                "partner_id": self.ada.id,
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        invitations = self.env["feedback.invitation"].with_user(account)
        self.assertEqual([one["id"] for one in invitations._portal_waiting()], [self.row.id])
        self.assertTrue(invitations._portal_open(self.row.id))
        self.assertEqual(self.row.state, "opened", "reached after all")

    def test_whoever_says_no_by_such_a_link_is_heard(self):
        self.fail()
        self.env["feedback.invitation"]._find(self.tokens[self.ada])._refuse()
        self.assertEqual(self.row.state, "refused")

    def test_our_server_down_is_tried_again_a_few_times(self):
        self.fail("no connection")
        self.assertTrue(self.row.again)
        self.assertLess(abs(self.row.next_at - fields.Datetime.now() - AGAIN).total_seconds(), 60)
        self.work()
        self.assertEqual(len(self.mails()), 1, "not before its time")
        for number in range(2, TRIES + 1):
            self.work(days=1)
            self.assertEqual(self.row.state, "sent")
            self.assertEqual(
                [mail.state for mail in self.mails()], ["cancel"] * (number - 1) + ["outgoing"]
            )
            self.fail("no connection")
        self.assertEqual((self.row.state, self.row.again), ("bounced", False))
        self.work(days=9)
        self.assertEqual(len(self.mails()), TRIES)

    def test_all_keys_lead_to_the_one_answer(self):
        self.fail()
        self.work(days=1)
        second = LINK.search(self.mails("outgoing").body_html)[1]
        self.assertNotEqual(second, self.tokens[self.ada])
        find = self.env["feedback.invitation"]._find
        self.assertEqual(find(second)._answer(9), find(self.tokens[self.ada])._answer(3))

    def test_by_hand(self):
        self.row._mark_bounced(self.row.ids, "no such host")
        self.assertFalse(self.row.next_at)
        with self.assertRaises(AccessError):
            self.row.with_user(self.users["user"]).action_send_again()
        with self.assertRaisesRegex(UserError, "did not arrive"):
            self.invitation(self.wave, self.bao).with_user(self.manager).action_send_again()
        self.wave.invitation_ids.with_user(self.manager).action_send_again()
        self.work()
        self.assertEqual((self.row.state, self.row.attempts, self.row.again), ("sent", 2, False))
        self.assertEqual(len(self.mails()), 2)
        self.assertTrue(self.row.next_at, "reminded like others")
        self.assertFalse(self.row.skip_note)

    def test_consent_and_holds_are_asked_anew(self):
        self.fail()
        self.env["relationship.consent"].create(
            {"contact_id": self.ada.id, "purpose": "survey", "state": "refused", "source": "Test"}
        )
        self.work(days=1)
        self.assertEqual(len(self.mails()), 1)
        self.assertFalse(self.row.next_at)

    def test_nothing_after_the_end(self):
        self.fail()
        self.wave.action_close()
        self.assertEqual(self.row.state, "bounced")
        self.assertFalse(self.row._can_answer())
        with self.assertRaises(UserError):
            self.row.with_user(self.manager).action_send_again()

    def test_core_tries_again_and_it_goes_out(self):
        self.fail()
        self.mails().action_retry()
        with self.mock_mail_gateway():
            self.mails("outgoing").send()
        self.assertEqual((self.row.state, self.row.again), ("sent", False))
        self.assertTrue(self.row.next_at)

    def test_a_bad_address_goes_on_to_the_next_channel(self):
        self.program.channel_ids = [
            Command.create({"channel": channel, "wait_days": 9}) for channel in ("email", "phone")
        ]
        self.ada.phone = "+84 24 3826 0001"
        for row in (self.row, self.invitation(self.wave, self.bao)):
            mail = self.env["mail.mail"].search(
                [("model", "=", "feedback.invitation"), ("res_id", "=", row.id)]
            )
            mail._postprocess_sent_message([], [], "no such host", "mail_email_invalid")
        self.work()
        self.assertEqual((self.row.channel, self.row.state), ("phone", "sent"))
        self.assertFalse(self.row.skip_note)
        bao = self.invitation(self.wave, self.bao)
        self.assertEqual((bao.channel, bao.state), ("email", "bounced"), "has no number")

    def test_a_reminder_that_fails_changes_nothing(self):
        self.work(days=9)
        self.assertEqual(self.row.reminders, 1)
        self.row._mark_bounced(self.row.ids, "no such host")
        self.assertEqual(self.row.state, "sent")

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_a_returned_email(self):
        """What another server sends back is noted on what was sent last, if that was lately."""
        domain = self.env["mail.alias.domain"].create(
            {"name": "feedback.example", "bounce_alias": "bounce"}
        )
        self.env.company.alias_domain_id = domain
        cleo = self.invitation(self.wave, self.cleo)
        cleo.sent_at = fields.Datetime.subtract(fields.Datetime.now(), days=6)
        for person in (self.ada, self.cleo):
            self.env["mail.thread"].message_process(None, RETURNED.format(email=person.email))
        self.assertEqual((self.row.state, self.row.again), ("bounced", False))
        self.assertEqual(self.ada.message_bounce, 1)
        self.assertEqual(cleo.state, "sent", "too long ago")
        self.assertTrue(self.row._can_answer())

    def test_one_statement_for_all_that_fail_at_once(self):
        ids = self.wave.invitation_ids.ids
        self.env.flush_all()
        with patch.object(
            type(self.env.cr), "execute", autospec=True, side_effect=type(self.env.cr).execute
        ) as executed:
            self.env["feedback.invitation"]._mark_bounced(ids, "down", server=True)
        self.assertEqual(
            sum("SET state = 'bounced'" in str(call.args[1]) for call in executed.mock_calls), 1
        )
        self.assertEqual(set(self.wave.invitation_ids.mapped("state")), {"bounced"})
