from collections import defaultdict

from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _relationship_holds(self, purpose):
        """An open complaint of a customer holds back what would add insult to injury."""
        holds = super()._relationship_holds(purpose)
        purposes = self.env["relationship.case"]._hold_purposes()
        kinds = [kind for kind, held in purposes.items() if purpose in held]
        if not self or not kinds:
            return holds
        cases = (
            self.env["relationship.case"]
            .sudo()
            .search_fetch(
                [
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("company_id", "=", self.env.company.id),
                    ("state", "!=", "closed"),
                    ("kind", "in", kinds),
                ],
                ["partner_id", "name"],
            )
        )
        reasons = defaultdict(list)
        for case in cases:
            reasons[case.partner_id.id].append(self.env._("Open case: %s", case.name))
        return {
            partner: [*why, *reasons[partner.commercial_partner_id.id]]
            for partner, why in holds.items()
        }
