"""Two real connections on committed data: what no test inside one transaction can show."""

import threading
from contextlib import contextmanager, suppress

from psycopg2.errors import SerializationFailure

from odoo import api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import SQL, mute_logger

VAT = "BE0403170701"
TIMEOUT = 60
CLEAN = """
    CREATE TEMPORARY TABLE made ON COMMIT DROP AS
        SELECT DISTINCT customer_id AS id FROM prm_deal WHERE id = ANY(%(deals)s);
    CREATE TEMPORARY TABLE claimed ON COMMIT DROP AS
        SELECT DISTINCT key_id AS id FROM prm_deal_claim WHERE deal_id = ANY(%(deals)s);
    DELETE FROM relationship_interaction
        WHERE res_model = 'prm.deal' AND res_id = ANY(%(deals)s);
    DELETE FROM mail_activity WHERE res_model = 'prm.deal' AND res_id = ANY(%(deals)s);
    DELETE FROM mail_mail WHERE mail_message_id IN
        (SELECT id FROM mail_message WHERE model = 'prm.deal' AND res_id = ANY(%(deals)s));
    DELETE FROM mail_message WHERE model = 'prm.deal' AND res_id = ANY(%(deals)s);
    DELETE FROM mail_followers WHERE res_model = 'prm.deal' AND res_id = ANY(%(deals)s);
    DELETE FROM prm_deal_claim WHERE deal_id = ANY(%(deals)s);
    DELETE FROM prm_claim_key WHERE id IN (SELECT id FROM claimed) OR key LIKE ANY(%(keys)s);
    DELETE FROM mail_message WHERE model = 'crm.lead' AND res_id IN
        (SELECT lead_id FROM prm_deal WHERE id = ANY(%(deals)s));
    DELETE FROM crm_lead WHERE id IN (SELECT lead_id FROM prm_deal WHERE id = ANY(%(deals)s));
    DELETE FROM prm_deal WHERE id = ANY(%(deals)s);
    DELETE FROM res_partner WHERE id IN (SELECT id FROM made);
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


class DealRaceCase(BaseCase):
    """Rival partners with a draft each for one customer who is not in the base."""

    #: partners, with a deal each
    RACERS = 2

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with connection() as env:
            grade = env["res.partner.grade"].create({"name": "Race"})
            partners = env["res.partner"].create(
                [
                    {"name": f"Racer {n}", "is_company": True, "grade_id": grade.id}
                    for n in range(1, self.RACERS + 1)
                ]
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
            # what was bumped and is no claim
            keys = ["%:name::raced for by racer%", "%:name::another"]
            keys += [f"%:partner:{partner}" for partner in self.ids["partners"]]
            cr.execute(CLEAN, {**self.ids, "keys": keys})
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


@tagged("post_install", "-at_install")
class TestDealRace(DealRaceCase):
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

    def test_withdrawn_against_approved(self):
        self._act((0, "action_submit"))
        runs, error = self._race((0, "action_withdraw"), (0, "action_approve"))
        self.assertEqual(runs, 2)
        self.assertIsInstance(error, UserError)
        with connection() as env:
            deal = self._deals(env)[0]
            self.assertEqual((deal.state, deal.lead_id.id), ("withdrawn", False))

    def test_the_next_is_approved_while_the_first_is_withdrawn(self):
        self._act((0, "action_submit"), (1, "action_submit"))
        _runs, error = self._race((0, "action_withdraw"), (1, "action_approve"))
        self.assertIn(type(error), (UserError, type(None)))
        if error:  # it saw the first before that was withdrawn
            self._act((1, "action_approve"))
        with connection() as env:
            self.assertEqual(self._deals(env).mapped("state"), ["withdrawn", "approved"])
            self.assertEqual(len(self._deals(env).protection_ids), 1)


@tagged("post_install", "-at_install")
class TestCapRace(DealRaceCase):
    """One partner's two submissions about different customers, where its tier gives one deal."""

    def setUp(self):
        super().setUp()
        with connection() as env:
            grade = env["res.partner.grade"].browse(self.ids["grade"])
            partner = env["res.partner"].browse(self.ids["partners"][0])
            program = env["prm.program"].create({"name": "Race"})
            enrollment = env["prm.enrollment"].create(
                {
                    "partner_id": partner.id,
                    "program_id": program.id,
                    "grade_id": grade.id,
                    "state": "active",
                }
            )
            kind = env.ref("relationship_crm.prm_benefit_kind_live_deal_cap")
            benefit = env["prm.benefit"].create(
                {"grade_id": grade.id, "kind_id": kind.id, "value": 1}
            )
            first, second = self._deals(env)
            second.write(
                {
                    "partner_id": partner.id,
                    "customer_name": "Another",
                    "customer_vat": False,
                    "customer_domain": "also-raced.example",
                }
            )
            (first | second).write({"program_id": program.id})
            self.terms = {
                "prm_benefit": benefit.id,
                "prm_enrollment": enrollment.id,
                "prm_program": program.id,
            }

    def _clean(self):
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute(
                "UPDATE prm_deal SET program_id = NULL WHERE id = ANY(%s)", [self.ids["deals"]]
            )
            for table, record_id in self.terms.items():
                cr.execute(SQL("DELETE FROM %s WHERE id = %s", SQL.identifier(table), record_id))
            cr.commit()
        return super()._clean()

    def test_two_at_once_are_counted(self):
        runs, error = self._race((0, "action_submit"), (1, "action_submit"))
        self.assertEqual(runs, 2, "the second saw the first only on a fresh transaction")
        self.assertIsInstance(error, UserError)
        with connection() as env:
            self.assertEqual(self._deals(env).mapped("state"), ["in_review", "draft"])


