from odoo import api, fields, models


class ResPartner(models.Model):
    """The points of a customer, on the contact."""

    _inherit = "res.partner"

    loyalty_points = fields.Float(
        string="Points",
        digits=(16, 4),
        min_display_digits=2,
        compute="_compute_loyalty_points",
        compute_sudo=True,
        groups="relationship_crm.group_user,relationship_crm.group_auditor",
    )
    loyalty_entry_count = fields.Integer(
        string="Points Entries",
        compute="_compute_loyalty_points",
        compute_sudo=True,
        groups="relationship_crm.group_user,relationship_crm.group_auditor",
    )

    @api.depends_context("allowed_company_ids")
    def _compute_loyalty_points(self):
        """Points on the cards of each contact and its contacts, in the caller's companies."""
        family = self.with_context(active_test=False).search([("id", "child_of", self.ids)])
        rows = self.env["loyalty.ledger.entry"]._read_group(
            [
                ("partner_id", "in", family.ids),
                ("program_id.program_type", "=", "loyalty"),
                ("company_id", "in", [False, *self.env.companies.ids]),
                ("state", "=", "posted"),
            ],
            ["partner_id"],
            ["points:sum", "__count"],
        )
        points, counts = {}, {}
        for owner, total, count in rows:
            above = owner
            while above:
                points[above.id] = points.get(above.id, 0) + total
                counts[above.id] = counts.get(above.id, 0) + count
                above = above.parent_id
        for partner in self:
            partner.loyalty_points = points.get(partner.id, 0)
            partner.loyalty_entry_count = counts.get(partner.id, 0)

    def action_view_loyalty_ledger(self):
        """Open the entries of this contact and its contacts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "loyalty_rewards.loyalty_ledger_entry_action"
        )
        return {**action, "domain": [("partner_id", "child_of", self.id)], "context": {}}
