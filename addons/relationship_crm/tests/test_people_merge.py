"""Merging contacts: what becomes of profiles, segments, consents and enrollments."""

from datetime import date, datetime, timedelta

from odoo.tests import tagged

from .people_common import PeopleCommon


@tagged("post_install", "-at_install")
class TestPeopleMerge(PeopleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.src = cls.customer("Twice Ltd")
        cls.dst = cls.customer("Twice Limited")

    def merge(self, *sources):
        """Merge through core's wizard, as a person does."""
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([*(one.id for one in sources or [self.src]), self.dst.id], self.dst)
        self.env.flush_all()
        self.env.invalidate_all()

    # ------------------------------------------------------------ profile

    def test_profiles_become_one_and_are_computed_again(self):
        self.order(self.src, amount=10, days_ago=5)
        self.order(self.dst, amount=3)
        source, target = self.refresh_profiles(self.src, self.dst)
        stage = self.env.ref("relationship_crm.relationship_stage_collaborative")
        source.write(
            {
                "stage_id": stage.id,
                "stage_since": date(2026, 1, 1),
                "sales_user_id": self.users["user"].id,
                "service_user_id": self.users["user"].id,
            }
        )
        target.service_user_id = self.users["manager"]
        self.merge()
        self.commit_hooks()
        self.profiles._job_refresh(1000)
        profile = self.profile(self.dst)
        self.assertEqual(profile, target)
        self.assertEqual((profile.frequency, profile.monetary), (2, 13))
        self.assertEqual(profile.stage_id, stage, "the further stage")
        self.assertEqual(profile.sales_user_id, self.users["user"])
        self.assertEqual(profile.service_user_id, self.users["manager"], "the own team first")

    def test_a_profile_without_counterpart_moves(self):
        other = self.other_company()
        self.order(self.src, company=other)
        self.order(self.dst)
        self.profiles._refresh([(self.src.id, None), (self.dst.id, None)])
        self.merge()
        self.assertTrue(self.profile(self.dst))
        self.assertTrue(self.profile(self.dst, other))

    # ------------------------------------------------------------ segments

    def test_of_two_stays_the_longer_is_kept(self):
        both, one = self.env["relationship.segment"].create(
            [{"name": name, "kind": "manual"} for name in ("Both", "One")]
        )
        both._add_members(self.src | self.dst)
        one._add_members(self.src)
        self.env["relationship.segment.member"].search([("partner_id", "=", self.src.id)]).write(
            {"entered_on": self.today - timedelta(days=9)}
        )
        self.merge()
        for segment in (both, one):
            self.assertEqual(segment.member_ids.partner_id, self.dst)
            self.assertEqual(segment.member_ids.entered_on, self.today - timedelta(days=9))

    # ------------------------------------------------------------ consent

    def say(self, contact, state, day, channel=False, **vals):
        self.env["relationship.consent"].create(
            {
                "contact_id": contact.id,
                "purpose": "marketing",
                "state": state,
                "date": datetime(2026, 1, day),
                "channel": channel,
                **vals,
            }
        )

    def answers(self, *channels):
        return [
            self.dst._relationship_consent("marketing", channel)[self.dst] for channel in channels
        ]

    def test_the_stricter_consent_wins_over_a_newer_grant(self):
        self.say(self.src, "refused", 1)
        self.say(self.dst, "granted", 2)
        self.merge()
        self.assertEqual(self.answers(None, "email"), ["refused", "refused"])
        rows = self.env["relationship.consent"].search([("contact_id", "=", self.dst.id)])
        self.assertEqual(len(rows), 3, "history is kept, a row says why")

    def test_only_the_channel_that_was_refused(self):
        self.say(self.src, "withdrawn", 1, channel="sms")
        self.say(self.dst, "granted", 2)
        self.merge()
        self.assertEqual(self.answers(None, "email", "sms"), ["granted", "granted", "refused"])

    def test_what_both_allow_stays_allowed(self):
        self.say(self.src, "granted", 1)
        self.say(self.dst, "granted", 2)
        self.merge()
        self.assertEqual(self.answers(None), ["granted"])
        self.assertEqual(
            self.env["relationship.consent"].search_count([("contact_id", "=", self.dst.id)]), 2
        )

    def test_the_least_intensity_wins(self):
        self.src.relationship_intensity = "none"
        self.dst.relationship_intensity = "full"
        self.merge()
        self.assertEqual(self.dst.relationship_intensity, "none")

    # ------------------------------------------------------------ enrollments

    def _enrolled(self):
        """Two live enrollments in one program, that of the source with the higher tier."""
        gold, silver = self.env["res.partner.grade"].create(
            [{"name": "G", "sequence": 1}, {"name": "S", "sequence": 2}]
        )
        program = self.env["prm.program"].create({"name": "Resellers"})
        enroll = self.env["prm.enrollment"].create
        higher, lower = enroll(
            [
                {
                    "partner_id": partner.id,
                    "program_id": program.id,
                    "state": "active",
                    "grade_id": grade.id,
                }
                for partner, grade in ((self.src, gold), (self.dst, silver))
            ]
        )
        below = enroll(
            {
                "partner_id": self.customer("Below").id,
                "program_id": program.id,
                "parent_id": lower.id,
            }
        )
        return higher, lower, below

    def test_the_higher_tier_stays(self):
        higher, lower, below = self._enrolled()
        self.merge()
        self.assertEqual((higher.state, lower.state), ("active", "ended"))
        self.assertEqual((higher | lower).partner_id, self.dst)
        self.assertIn("Twice Ltd", lower.reason)
        self.assertEqual(self.dst.grade_id, higher.grade_id)
        self.assertEqual(below.parent_id, higher)

    def test_a_distributor_merged_with_its_reseller(self):
        higher, lower, _below = self._enrolled()
        higher.parent_id = lower
        self.merge()
        self.assertEqual((higher.state, lower.state), ("active", "ended"))
        self.assertFalse(higher.parent_id)

    def test_enrollments_in_different_programs_both_stay(self):
        higher, lower, _below = self._enrolled()
        lower.write({"state": "ended", "reason": "Left"})
        other = self.env["prm.program"].create({"name": "Referrers"})
        live = self.env["prm.enrollment"].create(
            {"partner_id": self.dst.id, "program_id": other.id, "state": "active"}
        )
        self.merge()
        self.assertEqual((higher | live).mapped("state"), ["active", "active"])
        self.assertEqual((higher | live).partner_id, self.dst)
