"""Consumers lose nothing and double nothing: real connections, a worker killed by ``kill -9``.

What a consumer does here is one row in a table of its own, written in the transaction in which it
takes its work: so "each interaction once" can be counted.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name
from odoo.tools import config, mute_logger

from .race_common import TIMEOUT, connection

TABLE = "relationship_test_effect"
METHOD = "_consume_effect"
CLEAN = f"""
    DROP TABLE IF EXISTS {TABLE};
    DELETE FROM relationship_interaction_consumer WHERE code LIKE 'crash_%%';
    UPDATE relationship_interaction_consumer SET active = true WHERE id = ANY(%(others)s);
    DELETE FROM relationship_interaction WHERE source = 'crash';
    DELETE FROM relationship_interaction_kind WHERE id = ANY(%(kinds)s);
    DELETE FROM ir_cron_trigger WHERE cron_id = %(cron)s;
"""
#: the job in a process of its own; in the batch it is told to, it says so and waits to be killed
WORKER = """
import itertools, signal, sys
import odoo
from odoo import api
from odoo.modules.registry import Registry
from odoo.tools import config

config.parse_config(sys.argv[2:], setup_logging=False)
registry = Registry(config["db_name"][0])
batches = itertools.count(1)

def consume(partners, interactions):
    partners.env.cr.execute({insert!r}, [interactions.ids])
    if next(batches) == int(sys.argv[1]):
        print("acting", flush=True)
        signal.pause()

registry["res.partner"].{method} = consume
with registry.cursor() as cr:
    api.Environment(cr, 1, {{}})["relationship.interaction.todo"]._run_job("consume", 10)
