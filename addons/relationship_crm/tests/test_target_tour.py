from datetime import timedelta

from odoo.tests import HttpCase, tagged

from .target_common import TargetCommon


@tagged("post_install", "-at_install")
class TestTargetTour(TargetCommon, HttpCase):
    """A channel manager sets a target, looks at the scorecard and agrees a plan."""

    def test_channel_manager(self):
        user = self.users["channel_manager"]
        user.group_ids += self.env.ref("account.group_account_invoice")
        self.program.user_id = self.enrollment.manager_id = user
        self.env["res.partner"].create({"name": "Ms Rho", "parent_id": self.partner.id})
        self.invoice(self.partner, self.today, 600)
        self.start_tour(
            "/odoo/relationship-targets/new",
            "prm_target_tour",
            login="relationship_channel_manager",
        )
        target = self.env["prm.target"].search([("partner_id", "=", self.partner.id)])
        self.assertEqual((target.goal, target.attainment, len(target.line_ids)), (1200, 50, 12))
        self.env["prm.plan"].create(
            {
                "name": "Growth",
                "enrollment_id": self.enrollment.id,
                "date_to": self.today + timedelta(days=90),
                "user_id": user.id,
                "contact_id": self.partner.child_ids.id,
                "line_ids": [(0, 0, {"name": "Train four", "due_on": self.today})],
            }
        )
        self.start_tour(
            f"/odoo/relationship-enrollments/{self.enrollment.id}",
            "prm_scorecard_tour",
            login="relationship_channel_manager",
        )
        plan = self.env["prm.plan"].search([("enrollment_id", "=", self.enrollment.id)])
        self.assertEqual((plan.state, plan.line_ids.state), ("agreed", "done"))

    def test_the_overview_shows_what_partners_bring(self):
        self.invoice(self.customer("Ours"), self.today, 100)
        self.invoice(self.customer("Theirs"), self.today, 300, seller=self.partner)
        self.start_tour(
            "/odoo/relationships", "prm_contribution_tour", login="relationship_auditor"
        )
