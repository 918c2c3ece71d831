from itertools import product

from odoo import api, fields, models

from ..lib.consent import Said, refusals
from .relationship_consent import PURPOSES

#: least wanted first
INTENSITIES = ("none", "basic", "full")


class RelationshipConsent(models.Model):
    _inherit = "relationship.consent"

    @api.model
    def _merge_partners(self, src, dst):
        """Two records of a person become one: what one of them refuses stays refused.

        :param src: partners that end; :param dst: the partner that stays
        """
        everybody = src | dst
        rows = self.search([("contact_id", "in", everybody.ids)])
        if rows:
            companies = (
                self.env["res.company"].search([("active", "=", True)])
                if rows.company_id
                else [self.env["res.company"]]
            )
            self.create(
                [
                    self._prepare_stricter(dst, company, purpose, channel)
                    for company, (purpose, _label) in product(companies, PURPOSES)
                    for channel in refusals(
                        rows._said(partner, company, purpose) for partner in everybody
                    )
                ]
            )
        self._merge_intensity(everybody, dst)

    def _said(self, partner, company, purpose):
        """Rows of a partner about a purpose that count for a company, as plain values."""
        return [
            Said(row.date, row.id, row.channel or None, row.state)
            for row in self
            if row.contact_id == partner
            and row.purpose == purpose
            and (not row.company_id or row.company_id == company)
        ]

    @api.model
    def _prepare_stricter(self, partner, company, purpose, channel):
        return {
            "contact_id": partner.id,
            "company_id": company.id,
            "purpose": purpose,
            "channel": channel,
            "state": "refused",
            "date": fields.Datetime.now(),
            "source": self.env._("Contacts merged"),
            "proof": self.env._("One of the merged contacts had refused; the stricter counts."),
        }

    @api.model
    def _merge_intensity(self, everybody, dst):
        """Keep the least contact that one of them wanted."""
        wanted = [one for one in INTENSITIES if one in everybody.mapped("relationship_intensity")]
        if wanted and dst.relationship_intensity != wanted[0]:
            dst.relationship_intensity = wanted[0]
