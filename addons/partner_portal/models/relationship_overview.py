from odoo import api, models


class RelationshipOverview(models.AbstractModel):
    _inherit = "relationship.overview"

    @api.model
    def _overview_steps(self):
        _ = self.env._
        shared = {
            "area": _("Partner portal"),
            "model": "prm.deal",
            "action": "partner_portal.prm_deal_action",
        }
        return [
            *super()._overview_steps(),
            self._overview_step(
                "deal_register",
                sequence=110,
                title=_("Register a first deal"),
                text=_(
                    "A partner does it in the portal under My account; you can do it for them, or"
                    " import a file."
                ),
                domain=[],
                count_label=_("Deal registrations"),
                **shared,
            ),
            self._overview_step(
                "deal_decide",
                sequence=120,
                title=_("Decide your partners' deals"),
                text=_("Approve a registration to protect the customer and open its opportunity."),
                domain=[("state", "in", ("approved", "rejected"))],
                count_label=_("Decided"),
                **shared,
            ),
        ]
