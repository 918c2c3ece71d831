"""A server killed in the middle of sending: nobody is lost, nobody is written to twice."""

import os
import signal
import subprocess
import sys
import threading

from odoo.tests import tagged
from odoo.tests.common import get_db_name
from odoo.tools import config

from odoo.addons.relationship_crm.tests.race_common import connection

from .test_race import CommittedCase

TIMEOUT = 120
#: the job in a process of its own, three people a batch; in the second batch, with everything
#: written and nothing committed, it says so and waits to be killed
WORKER = """
import itertools, os, signal, sys
import odoo
from odoo import api
from odoo.modules.registry import Registry
from odoo.tools import config

config.parse_config(sys.argv[1:], setup_logging=False)
registry = Registry(config["db_name"][0])
batches = itertools.count(1)
model = registry["feedback.invitation"]
job = os.environ["FEEDBACK_JOB"]
act = getattr(model, f"_{job}")

def pause(self, *args):
    act(self, *args)
    self.env.flush_all()
    if next(batches) == 2:
        print("sending", flush=True)
        signal.pause()

setattr(model, f"_{job}", pause)
with registry.cursor() as cr:
    api.Environment(cr, 1, {})["feedback.invitation"]._run_job(job, 3)
"""


@tagged("post_install", "-at_install")
class TestFeedbackCrash(CommittedCase):
    PROGRAMS = 1
    PEOPLE = 8

    def _killed_worker(self, job):
        """Do a job in another process until it is killed in its second batch."""
        options = {
            "--database": get_db_name(),
            "--db_host": config["db_host"],
            "--db_port": config["db_port"],
            "--db_user": config["db_user"],
            "--addons-path": ",".join(config["addons_path"]),
            "--data-dir": config["data_dir"],
        }
        environment = {**os.environ, "FEEDBACK_JOB": job}
        if config["db_password"]:
            environment["PGPASSWORD"] = config["db_password"]
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, *[f"{k}={v}" for k, v in options.items() if v]],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        watch = threading.Timer(TIMEOUT, worker.kill)
        watch.start()
        try:
            self.assertIn("sending", worker.stdout.readline(), "the worker came to its batch")
        finally:
            watch.cancel()
            worker.send_signal(signal.SIGKILL)
            worker.wait(TIMEOUT)
            worker.stdout.close()
        with connection() as env:  # waits for the locks that the dead one held
            env.cr.execute("SELECT FROM feedback_invitation FOR UPDATE")

    def _states(self, env):
        """Number of invitations and of e-mails, by what became of them."""
        rows = self._invitations(env)
        mails = env["mail.mail"].search(
            [("model", "=", "feedback.invitation"), ("res_id", "in", rows.ids)]
        )
        states = rows.mapped("state")
        return states.count("sent"), states.count("queued"), sorted(mails.mapped("res_id"))

    def test_killed_while_sending(self):
        with connection() as env:
            env["feedback.wave"].browse(self.ids["waves"]).action_send()
        self._killed_worker("send")
        with connection() as env:
            sent, queued, mails = self._states(env)
            self.assertEqual((sent, queued, len(mails)), (3, 5, 3), "the first batch, whole")
            env["feedback.invitation"]._run_job("send", 3)
        with connection() as env:
            sent, queued, mails = self._states(env)
            self.assertEqual((sent, queued), (8, 0))
            self.assertEqual(mails, sorted(self._invitations(env).ids), "each once")
            self.assertEqual(env["feedback.wave"].browse(self.ids["waves"]).state, "open")

    def test_killed_while_reminding(self):
        with connection() as env:
            env["feedback.wave"].browse(self.ids["waves"]).action_send()
            env["feedback.invitation"]._run_job("send", 100)
        with connection() as env:
            env.cr.execute(
                "UPDATE feedback_invitation SET next_at = now() AT TIME ZONE 'UTC' - interval '1h'"
                " WHERE wave_id = ANY(%s)",
                [self.ids["waves"]],
            )
        self._killed_worker("follow")
        with connection() as env:
            self.assertEqual(self._reminded(env), (3, 8 + 3), "the first batch, whole")
            env["feedback.invitation"]._run_job("follow", 3)
        with connection() as env:
            self.assertEqual(self._reminded(env), (8, 8 + 8), "each once")

    def _reminded(self, env):
        """Number of people reminded once, and of e-mails of all."""
        rows = self._invitations(env)
        mails = env["mail.mail"].search_count(
            [("model", "=", "feedback.invitation"), ("res_id", "in", rows.ids)]
        )
        return len(rows.filtered(lambda row: row.reminders == 1)), mails
