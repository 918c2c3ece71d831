"""Two real connections on committed data: what no test inside one transaction can show."""

import threading
from contextlib import contextmanager

from psycopg2.errors import SerializationFailure

from odoo import api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import mute_logger

VAT = "BE0403170701"
TIMEOUT = 60
CLEAN = """
    DELETE FROM mail_activity WHERE res_model = 'prm.deal' AND res_id = ANY(%(deals)s);
    DELETE FROM mail_mail WHERE mail_message_id IN
        (SELECT id FROM mail_message WHERE model = 'prm.deal' AND res_id = ANY(%(deals)s));
    DELETE FROM mail_message WHERE model = 'prm.deal' AND res_id = ANY(%(deals)s);
    DELETE FROM mail_followers WHERE res_model = 'prm.deal' AND res_id = ANY(%(deals)s);
    DELETE FROM prm_deal_claim WHERE deal_id = ANY(%(deals)s);
    DELETE FROM prm_claim_key WHERE key LIKE ANY(%(keys)s);
    DELETE FROM mail_message WHERE model = 'crm.lead' AND res_id IN
        (SELECT lead_id FROM prm_deal WHERE id = ANY(%(deals)s));
    DELETE FROM crm_lead WHERE id IN (SELECT lead_id FROM prm_deal WHERE id = ANY(%(deals)s));
    DELETE FROM prm_deal WHERE id = ANY(%(deals)s);
    DELETE FROM mail_message WHERE model = 'res.partner' AND res_id = ANY(%(partners)s);
    DELETE FROM mail_followers WHERE res_model = 'res.partner' AND res_id = ANY(%(partners)s);
    DELETE FROM res_partner WHERE id = ANY(%(partners)s);
    DELETE FROM res_partner_grade WHERE id = %(grade)s;
"""


@contextmanager
def connection():
    """Give an environment on a connection of its own; what it does is committed at the end."""
    with db_connect(get_db_name()).cursor() as cr:
        yield api.Environment(cr, api.SUPERUSER_ID, {"tracking_disable": True})
        cr.commit()


@tagged("post_install", "-at_install")
class TestDealRace(BaseCase):
    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with connection() as env:
            grade = env["res.partner.grade"].create({"name": "Race"})
            partners = env["res.partner"].create(
                [{"name": f"Racer {n}", "is_company": True, "grade_id": grade.id} for n in (1, 2)]
            )
            deals = env["prm.deal"].create(
                [
                    {
                        "partner_id": partner.id,
                        "customer_name": f"Raced for by {partner.name}",
                        "customer_vat": VAT,
                        "customer_domain": "raced.example",
                    }
                    for partner in partners
                ]
            )
            self.ids = {"grade": grade.id, "partners": partners.ids, "deals": deals.ids}
        self.addCleanup(self._clean)

    def _clean(self):
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute(CLEAN, {**self.ids, "keys": [f"%:{VAT}", "%:raced.example"]})
            cr.commit()

    def _act(self, *steps):
        """Call (place, method) on the deals, one after another, in a transaction of their own."""
        with connection() as env:
            for place, method in steps:
                getattr(env["prm.deal"].browse(self.ids["deals"][place]), method)()

    def _race(self, first, second):
        """Run two steps at once, the second begun before the first is committed.

        :return: how many times the second had to be run, and its error or None
        """
        began, outcome = threading.Event(), {"runs": 0, "error": None}
        racer = threading.Thread(target=self._second, args=(second, began, outcome))
        with connection() as env:
            place, method = first
            getattr(env["prm.deal"].browse(self.ids["deals"][place]), method)()
            env.flush_all()
            racer.start()
            self.assertTrue(began.wait(TIMEOUT), "the second racer has its snapshot")
        racer.join(TIMEOUT)
        self.assertFalse(racer.is_alive())
        return outcome["runs"], outcome["error"]

    def _second(self, step, began, outcome):
        """Do a step as Odoo does a request: run it again after a serialization failure."""
        place, method = step
        threading.current_thread().dbname = get_db_name()
        while outcome["runs"] < 5:
            outcome["runs"] += 1
            try:
                with connection() as env, mute_logger("odoo.sql_db"):
                    env.cr.execute("SELECT 1")  # from here on it sees the base as it is now
                    began.set()
                    getattr(env["prm.deal"].browse(self.ids["deals"][place]), method)()
                    env.flush_all()
                return
            except SerializationFailure:
                continue
            except UserError as error:
                outcome["error"] = error
                return

    def _deals(self, env):
        return env["prm.deal"].browse(self.ids["deals"])

    def test_submit_against_submit(self):
        runs, error = self._race((0, "action_submit"), (1, "action_submit"))
        self.assertEqual((runs, error), (2, None), "the second is run again, and then sees")
        with connection() as env:
            first, second = self._deals(env)
            self.assertLess(first.submit_no, second.submit_no)
            self.assertEqual(second.verdict, "other_partner")
            self.assertEqual(second.competing_deal_ids, first)
            with self.assertRaises(UserError), env.cr.savepoint():
                second.action_approve()

    def test_approve_against_approve(self):
        self._act((0, "action_submit"), (1, "action_submit"))
        runs, error = self._race((0, "action_approve"), (1, "action_approve"))
        self.assertEqual(runs, 2)
        self.assertIn("Not under review", str(error), "it was refused meanwhile")
        with connection() as env:
            first, second = self._deals(env)
            self.assertEqual((first.state, second.state), ("approved", "rejected"))
            self.assertTrue(first.lead_id)
            self.assertFalse(second.lead_id)

    def test_the_same_deal_approved_twice(self):
        self._act((0, "action_submit"))
        runs, error = self._race((0, "action_approve"), (0, "action_approve"))
        self.assertEqual(runs, 2)
        self.assertIsInstance(error, UserError)
        with connection() as env:
            deal = self._deals(env)[0]
            leads = env["crm.lead"].search([("partner_assigned_id", "=", deal.partner_id.id)])
            self.assertEqual(leads, deal.lead_id)

    def test_submit_against_approve(self):
        self._act((0, "action_submit"))
        runs, error = self._race((0, "action_approve"), (1, "action_submit"))
        self.assertEqual((runs, error), (2, None))
        with connection() as env:
            self.assertEqual(self._deals(env)[1].state, "rejected")

    def test_approve_against_submit(self):
        self._act((0, "action_submit"))
        runs, error = self._race((1, "action_submit"), (0, "action_approve"))
        self.assertEqual((runs, error), (2, None))
        with connection() as env:
            self.assertEqual(self._deals(env).mapped("state"), ["approved", "rejected"])
