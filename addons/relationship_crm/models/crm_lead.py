from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from .res_partner import READERS


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "relationship.need.shown"]

    relationship_stakeholder_ids = fields.Many2many(
        "res.partner",
        string="Stakeholders",
        compute="_compute_relationship_stakeholder_ids",
        groups=READERS,
        help="The contact of the opportunity and the contacts of the customer that have a role.",
    )

    @api.depends("partner_id")
    def _compute_relationship_stakeholder_ids(self):
        """Who has a say on the customer's side; one query for all opportunities."""
        customers = self.partner_id.commercial_partner_id
        people = self.env["res.partner"].search(
            Domain("commercial_partner_id", "in", customers.ids)
            & (
                Domain("relationship_role_ids", "!=", False)
                | Domain("id", "in", self.partner_id.ids)
            )
        )
        found = defaultdict(people.browse)
        for person in people:
            found[person.commercial_partner_id] |= person
        for lead in self:
            own = found[lead.partner_id.commercial_partner_id]
            lead.relationship_stakeholder_ids = own.filtered(
                lambda person, lead=lead: person.relationship_role_ids or person == lead.partner_id
            )
