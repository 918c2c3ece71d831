"""Registrations that are taken in while others are at the same customer, and checked later.

Here they are made to wait; that they do so when they race is shown in `test_deal_race.py`.
"""

from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.prm_deal_wait import PrmDeal
from .common import FRIDAY, MONDAY, VAT, LifeCommon


class WaitCommon(LifeCommon):
    def _waiting(self, partner=None, **vals):
        """Return a deal that was taken in without its check."""
        with patch.object(PrmDeal, "_must_wait", lambda self: True):
            deal = self._deal(partner, submit=True, **vals)
        self.assertEqual(deal.state, "submitted")
        return deal

    def _check_all(self, limit=100):
        return self.env["prm.deal"]._job_check_submitted(limit)


@tagged("post_install", "-at_install")
class TestDealWait(WaitCommon):
    def test_taken_in(self):
        """It has its place and its clock; the partner reads what all read."""
        with freeze_time(FRIDAY):
            deal = self._waiting(customer_vat=VAT)
        self.assertTrue(deal.submit_no)
        self.assertEqual(deal.submitted_on, self._at(FRIDAY))
        self.assertEqual(deal.sudo().submitted_by, self.alpha_user)
        self.assertEqual(deal.decision_due, self._at(MONDAY))
        self.assertFalse(deal.sudo().claim_ids or deal.verdict or deal.activity_ids)
        mine = self.env["prm.deal"].with_user(self.alpha_user)
        self.assertEqual(mine._portal_read(deal.id)["state"], "in_review")
        cron = self.env.ref("partner_portal.ir_cron_deal_check")
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]))

    def test_checked_as_all_others(self):
        with freeze_time(FRIDAY):
            deal = self._waiting(customer_vat=VAT)
        with freeze_time(MONDAY):
            self.assertEqual(self._check_all(), 0)
            now = self._deal(submit=True, customer_domain="now.example", customer_name="Now")
        self.env.cr.precommit.run()
        self.assertEqual((deal.state, deal.verdict), ("in_review", "clear"))
        self.assertTrue(deal.sudo().claim_ids)
        self.assertEqual(deal.activity_ids.user_id, now.activity_ids.user_id)
        self.assertEqual(deal.decision_due, self._at(MONDAY), "the clock ran meanwhile")
        event = self.env["relationship.interaction"].search(
            [("res_model", "=", "prm.deal"), ("res_id", "=", deal.id)]
        )
        self.assertEqual(event.kind_id.code, "deal_submitted")
        self.assertEqual(event.occurred_at, self._at(FRIDAY), "when the partner submitted it")

    def test_the_first_in_is_first(self):
        first = self._waiting(customer_vat=VAT)
        second = self._waiting(self.beta, customer_vat=VAT)
        self._check_all()
        self.assertEqual((first | second).mapped("state"), ["in_review", "in_review"])
        self.assertEqual(second.competing_deal_ids, first)
        with self.assertRaisesRegex(UserError, "submitted earlier"):
            second.action_approve()
        first.action_approve()
        self.assertEqual(second.state, "rejected")

    def test_refused_by_its_check(self):
        """Whose customer another partner holds is refused in the neutral words, later or not."""
        waiting = self._waiting(customer_vat=VAT)
        self._registered(self.beta, customer_vat="BE0403170701")
        holder = self._deal(self.beta, submit=True, customer_domain="held.example")
        holder.action_approve()
        late = self._waiting(customer_domain="held.example")
        self._check_all()
        self.assertEqual((waiting.state, late.state), ("in_review", "rejected"))
        at_once = self._deal(submit=True, customer_domain="held.example")
        self.assertEqual(late.reject_reason, at_once.reject_reason)

    def test_a_rule_approves_at_the_check(self):
        self.env["prm.deal.rule"].create({"name": "At once", "approve_at_once": True})
        first = self._waiting(customer_vat=VAT)
        second = self._waiting(self.beta, customer_vat=VAT)
        self._check_all()
        self.assertEqual((first.state, second.state), ("approved", "rejected"))

    def test_no_approval_before_those_that_wait(self):
        """The promise of the queue holds for deals that no check has found yet."""
        first = self._waiting(customer_vat=VAT)
        with patch.object(PrmDeal, "_must_wait", lambda self: False):
            second = self._deal(self.beta, submit=True, customer_vat=VAT)
        self.assertEqual(second.verdict, "clear", "the first has no claim yet")
        with self.assertRaisesRegex(UserError, f"{first.name}.*submitted earlier"):
            second.action_approve()
        first.action_approve()
        self.assertEqual((first.state, second.state), ("approved", "rejected"))

    def test_no_rule_approves_before_those_that_wait(self):
        first = self._waiting(customer_vat=VAT)
        self.env["prm.deal.rule"].create({"name": "At once", "approve_at_once": True})
        with patch.object(PrmDeal, "_must_wait", lambda self: False):
            second = self._deal(self.beta, submit=True, customer_vat=VAT)
        self.assertEqual((first | second).mapped("verdict"), ["other_partner"] * 2)
        self.assertEqual((first | second).mapped("state"), ["in_review"] * 2, "a person decides")

    def test_who_waits_behind_whom(self):
        self._waiting(customer_vat=VAT)
        same = self._deal(self.beta, submit=True, customer_vat="BE 0477 472 701")
        other = self._deal(self.beta, submit=True, customer_domain="other.example")
        self.assertEqual((same.state, other.state), ("submitted", "in_review"))
        self.env["prm.deal.rule"].create({"name": "At once", "approve_at_once": True})
        another = self._deal(
            self.beta, submit=True, customer_domain="another.example", customer_name="Another"
        )
        self.assertEqual(another.state, "submitted", "nothing is approved out of turn")
        self._check_all()
        self.assertEqual(another.state, "approved")

    def test_beyond_the_limits_at_its_check(self):
        """It is the partner's draft again, who is told why; it counts nowhere."""
        self._benefit("live_deal_cap", 1)
        first = self._waiting(customer_domain="one.example")
        with patch.object(type(first), "_over_live_cap", lambda self: {}):
            second = self._waiting(customer_domain="two.example")
        self._check_all()
        self.assertEqual((first.state, second.state), ("in_review", "draft"))
        self.assertFalse(second.submit_no or second.submitted_on or second.decision_due)
        self.assertFalse(second.sudo().claim_ids)
        page = self.env["prm.deal"].with_user(self.alpha_user)._portal_read(second.id)
        [message] = page["messages"]
        self.assertIn("gives 1 live deals", message["text"])
        self.assertTrue(self._mails(second), "and by mail")
        self.env.cr.precommit.run()
        self.assertFalse(
            self.env["relationship.interaction"].search_count(
                [("res_model", "=", "prm.deal"), ("res_id", "=", second.id)]
            )
        )
        first.action_withdraw()
        second.action_submit()
        self.assertEqual(second.state, "in_review")

    def test_who_is_seen_to_be_beyond_the_limits_is_told_at_once(self):
        self.program.deal_daily_limit = 1
        self._waiting(customer_domain="one.example")
        deal = self._deal(customer_domain="two.example")
        with (
            patch.object(PrmDeal, "_must_wait", lambda self: True),
            self.assertRaisesRegex(UserError, "At most 1"),
        ):
            deal.action_submit()
        self.assertEqual(deal.state, "draft")

    def test_a_limit_counts_those_before_it(self):
        self.program.deal_daily_limit = 2
        deals = [self._waiting(customer_domain=f"{n}.wait.example") for n in (1, 2)]
        self._check_all(1)
        self.assertEqual([deal.state for deal in deals], ["in_review", "submitted"])
        self._check_all(1)
        self.assertEqual([deal.state for deal in deals], ["in_review", "in_review"])

    def test_decisions_about_one_that_waits(self):
        """Whoever decides does the check first; the partner may take it back before."""
        deals = [self._waiting(customer_domain=f"d{n}.example") for n in range(4)]
        deals[0].action_reject("No.")
        deals[1].action_ask_info("Why?")
        deals[2].action_approve()
        self.env["prm.deal"].with_user(self.alpha_user)._portal_withdraw(deals[3].id)
        self.assertEqual(
            [deal.state for deal in deals], ["rejected", "info_needed", "approved", "withdrawn"]
        )
        self.assertTrue(all(deal.sudo().claim_ids for deal in deals[:3]))

    def test_corrected_while_it_waits(self):
        deal = self._waiting(customer_vat=VAT)
        deal.customer_vat = "BE0403170701"
        self.assertFalse(deal.sudo().claim_ids)
        self._check_all()
        self.assertEqual(deal.sudo().claim_ids.key_id.filtered(
            lambda key: key.kind == "vat"
        ).key, f"{deal.company_id.id}:vat:BE0403170701")  # fmt: skip

    def test_a_check_that_fails(self):
        """The others go on; it is listed, tried again, and holds up no submission."""
        bad, good = (self._waiting(customer_domain=f"{n}.example") for n in ("bad", "good"))
        check = PrmDeal._check_waiting

        def failing(deals, **how):
            if bad in deals:
                raise ValueError("Broken")
            return check(deals, **how)

        failures = self.env["relationship.job.failure"]
        with patch.object(PrmDeal, "_check_waiting", failing):
            self.assertEqual(self._check_all(), 0)
            self.assertEqual((bad.state, good.state), ("submitted", "in_review"))
            with self.assertRaisesRegex(UserError, f"fails.*{bad.name}"):
                good.action_approve()
            found = failures.search([("job", "like", "check_submitted")])
            self.assertIn(f"{bad.name} ({bad.id}): ValueError: Broken", found.error)
            self.assertEqual(
                self._deal(submit=True, customer_domain="bad.example").state, "in_review"
            )
            bad.action_reject("No.")
            good.action_approve()
        self.assertEqual((bad.state, good.state), ("rejected", "approved"))
        self._check_all()
        self.assertFalse(failures.search([("job", "like", "check_submitted")]))

    def test_a_failed_check_stays_listed_until_its_next_try(self):
        """That others are checked meanwhile mends nothing."""
        bad = self._waiting(customer_domain="bad.example")
        failures = self.env["relationship.job.failure"]
        listed = [("job", "=", "prm.deal.check_submitted, some of them")]
        with patch.object(PrmDeal, "_check_waiting", side_effect=ValueError("Broken")):
            self._check_all()
        first = failures.search(listed)
        self.assertEqual(first.tries, 1)
        good = self._waiting(customer_domain="good.example")
        self._check_all()
        self.assertEqual((bad.state, good.state), ("submitted", "in_review"))
        self.assertEqual(failures.search(listed), first, "it still waits for its next try")
        bad.sudo().check_again_on = fields.Datetime.now()
        self._check_all()
        self.assertEqual(bad.state, "in_review")
        self.assertFalse(failures.search(listed))

    def test_a_check_that_failed_is_tried_again(self):
        deal = self._waiting(customer_vat=VAT)
        deal.sudo().check_again_on = fields.Datetime.add(fields.Datetime.now(), minutes=1)
        self._check_all()
        self.assertEqual(deal.state, "submitted")
        deal.sudo().check_again_on = fields.Datetime.now()
        self._check_all()
        self.assertEqual(deal.state, "in_review")

    def test_staff_find_them(self):
        deal = self._waiting(customer_vat=VAT)
        with mute_logger("odoo.addons.base.models.ir_ui_view"):
            view = self.env["prm.deal"].with_user(self.channel).get_view(view_type="search")
        self.assertIn('name="waiting"', view["arch"])
        with self.assertRaisesRegex(UserError, "Only drafts"):
            deal.unlink()
