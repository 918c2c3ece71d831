from odoo import api, fields, models


class PrmDealExtend(models.TransientModel):
    """The dialog that extends a protection, or refuses the partner's request."""

    _name = "prm.deal.extend"
    _description = "Extend a Protection"

    deal_id = fields.Many2one("prm.deal", "Deal Registration", required=True)
    requested = fields.Boolean(compute="_compute_request")
    request = fields.Text("The Partner's Words", compute="_compute_request")
    evidence = fields.Text("What Happened", compute="_compute_request")
    reason = fields.Text(help="For a refusal: the partner reads this.")

    @api.depends("deal_id")
    def _compute_request(self):
        for wizard in self:
            deal = wizard.deal_id
            asked = deal.extension_ids.filtered(lambda one: one.state == "requested")
            wizard.requested = bool(asked)
            wizard.request = asked.reason
            wizard.evidence = "\n".join(deal.sudo()._extension_evidence()) if deal else False

    def action_confirm(self):
        """Extend the protection.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        self.deal_id.action_extend(self.reason)
        return {"type": "ir.actions.act_window_close"}

    def action_refuse(self):
        """Refuse the partner's request.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        self.deal_id.action_refuse_extension(self.reason)
        return {"type": "ir.actions.act_window_close"}
