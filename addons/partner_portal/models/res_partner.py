from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    prm_deal_count = fields.Integer(
        "Deal Registrations",
        compute="_compute_prm_deal_count",
        groups="relationship_crm.group_user,relationship_crm.group_auditor",
    )

    def _compute_prm_deal_count(self):
        counts = dict(
            self.env["prm.deal"]._read_group(
                [("partner_id", "in", self.commercial_partner_id.ids)],
                ["partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.prm_deal_count = counts.get(partner.commercial_partner_id, 0)

    def action_prm_deals(self):
        """Open the deal registrations of this partner.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_portal.prm_deal_action")
        partner = self.commercial_partner_id
        return {
            **action,
            "domain": [("partner_id", "=", partner.id)],
            "context": {"default_partner_id": partner.id},
        }
