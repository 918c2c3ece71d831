"""What members are told: each once, in their language, if they agree."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LedgerCommon
from .tier_common import TierCommon


@tagged("post_install", "-at_install")
class TestNotices(TierCommon, LedgerCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.notice"].search([]).unlink()
        cls.partner.email = "buyer@example.com"

    def tell(self, today=None):
        """Do what the job of a day does; return the mails it wrote."""
        self.env.flush_all()
        mails = self.env["mail.mail"].search([])
        rules = type(self.env["loyalty.earning.rule"])
        with patch.object(rules, "_today", lambda _self: today or self.today):
            while self.env["loyalty.notice"]._job_find(1000):
                pass
        while self.env["loyalty.notice"]._job_send(1000):
            pass
        self.env.invalidate_all()
        return self.env["mail.mail"].search([]) - mails

    def notices(self, card=None):
        """Return [(kind, state, points)] of a card, the oldest first."""
        rows = self.env["loyalty.notice"].search(
            [("card_id", "=", (card or self.card).id)], order="id"
        )
        return [(row.kind, row.state, row.points) for row in rows]

    def test_expiry_is_told_30_and_7_days_before_once_each(self):
        self.earn(80, expires_on=self.day(30))
        self.earn(20, expires_on=self.day(33))
        self.earn(500, expires_on=self.day(200))
        [mail] = self.tell()
        self.assertIn("100", mail.subject)
        self.assertEqual(mail.recipient_ids, self.partner)
        self.assertFalse(self.tell(), "told already")
        for days in range(1, 23):
            self.assertFalse(self.tell(self.today + timedelta(days=days)))
        [mail] = self.tell(self.today + timedelta(days=23))
        self.assertEqual(self.notices(), [("expiry_30", "sent", 100), ("expiry_7", "sent", 100)])

    def test_points_that_are_spent_need_no_notice(self):
        self.earn(100, expires_on=self.day(30))
        self.env["loyalty.card"].redeem([{"card_id": self.card.id, "points": 100, "key": "gone"}])
        self.assertFalse(self.tell())

    def test_points_that_came_day_by_day_are_told_once_a_week(self):
        for days in range(30, 50):
            self.earn(1, expires_on=self.day(days))
        told = [bool(self.tell(self.today + timedelta(days=days))) for days in range(15)]
        self.assertEqual([day for day, some in enumerate(told) if some], [0, 7, 14])

    def test_idle_points_are_told(self):
        self.program.loyalty_idle_months = 12
        [entry] = self.earn(70)
        self.posted_on(entry, self.today - timedelta(days=340))
        [mail] = self.tell()
        self.assertIn("70", mail.subject)

    def test_new_tier_is_told_with_its_gift(self):
        self.silver.benefits = "<p>Free delivery</p>"
        self.earn(600)
        self.night()
        [mail] = self.tell()
        self.assertIn("Silver", mail.subject)
        self.assertIn("50", mail.body_html)
        self.assertIn("Free delivery", mail.body_html)

    def test_first_tier_that_asks_for_nothing_is_not_told(self):
        self.night()
        self.assertEqual(self.card.loyalty_tier_id, self.bronze)
        self.assertEqual(self.notices(), [])

    def test_tier_about_to_be_lost_and_lost(self):
        [entry] = self.earn(1000)
        self.night()
        self.tell()
        self.posted_on(entry, self.today - timedelta(days=400))
        self.night()
        until = self.card.loyalty_tier_until
        told = until - timedelta(days=30)
        self.night(told)
        [mail] = self.tell()
        self.assertIn("800", mail.body_html, "what is missing")
        self.night(told + timedelta(days=1))
        self.assertFalse(self.tell())
        self.night(until + timedelta(days=11))
        [mail] = self.tell()
        self.assertIn("Silver", mail.body_html)
        kinds = [kind for kind, _state, _points in self.notices()]
        self.assertEqual(kinds, ["tier_up", "tier_risk", "tier_down"])

    def test_a_tier_at_risk_of_the_same_day_again_is_told_once(self):
        [entry] = self.earn(1000)
        self.night()
        self.posted_on(entry, self.today - timedelta(days=400))
        self.night()
        told = self.card.loyalty_tier_until - timedelta(days=30)
        self.night(told)
        # met again, and below again in a longer month: it runs out on the same day
        self.card.sudo().loyalty_tier_told_on = False
        self.night(told + timedelta(days=1))
        self.assertEqual(self.card.loyalty_tier_told_on, told + timedelta(days=1))
        kinds = [kind for kind, _state, _points in self.notices()]
        self.assertEqual(kinds, ["tier_up", "tier_risk"])

    def test_who_refused_is_not_mailed(self):
        self.env["relationship.consent"].create(
            {"contact_id": self.partner.id, "purpose": "loyalty", "state": "refused"}
        )
        self.earn(100, expires_on=self.day(30))
        self.assertFalse(self.tell())
        self.assertEqual(self.notices(), [("expiry_30", "refused", 100)])

    def test_who_has_no_address_is_told_in_the_portal_only(self):
        self.partner.email = False
        self.earn(100, expires_on=self.day(7))
        self.assertFalse(self.tell())
        self.assertEqual(self.notices(), [("expiry_7", "unreachable", 100)])

    def test_company_is_told_through_its_contact(self):
        self.partner.email = False
        contact = self.env["res.partner"].create(
            {"name": "Ann", "parent_id": self.partner.id, "email": "ann@example.com"}
        )
        self.earn(100, expires_on=self.day(30))
        [mail] = self.tell()
        self.assertEqual(mail.recipient_ids, contact)

    def test_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("loyalty_rewards.mail_template_expiry")
        template.with_context(lang="fr_FR").subject = "Bientôt perdus"
        self.partner.lang = "fr_FR"
        self.earn(100, expires_on=self.day(30))
        [mail] = self.tell()
        self.assertEqual(mail.subject, "Bientôt perdus")

    def test_one_that_fails_does_not_stop_the_others(self):
        other = self._new_card(
            partner_id=self.partner.create({"name": "Bo", "email": "bo@example.com"}).id
        )
        for card in (self.card, other):
            self.earn(100, card=card, expires_on=self.day(30))
        cls = type(self.env["loyalty.notice"])
        page = cls._page

        def broken(notice):
            if notice.card_id == self.card:
                raise ValueError("broken")
            return page(notice)

        with patch.object(cls, "_page", broken):
            mails = self.tell()
        self.assertEqual(mails.recipient_ids, other.partner_id)
        self.assertEqual(self.notices()[0][1], "failed")

    def test_nobody_writes_notices(self):
        with self.assertRaises(UserError):
            self.env["loyalty.notice"].with_user(self.users["manager"]).create(
                {"kind": "tier_up", "key": "x", "program_id": self.program.id}
            )
