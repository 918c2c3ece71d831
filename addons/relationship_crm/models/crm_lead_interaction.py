from odoo import fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _handle_won_lost(self, old_status_by_lead, new_status_by_lead):
        done = super()._handle_won_lost(old_status_by_lead, new_status_by_lead)
        events = [
            lead._prepare_interaction(state)
            for lead in self.filtered(lambda lead: lead.type == "opportunity" and lead.partner_id)
            for state in ("won", "lost")
            if new_status_by_lead.get(lead.id, {}).get(f"is_{state}")
            and not old_status_by_lead.get(lead.id, {}).get(f"is_{state}")
        ]
        self.env["relationship.interaction"]._record(events)
        return done

    def _prepare_interaction(self, state):
        """Return what is recorded of this opportunity, now won or lost.

        The moment is part of the reference: won again after it was reopened is a new event.
        """
        self.ensure_one()
        moment = fields.Datetime.now()
        company = self.company_id or self.env.company
        return {
            "kind": f"opportunity_{state}",
            "contact_id": self.partner_id.id,
            "company_id": company.id,
            "occurred_at": moment,
            "amount": self.expected_revenue,
            "currency_id": company.currency_id.id,
            "res_model": self._name,
            "res_id": self.id,
            "external_ref": f"crm.lead,{self.id},{state},{int(moment.timestamp())}",
            "summary": self.name,
        }
