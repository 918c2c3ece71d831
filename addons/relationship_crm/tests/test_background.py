"""Background work: batches, retries, what fails is kept, what commits meanwhile is not lost."""

from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import mute_logger

from .common import RelationshipCommon
from .race_common import connection

JOB = "odoo.addons.relationship_crm.models.relationship_job"
TOPIC = "test_background"


@tagged("post_install", "-at_install")
class TestQueue(RelationshipCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.queue = cls.env["relationship.queue"]
        cls.partners = cls.env["res.partner"].create([{"name": f"Queued {n}"} for n in range(7)])
        cls.company = cls.env.company
        cls.env.cr.flush()  # what new contacts enqueue by themselves

    def setUp(self):
        super().setUp()
        self.startPatch(
            type(self.queue), "_queue_crons", lambda _self: {TOPIC: "base.autovacuum_job"}
        )

    def startPatch(self, target, name, value):
        patcher = patch.object(target, name, value)
        patcher.start()
        self.addCleanup(patcher.stop)

    def _enqueue(self, partners):
        self.queue._enqueue(TOPIC, [(partner.id, self.company.id) for partner in partners])
        self.env.cr.precommit.run()

    def _waiting(self):
        return self.queue.search([("topic", "=", TOPIC)])

    def test_one_insert_however_many(self):
        def enqueue(partners):
            for partner in partners:
                self._enqueue_quietly(partner)
            self.env.cr.precommit.run()

        enqueue(self.partners[:1])  # the first time also looks up the cron
        one = self.queries(lambda: enqueue(self.partners[:1]))
        many = self.queries(lambda: enqueue(self.partners))
        self.assertEqual(one, many)
        self.assertEqual(len(self._waiting()), 9)

    def _enqueue_quietly(self, partner):
        self.queue._enqueue(TOPIC, [(partner.id, self.company.id)])

    def test_enqueue_wakes_the_cron(self):
        cron = self.env.ref("base.autovacuum_job")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self._enqueue(self.partners)
        after = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.assertEqual(after, before + 1)

    def test_a_cron_that_is_off_is_not_woken(self):
        cron = self.env.ref("base.autovacuum_job")
        cron.active = False
        self.env.flush_all()
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self._enqueue(self.partners[:1])
        after = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        self.assertEqual(after, before)
        self.assertTrue(self._waiting(), "and its work waits")

    def test_a_partner_deleted_meanwhile_is_no_trouble(self):
        self._enqueue_quietly(self.partners[0])
        self.partners[0].unlink()
        self.env.cr.precommit.run()
        self.assertFalse(self._waiting())

    def test_a_rolled_back_savepoint_leaves_nothing(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._enqueue_quietly(self.partners[0])
            raise ZeroDivisionError
        self.env.cr.precommit.run()
        self.assertFalse(self._waiting())

    def test_each_pair_is_worked_on_once(self):
        self._enqueue(self.partners)
        self._enqueue(self.partners[:3])
        seen = []
        remaining = self.queue._work(TOPIC, 100, seen.extend)
        self.assertEqual(remaining, 0)
        self.assertCountEqual(seen, [(partner.id, self.company.id) for partner in self.partners])
        self.assertFalse(self._waiting())

    def test_a_batch_says_what_remains(self):
        self._enqueue(self.partners)
        self.assertEqual(self.queue._work(TOPIC, 4, lambda rows: None), 3)
        self.assertEqual(self.queue._work(TOPIC, 4, lambda rows: None), 0)
        self.assertEqual(self.queue._work(TOPIC, 4, lambda rows: None), 0)

    def test_who_fails_is_kept_with_its_error_and_the_others_are_done(self):
        self._enqueue(self.partners)
        bad = self.partners[2]
        done = []

        def act(rows):
            if (bad.id, self.company.id) in rows:
                raise ValueError("no luck with this one")
            done.extend(rows)

        self.assertEqual(self.queue._work(TOPIC, 100, act), 0)
        self.assertEqual(len(done), len(self.partners) - 1)
        kept = self._waiting()
        self.assertEqual(kept.partner_id, bad)
        self.assertEqual(kept.error, "ValueError: no luck with this one")
        self.assertEqual(kept.tries, 1)
        self.assertGreater(kept.next_try, self.env.cr.now())

    def test_retry_by_hand(self):
        self._enqueue(self.partners[0])

        def act(rows):
            raise ValueError("not yet")

        self.queue._work(TOPIC, 100, act)
        self.env.invalidate_all()
        kept = self._waiting()
        with self.assertRaises(AccessError):
            kept.with_user(self.users["user"]).action_retry()
        kept.with_user(self.users["manager"]).action_retry()
        self.env.flush_all()
        seen = []
        self.queue._work(TOPIC, 100, seen.extend)
        self.assertEqual(len(seen), 1)

    def test_rows_that_fail_are_listed_until_none_does(self):
        failures = self.env["relationship.job.failure"]
        self._enqueue(self.partners[0])
        row = self._waiting()
        job = f"{self.queue._name}.tested, some of them"

        def listed():
            return failures.search([("job", "=", job)])

        self.queue._list_failed("tested", {row.id: "Error: no such thing"})
        self.assertIn(f"({row.id}): Error: no such thing", listed().error)
        self.queue._list_failed("tested", {row.id: "Error: again"})
        self.assertEqual((listed().tries, len(listed())), (2, 1))
        self.queue._list_failed("tested", {}, hours=1)
        self.assertTrue(listed(), "left alone for an hour, so nothing is known of it yet")
        self.queue._list_failed("tested", {})
        self.assertFalse(listed())

    def test_settle_lets_a_lost_race_through(self):
        """A serialization failure is no row's fault: the whole batch is done again."""

        def act(rows):
            raise SerializationFailure

        with self.assertRaises(SerializationFailure):
            self.queue._settle([1, 2, 3], act)


@tagged("post_install", "-at_install")
class TestBackgroundForReal(BaseCase):
    """On committed data, with real connections."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with connection() as env:
            self.partner = env["res.partner"].create({"name": "Waits in a queue"}).id
        self.addCleanup(self._clean)
        patcher = patch.object(
            self.registry["relationship.queue"],
            "_queue_crons",
            lambda _self: {TOPIC: "base.autovacuum_job"},
        )
        patcher.start()
        self.addCleanup(patcher.stop)

    def _clean(self):
        with connection() as env:
            env.cr.execute("DELETE FROM relationship_queue WHERE topic = %s", [TOPIC])
            env.cr.execute("DELETE FROM relationship_job_failure WHERE job LIKE '%%tested_job'")
            env["res.partner"].browse(self.partner).unlink()

    def _enqueue(self, env):
        env["relationship.queue"]._enqueue(TOPIC, [(self.partner, None)])
        env.cr.flush()

    def _waiting(self):
        with connection() as env:
            return env["relationship.queue"].search_count([("topic", "=", TOPIC)])

    def test_what_commits_while_a_worker_works_is_worked_on_next(self):
        with connection() as env:
            self._enqueue(env)
        with connection() as worker:

            def act(rows):
                with connection() as other:
                    self._enqueue(other)

            worker["relationship.queue"]._work(TOPIC, 10, act)
        self.assertEqual(self._waiting(), 1)

    def test_two_workers_never_take_the_same_row(self):
        with connection() as env:
            self._enqueue(env)
        seen = []
        with connection() as first:
            self.assertEqual(len(first["relationship.queue"]._claim(TOPIC, 10)), 1)
            with connection() as second:
                self.assertEqual(second["relationship.queue"]._work(TOPIC, 10, seen.extend), 0)
        self.assertFalse(seen)
        self.assertEqual(self._waiting(), 1)

    def _run(self, job):
        """Run a job of this test as a cron would."""
        model = self.registry["relationship.queue"]
        with patch.object(model, "_job_tested_job", job, create=True), connection() as env:
            env["relationship.queue"]._run_job("tested_job", 10)

    def _failures(self):
        with connection() as env:
            failure = env["relationship.job.failure"].search([("job", "like", "%.tested_job")])
            return failure.tries, failure.error

    def test_a_lost_race_is_run_again_on_a_fresh_transaction(self):
        snapshots = []

        def job(model, limit):
            model.env.cr.execute("SELECT txid_current()")
            snapshots.extend(model.env.cr.fetchone())
            if len(snapshots) < 4:
                raise SerializationFailure
            return 0

        self._run(job)
        self.assertEqual(len(set(snapshots)), 4)
        self.assertEqual(self._failures(), (0, False))

    @mute_logger(JOB)
    def test_a_job_that_keeps_failing_is_listed_until_it_succeeds(self):
        def failing(model, limit):
            model.env["res.partner"].browse(self.partner).name = "Half written"
            raise ValueError("out of order")

        self._run(failing)
        self._run(failing)
        self.assertEqual(self._failures(), (2, "ValueError: out of order"))
        with connection() as env:
            name = env["res.partner"].browse(self.partner).name
        self.assertEqual(name, "Waits in a queue")
        self._run(lambda model, limit: 0)
        self.assertEqual(self._failures(), (0, False))

    def test_batches_go_on_until_nothing_remains(self):
        left = [3, 2, 1, 0]
        self._run(lambda model, limit: left.pop(0))
        self.assertFalse(left)
