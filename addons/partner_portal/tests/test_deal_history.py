"""After any history, no two protections overlap and each deal agrees with its opportunity.

The database refuses overlapping protections; here they are compared anew, by a naive walk up the
tree of categories, and with what the state of each deal promises. Ten histories in every run of the
tests, always the same; ``make soak`` lives through more, and others (SOAK_STEPS).
"""

import logging
import os
from collections import Counter
from datetime import datetime, timedelta
from itertools import combinations
from unittest.mock import patch

from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..lib.deal_states import FOLLOWING, UNDECIDED
from ..models.prm_deal_wait import PrmDeal
from .common import DealCommon

_logger = logging.getLogger(__name__)

#: how many steps at least
STEPS = int(os.environ.get("SOAK_STEPS") or 180)
#: a history: at least and at most
SHORT, LONG = 18, 26
BEGIN = datetime(2026, 3, 2, 10)
DOMAINS = ("one.example", "two.example", "three.example")

WAITS = (1, 4, 30, 89, 90, 200)
#: what may happen, the usual more often
NAMES = (
    "submit submit wait_in wait_in check approve approve approve win win lose lose reopen reopen"
    " extend extend request"
    " reassign reject ask back withdraw correct wait wait merge_customers merge_leads move move"
).split()
numbers = st.integers(0, 11)
steps = st.lists(
    st.tuples(st.sampled_from(NAMES), numbers, numbers, numbers), min_size=SHORT, max_size=LONG
)
#: something to act on, else most histories are refusals
HEAD = (("submit", 0, 0, 4), ("approve", 0, 0, 0), ("submit", 1, 1, 2), ("approve", 1, 0, 0))


