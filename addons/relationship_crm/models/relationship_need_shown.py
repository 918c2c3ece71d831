from collections import defaultdict

from odoo import api, fields, models

from .res_partner import READERS


class RelationshipNeedShown(models.AbstractModel):
    """Mixin of documents with a ``partner_id``: the open needs of their customer beside them."""

    _name = "relationship.need.shown"
    _description = "Document Beside Which Needs Are Shown"

    relationship_need_ids = fields.Many2many(
        "relationship.need",
        string="Customer Needs",
        compute="_compute_relationship_need_ids",
        compute_sudo=False,
        groups=READERS,
    )
    relationship_need_count = fields.Integer(
        string="Number of Needs",
        compute="_compute_relationship_need_ids",
        compute_sudo=False,
        groups=READERS,
    )

    @api.depends("partner_id")
    def _compute_relationship_need_ids(self):
        """Open needs of the customer of each document that the caller may read; one query."""
        needs = self.env["relationship.need"]
        found = defaultdict(lambda: needs)
        customers = self.partner_id.commercial_partner_id
        for need in needs.search([("partner_id", "in", customers.ids), ("state", "=", "open")]):
            found[need.partner_id] |= need
        for document in self:
            document.relationship_need_ids = found[document.partner_id.commercial_partner_id]
            document.relationship_need_count = len(document.relationship_need_ids)

    def action_relationship_needs(self):
        """Open the needs of the customer of this document.

        :return: window action on ``relationship.need``
        """
        self.ensure_one()
        self.check_access("read")
        return self.partner_id.action_relationship_needs()
