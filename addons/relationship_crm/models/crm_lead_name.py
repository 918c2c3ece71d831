from odoo import api, fields, models

from ..lib import keys
from ..lib.public_suffix import registrable_domain

#: fields that decide by which name an opportunity is found
WATCHED = frozenset(("partner_name", "partner_id", "country_id"))


class CrmLead(models.Model):
    """By what the customer of an opportunity is recognised before there is a contact."""

    _inherit = "crm.lead"

    relationship_domain = fields.Char(
        "Internet Domain",
        compute="_compute_relationship_domain",
        store=True,
        index="btree_not_null",
        help="The domain that the customer's website belongs to, or the e-mail address.",
    )

    @api.depends("website", "email_from")
    def _compute_relationship_domain(self):
        for lead in self:
            texts = (lead.website, *keys.normal_emails(lead.email_from))
            hosts = [host for host in map(keys.domain_of, texts) if not keys.is_shared_host(host)]
            lead.relationship_domain = next(filter(None, map(registrable_domain, hosts)), False)

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads.filtered(lambda lead: lead.partner_name and not lead.partner_id)._name_later()
        return leads

    def write(self, vals):
        done = super().write(vals)
        if not WATCHED.isdisjoint(vals):
            self._name_later()
        return done

    def _name_later(self):
        """Let the words of these opportunities' names be written when this is committed."""
        if not self.ids:
            return
        waiting = self.env.cr.precommit.data.setdefault("relationship.lead.names", set())
        if not waiting:
            self.env.cr.precommit.add(self.env(su=True)[self._name]._write_waiting_names)
        waiting.update(self.ids)

    @api.model
    def _write_waiting_names(self):
        """Write the words of names of the opportunities that wait in this transaction."""
        ids = self.env.cr.precommit.data.pop("relationship.lead.names", set())
        leads = self.browse(sorted(ids)).exists()
        name_of = {
            lead.id: (lead.partner_name, lead.country_id.code)
            for lead in leads
            if lead.partner_name and not lead.partner_id
        }
        self.env["relationship.name.token"]._write_names("lead", name_of, leads.ids)
