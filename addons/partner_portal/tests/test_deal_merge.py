from odoo.tests import tagged

from .common import VAT, DealCommon


@tagged("post_install", "-at_install")
class TestDealMerge(DealCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one, cls.two = cls.env["res.partner"].create(
            [{"name": name, "is_company": True} for name in ("Acme", "Acme Ltd")]
        )

    def _merge(self, source, target):
        self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._update_foreign_keys(source, target)
        self.env.invalidate_all()

    def _keys(self, deal):
        return set(deal.sudo().claim_ids.key_id.mapped("key"))

    def _key_of(self, customer):
        return f"{self.company.id}:customer:{customer.id}"

    def _holder(self, customer):
        """Return the partners whose deals protect a customer."""
        rows = self.env["prm.deal.protection"].search(
            [("customer_id", "=", customer.id), ("live", "=", True)]
        )
        return rows.deal_id.partner_id

    def test_protection_moves_to_the_customer_that_stays(self):
        deal = self._deal(submit=True, customer_vat=VAT, customer_id=self.one.id)
        deal.action_approve()
        self._merge(self.one, self.two)
        self.assertEqual(deal.customer_id, self.two)
        self.assertEqual(self._keys(deal), {self._key_of(self.two), f"{self.company.id}:vat:{VAT}"})
        self.assertEqual(self._holder(self.two), self.alpha)
        self.assertFalse(self._holder(self.one))
        rival = self._deal(self.beta, submit=True, customer_id=self.two.id)
        self.assertEqual(rival.state, "rejected")

    def test_undecided_deals_meet_after_the_merge(self):
        first = self._deal(submit=True, customer_id=self.one.id)
        second = self._deal(self.beta, submit=True, customer_id=self.two.id)
        self.assertFalse(second.competing_deal_ids)
        self._merge(self.one, self.two)
        self.assertEqual(second.competing_deal_ids, first)
        self.assertEqual((first | second).mapped("verdict"), ["other_partner"] * 2)

    def test_the_earlier_of_two_holders_keeps_the_customer(self):
        for source, target in ((self.one, self.two), (self.two, self.one)):
            with self.subTest(source.name), self.env.cr.savepoint() as savepoint:
                first = self._deal(
                    submit=True, customer_domain="a.example", customer_id=self.one.id
                )
                second = self._deal(
                    self.beta, submit=True, customer_domain="b.example", customer_id=self.two.id
                )
                (first | second).action_approve()
                self._merge(source, target)
                self.assertEqual(self._holder(target), self.alpha)
                self.assertIn(self._key_of(target), self._keys(first))
                self.assertFalse(second.is_protected)
                note = second.message_ids[0].body
                self.assertIn(first.name, note)
                self.assertNotIn("merged", first.message_ids[0].body)
                savepoint.rollback()
            self.env.invalidate_all()
