from odoo import fields, models


class PrmDeal(models.Model):
    """What happens to deals, told to the relationship with the partner."""

    _inherit = "prm.deal"

    def _record_event(self, kind):
        """Record an interaction with each deal's partner.

        :param str kind: code of a `relationship.interaction.kind` of this addon
        """
        self.env["relationship.interaction"].sudo()._record(
            [deal._prepare_event_vals(kind) for deal in self]
        )

    def _prepare_event_vals(self, kind):
        """Hook: the interaction for one deal. A deal that is won again after it was reopened is
        told again, therefore the moment is part of the reference."""
        self.ensure_one()
        moment = self.closed_on or self.decided_on or self.submitted_on
        submitted = kind == "deal_submitted" and self.submitted_on
        return {
            "kind": kind,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "contact_id": (self.contact_id or self.partner_id).id,
            "occurred_at": submitted or fields.Datetime.now(),
            "channel": "portal" if self.source == "portal" else False,
            "amount": self.amount,
            "currency_id": self.currency_id.id,
            "res_model": self._name,
            "res_id": self.id,
            "source": "odoo",
            "external_ref": f"prm.deal,{self.id},{kind},{moment:%Y%m%d%H%M%S}",
            "summary": f"{self.name} {self.customer_name}"[:250],
        }
