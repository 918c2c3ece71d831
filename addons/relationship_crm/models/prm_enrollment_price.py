from collections import defaultdict

from odoo import api, models


class PrmEnrollment(models.Model):
    """The pricelist of a tier, for each company of the program."""

    _inherit = "prm.enrollment"

    @api.model
    def _tier_prices(self, partners=None):
        """Tier that prices each partner in each company.

        It is that of an active enrollment in that very company, else of one whose program the
        company runs; of several the program that comes first.

        :return: dict of (partner, company) → tier, for those that have one
        """
        partners = self.partner_id if partners is None else partners
        if not partners:
            return {}
        found = self.sudo().search(
            [
                ("partner_id", "in", partners.ids),
                ("state", "=", "active"),
                ("grade_id", "!=", False),
            ]
        )
        every = self.env["res.company"].sudo().search([("active", "=", True)]) if found else ()
        ranked = defaultdict(list)
        for one in found:
            for company in one.program_id.company_ids or every:
                rank = one._rank_for_price(company)
                ranked[one.partner_id, company].append((rank, one.grade_id))
        return {key: min(some, key=lambda pair: pair[0])[1] for key, some in ranked.items()}

    def _rank_for_price(self, company):
        """The lowest prices: an enrollment in this very company, the program that comes first."""
        self.ensure_one()
        program = self.program_id
        return (self.company_id != company, program.sequence, program.id, self.id)

    @api.model
    def _apply_prices(self, former, partners=None):
        """Give partners the pricelist of the tier that prices them now.

        Where the tier has none, that of the former tier goes if it is still the one set.

        :param dict former: what :meth:`_tier_prices` gave before the change
        """
        now = self._tier_prices(partners)
        wanted = defaultdict(lambda: self.env["res.partner"].sudo())
        for key in former | now:
            if former.get(key) == now.get(key):
                continue
            partner, company = key
            before = self._pricelist_of(former.get(key), company)
            after = self._pricelist_of(now.get(key), company)
            current = partner.sudo().with_company(company).specific_property_product_pricelist
            if current != after and (after or current == before):
                wanted[company, after] |= partner
        for (company, pricelist), those in wanted.items():
            those.with_company(company).write({"specific_property_product_pricelist": pricelist.id})

    @api.model
    def _pricelist_of(self, tier, company):
        """Pricelist of a tier (or None) that this company may use."""
        pricelist = self.env["product.pricelist"].sudo()
        found = tier.sudo().default_pricelist_id if tier else pricelist
        return found if not found.company_id or found.company_id == company else pricelist
