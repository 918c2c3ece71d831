from odoo import fields, models

from .relationship_consent import PURPOSES


class RelationshipConsentDefault(models.Model):
    """What counts for a purpose while a person has said nothing."""

    _name = "relationship.consent.default"
    _description = "Consent Default"
    _order = "purpose, country_id, id"
    _rec_name = "purpose"

    purpose = fields.Selection(PURPOSES, required=True)
    country_id = fields.Many2one(
        "res.country", ondelete="cascade", index=True, help="Empty: every other country."
    )
    rule = fields.Selection(
        [
            ("opt_in", "Only With Consent"),
            ("customer", "Customers, Unless Refused"),
            ("allowed", "Everybody, Unless Refused"),
        ],
        required=True,
        default="opt_in",
    )

    _purpose_country_unique = models.UniqueIndex(
        "(purpose, coalesce(country_id, 0))", "A purpose has one default for each country."
    )
