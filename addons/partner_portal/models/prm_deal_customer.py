from odoo import models
from odoo.tools import SQL

from ..lib import claims

#: Kinds of keys that name one customer, so that who shares one of them shares the customer.
NAMING = ("vat", "customer", "email", "domain")
#: Contacts that are deals' customers, the surest of each first: those to which decided deals with
#: a key that names them are linked, and those that the deals claim.
IN_BASE = """
       SELECT mine.deal_id, partner.commercial_partner_id, 100 AS sure, rival.submit_no
         FROM prm_deal_claim mine
         JOIN prm_claim_key key ON key.id = mine.key_id AND key.kind = ANY(%(naming)s)
         JOIN prm_deal_claim other ON other.key_id = key.id
         JOIN prm_deal rival ON rival.id = other.deal_id
         JOIN res_partner partner ON partner.id = rival.customer_id
        WHERE mine.deal_id = ANY(%(deals)s) AND other.deal_id != mine.deal_id
          -- what names the customer for sure, not a part of its website
          AND mine.weight IS NULL AND other.weight IS NULL
          AND rival.state IN ('approved', 'won', 'lost', 'expired')
    UNION ALL
       SELECT claim.deal_id, partner.commercial_partner_id, claim.weight, NULL
         FROM prm_deal_claim claim
         JOIN prm_claim_key key ON key.id = claim.key_id AND key.kind = 'customer'
         JOIN res_partner partner ON partner.id = split_part(key.key, ':', 3)::int
        WHERE claim.deal_id = ANY(%(deals)s) AND partner.active
     ORDER BY 1, sure DESC, 4 NULLS LAST, 2
"""


class PrmDeal(models.Model):
    """The customer of an approved deal in the base: linked, or created."""

    _inherit = "prm.deal"

    def _link_customers(self):
        """Give each deal its customer, which a protection needs.

        The contact that is as surely the customer as a conflict, by its VAT number, e-mail, domain
        or whatever adds up; else a new company, one for all deals that share a key. All these keys
        are claimed already, so nobody else can be doing the same.
        """
        missing = self.filtered(lambda deal: not deal.customer_id)
        if not missing:
            return
        customers = missing._customers_in_base()
        makers = (missing - self.browse([deal.id for deal in customers]))._makers()
        new = self.browse(dict.fromkeys(maker.id for maker in makers.values()))
        created = dict(zip(new, new._create_customers(), strict=True))
        customers.update({deal: created[maker] for deal, maker in makers.items()})
        linked = missing.with_context(prm_claiming=True).grouped(customers.get)
        for customer, deals in linked.items():
            deals.customer_id = customer
        missing._claim_customers()

    def _customers_in_base(self):
        """The surest contact that these deals claim, and that of earlier decided deals.

        A contact with another VAT number is another company, whatever else they share.

        :return: dict {deal: commercial partner}, without the deals that have none
        """
        self.flush_model(["customer_id", "state", "submit_no"])
        rows = self.env.execute_query(SQL(IN_BASE, naming=list(NAMING), deals=self.ids))
        found = {}
        partners = self.env["res.partner"].browse({partner_id for _deal, partner_id, *_ in rows})
        for deal_id, partner_id, *_how in rows:
            deal, partner = self.browse(deal_id), partners.browse(partner_id)
            vat = claims.compact_vat(partner.vat, partner.country_id.code or "")
            if deal not in found and partner != deal.partner_id and deal._same_vat(vat):
                found[deal] = partner
        return found

    def _makers(self):
        """For which of these deals a customer is created: {deal: that deal, often itself}."""
        first, makers = {}, {}
        for deal in self:
            keys = deal._naming_keys()
            fit = (first[key] for key in keys if key in first)
            makers[deal] = next((one for one in fit if deal._same_vat(one.vat_key)), deal)
            for key in keys:
                first.setdefault(key, makers[deal])
        return makers

    def _naming_keys(self):
        """The keys that name this deal's customer for sure."""
        keys = self._claim_keys().items()
        return [key for (kind, key), sure in keys if sure is None and kind in NAMING]

    def _same_vat(self, vat):
        """Whether another VAT number does not contradict this deal's."""
        return not vat or not self.vat_key or vat == self.vat_key

    def _create_customers(self):
        """Create the companies that these deals are about, one for each deal."""
        quiet = {"tracking_disable": True, "no_vat_validation": True}
        partners = self.env["res.partner"].with_context(**quiet)
        return partners.create([deal._prepare_customer_vals() for deal in self])

    def _prepare_customer_vals(self):
        """Hook: values of the company that is created for an approved deal."""
        self.ensure_one()
        return {
            "name": self.customer_name,
            "is_company": True,
            "vat": self.vat_key or False,
            "website": self.domain_key or False,
            "country_id": self.customer_country_id.id,
        }

    def _claim_customers(self):
        """Claim the customers just linked, beside the keys claimed before."""
        known = self._known_customers()
        self._claim_these({deal: deal._claim_keys(known=known[deal.id]) for deal in self})
