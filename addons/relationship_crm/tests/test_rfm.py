"""RFM: the classes of SQL are those of the definition, and stay for a month."""

import math
import random

from odoo.tests import tagged

from .people_common import PeopleCommon


def naive_class(value, base):
    """Class of a value as defined: ceil(5 × cume_dist())."""
    return math.ceil(5 * sum(other <= value for other in base) / len(base) - 1e-12)


@tagged("post_install", "-at_install")
class TestRfm(PeopleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop = cls.other_company("Ranked Company")

    def _profiles(self, count, seed, kind="b2b"):
        """Profiles with random values, many of them equal."""
        rng = random.Random(seed)
        partners = self.env["res.partner"].create([{"name": f"R{n}"} for n in range(count)])
        self.env.flush_all()
        self.env.cr.execute(
            """
            INSERT INTO relationship_profile
                   (partner_id, company_id, kind, last_purchase_on, frequency, monetary)
            SELECT row.partner, %s, %s, %s::date - row.days, row.frequency, row.monetary
              FROM unnest(%s::int[], %s::int[], %s::int[], %s::numeric[])
                   AS row(partner, days, frequency, monetary)
            """,
            [
                self.shop.id,
                kind,
                self.today,
                partners.ids,
                [rng.randint(0, 30) for _p in partners],
                [rng.choice((1, 1, 1, 2, 3, 8)) for _p in partners],
                [rng.choice((10, 10, 20, 35.5, rng.random() * 100)) for _p in partners],
            ],
        )
        return self.profiles.search([("partner_id", "in", partners.ids)])

    def _rank(self):
        while self.profiles._job_rank(1):
            pass
        self.env.invalidate_all()

    def test_classes_are_those_of_the_definition(self):
        for seed, count in ((1, 1), (2, 4), (3, 7), (4, 60)):
            with self.subTest(count=count), self.env.cr.savepoint() as savepoint:
                profiles = self._profiles(count, seed)
                self._rank()
                bases = [
                    [profile[name] for profile in profiles]
                    for name in ("last_purchase_on", "frequency", "monetary")
                ]
                for profile in profiles:
                    values = (profile.last_purchase_on, profile.frequency, profile.monetary)
                    expected = "".join(
                        str(naive_class(value, base))
                        for value, base in zip(values, bases, strict=True)
                    )
                    self.assertEqual(profile.rfm_code, expected)
                self.env.invalidate_all(flush=False)
                savepoint.rollback()

    def test_companies_and_persons_are_ranked_apart(self):
        self._profiles(5, 1)
        persons = self._profiles(5, 1, kind="b2c")
        self._rank()
        limits = self.env["relationship.rfm.limit"].search([("company_id", "=", self.shop.id)])
        self.assertEqual(sorted(limits.mapped("kind")), ["b2b", "b2c"])
        self.assertEqual(limits.mapped("base"), [5, 5])
        self.assertIn("5", "".join(persons.mapped("rfm_code")))

    def test_who_purchased_nothing_lately_has_no_code(self):
        profiles = self._profiles(6, 1)
        self.env.cr.execute(
            "UPDATE relationship_profile SET frequency = 0 WHERE id = %s", [profiles[0].id]
        )
        self._rank()
        self.assertFalse(profiles[0].rfm_code)
        self.assertEqual(
            self.env["relationship.rfm.limit"].search([("company_id", "=", self.shop.id)]).base, 5
        )

    def test_limits_stay_for_the_month_and_new_values_use_them(self):
        self._profiles(20, 7)
        self._rank()
        limit = self.env["relationship.rfm.limit"].search([("company_id", "=", self.shop.id)])
        fixed = limit.limits
        self._profiles(20, 8)
        self._rank()
        self.assertEqual(limit.limits, fixed)
        best = self.customer("Best of All")
        self.order(best, amount=10**6, company=self.shop)
        profile = self.refresh_profiles(best, company=self.shop)
        self.assertEqual((profile.rfm_code[0], profile.rfm_code[2]), ("5", "5"))
        self.on_day(self.today.replace(year=self.today.year + 1))
        self._rank()
        self.assertEqual(
            self.env["relationship.rfm.limit"].search_count([("company_id", "=", self.shop.id)]), 2
        )
