"""Two real connections on committed data: what no test inside one transaction can show.

Who submits while another is at the same customer is neither run again nor refused: it is taken in
and waits for its check. Who approves is run again, as Odoo does, and then sees.
"""

import threading
from contextlib import contextmanager, suppress

from psycopg2 import Error as PgError
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
        """Call (place, method, arguments …) on the deals, in a transaction of their own."""
        with connection() as env:
            for step in steps:
                self._do(env, step)

    def _do(self, env, step):
        place, method, *args = step
        getattr(env["prm.deal"].browse(self.ids["deals"][place]), method)(*args)

    def _check_waiting(self):
        """Do the job that checks who had to wait."""
        with connection() as env:
            env["prm.deal"]._cron_check_submitted()
            self.assertFalse(env["relationship.job.failure"].search([("job", "like", "submitted")]))

    def _race(self, first, second, between=()):
        """Run two steps at once, the second begun before the first is committed.

        :param between: steps that are committed before the second begins
        :return: how many times the second had to be run, and its error or None
        """
        began, outcome = threading.Event(), {"runs": 0, "error": None}
        racer = threading.Thread(target=self._second, args=(second, began, outcome))
        with connection() as env:
            self._do(env, first)
            env.flush_all()
            self._act(*between)
            racer.start()
            self.assertTrue(began.wait(TIMEOUT), "the second racer has its snapshot")
        racer.join(TIMEOUT)
        self.assertFalse(racer.is_alive())
        return outcome["runs"], outcome["error"]

    def _second(self, step, began, outcome):
        """Do a step as Odoo does a request: run it again after a serialization failure."""
        threading.current_thread().dbname = get_db_name()
        while outcome["runs"] < 5:
            outcome["runs"] += 1
            try:
                with connection() as env, mute_logger("odoo.sql_db"):
                    env.cr.execute("SELECT 1")  # from here on it sees the base as it is now
                    began.set()
                    self._do(env, step)
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
        self.assertEqual((runs, error), (1, None), "the second waits for nobody")
        with connection() as env:
            self.assertEqual(self._deals(env).mapped("state"), ["in_review", "submitted"])
        self._check_waiting()
        with connection() as env:
            first, second = self._deals(env)
            self.assertEqual(second.state, "in_review")
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
        self.assertEqual((runs, error), (1, None))
        self._check_waiting()
        with connection() as env:
            self.assertEqual(self._deals(env)[1].state, "rejected")

    def test_approve_against_submit(self):
        self._act((0, "action_submit"))
        runs, error = self._race((1, "action_submit"), (0, "action_approve"))
        self.assertEqual((runs, error), (2, None))
        with connection() as env:
            self.assertEqual(self._deals(env).mapped("state"), ["approved", "rejected"])

    def test_approve_against_who_comes_in_to_wait(self):
        """The first has its number, bumps no key of the customer, and is not committed yet."""
        runs, error = self._race(
            (0, "_wait_for_check"), (1, "action_approve"), between=[(1, "action_submit")]
        )
        self.assertEqual(runs, 2, "it was met at the gate")
        self.assertIn("submitted earlier", str(error))
        with connection() as env:
            first, second = self._deals(env)
            self.assertLess(first.submit_no, second.submit_no)
            self.assertEqual((first.state, second.state), ("submitted", "in_review"))
            self.assertEqual(second.verdict, "clear", "no check knew of the first")
        self._act((0, "action_approve"))
        with connection() as env:
            self.assertEqual(self._deals(env).mapped("state"), ["approved", "rejected"])

    def test_who_comes_in_to_wait_against_an_approval(self):
        """It waits at the gate for the approval and is no earlier than what was approved."""
        self._act((0, "action_submit"))
        runs, error = self._race((0, "action_approve"), (1, "_wait_for_check"))
        self.assertEqual((runs, error), (1, None))
        self._check_waiting()
        with connection() as env:
            self.assertEqual(self._deals(env).mapped("state"), ["approved", "rejected"])

    def test_the_job_is_killed(self):
        """What it had checked and not committed is checked again, once."""
        self._act((0, "_wait_for_check"), (1, "_wait_for_check"))
        with suppress(PgError), mute_logger("odoo.sql_db"), connection() as env:
            env["prm.deal"]._job_check_submitted(2)
            self.assertEqual(self._deals(env).mapped("state"), ["in_review", "in_review"])
            env.flush_all()
            env.cr.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        with connection() as env:
            self.assertEqual(self._deals(env).mapped("state"), ["submitted", "submitted"])
        self._check_waiting()
        with connection() as env:
            deals = self._deals(env)
            self.assertEqual(deals.mapped("state"), ["in_review", "in_review"])
            events = [("res_model", "=", "prm.deal"), ("res_id", "in", deals.ids)]
            self.assertEqual(env["relationship.interaction"].search_count(events), 2)

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
class TestBatchRace(DealRaceCase):
    """Four that are checked together, each of which meets all others, and somebody at one of them.

    The first of the five is under review already.
    """

    RACERS = 5
    BATCH = (1, "_job_check_submitted", 10)

    def setUp(self):
        super().setUp()
        self._act((0, "action_submit"))
        self._act(*[(place, "_wait_for_check") for place in range(1, self.RACERS)])

    def _assert_mutual(self, env, left):
        """Each of those under review keeps exactly the others of them, as all are one customer.

        :param left: the places of those that are still under review
        """
        every = self._deals(env)
        deals = every.browse([every[place].id for place in left])
        self.assertEqual(set(deals.mapped("state")), {"in_review"})
        places = deals.mapped("submit_no")
        self.assertEqual(places, sorted(places))
        for deal in deals:
            met = {
                match.res_id: (match.score, match.verdict, match.earlier)
                for match in deal.match_ids
                if match.kind == "registration"
            }
            wanted = {
                rival.id: (100, "other_partner", rival.submit_no < deal.submit_no)
                for rival in deals - deal
            }
            self.assertEqual(met, wanted, deal.name)
            self.assertEqual((deal.verdict, deal.conflict_score), ("other_partner", 100))
            self.assertEqual(deal.competing_deal_ids, deals - deal)

    def _assert_told_once(self, env):
        deals = self._deals(env)
        events = env["relationship.interaction"].search(
            [("res_model", "=", "prm.deal"), ("res_id", "in", deals.ids)]
        )
        submitted = events.filtered(lambda event: event.kind_id.code == "deal_submitted")
        self.assertEqual(sorted(submitted.mapped("res_id")), sorted(deals.ids))
        for deal in deals:
            notes = [body for body in deal.message_ids.mapped("body") if "Checked" in body]
            self.assertLessEqual(len(notes), 1, deal.name)

    def test_two_workers_at_one_batch(self):
        """The second finds that it is done."""
        runs, error = self._race(self.BATCH, self.BATCH)
        self.assertEqual((runs, error), (2, None))
        with connection() as env:
            self._assert_mutual(env, range(self.RACERS))
            self._assert_told_once(env)

    def test_against_an_approval_of_one_whom_all_meet(self):
        """The approval checks before whatever came before it, and refuses what the batch found."""
        runs, error = self._race(self.BATCH, (0, "action_approve"))
        self.assertEqual((runs, error), (2, None))
        with connection() as env:
            first, *rest = self._deals(env)
            self.assertEqual(first.state, "approved")
            self.assertEqual({deal.state for deal in rest}, {"rejected"})
            self.assertEqual(len(self._deals(env).protection_ids), 1)
            self._assert_told_once(env)

    def test_an_approval_against_the_batch(self):
        runs, error = self._race((0, "action_approve"), self.BATCH)
        self.assertEqual((runs, error), (2, None))
        with connection() as env:
            first, *rest = self._deals(env)
            self.assertEqual(first.state, "approved")
            self.assertEqual({deal.state for deal in rest}, {"rejected"})
            self._assert_told_once(env)

    def test_a_withdrawal_against_the_batch(self):
        """Nobody keeps a match with who is gone."""
        runs, error = self._race((0, "action_withdraw"), self.BATCH)
        self.assertEqual((runs, error), (2, None))
        with connection() as env:
            self.assertEqual(self._deals(env)[0].state, "withdrawn")
            self._assert_mutual(env, range(1, self.RACERS))

    def test_against_a_withdrawal(self):
        _runs, error = self._race(self.BATCH, (0, "action_withdraw"))
        self.assertIsNone(error)
        with connection() as env:
            self.assertEqual(self._deals(env)[0].state, "withdrawn")
            self._assert_mutual(env, range(1, self.RACERS))

    def test_one_of_the_batch_is_withdrawn_meanwhile(self):
        runs, error = self._race((2, "action_withdraw"), self.BATCH)
        self.assertEqual((runs, error), (2, None))
        with connection() as env:
            self.assertEqual(self._deals(env)[2].state, "withdrawn")
            self._assert_mutual(env, [0, 1, 3, 4])

    def test_a_correction_against_the_batch(self):
        """Who turns out to be about another customer is met by none of them."""
        other = {"customer_vat": "BE0477472701", "customer_domain": "other.example"}
        runs, error = self._race(
            (0, "write", {**other, "customer_name": "Quite another"}), self.BATCH
        )
        self.assertEqual((runs, error), (2, None))
        with connection() as env:
            self._assert_mutual(env, range(1, self.RACERS))
            deal = self._deals(env)[0]
            self.assertEqual((deal.verdict, deal.match_ids.ids), ("clear", []))


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
        self.assertEqual((runs, error), (1, None), "it could not see the first")
        self._check_waiting()
        with connection() as env:
            deals = self._deals(env)
            self.assertEqual(deals.mapped("state"), ["in_review", "draft"])
            self.assertIn("gives 1 live deals", deals[1].message_ids[0].body)


