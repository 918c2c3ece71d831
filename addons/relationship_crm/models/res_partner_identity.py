from odoo import api, fields, models

#: fields from which keys are made, or that decide whether and for whom they count
WATCHED = frozenset(
    ("email", "vat", "website", "name", "country_id", "parent_id", "company_id", "active")
)


class ResPartner(models.Model):
    _inherit = "res.partner"

    relationship_identity_ids = fields.One2many(
        "relationship.identity",
        "partner_id",
        string="Identity Keys",
        groups="relationship_crm.group_manager,relationship_crm.group_auditor",
    )

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        if partners:
            partners._enqueue_identity()
        return partners

    def write(self, vals):
        changes = not (WATCHED.isdisjoint(vals) and self._identity_phones().isdisjoint(vals))
        done = super().write(vals)
        if changes and self:
            self._enqueue_identity()
        return done

    @api.model
    def _identity_phones(self):
        """Return the names of the fields that hold phone numbers."""
        return set(self._phone_get_number_fields())

    def _enqueue_identity(self):
        """Let the keys of these contacts be brought up to date once this is committed."""
        pairs = [(partner_id, None) for partner_id in self.ids]
        self.env["relationship.queue"]._enqueue("identity", pairs)
