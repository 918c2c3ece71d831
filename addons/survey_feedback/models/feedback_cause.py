from odoo import api, fields, models


class FeedbackCause(models.Model):
    """Why something went wrong: a tree, from the field to the thing itself."""

    _name = "feedback.cause"
    _description = "Root Cause"
    _order = "complete_name, id"
    _rec_name = "complete_name"
    _parent_store = True

    name = fields.Char(required=True, translate=True)
    parent_id = fields.Many2one(
        "feedback.cause", string="Part Of", ondelete="restrict", index="btree_not_null"
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("feedback.cause", "parent_id", string="Causes")
    complete_name = fields.Char(
        string="Root Cause", compute="_compute_complete_name", recursive=True, store=True
    )
    active = fields.Boolean(default=True)

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for cause in self:
            above = cause.parent_id.complete_name
            cause.complete_name = f"{above} / {cause.name}" if above else cause.name
