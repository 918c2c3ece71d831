from odoo import api, models

TEAM = ("sales_user_id", "marketing_user_id", "service_user_id", "finance_user_id")


class RelationshipProfile(models.Model):
    _inherit = "relationship.profile"

    @api.model
    def _merge_partners(self, src, dst):
        """Two customers become one: what people set is kept, the rest is computed again.

        :param src: partners that end; :param dst: the partner that stays
        """
        dst = dst.commercial_partner_id
        profiles = self.search([("partner_id", "in", (src | dst).ids)])
        for company in profiles.company_id:
            own = profiles.filtered(lambda profile, company=company: profile.company_id == company)
            kept = own.filtered(lambda profile: profile.partner_id == dst) or own.sorted("id")[:1]
            kept.write(kept._prepare_merged(own - kept))
            (own - kept).unlink()
            if kept.partner_id != dst:
                kept.write({"partner_id": dst.id})
        self._touch({(dst.id, None)})

    def _prepare_merged(self, others):
        """What the profile that stays takes over: its own choice first, the further stage."""
        every = self | others.sorted("id")
        vals = {name: every.mapped(name)[:1].id for name in TEAM}
        fixed = every.filtered("stage_fixed")[:1]
        staged = every.filtered("stage_id")
        further = staged.sorted(lambda profile: -profile.stage_id.sequence)[:1]
        chosen = fixed or further
        if chosen:
            vals |= {
                "stage_id": chosen.stage_id.id,
                "stage_since": chosen.stage_since,
                "stage_fixed": chosen.stage_fixed,
            }
        named = every.filtered("kind_fixed")[:1]
        if named:
            vals |= {"kind": named.kind, "kind_fixed": True}
        return vals
