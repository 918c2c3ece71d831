from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .relationship_interaction import INTERNAL


class RelationshipInteractionSource(models.Model):
    """Another system that sends events, and the users with whose keys it may do so."""

    _name = "relationship.interaction.source"
    _description = "Event Source"
    _order = "name"

    name = fields.Char(
        required=True, help="What its events give as source, such as shop; it cannot be changed."
    )
    user_ids = fields.Many2many(
        "res.users",
        "relationship_interaction_source_user_rel",
        "source_id",
        "user_id",
        string="Users",
        domain=[("share", "=", False)],
        help="Only with the API key of one of these users may events of this source be sent.",
    )
    trusted = fields.Boolean(
        help="Its events may teach cards, devices and numbers of any other system as keys of a"
        " contact, and count for rules that give value. Others teach only their own numbers,"
        " such as shop:42 for the source shop."
    )
    active = fields.Boolean(default=True)

    _name_unique = models.Constraint("UNIQUE (name)", "There is a source with this name already.")
    _name_check = models.Constraint(
        "CHECK (name ~ '^[a-z0-9][a-z0-9_.-]{0,49}$')",
        "The name of a source has up to 50 small letters, digits, and . _ - between them.",
    )

    @api.constrains("name")
    def _check_name(self):
        """Events of this database itself have a name of their own, as do keys typed by hand."""
        for source in self:
            if source.name in (INTERNAL, "contact", "manual", "merge"):
                raise ValidationError(
                    self.env._("The name %s is taken by this database.", source.name)
                )

    def write(self, vals):
        if any(source.name != vals["name"] for source in self if "name" in vals):
            raise ValidationError(self.env._("The name of a source cannot be changed."))
        return super().write(vals)

    @api.model
    def _of_user(self):
        """Return {name: trusted} of the sources that the caller may send for."""
        found = self.sudo().search_fetch([("user_ids", "=", self.env.uid)], ["name", "trusted"])
        return {source.name: source.trusted for source in found}
