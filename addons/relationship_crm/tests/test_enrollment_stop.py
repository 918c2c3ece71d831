"""A partner is suspended, or its enrollment ended, by two people; an application by one."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, new_test_user, tagged

from .tier_common import TierCommon


@tagged("post_install", "-at_install")
class TestEnrollmentStop(TierCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.asker, cls.second = cls.users["channel_manager"], cls.users["manager"]
        cls.one = cls.enroll("Stopped", cls.gold, manager_id=cls.asker.id)

    def ask(self, state="suspended", reason="Unpaid", user=None, enrollments=None):
        """Ask as the screen does: a button, then the reason."""
        some = (enrollments or self.one).with_user(user or self.asker)
        action = some.action_suspend() if state == "suspended" else some.action_end()
        wizard = some.env[action["res_model"]].with_context(**action["context"])
        wizard.create({"reason": reason}).action_confirm()

    def test_asked_then_approved(self):
        self.ask()
        self.assertEqual((self.one.state, self.one.stop_state), ("active", "suspended"))
        self.assertEqual(self.one.partner_id.grade_id, self.gold, "until then nothing changes")
        told = self.one.activity_ids.user_id
        self.assertTrue(told.has_group("relationship_crm.group_manager"), "who is to approve")
        self.assertNotEqual(told, self.asker)
        self.one.with_user(self.second).action_approve_stop()
        self.assertEqual((self.one.state, self.one.reason), ("suspended", "Unpaid"))
        self.assertFalse(self.one.stop_state or self.one.stop_asked_by_id or self.one.activity_ids)
        self.assertFalse(self.one.partner_id.grade_id)
        said = " ".join(self.one.message_ids.mapped("body"))
        self.assertIn(f"{self.asker.name} asks to suspend this partner: Unpaid", said)
        self.assertIn(f"Asked by {self.asker.name}, approved by {self.second.name}", said)

    def test_who_is_asked_may_approve(self):
        """The one responsible for the program, else a manager; not who only looks after it."""
        lead = new_test_user(
            self.env, "stop_lead", groups="relationship_crm.group_channel_manager,base.group_user"
        )
        self.program.user_id, self.one.manager_id = lead, self.asker
        self.ask(user=self.second)
        self.assertEqual(self.one.activity_ids.user_id, lead)
        self.one.with_user(lead).action_approve_stop()
        self.assertEqual(self.one.state, "suspended")

    def test_the_end_is_a_move_of_two(self):
        self.ask("ended", "Closed down")
        self.one.with_user(self.second).action_approve_stop()
        move = self.one.move_ids.sorted("id")[-1]
        self.assertEqual((move.kind, move.reason), ("end", "Closed down"))
        self.assertEqual((move.asked_by_id, move.approver_id), (self.asker, self.second))

    def test_refused_or_taken_back(self):
        for who in (self.second, self.asker):
            self.ask()
            self.one.with_user(who).action_refuse_stop()
            self.assertEqual((self.one.state, self.one.stop_state), ("active", False))
            self.assertFalse(self.one.activity_ids)
        with self.assertRaises(UserError):
            self.one.with_user(self.second).action_approve_stop()

    def test_only_what_it_asked_is_closed(self):
        """What another rule asks of somebody about this partner is not done by the decision."""
        other = self.one.activity_schedule("mail.mail_activity_data_todo", summary="Call")
        for decide in ("action_refuse_stop", "action_approve_stop"):
            self.ask()
            self.assertEqual(len(self.one.activity_ids), 2)
            getattr(self.one.with_user(self.second), decide)()
            self.assertEqual(self.one.activity_ids, other)

    def test_the_reason_is_text(self):
        """What people write is shown as they wrote it, never as a part of the page."""
        self.ask(reason="Owes <b>1</b>\n< 2 & more")
        told = [self.one.activity_ids.note, *self.one.message_ids.mapped("body")]
        found = [text for text in told if "Owes &lt;b&gt;1&lt;/b&gt;" in text]
        self.assertEqual(len(found), 2, "in the activity and in the history")
        self.assertNotIn("<b>", "".join(told))

    def test_a_suspended_partner_is_ended_by_two(self):
        self.one.write({"state": "suspended", "reason": "Unpaid"})
        self.ask("ended", "Never paid")
        self.assertEqual(self.one.state, "suspended")
        self.one.with_user(self.second).action_approve_stop()
        self.assertEqual((self.one.state, self.one.reason), ("ended", "Never paid"))

    def test_active_again_forgets_what_was_asked(self):
        self.one.write({"state": "suspended", "reason": "Unpaid"})
        self.ask("ended", "Never paid")
        self.one.with_user(self.asker).action_activate()
        self.assertFalse(self.one.stop_state)

    def test_an_application_is_refused_by_one(self):
        applied = self.enroll("Applicant", state="applied", manager_id=self.asker.id)
        self.ask("ended", "Too far away", enrollments=applied)
        self.assertEqual((applied.state, applied.reason), ("ended", "Too far away"))

    def test_a_reason_is_asked_for(self):
        for reason in ("", "  "):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.ask(reason=reason)
        self.assertFalse(self.one.stop_state)

    # ------------------------------------------------------------ second person

    def test_every_role_tries_to_approve(self):
        outcome = {}
        third = new_test_user(
            self.env, "stop_third", groups="relationship_crm.group_channel_manager,base.group_user"
        )
        self.program.team_id = self.env["crm.team"].create(
            {"name": "Channel", "member_ids": third.ids}
        )
        tried = {**self.users, "sales": self.sales_user, "portal": self.portal_user, "third": third}
        for role, user in tried.items():
            with self.env.cr.savepoint() as savepoint:
                self.ask()
                try:
                    self.one.with_user(user).action_approve_stop()
                    outcome[role] = self.one.state
                except (AccessError, UserError) as error:
                    outcome[role] = type(error).__name__
                    self.assertEqual(self.one.state, "active", role)
                self.env.flush_all()
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertEqual(
            outcome,
            {
                "user": "AccessError",
                "channel_manager": "UserError",  # who asked
                "manager": "suspended",
                "auditor": "AccessError",
                "integration": "AccessError",
                "sales": "AccessError",
                "portal": "AccessError",
                "third": "suspended",
            },
        )

    def test_nobody_stops_a_partner_by_writing(self):
        for user in (self.asker, self.second):
            for state in ("suspended", "ended"):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    self.one.with_user(user).write({"state": state, "reason": "Alone"})
        self.assertEqual(self.one.state, "active")

    def test_nobody_asks_in_the_name_of_others(self):
        self.ask()
        mine = self.one.with_user(self.asker)
        for vals in ({"stop_asked_by_id": self.second.id}, {"stop_state": "ended"}):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                mine.write(vals)
        made = {"partner_id": self.customer("New").id, "program_id": self.program.id}
        asked = {"stop_state": "ended", "stop_reason": "x", "stop_asked_by_id": self.second.id}
        enrollments = self.env["prm.enrollment"].with_user(self.asker)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            enrollments.create({**made, **asked})
        slipped = {f"default_{name}": value for name, value in asked.items()}
        self.assertFalse(enrollments.with_context(**slipped).create(made).stop_state)

    def test_a_single_person_is_noted_and_mailed(self):
        self.company.prm_single_person = True
        self.company.email = "office@company.example"
        self.ask()
        self.assertEqual((self.one.state, self.one.reason), ("suspended", "Unpaid"))
        mails = self.env["mail.mail"].search(
            [("model", "=", "prm.enrollment"), ("res_id", "=", self.one.id)]
        )
        self.assertIn("office@company.example", mails.mapped("email_to"))
        self.assertIn("alone", " ".join(self.one.message_ids.mapped("body")))

    # ------------------------------------------------------------ days

    def test_each_company_dates_in_its_own_day(self):
        """At 23:30 in UTC it is tomorrow in Tokyo, on the same press of a button."""
        tokyo = self.other_company("Tokyo")
        tokyo.partner_id.tz, self.company.partner_id.tz = "Asia/Tokyo", "UTC"
        self.program.company_ids = False
        there = self.enroll("There", company_id=tokyo.id)
        with freeze_time("2026-05-10 23:30:00"):
            (self.one + there).write({"state": "suspended", "reason": "Strike"})
            new = self.enroll("New", self.gold, company_id=tokyo.id)
        days = (self.one + there).mapped(lambda one: str(one.suspended_on))
        self.assertEqual(days, ["2026-05-10", "2026-05-11"])
        self.assertEqual((str(new.active_on), str(new.grade_since)), ("2026-05-11", "2026-05-11"))
        self.assertEqual(str(new.move_ids.date), "2026-05-11")
