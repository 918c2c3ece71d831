from odoo import api, fields, models, tools
from odoo.exceptions import UserError

DIRECTIONS = [("in", "From Them to Us"), ("out", "From Us to Them"), ("mutual", "Mutual")]
CLASSES = [
    ("contact", "Communication"),
    ("purchase", "Purchase"),
    ("service", "Service"),
    ("feedback", "Feedback"),
    ("marketing", "Marketing"),
    ("web", "Web"),
]


class RelationshipInteractionKind(models.Model):
    """What can happen between us and a person or company, named by a code that never changes."""

    _name = "relationship.interaction.kind"
    _description = "Interaction Kind"
    _order = "kind_class, code"

    code = fields.Char(
        required=True, help="Other systems and rules name the kind by it; it cannot be changed."
    )
    name = fields.Char(required=True, translate=True)
    direction = fields.Selection(DIRECTIONS, required=True, default="in")
    kind_class = fields.Selection(CLASSES, string="Class", required=True, default="contact")
    by_hand = fields.Boolean(string="Logged by Hand", help="People may write it down themselves.")
    active = fields.Boolean(
        default=True, help="Nothing of an archived kind is recorded from now on; old rows stay."
    )

    _code_unique = models.Constraint("UNIQUE (code)", "This code names another kind already.")
    _code_check = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]*$')",
        "A code is made of small letters, digits and _, and begins with a letter.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        kinds = super().create(vals_list)
        self.env.registry.clear_cache()
        return kinds

    def write(self, vals):
        if "code" in vals and any(kind.code != vals["code"] for kind in self):
            raise UserError(self.env._("The code of a kind cannot be changed."))
        done = super().write(vals)
        if "active" in vals:
            self.env.registry.clear_cache()
        return done

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shipped(self):
        if any(self.get_external_id().values()):
            raise UserError(
                self.env._("A kind that came with an app cannot be deleted. Archive it instead.")
            )

    @api.model
    @tools.ormcache()
    def _id_by_code(self):
        """Return {code: id} of the active kinds, and {code: None} of the archived ones."""
        kinds = self.sudo().with_context(active_test=False).search_fetch([], ["code", "active"])
        return {kind.code: kind.id if kind.active else None for kind in kinds}
