from odoo.tests import Form, tagged

from .common import DealCommon


@tagged("post_install", "-at_install")
class TestDealQuotation(DealCommon):
    def test_quotation_goes_to_the_registered_customer(self):
        """Nobody is asked who the customer is, none is made twice, and the lead shows none."""
        deal = self._deal(submit=True, customer_domain="quoted.example")
        deal.action_approve()
        lead = deal.lead_id.with_user(self.channel)
        before = self.env["res.partner"].search_count([])
        action = lead.action_sale_quotations_new()
        self.assertEqual(action["res_model"], "sale.order")
        with Form(self.env["sale.order"].with_context(**action["context"])) as form:
            form.save()
        order = form.record
        self.assertEqual(order.partner_id, deal.customer_id)
        self.assertEqual(order.opportunity_id, deal.lead_id)
        self.assertEqual(order.prm_partner_id, deal.partner_id)
        self.assertFalse(deal.lead_id.partner_id)
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_other_opportunities_ask_as_before(self):
        lead = self.env["crm.lead"].create({"name": "Walk-in", "type": "opportunity"})
        action = lead.action_sale_quotations_new()
        self.assertEqual(action["res_model"], "crm.quotation.partner")
