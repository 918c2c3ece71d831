from unittest.mock import patch

from odoo.tests import tagged

from ..models import prm_deal_limits
from .common import DealCommon

#: Queries of one action. They grow with the number of *groups* (languages, deciders, verdicts),
#: never with the number of deals.
#: Of these, 8 count what the partner has registered, start the clock (3 read the calendar), and
#: look for a rule; 10 find whom the customer may be, by keys and by names, and note it; 5 see
#: whether somebody waits or is at the same customer; 26 tell who decides, most of them core's.
SUBMIT_ONE, SUBMIT_MORE = 74, 4
#: Of these, 4 look for a rule and note the approval, 13 check again whom the customer may be, 17
#: create the customer, read the terms of the tier, protect, and record the event.
APPROVE_ONE, APPROVE_MORE = 99, 10
#: What follows an opportunity.
FOLLOW_MORE = 6
#: What is asked for each opportunity that core creates: team (2), stage, follower (3), partner.
CORE_LEAD = 7


@tagged("post_install", "-at_install")
class TestDealPerformance(DealCommon):
    def _drafts(self, count, tag):
        deals = [
            self._deal(customer_domain=f"{tag}{n}.example", customer_name=f"{tag}{n}")
            for n in range(count)
        ]
        self.env.flush_all()
        self.env.cr.precommit.run()  # what making them leaves to the commit is none of the action
        return self.env["prm.deal"].with_user(self.channel).union(*deals)

    def _count(self, deals, action, *args):
        """Return the queries of one action on cold record caches, its writes included."""
        return self.queries(lambda: (getattr(deals, action)(*args), deals.env.flush_all()))

    def _warm(self):
        deals = self._drafts(1, "warm")
        deals.action_submit()
        deals.with_user(self.other_channel).action_approve()

    def test_submit_and_approve_in_sets(self):
        self.enterContext(patch.object(prm_deal_limits, "DAILY_LIMIT", 0))
        self._warm()
        one, many = self._drafts(1, "one"), self._drafts(20, "many")
        alone, together = (self._count(deals, "action_submit") for deals in (one, many))
        self.assertLessEqual(alone, SUBMIT_ONE)
        self.assertLessEqual(together, alone + SUBMIT_MORE, "submitting 20 is not 20 submissions")
        one, many = (deals.with_user(self.other_channel) for deals in (one, many))
        alone, together = (self._count(deals, "action_approve") for deals in (one, many))
        self.assertLessEqual(alone, APPROVE_ONE)
        core = 19 * CORE_LEAD
        self.assertLessEqual(together, alone + core + APPROVE_MORE, "20 are not 20 approvals")

    def test_portal_list_is_bounded(self):
        self._drafts(3, "few")
        deals = self.env["prm.deal"].with_user(self.alpha_user)
        few = self.queries(lambda: deals._portal_list())
        self._drafts(20, "lots")
        lots = self.queries(lambda: deals._portal_list())
        self.assertEqual(lots, few)

    def test_page_of_a_deal_is_bounded(self):
        deals = self.env["prm.deal"].with_user(self.alpha_user)
        one = self._drafts(1, "page")
        one.action_submit()
        few = self.queries(lambda: deals._portal_read(one.id))
        for number in range(10):
            one.message_post(
                body=f"Message {number}", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
        lots = self.queries(lambda: deals._portal_read(one.id))
        self.assertLessEqual(lots, few + 4, "authors, files and texts of all messages at once")

    def test_what_opportunities_bring_is_done_in_sets(self):
        """Won, lost and opened again: many at once cost little more than one."""
        self.enterContext(patch.object(prm_deal_limits, "DAILY_LIMIT", 0))
        groups = {
            name: self._drafts(count, name) for name, count in (("a", 1), ("b", 1), ("c", 15))
        }
        for deals in groups.values():
            deals.action_submit()
            deals.with_user(self.other_channel).action_approve()
        won = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        opened = groups["a"].sudo().lead_id.stage_id
        quiet = {"tracking_disable": True}
        moves = {
            "lost": lambda leads: leads.write({"active": False, "probability": 0}),
            "approved": lambda leads: leads.write({"active": True, "stage_id": opened.id}),
            "won": lambda leads: leads.write({"stage_id": won.id, "probability": 100}),
        }
        for state in ("lost", "approved", "won", "approved"):
            counts = []
            for deals in groups.values():
                leads = deals.sudo().lead_id.with_context(**quiet)
                following = deals.sudo().with_context(**quiet)
                with patch.object(type(deals), "_follow_lead", lambda self: None):
                    moves[state](leads)
                    self.env.flush_all()
                counts.append(self._count(following, "_follow_lead"))
                self.assertEqual(set(deals.mapped("state")), {state})
            _warm, one, many = counts
            self.assertLessEqual(many, one + FOLLOW_MORE, state)

    def test_jobs_of_many_deals_are_sets(self):
        self.enterContext(patch.object(prm_deal_limits, "DAILY_LIMIT", 0))
        one = self._drafts(1, "lapse")
        one.action_submit()
        one.action_ask_info("Why?")
        many = self._drafts(15, "lapses")
        many.action_submit()
        many.action_ask_info("Why?")
        jobs = self.env["prm.deal"]
        one.sudo().info_until = "2020-01-01"
        self._count(jobs, "_job_lapse", 1)  # warm
        many.sudo().info_until = "2020-01-01"
        some = self._count(jobs, "_job_lapse", 1)
        rest = self._count(jobs, "_job_lapse", 14)
        self.assertEqual(set(many.mapped("state")), {"withdrawn"})
        self.assertLessEqual(rest, some + 14 * 3 + 10, "a mail each is all that comes on top")
