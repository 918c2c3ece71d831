"""Segments: who is in one, written by difference, kept as history, usable in filters."""

from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .people_common import PeopleCommon


@tagged("post_install", "-at_install")
class TestSegment(PeopleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        country = cls.env.ref("base.vn")
        cls.large = cls.customer("Large", country_id=country.id)
        cls.small = cls.customer("Small", country_id=country.id)
        cls.abroad = cls.customer("Abroad", country_id=cls.env.ref("base.be").id)
        for partner, amount in ((cls.large, 500), (cls.small, 5), (cls.abroad, 500)):
            cls.order(partner, amount=amount)
        cls.all = cls.large | cls.small | cls.abroad
        cls.profiles._refresh([(partner.id, cls.company.id) for partner in cls.all])
        cls.segment = cls.env["relationship.segment"].create(
            {
                "name": "Large in Vietnam",
                "partner_domain": "[('country_id.code', '=', 'VN')]",
                "profile_domain": "[('monetary', '>=', 100)]",
            }
        )
        cls.manual = cls.env["relationship.segment"].create({"name": "Ours", "kind": "manual"})

    def members(self, segment=None):
        return (segment or self.segment).member_ids.partner_id

    # ------------------------------------------------------------ by rule

    def test_both_filters_hold(self):
        self.segment._refresh_members()
        self.assertEqual(self.members(), self.large)
        self.assertEqual(self.segment.member_count, 1)

    def test_criteria_hold_too(self):
        self.segment.write(
            {
                "partner_domain": "[]",
                "profile_domain": "[]",
                "criterion_ids": [
                    (
                        0,
                        0,
                        {
                            "metric_id": self.env["relationship.metric"]
                            .search([("code", "=", "revenue_ordered")])
                            .id,
                            "window_kind": "ever",
                            "threshold": 100,
                        },
                    )
                ],
            }
        )
        self.on_day(self.today + timedelta(days=1))
        self.segment._refresh_members()
        self.assertEqual(self.members() & self.all, self.large | self.abroad)

    def test_without_rules_every_customer_of_the_company(self):
        other = self.other_company()
        self.order(self.small, company=other)
        self.refresh_profiles(self.small, company=other)
        segment = self.env["relationship.segment"].create(
            {"name": "Everybody there", "company_id": other.id}
        )
        segment._refresh_members()
        self.assertEqual(self.members(segment), self.small)

    def test_refreshed_by_difference(self):
        self.segment._refresh_members()
        stay = self.segment.member_ids
        self.segment._refresh_members()
        self.assertEqual(self.segment.member_ids, stay, "the stay goes on")
        self.segment.partner_domain = "[]"
        self.segment._refresh_members()
        self.assertEqual(self.members() & self.all, self.large | self.abroad)
        self.assertIn(stay, self.segment.member_ids)
        self.segment.profile_domain = "[('monetary', '>=', 1000)]"
        self.segment._refresh_members()
        self.assertFalse(self.members() & self.all)
        self.assertTrue(stay.exists(), "kept as history")
        self.assertEqual(stay.left_on, self.today)

    def test_who_returns_has_a_second_stay(self):
        self.segment._refresh_members()
        domain = self.segment.profile_domain
        for filter_ in ("[('monetary', '<', 0)]", domain):
            self.segment.profile_domain = filter_
            self.segment._refresh_members()
        stays = self.env["relationship.segment.member"].search(
            [("segment_id", "=", self.segment.id), ("partner_id", "=", self.large.id)]
        )
        self.assertEqual(len(stays), 2)
        self.assertEqual(len(stays.filtered("left_on")), 1)

    def test_sizes_are_noted_when_they_change(self):
        self.segment._refresh_members()
        self.segment._refresh_members()
        size = self.segment.size_ids
        self.assertEqual((size.size, size.entered_count, size.left_count), (1, 1, 0))
        tomorrow = self.today + timedelta(days=1)
        self.on_day(tomorrow)
        self.segment._refresh_members()
        self.assertEqual(self.segment.size_ids, size, "no change, no line")
        self.segment.profile_domain = "[('monetary', '<', 0)]"
        self.segment._refresh_members()
        latest = self.segment.size_ids.filtered(lambda line: line.day == tomorrow)
        self.assertEqual((latest.size, latest.entered_count, latest.left_count), (0, 0, 1))

    def test_one_current_stay_each(self):
        self.segment._refresh_members()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env.cr.execute(
                "INSERT INTO relationship_segment_member (segment_id, partner_id, entered_on)"
                " VALUES (%s, %s, '2020-01-01')",
                [self.segment.id, self.large.id],
            )

    def test_the_job_takes_what_is_due(self):
        self.env["relationship.segment"].search([]).write({"refreshed_at": "2100-01-01"})
        self.segment.refreshed_at = False
        self.assertEqual(self.env["relationship.segment"]._job_refresh_segments(10), 0)
        self.assertTrue(self.segment.refreshed_at)
        self.assertEqual(self.members(), self.large)
        self.segment.partner_domain = "[]"
        self.assertFalse(self.segment.refreshed_at, "a changed rule is due at once")

    def test_a_failing_segment_stops_no_other(self):
        self.env["relationship.segment"].search([]).write({"refreshed_at": "2100-01-01"})
        bad = self.env["relationship.segment"].create({"name": "Bad"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE relationship_segment SET profile_domain = %s WHERE id = %s",
            ["[('no_such_field', '=', 1)]", bad.id],
        )
        self.env.invalidate_all()
        self.segment.refreshed_at = False
        with mute_logger("odoo.addons.relationship_crm.models.relationship_job"):
            self.env["relationship.segment"]._job_refresh_segments(10)
        self.assertIn("no_such_field", bad.refresh_error)
        self.assertTrue(bad.refreshed_at, "it waits for its next turn")
        self.assertEqual(self.members(), self.large)

    def test_a_wrong_filter_is_refused(self):
        for wrong in ("[('no_such_field', '=', 1)]", "[(", "import os", "[('monetary', '=', 'x')]"):
            with self.subTest(wrong=wrong), self.assertRaises(ValidationError):
                self.segment.profile_domain = wrong

    def test_preview_counts_without_writing(self):
        action = self.segment.with_user(self.users["auditor"]).action_preview()
        self.assertIn("1", action["params"]["message"])
        self.assertFalse(self.members())

    # ------------------------------------------------------------ by hand

    def test_added_and_taken_out_by_hand(self):
        profiles = self.profiles.search([("partner_id", "in", (self.large | self.small).ids)])
        manager = self.env(user=self.users["manager"])
        for _again in range(2):
            manager["relationship.segment.add"].create(
                {"segment_id": self.manual.id, "profile_ids": profiles.ids}
            ).action_add()
        self.assertEqual(self.members(self.manual), self.large | self.small)
        member = self.manual.member_ids.filtered(lambda one: one.partner_id == self.small)
        member.with_user(self.users["manager"]).action_leave()
        self.manual.invalidate_recordset()
        self.assertEqual(self.members(self.manual), self.large)
        self.assertEqual(member.left_on, self.today)

    def test_rules_and_hands_do_not_mix(self):
        self.segment._refresh_members()
        with self.assertRaises(ValidationError):
            self.segment.member_ids.action_leave()
        with self.assertRaises(ValidationError):
            self.segment._add_members(self.small)
        with self.assertRaises(ValidationError):
            self.manual.action_refresh()

    def test_a_company_is_in_it_not_a_contact(self):
        contact = self.env["res.partner"].create({"name": "Lan", "parent_id": self.large.id})
        with self.assertRaises(ValidationError):
            self.env["relationship.segment.member"].create(
                {"segment_id": self.manual.id, "partner_id": contact.id}
            )
        self.manual._add_members(contact)
        self.assertEqual(self.members(self.manual), self.large)

    def test_only_managers_change_segments(self):
        segment = self.manual.with_user(self.users["channel_manager"])
        with self.assertRaises(AccessError):
            segment.name = "Mine"
        with self.assertRaises(AccessError):
            self.segment.with_user(self.users["user"]).action_refresh()

    # ------------------------------------------------------------ used in filters

    def test_contacts_and_profiles_are_found_by_segment(self):
        contact = self.env["res.partner"].create({"name": "Lan", "parent_id": self.large.id})
        self.segment._refresh_members()
        ours = [("id", "in", (self.all | contact).ids)]
        search = self.env["res.partner"].search
        ids = self.segment.ids
        found = self.large | contact
        self.assertEqual(search([("relationship_segment_ids", "in", ids), *ours]), found)
        self.assertEqual(
            search([("relationship_segment_ids.name", "=", "Large in Vietnam"), *ours]), found
        )
        self.assertEqual(search([("relationship_segment_ids", "ilike", "large in"), *ours]), found)
        self.assertEqual(
            search([("relationship_segment_ids", "not in", ids), *ours]), self.small | self.abroad
        )
        self.assertEqual(
            search([("relationship_segment_ids", "=", False), *ours]), self.small | self.abroad
        )
        self.assertEqual(search([("relationship_segment_ids", "!=", False), *ours]), found)
        profile = self.profiles.search(
            [("relationship_segment_ids", "in", ids), ("company_id", "=", self.company.id)]
        )
        self.assertEqual(profile.partner_id, self.large)
        self.assertEqual(profile.relationship_segment_ids, self.segment)
        self.assertEqual(contact.relationship_segment_ids, self.segment)

    def test_the_button_shows_who_is_in_it(self):
        self.segment._refresh_members()
        action = self.segment.with_user(self.users["user"]).action_view_customers()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found.partner_id, self.large)
