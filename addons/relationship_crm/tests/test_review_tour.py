"""A year of a partner's tier on the screens: criteria, review, notices, cure, lowered, appeal."""

from datetime import timedelta

from odoo.tests import HttpCase, new_test_user, tagged

from ..lib.review_dates import grace_end
from .tier_common import TierCommon


@tagged("post_install", "-at_install")
class TestReviewTour(TierCommon, HttpCase):
    def night(self, day):
        self.on_day(day)
        self.env["prm.review.line"]._job_grace(500)
        self.env.flush_all()

    def test_a_year(self):
        """The days pass on the server; people do the rest in the browser, each their part."""
        third = new_test_user(
            self.env, "review_third", groups="relationship_crm.group_manager,base.group_user"
        )
        third.company_ids = self.company
        self.criteria()
        up, down, cured = (
            self.enroll(name, grade)
            for name, grade in (
                ("Rising", self.bronze),
                ("Falling", self.gold),
                ("Back", self.gold),
            )
        )
        self.sell(up, 600)
        self.sell(down, 600)
        start = "/odoo/relationship-reviews"
        self.start_tour(start, "prm_review_compute_tour", login="relationship_channel_manager")
        review = self.env["prm.review"].search([("program_id", "=", self.program.id)])
        self.assertEqual((review.state, len(review.line_ids)), ("computed", 3))
        self.start_tour(start, "prm_review_approve_tour", login="relationship_manager")
        self.assertEqual((review.state, up.grade_id), ("applied", self.silver))
        end = grace_end(self.today)
        self.assertEqual((down.grace_until, cured.grace_until), (end, end))
        for days in (90, 60, 30):
            self.night(end - timedelta(days=days))
        order = self.sell(cured, 1500)
        order.date_order = f"{end - timedelta(days=10)} 12:00:00"
        self.night(end - timedelta(days=5))
        self.assertEqual(cured.review_line_ids.state, "cured")
        self.night(end)
        self.assertEqual(down.review_line_ids.state, "due")
        risk = "/odoo/relationship-tiers-at-risk"
        self.start_tour(risk, "prm_review_lower_tour", login="relationship_manager")
        self.assertEqual(down.grade_id, self.silver)
        self.start_tour(risk, "prm_review_appeal_tour", login="relationship_channel_manager")
        self.assertEqual(down.review_line_ids.appeal_state, "open")
        self.start_tour(risk, "prm_review_grant_tour", login="review_third")
        self.assertEqual(down.grade_id, self.gold)
        self.assertEqual(
            [(move.kind, move.to_grade_id.name) for move in down.move_ids.sorted("id")],
            [("start", "Gold"), ("review", "Silver"), ("review", "Gold")],
        )
