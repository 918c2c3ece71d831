from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models import prm_deal_limits
from .common import VAT, DealCommon

OPERATIONS = ("read", "write", "create", "unlink")
#: model → role → operations it may do (first letters)
MATRIX = {
    "prm.deal": {"user": "r", "channel_manager": "rwcu", "manager": "rwcu", "auditor": "r"},
    "prm.deal.claim": {"user": "r", "channel_manager": "r", "manager": "r", "auditor": "r"},
    "prm.deal.match": {"user": "r", "channel_manager": "r", "manager": "r", "auditor": "r"},
    "prm.deal.protection": {"user": "r", "channel_manager": "r", "manager": "r", "auditor": "r"},
    "prm.member": {"user": "r", "channel_manager": "rwcu", "manager": "rwcu", "auditor": "r"},
    "prm.claim.key": {"channel_manager": "r", "manager": "r", "auditor": "r"},
    "prm.deal.reason": {"user": "r", "channel_manager": "r", "manager": "rwcu", "auditor": "r"},
    "prm.deal.reject": {"channel_manager": "rwc", "manager": "rwc"},
    "prm.deal.ask": {"channel_manager": "rwc", "manager": "rwc"},
    "prm.deal.extend": {"channel_manager": "rwc", "manager": "rwc"},
    "prm.lead.reassign": {"manager": "rwc"},
    "prm.deal.rule": {"user": "r", "channel_manager": "r", "manager": "rwcu", "auditor": "r"},
    "prm.deal.approval": {"user": "r", "channel_manager": "r", "manager": "r", "auditor": "r"},
    "prm.deal.extension": {"user": "r", "channel_manager": "r", "manager": "r", "auditor": "r"},
    "prm.deal.report": {"user": "r", "channel_manager": "r", "manager": "r", "auditor": "r"},
    "prm.deal.import": {"channel_manager": "rwc", "manager": "rwc"},
}
ACTIONS = {
    "action_submit": ("draft", ()),
    "action_approve": ("in_review", ()),
    "action_reject": ("in_review", ("No.",)),
    "action_ask_info": ("in_review", ("Why?",)),
    "action_withdraw": ("in_review", ()),
}


@tagged("post_install", "-at_install")
class TestDealAccess(DealCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.everybody = {
            **cls.users,
            "portal": cls.alpha_user,
            "public": cls.env.ref("base.public_user"),
            "sales": cls.sales_user,
        }

    def test_every_model_is_in_the_table(self):
        models = self.env["ir.model"].search([("model", "=like", "prm.%")]).mapped("model")
        ours = {name for name in models if self.env[name]._original_module == "partner_portal"}
        self.assertEqual(ours, set(MATRIX))

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_matrix(self):
        for model, rights in MATRIX.items():
            for role, user in self.everybody.items():
                found = "".join(
                    operation[0]
                    for operation in OPERATIONS
                    if self.env[model].with_user(user).has_access(operation)
                )
                self.assertEqual(found, rights.get(role, ""), f"{model} for {role}")

    def test_actions(self):
        self.enterContext(patch.object(prm_deal_limits, "DAILY_LIMIT", 0))
        deciders = ("channel_manager", "manager")
        for name, (state, args) in ACTIONS.items():
            for role, user in self.everybody.items():
                vals = {"customer_domain": f"{role}-{name}.example".replace("_", "-")}
                deal = self._deal(submit=state == "in_review", **vals).with_user(user)
                with self.subTest(action=name, role=role):
                    if role in deciders:
                        self.assertTrue(getattr(deal, name)(*args))
                    else:
                        with self.assertRaises(AccessError):
                            getattr(deal, name)(*args)

    def test_another_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "prm_stranger",
            groups="relationship_crm.group_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        deal = self._deal(submit=True, customer_vat=VAT)
        claim = deal.sudo().claim_ids
        for record in (deal, claim, claim.key_id):
            with self.assertRaises(AccessError):
                record.with_user(stranger).check_access("read")
            self.assertNotIn(record, record.with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            deal.with_user(stranger).action_approve()

    def test_a_rival_of_another_company_is_not_shown(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        rival = self._deal(self.beta, submit=True, customer_vat=VAT)
        self.assertEqual(deal.with_user(self.users["user"]).competing_deal_ids, rival)

    def test_internal_users_without_role_open_leads_and_partners(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        deal.action_approve()
        lead = deal.sudo().lead_id
        lead.user_id = self.sales_user
        self.assertTrue(lead.with_user(self.sales_user).web_read({"name": {}}))
        arch = self.env["crm.lead"].with_user(self.sales_user).get_view(view_type="form")["arch"]
        self.assertNotIn("prm_deal_ids", arch)
        arch = self.env["res.partner"].with_user(self.sales_user).get_view(view_type="form")["arch"]
        self.assertNotIn("prm_deal_count", arch)

    def test_portal_users_reach_no_record_by_any_way(self):
        deal = self._deal(submit=True, customer_vat=VAT)
        mine = deal.with_user(self.alpha_user)
        for method in ("read", "write", "unlink", "copy", "message_post", "action_approve"):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(mine, method)(*([{"amount": 1}] if method == "write" else []))
        with self.assertRaises(AccessError):
            self.env["prm.deal"].with_user(self.alpha_user).search([])

    def test_no_state_slips_in_by_the_context(self):
        """What only an action sets is no default that a caller may name."""
        deals = self.env["prm.deal"].with_user(self.users["channel_manager"])
        slipped = deals.with_context(
            default_state="approved", default_submit_no=1, default_source="portal"
        )
        deal = slipped.create({"partner_id": self.alpha.id, "customer_name": "Slipped"})
        self.assertEqual((deal.state, deal.submit_no, deal.source), ("draft", 0, "staff"))
