from odoo import api, models
from odoo.tools import SQL


class PrmDeal(models.Model):
    """What a merge of customers means for the registrations that claim them."""

    _inherit = "prm.deal"

    @api.model
    def _merge_partners(self, src_partners, dst_partner):
        """Let the registrations of a merged customer claim the one that stays, once it has them."""
        deals = self.with_context(active_test=False).search(
            [("customer_id", "child_of", src_partners.ids)]
        )
        return deals._follow_merged_customer if deals else None

    def _follow_merged_customer(self):
        """Claim the surviving customer in place of the merged one.

        Where two partners hold the two customers, the deal submitted first keeps the claim on the
        one that is left; the other deal keeps its other keys, and a note asks staff to settle it.
        """
        approved = self.filtered(lambda deal: deal.state == "approved").sorted("submit_no")
        for deal in approved:
            deal._hold_merged_customer()
        self.filtered(lambda deal: deal.state == "submitted")._reclaim()

    def _hold_merged_customer(self):
        """Hold the surviving customer for this approved deal, if no earlier deal does."""
        self.ensure_one()
        former = self.claim_ids.key_id.filtered(lambda key: key.kind == "customer")
        self._drop_customer_claims(former)
        wanted = [pair for pair in self._strong_keys() if pair[0] == "customer"]
        ids = self.env["prm.claim.key"]._bump(wanted, self.company_id)
        key = self.env["prm.claim.key"].browse(ids.values())
        key.invalidate_recordset(["holder_id"], flush=False)
        rivals = self._holding_rivals(key)
        earlier = rivals.filtered(lambda deal: deal.submit_no < self.submit_no)
        if earlier:
            self._note_lost_customer(earlier[0])
            return
        rivals._drop_customer_claims(key)
        for rival in rivals:
            rival._note_lost_customer(self)
        self._write_claims({self.id: [*self.claim_ids.key_id.ids, *key.ids]})
        self._hold_keys()

    def _holding_rivals(self, key):
        """The approved deals of other partners that hold this key, first come first."""
        claims = self.env["prm.deal.claim"].search(
            [("key_id", "in", key.ids), ("holder_id", "!=", False)]
        )
        rivals = claims.deal_id.filtered(lambda deal: deal.partner_id != self.partner_id)
        return rivals.sorted("submit_no")

    def _drop_customer_claims(self, keys):
        """Take these keys from these deals; a key that nobody holds any more is free."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM prm_deal_claim
                      WHERE deal_id = ANY(%(deals)s) AND key_id = ANY(%(keys)s);
                UPDATE prm_claim_key key SET holder_id = NULL
                 WHERE id = ANY(%(keys)s)
                   AND NOT EXISTS (SELECT FROM prm_deal_claim other
                                    WHERE other.key_id = key.id AND other.holder_id IS NOT NULL)
                """,
                deals=self.ids,
                keys=keys.ids,
            )
        )
        self.env.invalidate_all(flush=False)

    def _note_lost_customer(self, holder):
        """Tell staff that another partner's earlier deal holds the merged customer."""
        self.ensure_one()
        self._message_log(
            body=self.env._(
                "Its customer was merged with that of %(deal)s of %(partner)s, which was submitted"
                " earlier and keeps the customer. Settle this between the two partners.",
                deal=holder.name,
                partner=holder.partner_id.display_name,
            )
        )
