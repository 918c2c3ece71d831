"""Packs are printed once, whoever works on them: two workers at once, one killed by ``kill -9``."""

import os
import signal
import subprocess
import sys
import threading
from unittest.mock import patch

from odoo.modules.registry import Registry
from odoo.tests import tagged
from odoo.tests.common import get_db_name
from odoo.tools import config

from .race_common import TIMEOUT, RaceCase, connection
from .test_scorecard_pack import page

PARTNERS = 4
OF_PROGRAM = "enrollment_id IN (SELECT id FROM prm_enrollment WHERE program_id = %(program)s)"
MADE = (
    ("ir.attachment", "res_model = 'prm.scorecard.pack' AND res_id = %(pack)s"),
    (
        "ir.attachment",
        "res_model = 'prm.scorecard.pack.line' AND res_id IN"
        f" (SELECT id FROM prm_scorecard_pack_line WHERE {OF_PROGRAM})",
    ),
    ("prm.scorecard.pack.line", OF_PROGRAM),
    ("prm.scorecard.pack", "id = %(pack)s"),
    ("relationship.queue", "partner_id IN %(partners)s"),
    ("relationship.identity", "partner_id IN %(partners)s"),
    ("prm.enrollment", "program_id = %(program)s"),
    ("prm.program", "id = %(program)s"),
    ("res.partner", "id IN %(partners)s"),
)
#: the job in a process of its own; while it prints its second partner it says so and waits
WORKER = """
import itertools, signal, sys
from odoo import api
from odoo.modules.registry import Registry
from odoo.tools import config

config.parse_config(sys.argv[1:], setup_logging=False)
registry = Registry(config["db_name"][0])
number = itertools.count(1)

def print_one(line):
    if next(number) == 2:
        print("printing", flush=True)
        signal.pause()
    return b"%PDF of the dead"

registry["prm.scorecard.pack.line"]._pdf = print_one
with registry.cursor() as cr:
    api.Environment(cr, 1, {})["prm.scorecard.pack"]._run_job("scorecard_pack", 1)
"""


@tagged("post_install", "-at_install")
class TestScorecardPackRace(RaceCase):
    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.printed = []
        self.ids = {"pack": 0}
        with connection() as env:
            program = env["prm.program"].create({"name": "Raced Cards", "company_ids": False})
            partners = env["res.partner"].create(
                [{"name": f"Carded {place}", "is_company": True} for place in range(PARTNERS)]
            )
            self.ids |= {"program": program.id, "partners": tuple(partners.ids)}
            self.addCleanup(self._wipe, MADE, self.ids)
            enrollments = env["prm.enrollment"].create(
                [{"partner_id": one.id, "program_id": program.id} for one in partners]
            )
            self.ids["pack"] = env["prm.scorecard.pack"]._start(enrollments).id
            # what the cron of a server that happens to run would do is done here
            cron = env.ref("relationship_crm.ir_cron_prm_scorecard_pack")
            env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]).unlink()

    def _printing(self, pdf):
        """Let workers of this process print by this function of a line."""
        patcher = patch.object(self.registry["prm.scorecard.pack.line"], "_pdf", pdf)
        patcher.start()
        self.addCleanup(patcher.stop)

    def _page(self, line):
        self.printed.append(line.partner_id.name)
        return page(line.partner_id.name)

    def _work(self):
        threading.current_thread().dbname = get_db_name()
        with connection() as env:
            env["prm.scorecard.pack"]._run_job("scorecard_pack", 1)

    def _assert_printed_once(self):
        with connection() as env:
            pack = env["prm.scorecard.pack"].browse(self.ids["pack"])
            self.assertEqual((pack.state, pack.done_count, pack.progress), ("done", PARTNERS, 100))
            kept = env["ir.attachment"].search(
                [("res_model", "=", pack._name), ("res_id", "=", pack.id)]
            )
            self.assertEqual(kept, pack.attachment_id, "one document")
            lines = env["ir.attachment"].search(
                [
                    ("res_model", "=", "prm.scorecard.pack.line"),
                    ("res_id", "in", pack.line_ids.ids),
                ]
            )
            self.assertEqual(lines, pack.line_ids.attachment_id, "and one for each partner")
            self.assertEqual(len(lines), PARTNERS)

    def test_two_workers_at_once(self):
        """While one prints a partner, another prints the rest, and never the same."""
        begun, go_on = threading.Event(), threading.Event()

        def pdf(line):
            content = self._page(line)
            if threading.current_thread() is slow:
                begun.set()
                self.assertTrue(go_on.wait(TIMEOUT))
            return content

        self._printing(pdf)
        slow = threading.Thread(target=self._work)
        slow.start()
        self.addCleanup(slow.join, TIMEOUT)
        self.addCleanup(go_on.set)
        self.assertTrue(begun.wait(TIMEOUT))
        self._work()
        with connection() as env:
            pack = env["prm.scorecard.pack"].browse(self.ids["pack"])
            self.assertEqual((pack.state, pack.done_count), ("running", PARTNERS - 1))
        go_on.set()
        slow.join(TIMEOUT)
        self.assertFalse(slow.is_alive())
        self._work()
        self.assertEqual(sorted(self.printed), [f"Carded {place}" for place in range(PARTNERS)])
        self._assert_printed_once()

    def test_a_worker_killed_while_it_prints(self):
        """What it printed stays; what it was printing is printed again, once."""
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
            [sys.executable, "-c", WORKER, *options],
            env=environment,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, TIMEOUT)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline().strip(), "printing")
        os.kill(process.pid, signal.SIGKILL)
        self.assertEqual(process.wait(TIMEOUT), -signal.SIGKILL)
        with connection() as env:  # waits for the locks that the dead one held
            env.cr.execute(
                "SELECT FROM prm_scorecard_pack_line WHERE pack_id = %s FOR UPDATE",
                [self.ids["pack"]],
            )
            pack = env["prm.scorecard.pack"].browse(self.ids["pack"])
            self.assertEqual((pack.state, pack.done_count, pack.progress), ("running", 1, 25))
            first = pack.line_ids.filtered(lambda line: line.state == "done")
            first.attachment_id.raw = page(first.partner_id.name)
            printed = first.partner_id.name
        self._printing(lambda line: self._page(line))
        self._work()
        self.assertEqual(len(self.printed), PARTNERS - 1)
        self.assertNotIn(printed, self.printed, "not again")
        self._assert_printed_once()
