"""Every state × every action × every role: what is allowed, and that all else is refused.

The table of transitions is `lib/deal_states.py` (``NEXT``). Who walks its arrows stands here:
``ACTIONS`` and ``MANAGER_ONLY`` for staff, ``PORTAL`` for the partner's people, ``BY_ITSELF`` for
what the opportunity and the jobs do, and the tests prove that together they are the whole table.
The roles are those of staff (user, channel manager, manager, auditor, a salesperson without any
of them, a manager of another company), each single role of a partner's member, a person of the
partner with all of them, a rival, a portal user of no partner, and the public. Models and fields by
role stand in `test_deal_access.py`, routes in `test_deal_portal.py` and `test_deal_portal_life.py`.
"""

import inspect
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..lib import deal_states
from ..models import prm_deal_limits
from ..models.prm_deal_wait import PrmDeal
from ..models.prm_member import ROLES
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
    "action_extend": (("Because.",), {"approved": "approved"}),
    "action_refuse_extension": (("No.",), {"approved": "approved"}),
}
#: walked by the opportunity (`_follow_lead`, reassigning) and the jobs, tried in this file, in
#: `test_deal_wait.py` and `test_deal_protection.py`
BY_ITSELF = {
    ("submitted", "draft"),  # its check finds it beyond its partner's limits
    ("approved", "won"),
    ("approved", "lost"),
    ("approved", "expired"),
    ("won", "approved"),
    ("won", "lost"),
    ("lost", "approved"),
    ("lost", "won"),
    ("expired", "won"),
}
#: only a manager takes back an approval
MANAGER_ONLY = {("action_reject", "approved"): "rejected"}
DECIDERS = ("channel_manager", "manager")
#: the partner's people who do all of this; its admins and learners, rivals and strangers don't
SELLERS = ("portal", "seller")
#: what they do from their page: verb → (arguments, {state before: state after})
PORTAL = {
    "_portal_read": ({}, "every"),
    "_portal_form": ({}, {"draft": "draft"}),
    "_portal_draft": ({}, {"draft": "draft"}),
    "_portal_save": ({"texts": {"customer_name": "Typed"}}, {"draft": "draft"}),
    "_portal_submit": ({}, {"draft": "in_review"}),
    "_portal_delete": ({}, {"draft": "deleted"}),
    "_portal_post": ({"text": "Hello."}, {"info_needed": "in_review", "draft": None, "": "every"}),
    "_portal_extend": ({"text": "Please."}, {"approved": "approved"}),
    "_portal_withdraw": (
        {},
        {"submitted": "withdrawn", "in_review": "withdrawn", "info_needed": "withdrawn"},
    ),
    "_portal_browse": ({}, "every"),
    "_portal_file": ({"file_id": 1}, {}),
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
        for role in ROLES:
            user = cls._new_portal_user(f"prm_{role}_only", cls.alpha)
            member = cls.env["prm.member"].search([("user_id", "=", user.id)])
            member.write({f"role_{one}": one == role for one in ROLES})
            cls.everybody[{"sales": "seller"}.get(role, role)] = user
        cls.everybody["guest"] = new_test_user(cls.env, "prm_guest", groups="base.group_portal")
        other = cls.env["res.company"].create({"name": "Other"})
        cls.everybody["other_company"] = new_test_user(
            cls.env,
            "prm_other_company",
            groups="relationship_crm.group_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        cls.number = 0

    def _defined(self, prefix):
        """The methods of deals that this addon defines under names that begin so."""
        ours = [
            one for one in type(self.env["prm.deal"]).__mro__ if "partner_portal" in one.__module__
        ]
        return {name for one in ours for name in vars(one) if name.startswith(prefix)}

    def test_the_tables_know_every_action_and_verb(self):
        """A new way to change a deal can't be forgotten here."""
        opening = {name for name in self._defined("action_") if name.startswith("action_open_")}
        self.assertEqual(self._defined("action_") - opening, set(ACTIONS))
        deals = type(self.env["prm.deal"])
        verbs = {
            name
            for name in self._defined("_portal_")
            if "deal_id" in inspect.signature(getattr(deals, name)).parameters
        }
        self.assertEqual(verbs, set(PORTAL))

    def _in_state(self, state):
        """Return a deal that has come to a state as the life of a deal brings it there."""
        type(self).number += 1
        waits = state == "submitted"
        with patch.object(PrmDeal, "_must_wait", lambda self: waits):
            deal = self._deal(
                customer_domain=f"state{self.number}.example", submit=state != "draft"
            )
        if state == "info_needed":
            deal.sudo()._ask_info("Why?")
        elif state == "rejected":
            deal.action_reject("No.")
        elif state == "withdrawn":
            deal.sudo()._withdraw("Withdrawn.")
        elif state in deal_states.FOLLOWING:
            deal.sudo()._approve()
            # an hour ago, so that what happened since is evidence for a longer protection
            deal.sudo().decided_on = fields.Datetime.subtract(deal.decided_on, hours=1)
            if state == "won":
                deal.sudo().lead_id.action_set_won()
            elif state == "lost":
                deal.sudo().lead_id.action_set_lost()
            elif state == "expired":
                deal.sudo()._end_protection()
                deal.sudo().write({"state": "expired", "closed_on": fields.Datetime.now()})
        self.assertEqual(deal.state, state)
        return deal

    def test_every_arrow_of_the_table_is_walked_by_somebody(self):
        """And nobody walks where there is no arrow."""
        walked = {(before, after) for (_a, before), after in MANAGER_ONLY.items()} | BY_ITSELF
        for _args, outcome in ACTIONS.values():
            walked |= {(before, after) for before, after in outcome.items() if before != after}
        walked.remove(("draft", "in_review"))  # two steps at once
        walked |= {("draft", "submitted"), ("submitted", "in_review")}
        arrows = {(before, after) for before, some in deal_states.NEXT.items() for after in some}
        self.assertEqual(walked, arrows)

    def test_the_table_knows_every_state(self):
        self.assertEqual(set(deal_states.NEXT), set(self.states))
        for after in deal_states.NEXT.values():
            self.assertLessEqual(set(after), set(self.states))

    def test_every_action_in_every_state_by_every_role(self):
        for state in self.states:
            deal = self._in_state(state)
            if state == "approved":
                deal.sudo()._request_extension("Please.")
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
                if after == before:
                    continue
                steps = ["submitted", after] if before == "draft" else [after]
                for one, other in zip([before, *steps], steps, strict=False):
                    self.assertTrue(deal_states.may_follow(one, other), f"{one} → {other}")

    def test_every_portal_verb_in_every_state(self):
        for state in self.states:
            deal = self._in_state(state)
            for verb, (values, outcome) in PORTAL.items():
                for role in self.everybody:
                    deals = self.env["prm.deal"].with_user(self.everybody[role])
                    after = self._after(outcome, state) if role in SELLERS else None
                    with self.subTest(verb=verb, state=state, role=role):
                        act = getattr(deals, verb)
                        self._try(
                            deal,
                            lambda a=act, v=values, d=deal.id: a(deal_id=d, **v),
                            after,
                            UserError,
                        )

    def _after(self, outcome, state):
        """Where a verb leads from a state; None where it is refused."""
        if outcome == "every" or (state not in outcome and "" in outcome):
            return state
        return outcome.get(state)

    def test_a_rule_is_for_whom_it_names(self):
        """Its group and its delegates approve in every state that allows it, others never."""
        self.env["prm.deal.rule"].create(
            {
                "name": "Managers",
                "group_id": self.env.ref("relationship_crm.group_manager").id,
                "delegate_ids": [(6, 0, self.other_channel.ids)],
            }
        )
        people = {
            "manager": self.users["manager"],
            "delegate": self.other_channel,
            "channel_manager": self.channel,
        }
        allowed = ACTIONS["action_approve"][1]
        for state in self.states:
            deal = self._in_state(state)
            for role, user in people.items():
                after = allowed.get(state) if role != "channel_manager" else None
                with self.subTest(state=state, role=role):
                    self._try(deal, deal.with_user(user).action_approve, after, UserError)

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
