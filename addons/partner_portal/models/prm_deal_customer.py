from odoo import models
from odoo.tools import SQL


class PrmDeal(models.Model):
    """The customer of an approved deal in the base: linked, or created."""

    _inherit = "prm.deal"

    def _link_customers(self):
        """Give each deal its customer, which a protection needs.

        Deals that share a strong key share the customer: that of an earlier approved deal, or a
        new company. Their keys are claimed already, so nobody else can be doing the same.
        """
        missing = self.filtered(lambda deal: not deal.customer_id)
        keys = {deal: [key for _kind, key in deal._strong_keys()] for deal in missing}
        known = missing._customers_by_key()
        makers = {}  # key → the deal for which its customer is created
        for deal in missing:
            if not any(key in known for key in keys[deal]):
                maker = next((makers[key] for key in keys[deal] if key in makers), deal)
                makers.update(dict.fromkeys(keys[deal], maker))
        new = self.browse(dict.fromkeys(maker.id for maker in makers.values()))
        created = dict(zip(new, new._create_customers(), strict=True))
        known.update({key: created[maker] for key, maker in makers.items()})
        of_customer = missing.with_context(prm_claiming=True).grouped(
            lambda deal: next(known[key] for key in keys[deal] if key in known)
        )
        for customer, deals in of_customer.items():
            deals.customer_id = customer
        missing._claim_customers()

    def _customers_by_key(self):
        """Customers to which earlier decided deals with these deals' keys are linked.

        :return: dict {key: commercial partner}
        """
        self.flush_model(["customer_id", "state", "submit_no"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (key.key) key.key, partner.commercial_partner_id
                  FROM prm_deal_claim mine
                  JOIN prm_claim_key key ON key.id = mine.key_id
                  JOIN prm_deal_claim other ON other.key_id = key.id
                  JOIN prm_deal rival ON rival.id = other.deal_id
                  JOIN res_partner partner ON partner.id = rival.customer_id
                 WHERE mine.deal_id = ANY(%s)
                   -- what names the other's customer for sure, not a part of its website
                   AND other.weight IS NULL AND key.kind IN ('vat', 'domain', 'customer')
                   AND rival.state IN ('approved', 'won', 'lost', 'expired')
              ORDER BY key.key, rival.submit_no
                """,
                self.ids,
            )
        )
        return {key: self.env["res.partner"].browse(partner) for key, partner in rows}

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
        keys = {deal: deal._claim_keys(known=known[deal.id]) for deal in self}
        for company, deals in sorted(self.grouped("company_id").items(), key=lambda kv: kv[0].id):
            pairs = {pair for deal in deals for pair in keys[deal]}
            ids = self.env["prm.claim.key"]._bump(pairs, company)
            deals._write_claims(
                {deal.id: {ids[key]: sure for (_kind, key), sure in keys[deal].items()}
                 for deal in deals}
            )  # fmt: skip
