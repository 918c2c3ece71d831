from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .target_common import TargetCommon


@tagged("post_install", "-at_install")
class TestPlan(TargetCommon):
    """A plan with owners and dates on both sides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.env["res.partner"].create({"name": "Ms Rho", "parent_id": cls.partner.id})
        cls.owner = cls.users["user"]
        cls.plan = cls.env["prm.plan"].create(
            {
                "name": "Growth",
                "enrollment_id": cls.enrollment.id,
                "date_to": cls.today + timedelta(days=90),
                "user_id": cls.owner.id,
                "contact_id": cls.contact.id,
                "line_ids": [
                    (0, 0, {"name": "Train", "due_on": cls.today + timedelta(days=9)}),
                    (0, 0, {"name": "Show room", "side": "theirs", "due_on": cls.today}),
                    (0, 0, {"name": "Late", "due_on": cls.today - timedelta(days=1)}),
                    (0, 0, {"name": "Some day", "kind": "goal"}),
                ],
            }
        )
        cls.train, cls.room, cls.late, cls.some_day = cls.plan.line_ids.sorted("id")

    def test_owners_and_dates_on_both_sides(self):
        self.assertEqual((self.train.user_id, self.train.contact_id.id), (self.owner, False))
        self.assertEqual((self.room.user_id.id, self.room.contact_id), (False, self.contact))
        self.room.side = "ours"
        self.assertEqual((self.room.user_id, self.room.contact_id.id), (self.owner, False))
        stranger = self.customer("Stranger")
        with self.assertRaises(ValidationError):
            self.plan.contact_id = stranger
        with self.assertRaises(ValidationError):
            self.train.write({"side": "theirs", "contact_id": stranger.id})

    def test_agreeing_gives_our_owners_activities(self):
        self.assertFalse(self.plan.activity_ids)
        self.plan.action_agree()
        self.assertEqual((self.plan.state, self.plan.agreed_on), ("agreed", self.today))
        activities = self.plan.activity_ids
        self.assertEqual(set(activities.mapped("summary")), {"Train", "Late"}, "ours with a date")
        self.assertEqual(activities.user_id, self.owner)
        self.assertEqual(
            activities.filtered(lambda one: one.summary == "Train").date_deadline,
            self.today + timedelta(days=9),
        )

    def test_activities_follow_their_lines(self):
        self.plan.action_agree()
        self.train.write({"due_on": self.today + timedelta(days=20), "user_id": self.env.user.id})
        activity = self.train.activity_id
        self.assertEqual(activity.date_deadline, self.today + timedelta(days=20))
        self.assertEqual(activity.user_id, self.env.user)
        self.late.action_done()
        self.assertEqual((self.late.state, self.late.done_on), ("done", self.today))
        self.assertNotIn("Late", self.plan.activity_ids.mapped("summary"))
        self.assertIn("Late", "".join(self.plan.message_ids.mapped("body")), "kept in the chatter")
        self.late.state = "open"
        self.assertFalse(self.late.done_on)
        self.assertIn("Late", self.plan.activity_ids.mapped("summary"))
        self.plan.action_cancel()
        self.assertFalse(self.plan.activity_ids)

    def test_progress(self):
        self.assertEqual((self.plan.progress, self.plan.late_count), (0, 1))
        self.train.state = "done"
        self.room.state = "dropped"
        self.assertAlmostEqual(self.plan.progress, 100 / 3, places=3)
        self.late.state = "done"
        self.assertEqual(self.plan.late_count, 0)

    def test_what_agreeing_needs(self):
        empty = self.env["prm.plan"].create(
            {"name": "E", "enrollment_id": self.enrollment.id, "date_to": self.today}
        )
        with self.assertRaises(UserError):
            empty.action_agree()
        self.plan.contact_id = False
        with self.assertRaises(UserError):
            self.plan.action_agree()
        self.plan.contact_id = self.contact
        self.plan.action_agree()
        with self.assertRaises(UserError):
            self.plan.action_agree()
        with self.assertRaises(UserError):
            self.plan.unlink()
        self.plan.action_draft()
        self.assertFalse(self.plan.activity_ids)
        self.plan.unlink()

    def test_who_changes_it(self):
        self.partner.user_id = self.users["manager"]
        plan = self.plan.with_user(self.owner)
        plan.name = "Ours"
        plan.action_agree()
        self.train.with_user(self.owner).action_done()
        stranger = self._other_user()
        with self.assertRaises(AccessError):
            self.plan.with_user(stranger).read(["name"])
        self.partner.user_id = stranger
        self.plan.invalidate_recordset()
        self.assertEqual(self.plan.with_user(stranger).name, "Ours", "their partner")
        for record in (self.plan, self.late):
            with self.assertRaises(AccessError):
                record.with_user(stranger).write({"name": "Theirs"})
        auditor = self.users["auditor"]
        self.assertEqual(self.plan.with_user(auditor).name, "Ours")
        with self.assertRaises(AccessError):
            self.plan.with_user(auditor).action_done()
        channel = self.users["channel_manager"]
        self.partner.user_id = self.users["manager"]
        with self.assertRaises(AccessError):
            self.plan.with_user(channel).read(["name"])
        self.program.user_id = channel
        self.plan.with_user(channel).action_done()
        self.assertEqual(self.plan.state, "done")

    def _other_user(self):
        from odoo.tests import new_test_user

        return new_test_user(
            self.env,
            "plan_stranger",
            groups="relationship_crm.group_user,sales_team.group_sale_salesman",
        )


@tagged("post_install", "-at_install")
class TestTargetAccess(TargetCommon):
    """Who sees and who sets targets."""

    def seen(self, role):
        return self.env["prm.target"].with_user(self.users[role]).search([])

    def test_roles(self):
        team = self.env["crm.team"].create(
            {"name": "T", "member_ids": [(4, self.users["user"].id)]}
        )
        self.partner.user_id = self.users["manager"]
        partner, tier, company, ours = (
            self.target(user_id=False),
            self.target(subject="tier", grade_id=self.tier.id, user_id=False),
            self.target(subject="company", user_id=False),
            self.target(subject="team", team_id=team.id, user_id=False),
        )
        self.program.user_id = self.users["manager"]
        self.assertEqual(self.seen("manager"), partner | tier | company | ours)
        self.assertEqual(self.seen("auditor"), partner | tier | company | ours)
        self.assertEqual(self.seen("user"), ours)
        self.assertFalse(self.seen("channel_manager"))
        self.program.user_id = self.users["channel_manager"]
        self.assertEqual(self.seen("channel_manager"), partner | tier)
        self.partner.user_id = self.users["user"]
        self.assertEqual(self.seen("user"), partner | ours)
        lines = self.env["prm.target.line"].with_user(self.users["user"]).search([])
        self.assertEqual(lines.target_id, partner | ours)
        partner.with_user(self.users["channel_manager"]).goal = 99
        partner.with_user(self.users["user"]).action_refresh()
        for role in ("user", "auditor"):
            with self.assertRaises(AccessError):
                partner.with_user(self.users[role]).goal = 1
        with self.assertRaises(AccessError):
            company.with_user(self.users["channel_manager"]).read(["goal"])
        for user in (self.users["integration"], self.portal_user, self.sales_user):
            with self.assertRaises(AccessError):
                self.env["prm.target"].with_user(user).search([])
