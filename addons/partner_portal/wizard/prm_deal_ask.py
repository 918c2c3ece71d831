from odoo import fields, models


class PrmDealAsk(models.TransientModel):
    """The dialog that asks partners for what is missing in their deal registrations."""

    _name = "prm.deal.ask"
    _description = "Ask for Information"

    deal_ids = fields.Many2many("prm.deal", string="Deal Registrations", required=True)
    question = fields.Text(
        "Question to the Partner",
        required=True,
        help="The partner reads this by e-mail and in the portal.",
    )

    def action_confirm(self):
        """Send the question.

        :return: an action that closes the dialog
        """
        self.ensure_one()
        self.deal_ids.action_ask_info(self.question)
        return {"type": "ir.actions.act_window_close"}
