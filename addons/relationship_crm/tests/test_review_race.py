"""Two people decide about the same review at once: each thing happens once."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tests import tagged
from odoo.tests.common import get_db_name

from .race_common import RaceCase, connection

OF_PARTNER = "partner_id = %(partner)s"
MADE = (
    (
        "relationship.interaction.todo",
        f"interaction_id IN (SELECT id FROM relationship_interaction WHERE {OF_PARTNER})",
    ),
    ("relationship.interaction", OF_PARTNER),
    ("relationship.queue", OF_PARTNER),
    ("relationship.identity", OF_PARTNER),
    ("prm.review.line", OF_PARTNER),
    ("prm.review", "program_id = %(program)s"),
    ("prm.tier.move", OF_PARTNER),
    ("prm.enrollment", OF_PARTNER),
    ("", "UPDATE res_partner SET grade_id = NULL WHERE id = %(partner)s"),
    ("relationship.criterion", "grade_id IN %(grades)s"),
    ("res.partner.grade", "id IN %(grades)s"),
    ("prm.program", "id = %(program)s"),
    ("res.partner", "id = %(partner)s"),
    ("res.users", "id IN %(users)s"),
    ("res.partner", "id IN %(people)s"),
)


@tagged("post_install", "-at_install")
class TestReviewRace(RaceCase):
    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with connection() as env:
            users = self._users(env)
            program = env["prm.program"].create({"name": "Raced Review", "company_ids": False})
            grades = env["res.partner.grade"].create(
                [
                    {"name": f"Raced {place}", "sequence": place, "prm_program_id": program.id}
                    for place in (1, 2)
                ]
            )
            partner = env["res.partner"].create({"name": "Raced Reviewed", "is_company": True})
            self.ids = {
                "users": tuple(users.ids),
                "people": tuple(users.partner_id.ids),
                "program": program.id,
                "grades": tuple(grades.ids),
                "partner": partner.id,
            }
        self.addCleanup(self._wipe, MADE, self.ids)

    def _users(self, env):
        groups = env.ref("relationship_crm.group_manager")
        return (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                [
                    {
                        "name": login,
                        "login": login,
                        "group_ids": [Command.link(groups.id)],
                    }
                    for login in ("raced_asker", "raced_second", "raced_third")
                ]
            )
        )

    def _review(self, env, tier, threshold):
        """Return the id of a computed review of one partner that holds this tier."""
        metric = env["relationship.metric"].search([("code", "=", "sold_orders")])
        env["relationship.criterion"].create(
            {"grade_id": self.ids["grades"][0], "metric_id": metric.id, "threshold": threshold}
        )
        env["prm.enrollment"].create(
            {
                "partner_id": self.ids["partner"],
                "program_id": self.ids["program"],
                "grade_id": tier,
                "state": "active",
            }
        )
        review = env["prm.review"].create({"program_id": self.ids["program"]})
        review.with_user(self.ids["users"][0]).action_compute()
        env["prm.program"].browse(self.ids["program"]).rules_changed_at = False
        return review.id

    def _step(self, review, place, refused, action="action_approve", model="prm.review"):
        """Return a step in which a person decides; being refused is noted, not raised."""

        def step(env):
            record = env[model].browse(review).with_user(self.ids["users"][place])
            try:
                getattr(record, action)()
            except UserError as error:
                refused.append(str(error))

        return step

    def test_two_people_approve_a_promotion(self):
        with connection() as env:
            review = self._review(env, self.ids["grades"][1], 0)
        refused = []
        runs, error = self._race(self._step(review, 1, refused), self._step(review, 2, refused))
        self.assertIsNone(error)
        self.assertEqual((runs, len(refused)), (2, 1), "the second reads again, and is told")
        with connection() as env:
            moves = env["prm.tier.move"].search(
                [("partner_id", "=", self.ids["partner"]), ("kind", "=", "review")]
            )
            self.assertEqual(moves.to_grade_id.id, self.ids["grades"][0])
            self.assertEqual((len(moves), moves.approver_id.id), (1, self.ids["users"][1]))
            self.assertEqual(env["prm.review"].browse(review).approver_id.id, self.ids["users"][1])

    def test_two_people_lower_a_tier(self):
        with connection() as env:
            review = env["prm.review"].browse(self._review(env, self.ids["grades"][0], 5))
            review.with_user(self.ids["users"][1]).action_approve()
            line = review.line_ids
            today = fields.Date.today()
            line.write(
                {
                    "state": "due",
                    "grace_until": today - timedelta(days=1),
                    "told_on": today - timedelta(days=91),
                }
            )
            line_id = line.id
        refused = []
        steps = [
            self._step(line_id, place, refused, "action_lower", "prm.review.line")
            for place in (1, 2)
        ]
        runs, error = self._race(*steps)
        self.assertIsNone(error)
        self.assertEqual((runs, len(refused)), (2, 1))
        with connection() as env:
            down = env["prm.tier.move"].search(
                [("partner_id", "=", self.ids["partner"]), ("direction", "=", "down")]
            )
            self.assertEqual(len(down), 1)
            self.assertEqual(down.enrollment_id.grade_id.id, self.ids["grades"][1])

    def test_a_decision_and_the_night_at_once(self):
        """The night checks a line while somebody keeps the tier: one of the two reads again."""
        with connection() as env:
            review = env["prm.review"].browse(self._review(env, self.ids["grades"][0], 5))
            review.with_user(self.ids["users"][1]).action_approve()
            line_id = review.line_ids.id

        def keep(env):
            env["prm.review.line"].browse(line_id).with_user(self.ids["users"][1])._keep("Raced")

        def night(env):
            line = env["prm.review.line"].browse(line_id)
            if line.state in ("grace", "due"):
                line._check_grace()

        runs, error = self._race(keep, night)
        self.assertEqual((runs, error), (2, None))
        with connection() as env:
            self.assertEqual(env["prm.review.line"].browse(line_id).state, "kept")

    def test_two_people_stop_a_partner(self):
        """Both approve what a third asked for: one does it, the other is told."""
        with connection() as env:
            enrollment = env["prm.enrollment"].create(
                {
                    "partner_id": self.ids["partner"],
                    "program_id": self.ids["program"],
                    "grade_id": self.ids["grades"][0],
                    "state": "active",
                }
            )
            enrollment.with_user(self.ids["users"][0])._ask_stop("ended", "Raced")
        refused = []
        steps = [
            self._step(enrollment.id, place, refused, "action_approve_stop", "prm.enrollment")
            for place in (1, 2)
        ]
        runs, error = self._race(*steps)
        self.assertIsNone(error)
        self.assertEqual((runs, len(refused)), (2, 1))
        with connection() as env:
            moves = env["prm.tier.move"].search([("partner_id", "=", self.ids["partner"])])
            self.assertEqual(sorted(moves.mapped("kind")), ["end", "start"])
