"""The jobs are killed by ``kill -9`` in the middle of a batch; in the end all is done once."""

import os
import signal
import subprocess
import sys

from odoo.tests import tagged
from odoo.tests.common import get_db_name
from odoo.tools import config

from .race_common import TIMEOUT, RaceCase, connection

#: a job in a process of its own; before the end of its second batch it says so and waits
WORKER = """
import itertools, signal, sys
from odoo import api
from odoo.modules.registry import Registry
from odoo.tools import config

config.parse_config(sys.argv[2:], setup_logging=False)
registry = Registry(config["db_name"][0])
batches = itertools.count(1)
model, name = sys.argv[1].split(":")
job = "_job_" + name
original = getattr(registry[model], job)

def act(self, limit):
    remaining = original(self, limit)
    self.env.cr.flush()
    if next(batches) == 2:
        print("acting", flush=True)
        signal.pause()
    return remaining

setattr(registry[model], job, act)
with registry.cursor() as cr:
    api.Environment(cr, 1, {})[model]._run_job(name, 4)
"""

TODO = "relationship.interaction.todo"


class CrashCase(RaceCase):
    """Means to kill a job in a process of its own, and to let it be finished."""

    def _worker(self, job, model="loyalty.ledger"):
        """Start the job in a process of its own; return it once it is in its second batch."""
        options = [
            f"-d{get_db_name()}",
            f"--addons-path={','.join(config['addons_path'])}",
            f"--data-dir={config['data_dir']}",
            *(
                f"--{name}={config[name]}"
                for name in ("db_host", "db_port", "db_user")
                if config[name]
            ),
        ]
        environment = dict(os.environ)
        if config["db_password"]:
            environment["PGPASSWORD"] = config["db_password"]
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, f"{model}:{job}", *options],
            env=environment,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
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
            env.cr.execute("SELECT FROM loyalty_card WHERE id = %s FOR UPDATE", [self.ids["card"]])

    def _finish(self, job, model="loyalty.ledger"):
        with connection() as env:
            env[model]._run_job(job, 4)


@tagged("post_install", "-at_install")
class TestLedgerCrash(CrashCase):
    def _entries(self, days):
        with connection() as env:
            env["loyalty.card"].accrue(
                [
                    {
                        "card_id": self.ids["card"],
                        "points": 1,
                        "key": f"{name}{self.ids['card']}-{number}",
                        name: "2099-01-01",
                    }
                    for name in days
                    for number in range(10)
                ]
            )

    def test_release(self):
        self._entries(["available_on"])
        with connection() as env:
            env.cr.execute(
                "UPDATE loyalty_ledger_entry SET available_on = '2020-01-01'"
                " WHERE state = 'pending' AND card_id = %s",
                [self.ids["card"]],
            )
        self._kill(self._worker("release"))
        self.assert_ledger(104)
        self._finish("release")
        self.assert_ledger(110)

    def test_expire(self):
        self._entries(["expires_on"])
        with connection() as env:
            env.cr.execute(
                "UPDATE loyalty_ledger_lot SET expires_on = '2020-01-01'"
                " WHERE expires_on IS NOT NULL AND card_id = %s",
                [self.ids["card"]],
            )
        self._kill(self._worker("expire"))
        self.assert_ledger(106)
        self._finish("expire")
        self.assert_ledger(100)

    def test_accrual(self):
        """Events earn by a rule; the worker dies after its second batch of them was posted."""
        with connection() as env:
            kind = env["relationship.interaction.kind"].search([("code", "=", "call")])
            env["loyalty.earning.rule"].create(
                {
                    "name": "Crashed",
                    "program_id": self.ids["program"],
                    "kind_id": kind.id,
                    "mode": "fixed",
                    "points": 1,
                }
            )
        with connection() as env:
            env["relationship.interaction"]._insert(
                [
                    {
                        "kind": "call",
                        "contact_id": self.ids["partner"],
                        "external_ref": f"crashed,{self.ids['partner']},{number}",
                    }
                    for number in range(10)
                ]
            )
        self._kill(self._worker("consume", TODO))
        with connection() as env:
            earned = env["loyalty.card"].browse(self.ids["card"]).points - 100
            self.assertLess(earned, 10)
        self.assert_ledger(100 + earned)
        self._finish("consume", TODO)
        self.assert_ledger(110)
