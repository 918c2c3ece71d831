"""How much a partner may register, whatever the way in."""

import base64

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import FRIDAY, MONDAY, VAT, LifeCommon


@tagged("post_install", "-at_install")
class TestDealLimits(LifeCommon):
    def test_live_deals_of_a_tier(self):
        self._benefit("live_deal_cap", 2)
        first = self._registered()
        self._deal(submit=True, customer_domain="two.example")
        third = self._deal(customer_domain="three.example")
        with self.assertRaisesRegex(UserError, "gives 2 live deals"):
            third.action_submit()
        first.sudo().lead_id.action_set_lost()
        third.action_submit()
        self.assertEqual(third.state, "in_review")
        for number in range(3):
            self._deal(self.beta, submit=True, customer_domain=f"free{number}.example")

    def test_submissions_a_day_refused_ones_included(self):
        self.program.deal_daily_limit = 2
        with freeze_time(FRIDAY):
            self._registered(self.beta)
            probe = self._deal(submit=True, customer_vat=VAT)
            self._deal(submit=True, customer_domain="two.example")
            third = self._deal(customer_domain="three.example")
            with self.assertRaisesRegex(UserError, "At most 2"):
                third.action_submit()
        self.assertEqual(probe.state, "rejected")
        with freeze_time(MONDAY):
            third.action_submit()
        self.assertEqual(third.state, "in_review")

    def test_tries_again(self):
        self.program.deal_resubmit_limit = 1
        for _try in range(2):
            self._deal(submit=True, customer_vat=VAT).action_reject("No.")
        third = self._deal(customer_vat=VAT)
        with self.assertRaisesRegex(UserError, "2 times without success"):
            third.action_submit()
        other = self._deal(self.beta, submit=True, customer_vat=VAT)
        self.assertEqual(other.state, "in_review", "a limit of one partner is none of another")

    def test_what_staff_let_in_beyond_the_limits_is_no_try(self):
        self.program.deal_resubmit_limit = 0
        for _try in range(2):
            self._deal(submit=True, customer_vat=VAT, beyond_limits=True).action_reject("No.")
        own = self._deal(submit=True, customer_vat=VAT)
        self.assertEqual(own.state, "in_review", "none of the partner's own tries failed")
        own.action_reject("No.")
        with self.assertRaisesRegex(UserError, "1 times without success"):
            self._deal(submit=True, customer_vat=VAT)

    def test_limits_hold_for_every_way_in(self):
        """Who types for the partner, or sends for it, registers no more than it may."""
        self.program.write({"deal_daily_limit": 3, "deal_resubmit_limit": 0})
        ways = ("portal", "staff", "api", "import", "mail")
        self._deal(submit=True, customer_vat=VAT).action_reject("No.")
        for source in ways:
            with self.subTest(source), self.assertRaisesRegex(UserError, "without success"):
                self._deal(submit=True, customer_vat=VAT, source=source)
        for number in (1, 2):
            self._deal(submit=True, customer_domain=f"day{number}.example", source="staff")
        for source in ways:
            with self.subTest(source), self.assertRaisesRegex(UserError, "At most 3"):
                self._deal(submit=True, customer_domain="one-more.example", source=source)
        self._benefit("live_deal_cap", 2)
        self.program.deal_daily_limit = 0
        for source in ways:
            with self.subTest(source), self.assertRaisesRegex(UserError, "2 live deals at once"):
                self._deal(submit=True, customer_domain="one-more.example", source=source)

    def test_staff_go_beyond_the_limits_by_a_decision_that_is_kept(self):
        self.program.write({"deal_daily_limit": 1, "deal_resubmit_limit": 0})
        self._deal(submit=True, customer_vat=VAT).action_reject("No.")
        deals = self.env["prm.deal"].with_user(self.channel)
        deal = deals.create(
            {"partner_id": self.alpha.id, "customer_name": "Acme", "customer_vat": VAT}
        )
        with self.assertRaisesRegex(UserError, "without success"):
            deal.action_submit()
        self.env.flush_all()
        self.env.cr.precommit.run()
        deal.beyond_limits = True
        deal.action_submit()
        self.env.flush_all()
        self.env.cr.precommit.run()
        values = deal.sudo().message_ids.tracking_value_ids
        self.assertIn("beyond_limits", values.mapped("field_id.name"))
        saved = (
            self.env["prm.deal"]
            .with_user(self.alpha_user)
            ._portal_save({"customer_name": "Typed", "beyond_limits": "1"})
        )
        self.assertFalse(deals.browse(saved[0]).beyond_limits, "no partner decides this")

    def test_lines_of_a_file_beyond_a_limit_come_back(self):
        """The first lines go in; the others say why they don't."""
        self.program.deal_daily_limit = 2
        lines = [f"{self.alpha.name},Filed {n},filed{n}.example" for n in range(3)]
        text = "\n".join(["partner,customer name,website", *lines])
        wizard = self._imported(text)
        self.assertEqual((wizard.created_count, wizard.bad_count), (2, 1))
        back = base64.b64decode(wizard.result_file).decode()
        self.assertIn("Filed 2", back)
        self.assertIn("At most 2 registrations a day", back)
        self.assertFalse(self.env["prm.deal"].search([("customer_name", "=", "Filed 2")]))
        again = self._imported(text, beyond_limits=True)
        self.assertEqual((again.created_count, again.bad_count), (1, 0))
        self.assertTrue(again.deal_ids.beyond_limits)

    def _imported(self, text, **values):
        wizard = self.env["prm.deal.import"].with_user(self.channel)
        wizard = wizard.create({"file": base64.b64encode(text.encode()), **values})
        wizard.action_import()
        return wizard