"""
INSERT = f"INSERT INTO {TABLE} (interaction) SELECT unnest(%s)"


def effect(partners, interactions):
    """Do what the consumer does: one row for each interaction, in the transaction it is called."""
    partners.env.cr.execute(INSERT, [interactions.ids])


@tagged("post_install", "-at_install")
class TestInteractionCrash(BaseCase):
    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.kept = {"others": [], "kinds": [], "cron": None}
        self.addCleanup(self._clean)
        with connection() as env:
            env.cr.execute(f"CREATE TABLE {TABLE} (interaction int)")
            consumers = env["relationship.interaction.consumer"].search([])
            self.kept["others"] = consumers.ids
            consumers.active = False
            kind = env["relationship.interaction.kind"].create({"code": "crash", "name": "Crash"})
            self.kept["kinds"] = kind.ids
            self.kept["cron"] = env.ref("relationship_crm.ir_cron_interaction_consume").id
            self._consumer(env, "crash_one")
        self._act(effect)

    def _clean(self):
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute(CLEAN, self.kept)
            cr.commit()
        self.registry.clear_cache()

    def _act(self, function):
        """Let the consumers do this from now on, in this process."""
        patcher = patch.object(self.registry["res.partner"], METHOD, function, create=True)
        patcher.start()
        self.addCleanup(patcher.stop)

    @staticmethod
    def _consumer(env, code):
        values = {"code": code, "name": code, "model": "res.partner", "method": METHOD}
        kinds = env["relationship.interaction.kind"].search([("code", "=", "crash")])
        return env["relationship.interaction.consumer"].create(values | {"kind_ids": kinds.ids})

    @staticmethod
    def _insert(env, *refs):
        return env["relationship.interaction"]._insert(
            [{"kind": "crash", "source": "crash", "external_ref": str(ref)} for ref in refs]
        )

    def _committed(self, *refs):
        with connection() as env:
            return self._insert(env, *refs)

    def _consume(self):
        """Let a worker do all that is due, as its cron does."""
        with connection() as env:
            env["relationship.interaction.todo"]._run_job("consume", 10)

    def _effects(self):
        with connection() as env:
            env.cr.execute(f"SELECT interaction FROM {TABLE} ORDER BY interaction")
            return [row for (row,) in env.cr.fetchall()]

    def _waiting(self):
        with connection() as env:
            domain = [("interaction_id.kind_id.code", "=", "crash")]
            return env["relationship.interaction.todo"].search_count(domain)

    # ------------------------------------------------------------ order of commits

    def test_sessions_that_commit_out_of_order(self):
        """The row with the lower id becomes visible last; a watermark would have passed it."""
        with connection() as early:
            [low] = self._insert(early, "low")
            [high] = self._committed("high")
            self.assertLess(low, high)
            self._consume()
            self.assertEqual(self._effects(), [high])
        self._consume()
        self.assertEqual(self._effects(), [low, high])
        self._consume()
        self.assertEqual(self._effects(), [low, high])

    def test_the_same_event_from_two_sessions_is_one(self):
        """The second waits for the first, is told to try again, and then finds it recorded."""
        told = []

        def second():
            threading.current_thread().dbname = get_db_name()
            with mute_logger("odoo.sql_db"), suppress(SerializationFailure):
                told.append(self._committed("same"))
            told.append(self._committed("same"))

        racer = threading.Thread(target=second)
        with connection() as env:
            self._insert(env, "same")
            racer.start()
            with connection() as watcher:
                self._await_lock(watcher.cr)
        racer.join(TIMEOUT)
        self.assertEqual(told, [[None]], "refused once, then a repeat")
        self._consume()
        self.assertEqual(len(self._effects()), 1)

    def _await_lock(self, cr):
        """Return once a session waits for a lock of another."""
        for _n in range(100_000):
            cr.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO relationship%'"
            )
            if cr.fetchone():
                return
            cr.rollback()
        self.fail("nobody waits")

    # ------------------------------------------------------------ workers

    def test_two_workers_at_once(self):
        """The second takes what the first has not claimed; nobody waits for the other."""
        ids = self._committed(*range(16))
        acting, go_on = threading.Event(), threading.Event()

        def slowly(partners, interactions):
            effect(partners, interactions)
            if threading.current_thread() is worker:
                acting.set()
                self.assertTrue(go_on.wait(TIMEOUT))

        def work():
            threading.current_thread().dbname = get_db_name()
            self._consume()

        self._act(slowly)
        worker = threading.Thread(target=work)
        worker.start()
        self.assertTrue(acting.wait(TIMEOUT))
        self._consume()
        self.assertEqual(self._effects(), ids[10:], "the first one's ten are its own")
        go_on.set()
        worker.join(TIMEOUT)
        self.assertFalse(worker.is_alive())
        self.assertEqual(self._effects(), ids)
        self.assertEqual(self._waiting(), 0)

    def test_a_worker_with_an_old_snapshot_tries_again(self):
        """It began before another worker committed, and finds the rows it saw gone."""
        ids = self._committed(1, 2, 3)
        with connection() as env, mute_logger("odoo.sql_db"):
            env.cr.execute("SELECT count(*) FROM relationship_interaction_todo")
            self._consume()
            self.assertEqual(env["relationship.interaction.todo"]._run_batch("consume", 10), 0)
        self.assertEqual(self._effects(), ids)

    def test_failing_rows_are_kept_the_others_done_once(self):
        ids = self._committed(*range(30))
        broken = {ids[3], ids[17]}

        def act(partners, interactions):
            effect(partners, interactions)
            if broken & set(interactions.ids):
                raise ValueError("broken")

        self._act(act)
        self._consume()
        self.assertEqual(self._effects(), [row for row in ids if row not in broken])
        self.assertEqual(self._waiting(), 2)
        broken.clear()
        with connection() as env:
            env["relationship.interaction.todo"].search([]).action_retry()
        self._consume()
        self.assertEqual(self._effects(), ids)

    def test_each_consumer_once(self):
        with connection() as env:
            self._consumer(env, "crash_two")
        ids = self._committed(*range(12))
        self._consume()
        self.assertEqual(self._effects(), sorted(ids * 2))

    # ------------------------------------------------------------ kill -9

    def _worker(self, batch):
        """Start the job in a process of its own; return it once it acts on this batch."""
        options = {
            "-d": get_db_name(),
            "--addons-path": ",".join(config["addons_path"]),
            "--data-dir": config["data_dir"],
            **{f"--{name}": config[name] for name in ("db_host", "db_port", "db_user")},
        }
        environment = dict(os.environ)
        if config["db_password"]:
            environment["PGPASSWORD"] = config["db_password"]
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                WORKER.format(insert=INSERT, method=METHOD),
                str(batch),
                *(f"{name}={value}" if name != "-d" else f"-d{value}"
                  for name, value in options.items() if value),
            ],
            env=environment, stdout=subprocess.PIPE, start_new_session=True, text=True,
        )  # fmt: skip
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, TIMEOUT)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline().strip(), "acting")
        return process

    def _kill(self, process):
        """End a worker in the middle, and return once the database knows."""
        os.kill(process.pid, signal.SIGKILL)
        self.assertEqual(process.wait(TIMEOUT), -signal.SIGKILL)
        with connection() as env:  # waits for the locks that the dead one held
            env.cr.execute("SELECT FROM relationship_interaction_todo FOR UPDATE")

    def test_a_worker_killed_in_the_first_batch(self):
        ids = self._committed(*range(25))
        worker = self._worker(batch=1)
        self.assertEqual(self._effects(), [])
        self._kill(worker)
        self.assertEqual(self._waiting(), 25, "what it did is undone, what it took is back")
        self._consume()
        self.assertEqual(self._effects(), ids)

    def test_a_worker_killed_between_others(self):
        """Batches it finished stay finished; while it hangs another one goes on."""
        ids = self._committed(*range(35))
        worker = self._worker(batch=2)
        self.assertEqual(self._effects(), ids[:10])
        self._consume()
        self.assertEqual(self._effects(), ids[:10] + ids[20:])
        self._kill(worker)
        self._consume()
        self.assertEqual(self._effects(), ids)
        self.assertEqual(self._waiting(), 0)
