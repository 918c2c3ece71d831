from datetime import date, datetime, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..lib import targets as targets_lib
from .target_common import TargetCommon


@tagged("post_install", "-at_install")
class TestTargetSources(TargetCommon):
    """Metrics told by the partner alone: sums are the metric's own, month by month."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.won = cls.env.ref("relationship_crm.relationship_metric_opportunities_won")
        cls.other = cls.customer("Other")
        cls.enroll(cls.other)
        cls.outside = cls.customer("Outside")
        for place, partner in enumerate((cls.partner, cls.other, cls.outside)):
            for step in range(place + 2):
                lead = cls.env["crm.lead"].create(
                    {"name": "L", "type": "opportunity", "partner_id": partner.id}
                )
                lead.action_set_won()
                day = datetime(2026, 1, 31, 23, 30) + timedelta(days=20 * step, hours=place)
                lead.date_closed = day
        cls.segment = cls.env["relationship.segment"].create({"name": "S", "kind": "manual"})
        cls.env["relationship.segment.member"].create(
            [{"segment_id": cls.segment.id, "partner_id": one.id} for one in (cls.outside,)]
        )

    def test_sums_of_every_subject(self):
        self.on_day(datetime(2026, 3, 12).date())
        groups = {
            "partner": ({"partner_id": self.partner.id}, self.partner),
            "tier": ({"grade_id": self.tier.id}, self.partner | self.other),
            "segment": ({"segment_id": self.segment.id}, self.outside),
            "company": ({}, self.env["res.partner"].search([("parent_id", "=", False)])),
        }
        for subject, (vals, partners) in groups.items():
            target = self.target(subject=subject, metric_id=self.won.id, goal=10, **vals)
            sums = target._sums(self.company, self.company._relationship_today())
            for month in targets_lib.months(target.date_from, datetime(2026, 4, 1).date()):
                end = min(
                    targets_lib.add_months(month, 1),
                    self.company._relationship_today() + timedelta(days=1),
                )
                rows = self.env["relationship.metric"].compute(
                    ["opportunities_won"], partners.ids, month, end
                )
                expected = sum(row["opportunities_won"] for row in rows)
                self.assertEqual(sums[target.id].get(month, 0), expected, (subject, month))
            self.assertGreater(target.value, 0, subject)

    def test_nobody_in_the_group(self):
        empty = self.env["res.partner.grade"].create({"name": "Nobody"})
        target = self.target(subject="tier", grade_id=empty.id, metric_id=self.won.id)
        self.assertEqual((target.value, target.has_value), (0, True))

    def test_figures_are_not_written_from_outside(self):
        self.program.user_id = self.users["channel_manager"]
        target = self.target().with_user(self.users["channel_manager"])
        target.write({"goal": 50, "attainment": 100, "standing": "reached"})
        self.assertEqual((target.goal, target.attainment), (50, 0))
        self.assertNotEqual(target.standing, "reached")
        made = target.create(
            {
                "partner_id": self.partner.id,
                "period": "month",
                "date_from": "2026-01-01",
                "goal": 5,
                "value": 5,
            }
        )
        self.assertEqual(made.value, 0)

    def test_a_pack_is_made_by_its_method_alone(self):
        """Lines name documents that are bound without asking again: nobody else writes them."""
        user = self.users["user"]
        self.partner.user_id = user
        action = self.enrollment.with_user(user).action_scorecard_pack()
        pack = self.env[action["res_model"]].with_user(user).browse(action["res_id"])
        secret = self.env["ir.attachment"].create({"name": "secret.pdf", "raw": b"%PDF"})
        for write in (
            lambda: pack.write({"attachment_id": secret.id}),
            lambda: pack.line_ids.write({"attachment_id": secret.id}),
            lambda: pack.create({"name": "Mine"}),
            lambda: pack.line_ids.create({"pack_id": pack.id, "enrollment_id": self.enrollment.id}),
        ):
            with self.assertRaises(AccessError):
                write()

    def test_a_line_touches_activities_of_its_plan_alone(self):
        plan = self.env["prm.plan"].create(
            {
                "name": "P",
                "enrollment_id": self.enrollment.id,
                "date_to": self.today,
                "contact_id": self.partner.id,
                "line_ids": [(0, 0, {"name": "A"})],
            }
        )
        plan.action_agree()
        foreign = self.enrollment.activity_schedule("mail.mail_activity_data_todo")
        plan.line_ids.activity_id = foreign
        plan.line_ids.action_done()
        self.assertTrue(foreign.exists() and foreign.active)


@tagged("post_install", "-at_install")
class TestPartnerPage(TargetCommon):
    """The page of a partner shows its running targets and its scorecard."""

    def sections(self, role="manager"):
        view = self.env["relationship.view360"].with_user(self.users[role])
        found = view.get_sections(self.partner.id, "partner")
        return {section["code"]: section for section in found}

    def test_targets_and_scorecard(self):
        self.on_day(date(2026, 5, 10))
        running = self.target(goal=1000)
        self.target(date_from=date(2024, 1, 1))
        self.invoice(self.partner, date(2026, 2, 10), 640)
        running.action_refresh()
        found = self.sections()
        [row] = found["targets"]["rows"]
        self.assertEqual(row["record"], {"model": "prm.target", "id": running.id})
        self.assertIn("64 % attained", row["note"])
        self.assertNotIn(self.partner.name, row["title"], "the page says whose it is")
        self.assertEqual(row["badge"], {"name": "On Track", "tone": "good"})
        rows = {row["title"]: row for row in found["scorecard"]["rows"]}
        card = self.enrollment.scorecard()[0]
        told = {line["name"]: line["text"] for line in card["lines"] if line["value"] is not None}
        self.assertEqual({name: row["note"] for name, row in rows.items()}, told)
        self.assertIn("Target Attained", rows)
        self.assertEqual(found["scorecard"]["action"]["res_id"], self.enrollment.id)