@tagged("post_install", "-at_install")
class TestDealHistory(DealCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        category = cls.env["product.category"]
        roots = category.create([{"name": "Hardware"}, {"name": "Services"}])
        below = category.create({"name": "Servers", "parent_id": roots[0].id})
        deepest = category.create({"name": "Racks", "parent_id": below.id})
        cls.categories = [*roots, below, deepest]

    def test_any_history(self):
        told = self.told = Counter()

        @settings(
            max_examples=max(STEPS // SHORT, 1),
            derandomize=not os.environ.get("SOAK_STEPS"),
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(steps)
        def live(history):
            self._live_through(history)

        live()
        _logger.info("histories %(histories)s, steps %(steps)s, refused %(refused)s", told)
        self.assertGreaterEqual(told["steps"], STEPS)
        self.assertLess(told["refused"], told["steps"] * 0.6, "most steps do something")

    def _live_through(self, history):
        # one clock for a history: each new one costs more than a step
        with freeze_time(BEGIN) as self.clock, self.env.cr.savepoint() as savepoint:
            self.deals = self.env["prm.deal"]
            for step in (*HEAD, *history):
                self._do(*step)
                self._check(step)
            savepoint.rollback()
        self.env.invalidate_all()
        self.told.update(histories=1, steps=len(HEAD) + len(history))

    # ------------------------------------------------------------ steps

    def _do(self, name, *args):
        """Do one step on its day; what is refused is as if it had not been tried."""
        self.clock.tick(timedelta(hours=1))
        try:
            with (
                mute_logger("odoo.sql_db", "odoo.models.unlink"),
                self.env.cr.savepoint(),
            ):
                getattr(self, f"_step_{name}")(*args)
                self.env.flush_all()
        except UserError:
            self.told["refused"] += 1
            self.env.invalidate_all()
        # what was created in a step that was refused is gone
        self.deals = self.deals.exists()

    def _deal_at(self, place):
        return self.deals[place % len(self.deals)].sudo()

    def _step_submit(self, partner, customer, scope):
        partner = (self.alpha, self.beta)[partner % 2]
        customer %= len(DOMAINS)
        scopes = self.categories[scope].ids if scope < len(self.categories) else []
        deal = self._deal(
            partner,
            customer_name=f"Customer {customer}",
            customer_domain=DOMAINS[customer],
            scope_ids=[(6, 0, scopes)],
            source="staff",
        )
        deal.sudo()._submit()
        self.deals |= deal

    def _step_wait_in(self, partner, customer, scope):
        """Submit while somebody else is at the customer."""
        with patch.object(PrmDeal, "_must_wait", lambda self: True):
            self._step_submit(partner, customer, scope)

    def _step_check(self, which, *_rest):
        self.env["prm.deal"]._job_check_submitted(which % 3 + 1)

    def _step_approve(self, place, *_rest):
        self._deal_at(place).action_approve()

    def _step_reject(self, place, *_rest):
        self._deal_at(place).with_user(self.users["manager"]).action_reject("No.")

    def _step_ask(self, place, *_rest):
        self._deal_at(place).action_ask_info("Why?")

    def _step_back(self, place, *_rest):
        self._deal_at(place).action_back_to_review()

    def _step_withdraw(self, place, *_rest):
        self._deal_at(place).action_withdraw()

    def _step_extend(self, place, *_rest):
        deal = self._deal_at(place)
        if deal.lead_id:
            deal.lead_id.message_post(body="We met.", message_type="comment")
        deal.action_extend("They need time.")

    def _step_request(self, place, *_rest):
        deal = self._deal_at(place)
        if deal.lead_id:
            deal.lead_id.message_post(body="We met.", message_type="comment")
        deal._request_extension("They need time.")

    def _step_correct(self, place, customer, _rest):
        self._deal_at(place).sudo(False).customer_domain = DOMAINS[customer % len(DOMAINS)]

    def _step_win(self, place, *_rest):
        lead = self._deal_at(place).lead_id
        if lead.active:
            lead.action_set_won()

    def _step_lose(self, place, *_rest):
        lead = self._deal_at(place).lead_id
        if lead.won_status == "pending":
            lead.action_set_lost()

    def _step_reopen(self, place, *_rest):
        lead = self._deal_at(place).lead_id
        if lead.won_status == "lost":
            lead.action_unarchive()
        elif lead.won_status == "won":
            lead.stage_id = self.env["crm.stage"].search([("is_won", "=", False)], limit=1)

    def _step_reassign(self, place, *_rest):
        lead = self._deal_at(place).lead_id
        if not lead:
            return
        other = self.beta if lead.partner_assigned_id == self.alpha else self.alpha
        manager = lead.sudo(False).with_user(self.users["manager"]).sudo()
        manager.action_prm_reassign(other.id, "They asked.")

    def _step_wait(self, which, *_rest):
        self.clock.tick(timedelta(days=WAITS[which % len(WAITS)]))
        for job in "check_submitted lapse escalate expire remind stale invoiced".split():
            getattr(self.env["prm.deal"], f"_job_{job}")(100)

    def _step_merge_customers(self, source, target, _rest):
        source, target = source % len(DOMAINS), target % len(DOMAINS)
        customers = [
            self.deals.sudo().filtered(lambda deal, d=DOMAINS[n]: deal.domain_key == d).customer_id
            for n in (source, target)
        ]
        source, target = (found[:1] for found in customers)
        if source and target and source != target:
            self.env["base.partner.merge.automatic.wizard"]._merge(
                (source | target).ids, target, extra_checks=False
            )
            self.env.invalidate_all()

    def _step_merge_leads(self, one, other, _rest):
        leads = self._deal_at(one).lead_id | self._deal_at(other).lead_id
        if len(leads) == 2:
            leads.merge_opportunity(auto_unlink=True)

    def _step_move(self, which, below, _rest):
        parent = self.categories[below] if below < len(self.categories) else None
        self.categories[which % len(self.categories)].parent_id = parent and parent.id

    # ------------------------------------------------------------ what must hold

    def _check(self, step):
        self.env.invalidate_all()
        rows = self.env["prm.deal.protection"].search([("live", "=", True)])
        for one, other in combinations(rows, 2):
            self.assertFalse(self._meet(one, other), f"{one} {other} after {step}")
        for deal in self.deals.sudo():
            self._check_deal(deal, step)

    def _meet(self, one, other):
        """Whether both protect a product of a customer on one day, told without ranges."""
        same = one.company_id == other.company_id and one.customer_id == other.customer_id
        days = max(one.date_from, other.date_from) < min(one.date_until, other.date_until)
        return same and days and self._related(one.category_id, other.category_id)

    def _related(self, one, other):
        if not one or not other:
            return True
        return other in self._upwards(one) or one in self._upwards(other)

    def _upwards(self, category):
        found = category
        while category.parent_id:
            category = category.parent_id
            found |= category
        return found

    def _check_deal(self, deal, step):
        told = f"{deal.name} is {deal.state} after {step}"
        if deal.state in UNDECIDED:
            self.assertFalse(deal.lead_id or deal.protection_ids, told)
            self.assertTrue(deal.submit_no, told)
        if deal.state == "draft":  # it waited, and was more than its partner may register
            self.assertFalse(deal.submit_no or deal.claim_ids, told)
        if step[0] == "approve" and deal.decided_on == fields.Datetime.now():
            early = self.deals.sudo().filtered(
                lambda one: one.state == "submitted" and one.submit_no < deal.submit_no
            )
            self.assertFalse(early, f"{told}: unchecked before it {early.mapped('name')}")
        if deal.state not in ("approved", "won"):
            self.assertFalse(deal.is_protected, told)
        if deal.state == "approved" and step[0] == "wait":
            # a day later where the day ends last
            yesterday = fields.Date.today() - timedelta(days=1)
            self.assertFalse(deal.protected_until and deal.protected_until < yesterday, told)
        if deal.state in ("approved", "won"):
            self.assertTrue(deal.lead_id, told)
            rows = deal.protection_ids.filtered("live")
            self.assertLessEqual(rows.customer_id, deal.customer_id, told)
        if deal.lead_id and deal.state in FOLLOWING:
            agrees = {
                "won": ("won",),
                "lost": ("lost", "expired"),
                "pending": ("approved", "expired"),
            }[deal.lead_id.won_status]
            self.assertIn(deal.state, agrees, told)
        if deal.state in ("approved", "won") and deal.is_protected and deal.lead_id:
            self.assertEqual(deal.lead_id.partner_assigned_id, deal.partner_id, told)
