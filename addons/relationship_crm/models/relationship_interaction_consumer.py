from odoo import fields, models


class RelationshipInteractionConsumer(models.Model):
    """A function of an addon that is called with the interactions of some kinds.

    The method is private, takes a recordset of interactions, and does all it does in the
    transaction it is called in. It is called at least once, and what it did is kept exactly once:
    when it raises or the server dies, all it did in the database is undone and done again later.
    """

    _name = "relationship.interaction.consumer"
    _description = "Interaction Consumer"
    _order = "code"

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    model = fields.Char(required=True)
    res_id = fields.Integer(
        string="Record", help="The record whose method is called; empty for the model itself."
    )
    method = fields.Char(required=True)
    kind_ids = fields.Many2many(
        "relationship.interaction.kind",
        "relationship_interaction_consumer_kind_rel",
        "consumer_id",
        "kind_id",
        string="Kinds",
        help="Empty: all kinds.",
    )
    active = fields.Boolean(default=True)

    _code_unique = models.Constraint("UNIQUE (code)", "This code names another consumer already.")
    _method_check = models.Constraint(
        "CHECK (method LIKE '\\_%')", "The method of a consumer is private: it begins with _."
    )

    def _consume(self, interaction_ids):
        """Call the method of this consumer with these interactions."""
        self.ensure_one()
        target = self.env[self.model].browse(self.res_id or [])
        getattr(target, self.method)(self.env["relationship.interaction"].browse(interaction_ids))