class ManyRacersCase(DealRaceCase):
    """Sixteen connections at once; each does as Odoo does with a request."""

    RACERS = 16

    def _together(self, method, others=None):
        """Let every racer do this to its own deal at once; {place: error or None}.

        :param others: {place: what that racer does instead}
        """
        start = threading.Barrier(self.RACERS)
        errors, self.runs = {}, dict.fromkeys(range(self.RACERS), 0)

        def run(place):
            threading.current_thread().dbname = get_db_name()
            start.wait(TIMEOUT)
            errors[place] = self._as_a_request(place, (others or {}).get(place, method))

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
            self.runs[place] += 1
            with suppress(SerializationFailure):
                return self._once(place, method)
        return AssertionError("it never got through")

    def _once(self, place, method):
        try:
            with connection() as env, mute_logger("odoo.sql_db"):
                self._do(env, (place, method))
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
        """Each in one try; the order of their places is that in which they may be approved."""
        errors = self._together("action_submit")
        self.assertEqual(set(errors.values()), {None})
        self.assertEqual(set(self.runs.values()), {1}, "nobody was run again")
        with connection() as env:
            deals = self._deals(env)
            self.assertLessEqual(set(deals.mapped("state")), {"submitted", "in_review"})
            places = deals.mapped("submit_no")
        self._check_waiting()
        with connection() as env:
            deals = self._deals(env)
            self.assertEqual(deals.mapped("submit_no"), places)
            self.assertEqual(len(set(places)), self.RACERS)
            self.assertEqual(set(deals.mapped("state")), {"in_review"})
            self.assertEqual(set(deals.mapped("verdict")), {"other_partner"})
            first, *rest = deals.sorted("submit_no")
            for deal in rest:
                with self.assertRaises(UserError), env.cr.savepoint():
                    deal.action_approve()
            first.action_approve()
            self.assertEqual({deal.state for deal in rest}, {"rejected"})

    def test_submissions_while_the_job_checks(self):
        """Submissions, the job and an approval at once: none is lost, the first is the one."""
        self._act((0, "action_submit"))
        last = self.RACERS - 1
        others = {0: "action_approve", last: "_cron_check_submitted"}
        errors = self._together("action_submit", others)
        self.assertEqual(set(errors.values()), {None})
        self.assertEqual({self.runs[place] for place in range(1, last)}, {1})
        self._check_waiting()
        with connection() as env:
            deals = self._deals(env)[:last]
            self.assertEqual(deals[0].state, "approved")
            self.assertEqual(set(deals[1:].mapped("state")), {"rejected"})


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
