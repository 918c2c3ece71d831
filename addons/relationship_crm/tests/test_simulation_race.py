"""Two managers publish at once: the rules of a program never become a mixture of two drafts."""

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .race_common import RaceCase, connection

OF_PROGRAM = "program_id = %(program)s"
MADE = (
    (
        "relationship.criterion",
        f"grade_id IN (SELECT id FROM res_partner_grade WHERE prm_{OF_PROGRAM})",
    ),
    ("prm.simulation", OF_PROGRAM),
    ("res.partner.grade", f"prm_{OF_PROGRAM}"),
    ("prm.program", "id = %(program)s"),
)


@tagged("post_install", "-at_install")
class TestSimulationRace(RaceCase):
    def setUp(self):
        super().setUp()
        with connection() as env:
            program = env["prm.program"].create({"name": "Raced", "company_ids": False})
            self.ids = {"program": program.id}
            self.addCleanup(self._wipe, MADE, self.ids)
            metric = env["relationship.metric"].search([("code", "=", "sold_orders")])
            asked = Command.create({"metric_id": metric.id, "threshold": 10})
            self.tiers = (
                env["res.partner.grade"]
                .create(
                    [
                        {
                            "name": name,
                            "sequence": sequence,
                            "prm_program_id": program.id,
                            "prm_criterion_ids": [asked],
                        }
                        for sequence, name in enumerate(("Gold", "Silver"))
                    ]
                )
                .ids
            )
            self.start = fields.Date.add(env.company._relationship_today(), days=30)
            self.drafts = [self._draft(env, tier).id for tier in self.tiers]

    def _draft(self, env, tier):
        """Return a draft that asks less of one tier only."""
        draft = env["prm.simulation"].create(
            {"name": "Raced", "program_id": self.ids["program"], "publish_on": self.start}
        )
        draft.criterion_ids.filtered(lambda c: c.simulated_grade_id.id == tier).threshold = 5
        draft.action_run()
        return draft

    def test_one_of_two_is_published(self):
        told = []

        def first(env):
            env["prm.simulation"].browse(self.drafts[0]).action_publish()

        def second(env):
            try:
                env["prm.simulation"].browse(self.drafts[1]).action_publish()
            except UserError as error:
                told.append(str(error))

        runs, error = self._race(first, second)
        self.assertIsNone(error)
        self.assertGreater(runs, 1, "it was told only once it saw what the first has done")
        self.assertEqual(len(told), 1)
        with connection() as env:
            states = env["prm.simulation"].browse(self.drafts).mapped("state")
            self.assertEqual(states, ["published", "computed"])
            tiers = env["res.partner.grade"].browse(self.tiers)
            thresholds = [t.prm_criterion_ids._valid_on(self.start).threshold for t in tiers]
            self.assertEqual(thresholds, [5, 10])
