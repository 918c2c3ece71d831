"""Real connections on committed data: promises that two sessions at once may not break."""

from odoo import Command
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tests.common import get_db_name

from .race_common import RaceCase, connection

CLEAN = """
    DELETE FROM relationship_interaction_todo WHERE interaction_id IN
        (SELECT id FROM relationship_interaction WHERE partner_id = %(partner)s);
    DELETE FROM relationship_interaction WHERE partner_id = %(partner)s;
    DELETE FROM relationship_queue WHERE partner_id = %(partner)s;
    DELETE FROM relationship_identity WHERE partner_id = %(partner)s;
    DELETE FROM relationship_segment WHERE id = %(segment)s;
    DELETE FROM relationship_profile WHERE partner_id = %(partner)s;
    DELETE FROM mail_message WHERE model = 'prm.enrollment' AND res_id IN
        (SELECT id FROM prm_enrollment WHERE partner_id = %(partner)s);
    DELETE FROM mail_followers WHERE res_model = 'prm.enrollment' AND res_id IN
        (SELECT id FROM prm_enrollment WHERE partner_id = %(partner)s);
    DELETE FROM prm_enrollment WHERE partner_id = %(partner)s;
    DELETE FROM prm_program WHERE id = %(program)s;
    DELETE FROM sale_order_line WHERE order_id IN
        (SELECT id FROM sale_order WHERE partner_id = %(partner)s);
    DELETE FROM mail_message WHERE model = 'sale.order' AND res_id IN
        (SELECT id FROM sale_order WHERE partner_id = %(partner)s);
    DELETE FROM mail_followers WHERE res_model = 'sale.order' AND res_id IN
        (SELECT id FROM sale_order WHERE partner_id = %(partner)s);
    DELETE FROM sale_order WHERE partner_id = %(partner)s;
    DELETE FROM mail_message WHERE model = 'res.partner' AND res_id = %(partner)s;
    DELETE FROM mail_followers WHERE res_model = 'res.partner' AND res_id = %(partner)s;
    DELETE FROM res_partner WHERE id = %(partner)s;
    DELETE FROM product_product WHERE id = %(product)s;
    DELETE FROM product_template WHERE name->>'en_US' = 'Raced Lamp';
"""


@tagged("post_install", "-at_install")
class TestPeopleRace(RaceCase):
    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with connection() as env:
            partner = env["res.partner"].create({"name": "Raced", "is_company": True})
            product = env["product.product"].create({"name": "Raced Lamp", "type": "service"})
            program = env["prm.program"].create({"name": "Raced", "company_ids": False})
            segment = env["relationship.segment"].create({"name": "Raced", "kind": "manual"})
            self.ids = {
                "partner": partner.id,
                "product": product.id,
                "program": program.id,
                "segment": segment.id,
            }
            self.company = env.company.id
        self.addCleanup(self._clean)
        with connection() as env:
            self._order(env)

    def _clean(self):
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute(CLEAN, self.ids)
            cr.commit()

    def _order(self, env):
        line = Command.create(
            {"product_id": self.ids["product"], "price_unit": 10, "tax_ids": False}
        )
        env["sale.order"].create(
            {"partner_id": self.ids["partner"], "order_line": [line]}
        ).action_confirm()

    def _refresh(self, env):
        env["relationship.profile"]._refresh([(self.ids["partner"], self.company)])

    def _profiles(self, env):
        return env["relationship.profile"].search([("partner_id", "=", self.ids["partner"])])

    def test_two_workers_make_one_profile(self):
        _runs, error = self._race(self._refresh, self._refresh)
        self.assertIsNone(error)
        with connection() as env:
            self.assertEqual(self._profiles(env).mapped("frequency"), [1])

    def test_an_older_snapshot_never_overwrites_a_newer_one(self):
        """A worker that began before an order was confirmed ends after one that saw it."""
        with connection() as env:
            self._refresh(env)

        def order_and_refresh(env):
            self._order(env)
            env.flush_all()
            self._refresh(env)

        runs, error = self._race(order_and_refresh, self._refresh)
        self.assertEqual((runs, error), (2, None), "the second is run again, and then sees")
        with connection() as env:
            self.assertEqual(self._profiles(env).frequency, 2)

    def test_two_enrollments_at_once(self):
        def enroll(env):
            env["prm.enrollment"].create(
                {"partner_id": self.ids["partner"], "program_id": self.ids["program"]}
            )

        _runs, error = self._race(enroll, enroll)
        self.assertIn("prm_enrollment_live_unique", str(error))
        with connection() as env:
            self.assertEqual(
                env["prm.enrollment"].search_count([("partner_id", "=", self.ids["partner"])]), 1
            )

    def test_two_people_add_one_customer_to_a_segment(self):
        def add(env):
            partner = env["res.partner"].browse(self.ids["partner"])
            env["relationship.segment"].browse(self.ids["segment"])._add_members(partner)

        _runs, error = self._race(add, add)
        self.assertIn("current_unique", str(error))
        with connection() as env:
            segment = env["relationship.segment"].browse(self.ids["segment"])
            self.assertEqual(segment.member_ids.partner_id.id, self.ids["partner"])

    def test_a_rule_and_another_worker_at_once(self):
        with connection() as env:
            self._refresh(env)
            segment = env["relationship.segment"].browse(self.ids["segment"])
            segment.write(
                {"kind": "rule", "partner_domain": f"[('id', '=', {self.ids['partner']})]"}
            )

        def refresh(env):
            env["relationship.segment"].browse(self.ids["segment"])._refresh_members()

        _runs, error = self._race(refresh, refresh)
        self.assertIsNone(error)
        with connection() as env:
            segment = env["relationship.segment"].browse(self.ids["segment"])
            self.assertEqual(len(segment.member_ids), 1)
            self.assertEqual(segment.size_ids.mapped("size"), [1])
            self.assertEqual(segment.size_ids.mapped("entered_count"), [1])
