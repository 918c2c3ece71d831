from odoo import fields, models
from odoo.tools import plaintext2html


class PrmDeal(models.Model):
    """The opportunity of an approved registration."""

    _inherit = "prm.deal"

    def _create_leads(self):
        """Create and link the opportunities of approved deals, all at once.

        One note tells where each comes from, in place of core's message and mail per lead, which
        would cost some twenty queries each.
        """
        deals = self.filtered(lambda deal: not deal.lead_id)
        quiet = {"mail_create_nolog": True, "mail_auto_subscribe_no_notify": True}
        leads = self.env["crm.lead"].with_context(**quiet)
        leads = leads.create([deal._prepare_lead_vals() for deal in deals])
        origins = {}
        for deal, lead in zip(deals, leads, strict=True):
            deal.write({"lead_id": lead.id})
            origins[lead.id] = self.env._("Opened by the deal registration %s.", deal.name)
        leads._message_log_batch(origins)

    def _prepare_lead_vals(self):
        """Hook: values of the opportunity of one approved deal.

        Only what the partner typed, never the linked customer: core shows the customer's contact
        data to the assigned partner in the portal, and lets it change them.
        """
        self.ensure_one()
        salesperson = self.partner_id.user_id
        return {
            "type": "opportunity",
            "name": f"{self.customer_name} ({self.name})",
            "company_id": self.company_id.id,
            "partner_name": self.customer_name,
            "website": self.domain_key or False,
            "country_id": self.customer_country_id.id,
            "partner_assigned_id": self.partner_id.id,
            "user_id": self.company_id in salesperson.company_ids and salesperson.id,
            "expected_revenue": self._amount_in_company_currency(),
            "date_deadline": self.expected_close,
            "description": plaintext2html(self.description or ""),
            "referred": self.name,
        }

    def _amount_in_company_currency(self):
        """The expected amount at the rate of the day of submission, in the company's currency.

        The day is that of the company's time zone, or of the partner's, or of the caller's.
        """
        zone = self.company_id.partner_id.tz or self.partner_id.tz or self.env.context.get("tz")
        moment = self.submitted_on or self.create_date
        day = fields.Datetime.context_timestamp(self.with_context(tz=zone), moment).date()
        return self.currency_id._convert(
            self.amount, self.company_id.currency_id, self.company_id, day
        )

    def action_open_lead(self):
        """Open the opportunity of this registration.

        :return: a window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.lead",
            "view_mode": "form",
            "res_id": self.lead_id.id,
        }
