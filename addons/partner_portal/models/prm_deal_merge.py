from odoo import api, models

from ..lib.deal_states import FOLLOWING, UNDECIDED


class PrmDeal(models.Model):
    """What a merge of customers means for the registrations that claim them.

    Their protections are carried over by `prm.deal.protection`.
    """

    _inherit = "prm.deal"

    @api.model
    def _merge_partners(self, src_partners, dst_partner):
        """Let the registrations of a merged customer claim the one that stays, once it has them."""
        deals = self.search([("customer_id", "child_of", src_partners.ids)])
        return deals._follow_merged_customer if deals else None

    def _follow_merged_customer(self):
        """Claim the surviving customer in place of the merged one, and look at the rivals anew."""
        self.filtered(lambda deal: deal.state in FOLLOWING)._claim_customers()
        self.filtered(lambda deal: deal.state in UNDECIDED)._reclaim()

    def _note_lost_customer(self, holder):
        """Tell staff that another partner's earlier deal protects the merged customer."""
        self.ensure_one()
        self._message_log(
            body=self.env._(
                "Its customer was merged with that of %(deal)s of %(partner)s, which was submitted"
                " earlier and keeps the customer. Settle this between the two partners.",
                deal=holder.name,
                partner=holder.partner_id.display_name,
            )
        )
