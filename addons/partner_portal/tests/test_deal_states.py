"""Every state × every action × every role: what is allowed, and that all else is refused."""

from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..lib import deal_states
from ..models import prm_deal_limits
from .common import DealCommon

#: action → (arguments, {state before: state after})
ACTIONS = {
    "action_submit": ((), {"draft": "in_review"}),
    "action_approve": ((), {"submitted": "approved", "in_review": "approved"}),
    "action_reject": (
        ("No.",),
        {
            "submitted": "rejected",
            "in_review": "rejected",
            "info_needed": "rejected",
        },
    ),
    "action_ask_info": (
        ("Why?",),
        {"submitted": "info_needed", "in_review": "info_needed"},
    ),
    "action_back_to_review": ((), {"info_needed": "in_review"}),
    "action_withdraw": (
        (),
        {"submitted": "withdrawn", "in_review": "withdrawn", "info_needed": "withdrawn"},
    ),
}
#: only a manager takes back an approval
MANAGER_ONLY = {("action_reject", "approved"): "rejected"}
DECIDERS = ("channel_manager", "manager")
#: what the partner's own people do from their page: verb → {state before: state after}
PORTAL = {
    "_portal_submit": {"draft": "in_review"},
    "_portal_delete": {"draft": "deleted"},
    "_portal_withdraw": {
        "submitted": "withdrawn",
        "in_review": "withdrawn",
        "info_needed": "withdrawn",
    },
}


@tagged("post_install", "-at_install")
class TestDealStates(DealCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.object(prm_deal_limits, "DAILY_LIMIT", 0))
        cls.states = list(dict(cls.env["prm.deal"]._fields["state"].selection))
        cls.everybody = {
            **cls.users,
            "portal": cls.alpha_user,
            "rival": cls.beta_user,
            "public": cls.env.ref("base.public_user"),
            "sales": cls.sales_user,
        }
        cls.number = 0

    def _in_state(self, state):
        """Return a deal that has come to a state as the life of a deal brings it there."""
        type(self).number += 1
        deal = self._deal(customer_domain=f"state{self.number}.example", submit=state != "draft")
        if state == "submitted":
            deal.sudo().state = "submitted"
        elif state == "info_needed":
            deal.sudo()._ask_info("Why?")
        elif state == "rejected":
            deal.action_reject("No.")
        elif state == "withdrawn":
            deal.sudo()._withdraw("Withdrawn.")
        elif state in deal_states.FOLLOWING:
            deal.sudo()._approve()
            if state == "won":
                deal.sudo().lead_id.action_set_won()
            elif state == "lost":
                deal.sudo().lead_id.action_set_lost()
            elif state == "expired":
                deal.sudo()._end_protection()
                deal.sudo().write({"state": "expired", "closed_on": fields.Datetime.now()})
        self.assertEqual(deal.state, state)
        return deal

    def test_the_table_knows_every_state(self):
        self.assertEqual(set(deal_states.NEXT), set(self.states))
        for after in deal_states.NEXT.values():
            self.assertLessEqual(set(after), set(self.states))

    def test_every_action_in_every_state_by_every_role(self):
        for state in self.states:
            deal = self._in_state(state)
            for action, (args, outcome) in ACTIONS.items():
                for role, user in self.everybody.items():
                    after = outcome.get(state) if role in DECIDERS else None
                    if role == "manager":
                        after = MANAGER_ONLY.get((action, state), after)
                    wanted = UserError if role in DECIDERS else AccessError
                    with self.subTest(action=action, state=state, role=role):
                        act = getattr(deal.with_user(user), action)
                        self._try(deal, lambda a=act, v=args: a(*v), after, wanted)

    def _try(self, deal, act, after, wanted):
        """Act, see where the deal is then or that it was refused, and take it all back."""
        before = deal.state
        with self.env.cr.savepoint() as savepoint:
            if after:
                act()
                self.assertEqual(deal.exists().state or "deleted", after)
            else:
                with self.assertRaises(wanted):
                    act()
                deal.invalidate_recordset()
                self.assertEqual(deal.state, before)
            savepoint.rollback()
        self.env.invalidate_all()

    def test_the_actions_follow_the_table(self):
        for _args, outcome in ACTIONS.values():
            for before, after in outcome.items():
                steps = ["submitted", after] if before == "draft" else [after]
                for one, other in zip([before, *steps], steps, strict=False):
                    self.assertTrue(deal_states.may_follow(one, other), f"{one} → {other}")

    def test_every_portal_verb_in_every_state(self):
        for state in self.states:
            deal = self._in_state(state)
            for verb, outcome in PORTAL.items():
                for role in ("portal", "rival", "public", "user"):
                    deals = self.env["prm.deal"].with_user(self.everybody[role])
                    after = outcome.get(state) if role == "portal" else None
                    with self.subTest(verb=verb, state=state, role=role):
                        act = getattr(deals, verb)
                        self._try(deal, lambda a=act, d=deal.id: a(d), after, UserError)

    def test_no_state_is_written_by_hand(self):
        for state in self.states:
            deal = self._in_state("draft").with_user(self.users["manager"])
            with self.subTest(state), self.assertRaises(AccessError):
                deal.state = state

    def test_a_deal_follows_its_opportunity_between_these_states(self):
        deal = self._in_state("approved")
        lead = deal.sudo().lead_id
        stage = lead.stage_id
        steps = (
            (lead.action_set_won, "won"),
            (lambda: lead.write({"stage_id": stage.id}), "approved"),
            (lead.action_set_lost, "lost"),
            (lead.action_unarchive, "approved"),
            (lead.action_set_lost, "lost"),
            (lambda: (lead.action_unarchive(), lead.action_set_won()), "won"),
        )
        for step, state in steps:
            step()
            self.assertEqual(deal.state, state)
