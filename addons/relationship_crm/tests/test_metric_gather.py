"""Orders read once for many partners give what each source finds by itself."""

from unittest.mock import patch

from odoo.tests import tagged

from ..models import relationship_metric_gather as gather
from .tier_common import TierCommon

CODES = ("sold_revenue_ordered", "sold_orders", "sold_products", "orders", "revenue_ordered")


@tagged("post_install", "-at_install")
class TestMetricGather(TierCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ones = cls.enroll("One", cls.gold) | cls.enroll("Two") | cls.enroll("None")
        for days, amount in ((3, 100), (40, 30), (200, 7), (500, 1000)):
            cls.sell(cls.ones[0], amount, days)
            cls.order(cls.ones[0].partner_id, days + 1, amount * 2)
            cls.order(cls.ones[1].partner_id, days, amount * 5)
        # bought by one through the other, and by one through itself
        cls.order(cls.ones[0].partner_id, 5, 9, prm_partner_id=cls.ones[1].partner_id.id)
        cls.order(cls.ones[1].partner_id, 6, 11, prm_partner_id=cls.ones[1].partner_id.id)
        for length in (1, 12, 24):
            for code in CODES:
                cls.criterion(cls.gold, code, 50, window_length=length)
        cls.criterion(cls.gold, "days_since_purchase", 30, operator="<=")
        cls.criterion(cls.gold, "tenure_days", 30)
        cls.criterion(
            cls.gold, "sold_orders", 1, compare_to="times_lag", window_length=3, compare_lag=3
        )

    def found(self, many, **context):
        criteria = self.gold.prm_criterion_ids.with_context(**context).sudo()
        with patch.object(gather, "MANY", many):
            return criteria._evaluate(self.ones.partner_id.ids, self.company, self.today)

    def test_the_same_values(self):
        alone, together = self.found(10**9), self.found(1)
        self.assertEqual(together, alone)
        self.env.cr.execute("SELECT count(*) FROM relationship_gathered_order")
        self.assertEqual(self.env.cr.fetchone()[0], 4 + 4 + 4 + 2 + 1, "it was used")
        values = {value for value, _threshold, _met in alone[self.ones[0].partner_id.id].values()}
        self.assertGreater(len(values), 8, "and there was something to compare")

    def test_gathered_anew_for_other_partners(self):
        self.found(1)
        self.order(self.ones[2].partner_id, 2, 77)
        self.assertEqual(self.found(1), self.found(10**9))

    def test_nobody_claims_it_from_outside(self):
        self.assertEqual(self.found(10**9, **{gather.KEY: {"any": "thing"}}), self.found(10**9))
