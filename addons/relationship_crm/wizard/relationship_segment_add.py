from odoo import api, fields, models


class RelationshipSegmentAdd(models.TransientModel):
    """Put customers that were chosen in a list into a segment."""

    _name = "relationship.segment.add"
    _description = "Add to Segment"

    segment_id = fields.Many2one(
        "relationship.segment", required=True, domain=[("kind", "=", "manual")]
    )
    profile_ids = fields.Many2many("relationship.profile", string="Customers", readonly=True)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if self.env.context.get("active_model") == "relationship.profile":
            values["profile_ids"] = [(6, 0, self.env.context.get("active_ids") or [])]
        return values

    def action_add(self):
        """Add those that are not in the segment yet; customers of other companies are left out.

        :return: client action that says how many were added
        """
        self.ensure_one()
        segment = self.segment_id
        own = self.profile_ids.filtered(lambda profile: profile.company_id == segment.company_id)
        new = segment._add_members(own.partner_id)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%s customers added.", len(new)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
