from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: Deals that make a difference to who works on the opportunity.
HOLDING = ("approved", "won")


class CrmLead(models.Model):
    _inherit = "crm.lead"

    prm_deal_ids = fields.One2many(
        "prm.deal", "lead_id", "Deal Registrations", groups="relationship_crm.group_user"
    )

    def write(self, vals):
        """A protected opportunity goes to another partner only as a decision with a reason."""
        if "partner_assigned_id" not in vals:
            return super().write(vals)
        deals = self._prm_deals_of_others(vals["partner_assigned_id"])
        deals._check_reassign()
        res = super().write(vals)
        deals._hand_over()
        return res

    def action_prm_reassign(self, partner_id, reason):
        """Give protected opportunities to another partner, or to none.

        :param int partner_id: the partner, False for none
        :param str reason: why; kept in the chatter of the opportunities and registrations
        :return: True
        :raise UserError: there is no reason
        :raise AccessError: the caller is no manager
        """
        self.check_access("write")
        reason = reason.strip() if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Write why another partner gets this opportunity."))
        partner = self.env["res.partner"].browse(partner_id or []).exists()
        self.with_context(prm_reassign_reason=reason).write({"partner_assigned_id": partner.id})
        return True

    def action_prm_open_reassign(self):
        """Open the dialog that asks for the partner and the reason.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "partner_portal.prm_lead_reassign_action"
        )
        return {**action, "context": {"default_lead_id": self.id}}

    def _prm_deals_of_others(self, partner_id):
        """Protected deals of these opportunities that are not the given partner's."""
        partner = self.env["res.partner"].sudo().browse(partner_id or [])
        return self.sudo().prm_deal_ids.filtered(
            lambda deal: (
                deal.state in HOLDING
                and deal.is_protected
                and deal.partner_id != partner.commercial_partner_id
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_registered(self):
        """A registered deal keeps its opportunity: what becomes of the one is told by the other."""
        deals = self.sudo().prm_deal_ids.filtered(lambda deal: deal.state in HOLDING)
        if deals:
            raise UserError(
                self.env._(
                    "These opportunities belong to deal registrations. Mark them as lost instead:"
                    " %s",
                    deals._names(),
                )
            )

    def _merge_dependences(self, opportunities):
        """Carry the registrations to the lead that stays: the merged ones are deleted."""
        deals = (self | opportunities).sudo().prm_deal_ids
        live = deals.filtered(lambda deal: deal.state in HOLDING)
        if len(live.partner_id) > 1:
            raise UserError(
                self.env._(
                    "These opportunities can't be merged: different partners have registered them"
                    " (%s).",
                    live._names(),
                )
            )
        holder = live.partner_id or self.sudo().partner_assigned_id.commercial_partner_id
        kept = deals.filtered(lambda deal: deal.partner_id == holder)
        # what another partner has lost must not come to life on an opportunity that isn't its own
        (deals - kept)._leave_lead(self)
        kept.write({"lead_id": self.id})
        res = super()._merge_dependences(opportunities)
        kept._follow_lead()
        return res

    def _merge_data(self, fnames=None):
        """The partner whose live registration is merged keeps the opportunity."""
        data = super()._merge_data(fnames)
        deals = self.sudo().prm_deal_ids.filtered(lambda deal: deal.state in HOLDING)
        if deals and "partner_assigned_id" in data:
            data["partner_assigned_id"] = deals.partner_id[:1].id
        return data

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        """Deals follow their opportunity."""
        res = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)
        changed = [
            lead.id
            for lead in self
            if old_status_by_lead.get(lead.id, {}) != new_status_by_lead.get(lead.id, {})
        ]
        if changed:
            self.env["prm.deal"].sudo().search([("lead_id", "in", changed)])._follow_lead()
        return res


class PrmDeal(models.Model):
    """What a change of the assigned partner means for the registration."""

    _inherit = "prm.deal"

    def _check_reassign(self):
        """Refuse to take a protected opportunity from its partner, but for a manager's reason.

        The partner itself may give it up.
        """
        if not self or self._given_up():
            return
        if not self.env.context.get("prm_reassign_reason"):
            raise UserError(
                self.env._(
                    "%s protects this opportunity for its partner. A manager can give it to"
                    " another partner with the button “Reassign”, and tells why.",
                    self._names(),
                )
            )
        if not self.env.user.has_group("relationship_crm.group_manager"):
            raise AccessError(self.env._("Only a manager reassigns a protected opportunity."))

    def _given_up(self):
        """Whether a person who sells for the partner is acting, in the portal."""
        seller = self.env["prm.member"]._portal_member("sales")
        return self.env.user.share and seller.partner_id == self.partner_id

    def _leave_lead(self, lead):
        """Closed registrations whose opportunity was merged into that of another partner."""
        self._log_batch(
            self.env._("The opportunity was merged into %s, of another partner.", lead.display_name)
        )
        self.write({"lead_id": False})

    def _hand_over(self):
        """End the registration whose opportunity another partner works on from now on."""
        if not self:
            return
        reason = self.env.context.get("prm_reassign_reason")
        body = (
            self.env._("The opportunity was reassigned: %s", reason)
            if reason
            else self.env._("The partner gave the opportunity up.")
        )
        self.lead_id._message_log_batch({lead.id: body for lead in self.lead_id})
        self._log_batch(body)
        self._end_protection()
        self.write({"state": "expired", "closed_on": fields.Datetime.now(), "lead_id": False})
        self._update_verdicts()
