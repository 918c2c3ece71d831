from odoo import api, models


class RelationshipIdentity(models.Model):
    """The words of names are brought up to date with the identity keys, by the same queue."""

    _inherit = "relationship.identity"

    @api.model
    def _bring_up_to_date(self, partners):
        res = super()._bring_up_to_date(partners)
        self.env["relationship.name.token"]._follow_partners(partners)
        return res


class RelationshipNameToken(models.Model):
    _inherit = "relationship.name.token"

    @api.model
    def _follow_partners(self, partners):
        """Write the words of these contacts' names: companies and persons who belong to none."""
        heads = partners.filtered(lambda p: p.active and p.commercial_partner_id == p)
        name_of = {head.id: (head.name, head.country_id.code) for head in heads}
        self._write_names("partner", name_of, partners.ids)

    @api.model
    def _begin(self):
        """Let the words of all names be written where there are none yet: at each update."""
        if not self.sudo().search_count([], limit=1):
            queue = self.env["relationship.queue"].sudo()
            if not queue.search_count([("topic", "=", "identity")], limit=1):
                self.env["relationship.identity"]._enqueue_everybody()
            leads = self.env["crm.lead"].sudo().with_context(active_test=False)
            leads.search([("partner_id", "=", False), ("partner_name", "!=", False)])._name_later()
