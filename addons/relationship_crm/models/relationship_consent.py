from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

PURPOSES = [
    ("marketing", "Marketing"),
    ("survey", "Surveys"),
    ("profiling", "Profiling"),
    ("loyalty", "Loyalty Program"),
    ("partner_program", "Partner Program"),
]
CHANNELS = [
    ("email", "Email"),
    ("phone", "Phone"),
    ("sms", "SMS"),
    ("post", "Letter"),
    ("chat", "Chat"),
    ("portal", "Portal"),
]


class RelationshipConsent(models.Model):
    """What a person agreed to or refused, once said never changed: the newest row counts."""

    _name = "relationship.consent"
    _description = "Consent"
    _order = "date desc, id desc"
    _rec_name = "contact_id"

    contact_id = fields.Many2one("res.partner", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        ondelete="cascade",
        index=True,
        help="Empty: said to every company.",
    )
    purpose = fields.Selection(PURPOSES, required=True)
    channel = fields.Selection(CHANNELS, help="Empty: every channel.")
    state = fields.Selection(
        [("granted", "Granted"), ("refused", "Refused"), ("withdrawn", "Withdrawn")], required=True
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    source = fields.Char(
        required=True,
        default=lambda self: self.env._("Entered by hand"),
        help="Where the person said so: a form, a call, a signed paper.",
    )
    proof = fields.Text(help="Words, address or document that show it.")
    attachment_id = fields.Many2one(
        "ir.attachment", string="Document", ondelete="restrict", index="btree_not_null"
    )

    _newest_idx = models.Index("(contact_id, purpose, date DESC, id DESC)")

    @api.constrains("date")
    def _check_date(self):
        if any(row.date > fields.Datetime.now() for row in self):
            raise ValidationError(self.env._("What a person said lies in the past."))

    def write(self, vals):
        if self and vals:
            raise UserError(
                self.env._("What a person said is not edited. Record what they said since.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("What a person said is not deleted. Record what they said since.")
        )