class ManyRacersCase(DealRaceCase):
    """Sixteen connections at once; each does as Odoo does with a request."""

    RACERS = 16

    def _together(self, method):
        """Let every racer do this to its own deal at once; {place: error or None}."""
        start = threading.Barrier(self.RACERS)
        errors = {}

        def run(place):
            threading.current_thread().dbname = get_db_name()
            start.wait(TIMEOUT)
            errors[place] = self._as_a_request(place, method)

        racers = [threading.Thread(target=run, args=(place,)) for place in range(self.RACERS)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(TIMEOUT)
            self.assertFalse(racer.is_alive())
        return errors

    def _as_a_request(self, place, method):
        """Run it again after a lost race, however often: what comes out in the end."""
        for _run in range(5 * self.RACERS):
            with suppress(SerializationFailure):
                return self._once(place, method)
        return AssertionError("it never got through")

    def _once(self, place, method):
        try:
            with connection() as env, mute_logger("odoo.sql_db"):
                getattr(env["prm.deal"].browse(self.ids["deals"][place]), method)()
        except UserError as error:
            return error
        return None


@tagged("post_install", "-at_install")
class TestManyRacers(ManyRacersCase):
    """Rivals for a customer who is not in the base."""

    def test_approvals_of_a_company_that_is_not_in_the_base(self):
        self._act(*[(place, "action_submit") for place in range(self.RACERS)])
        errors = self._together("action_approve")
        with connection() as env:
            deals = self._deals(env)
            won = deals.filtered(lambda deal: deal.state == "approved")
            self.assertEqual(len(won), 1)
            self.assertEqual(won, deals.sorted("submit_no")[0], "first come, first served")
            self.assertEqual(set((deals - won).mapped("state")), {"rejected"})
            self.assertEqual(len(deals.protection_ids), 1)
            customers = env["res.partner"].search([("vat", "=", VAT)])
            self.assertEqual(customers, won.customer_id, "made once")
        self.assertEqual([error for error in errors.values() if error is None], [None])
        self.assertTrue(
            all(isinstance(error, UserError) for error in errors.values() if error), errors
        )

    def test_submissions_get_a_place_each(self):
        errors = self._together("action_submit")
        self.assertEqual(set(errors.values()), {None})
        with connection() as env:
            deals = self._deals(env)
            self.assertEqual(len(set(deals.mapped("submit_no"))), self.RACERS)
            self.assertEqual(set(deals.mapped("verdict")), {"other_partner"})


@tagged("post_install", "-at_install")
class TestCustomerRace(ManyRacersCase):
    """One partner's deals for different products of a customer that is known by an address only."""

    def setUp(self):
        super().setUp()
        with connection() as env:
            categories = env["product.category"].create(
                [{"name": f"Raced {number}"} for number in range(self.RACERS)]
            )
            self.categories = categories.ids
            for number, deal in enumerate(self._deals(env)):
                deal.write(
                    {
                        "partner_id": self.ids["partners"][0],
                        "customer_vat": False,
                        "customer_domain": f"raced{number}.example",
                        "customer_email": "buyer@raced.example",
                        "scope_ids": [(6, 0, categories[number].ids)],
                    }
                )

    def _clean(self):
        result = super()._clean()
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute("DELETE FROM product_category WHERE id = ANY(%s)", [self.categories])
            cr.commit()
        return result

    def _approve_all(self):
        self._act(*[(place, "action_submit") for place in range(self.RACERS)])
        errors = self._together("action_approve")
        self.assertEqual(set(errors.values()), {None})

    def test_a_customer_is_made_once(self):
        self._approve_all()
        with connection() as env:
            deals = self._deals(env)
            self.assertEqual(set(deals.mapped("state")), {"approved"})
            self.assertEqual(len(deals.customer_id), 1, "one company for all")
            made = env["res.partner"].search([("name", "like", "Raced for by%")])
            self.assertEqual(made, deals.customer_id)

    def test_the_contact_with_the_address_is_the_customer(self):
        with connection() as env:
            known = env["res.partner"].create(
                {"name": "Buyers", "is_company": True, "email": "buyer@raced.example"}
            )
            self.ids["partners"].append(known.id)
        self._approve_all()
        with connection() as env:
            self.assertEqual(self._deals(env).customer_id.ids, [known.id])
            self.assertFalse(env["res.partner"].search([("name", "like", "Raced for by%")]))
