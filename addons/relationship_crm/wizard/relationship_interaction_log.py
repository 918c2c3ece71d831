from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..models.relationship_interaction import CHANNELS

#: usual channel of the shipped kinds
USUAL = {"call": "phone", "visit": "in_person", "letter": "post"}


class RelationshipInteractionLog(models.TransientModel):
    """Write down a call, visit or letter."""

    _name = "relationship.interaction.log"
    _description = "Log an Interaction"

    partner_id = fields.Many2one("res.partner", string="With", required=True)
    kind_id = fields.Many2one(
        "relationship.interaction.kind",
        string="What",
        required=True,
        domain=[("by_hand", "=", True)],
        default=lambda self: self._default_kind(),
    )
    channel = fields.Selection(
        CHANNELS, compute="_compute_channel", store=True, readonly=False, precompute=True
    )
    occurred_at = fields.Datetime(string="When", required=True, default=fields.Datetime.now)
    summary = fields.Char(size=250)
    note = fields.Text()

    @api.model
    def _default_kind(self):
        return self.env.ref("relationship_crm.relationship_interaction_kind_call", False)

    @api.depends("kind_id")
    def _compute_channel(self):
        for log in self:
            log.channel = USUAL.get(log.kind_id.code) or log.channel

    @api.constrains("kind_id")
    def _check_kind(self):
        if not all(self.sudo().kind_id.mapped("by_hand")):
            raise ValidationError(self.env._("This kind of interaction is not logged by hand."))

    @api.constrains("note")
    def _check_note(self):
        if any(len(log.note or "") > 8000 for log in self):
            raise ValidationError(self.env._("A note has at most 8000 characters."))

    def action_log(self):
        """Record what is written here, once however often it is called.

        :return: an action that closes the dialog
        :raise AccessError: unless the user may read the contact
        :raise ValidationError: for a time in the future
        """
        self.check_access("read")
        self.partner_id.check_access("read")
        self.env["relationship.interaction"].sudo()._insert(
            [log._prepare_interaction() for log in self]
        )
        return {"type": "ir.actions.act_window_close"}

    def _prepare_interaction(self):
        """Return what is recorded: an event, once for this log."""
        self.ensure_one()
        return {
            "kind_id": self.kind_id.id,
            "contact_id": self.partner_id.id,
            "company_id": self.env.company.id,
            "occurred_at": self.occurred_at,
            "channel": self.channel,
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "external_ref": f"{self._name},{self.id}",
            "payload": {
                "user_id": self.env.uid,
                "by": self.env.user.name,
                "note": self.note or "",
            },
            "summary": self.summary,
        }
