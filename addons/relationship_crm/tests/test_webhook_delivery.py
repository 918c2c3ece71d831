"""Webhooks against a real receiver, on real connections: signed, retried, replayed, never stuck."""

import json
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

from odoo import fields
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from odoo.addons.relationship_crm.lib.webhook_signature import verify
from odoo.addons.relationship_crm.models import relationship_webhook_delivery as delivery_model

from .race_common import TIMEOUT, connection

CLEAN = """
    DELETE FROM relationship_webhook_delivery WHERE webhook_id IN
        (SELECT id FROM relationship_webhook WHERE name = 'Receiver');
    DELETE FROM relationship_webhook WHERE name = 'Receiver';
    DELETE FROM relationship_interaction_consumer WHERE code LIKE 'webhook_%%';
    UPDATE relationship_interaction_consumer SET active = true WHERE id = ANY(%(others)s);
    DELETE FROM relationship_interaction WHERE source = 'receiver';
    DELETE FROM ir_cron_trigger WHERE cron_id = ANY(%(crons)s);
"""


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent; answers with ``status``, or as ``answer`` (a function) says."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.received, self.status, self.answer = [], 200, lambda body: None
        self.url = f"http://127.0.0.1:{self.server_address[1]}/in"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        status = self.server.answer(body) or self.server.status
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        """Say nothing."""


@tagged("post_install", "-at_install")
class TestWebhookDelivery(BaseCase):
    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.kept = {"others": [], "crons": []}
        self.addCleanup(self._clean)
        with connection() as env:
            others = env["relationship.interaction.consumer"].search([])
            self.kept["others"] = others.ids
            self.kept["crons"] = [
                env.ref(f"relationship_crm.ir_cron_{name}").id
                for name in ("interaction_consume", "webhook_send")
            ]
            others.active = False
            self.webhook_id = self._webhook(env, self.receiver.url).id

    def _clean(self):
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute(CLEAN, self.kept)
            cr.commit()

    @staticmethod
    def _webhook(env, url):
        call = env.ref("relationship_crm.relationship_interaction_kind_call")
        values = {"name": "Receiver", "url": url, "allow_http": True, "kind_ids": call.ids}
        return env["relationship.webhook"].create(values)

    def _happen(self, number):
        """Record calls and let the consumers write deliveries; return the ids of the calls."""
        with connection() as env:
            events = [
                {"kind": "call", "source": "receiver", "external_ref": f"{time.monotonic()}-{n}"}
                for n in range(number)
            ]
            ids = env["relationship.interaction"]._insert(events)
        with connection() as env:
            env["relationship.interaction.todo"]._run_job("consume", 500)
        return ids

    def _send(self, limit=40):
        with connection() as env:
            env["relationship.webhook.delivery"]._run_job("send", limit)

    def _deliveries(self, env):
        return env["relationship.webhook.delivery"].search(
            [("webhook_id", "=", self.webhook_id)], order="id"
        )

    def _states(self):
        with connection() as env:
            return self._deliveries(env).mapped("state")

    def _change(self, **values):
        """Let time pass: change deliveries and forget that the receiver was away."""
        with connection() as env:
            self._deliveries(env).write({"next_try": False} | values)
            env["relationship.webhook"].browse(self.webhook_id).paused_until = False

    def _bodies(self):
        return [json.loads(body) for _path, _headers, body in self.receiver.received]

    # ------------------------------------------------------------ it arrives

    def test_signed_so_that_the_receiver_can_tell(self):
        ids = self._happen(1)
        self._send()
        [(path, headers, body)] = self.receiver.received
        self.assertEqual(path, "/in")
        with connection() as env:
            secret = env["relationship.webhook"].browse(self.webhook_id).secret
        timestamp, signature = (
            headers[f"X-Relationship-{name}"] for name in ("Timestamp", "Signature")
        )
        self.assertTrue(verify(secret, timestamp, body, signature, now=int(time.time())))
        self.assertFalse(verify("other", timestamp, body, signature, now=int(time.time())))
        self.assertFalse(verify(secret, timestamp, body + b" ", signature, now=int(time.time())))
        self.assertFalse(verify(secret, timestamp, body, signature, now=int(time.time()) + 3600))
        told = json.loads(body)
        self.assertEqual(told["interaction_id"], ids[0])
        self.assertEqual(str(told["id"]), headers["X-Relationship-Delivery"])
        self.assertEqual(headers["Content-Type"], "application/json")

    def test_each_interaction_is_told_once(self):
        ids = self._happen(25)
        self._send(10)
        self._send(10)
        self.assertCountEqual([body["interaction_id"] for body in self._bodies()], ids)
        self.assertEqual(set(self._states()), {"delivered"})

    def test_no_transaction_is_open_while_the_receiver_thinks(self):
        self._happen(1)
        seen = []

        def look(_body):
            with db_connect("postgres").cursor() as cr:
                cr.execute(
                    "SELECT state FROM pg_stat_activity WHERE datname = %s AND pid <> %s"
                    " AND state <> 'idle'",
                    [get_db_name(), cr.connection.info.backend_pid],
                )
                seen.extend(cr.fetchall())
            with connection() as env:  # nor is a row locked
                env.cr.execute("SELECT FROM relationship_webhook_delivery FOR UPDATE NOWAIT")

        self.receiver.answer = look
        self._send()
        self.assertEqual(seen, [])
        self.assertEqual(self._states(), ["delivered"])

    # ------------------------------------------------------------ it does not

    def test_an_error_is_tried_again(self):
        self._happen(2)
        self.receiver.status = 500
        self._send()
        with connection() as env:
            deliveries = self._deliveries(env)
            self.assertEqual(deliveries.mapped("state"), ["waiting"] * 2)
            self.assertEqual(set(deliveries.mapped("error")), {"HTTP 500 Internal Server Error"})
            self.assertEqual(deliveries.mapped("tries"), [1, 1])
            self.assertTrue(all(row.next_try > fields.Datetime.now() for row in deliveries))
            webhook = env["relationship.webhook"].browse(self.webhook_id)
            self.assertEqual(webhook.failures, 1)
            self.assertGreater(webhook.paused_until, fields.Datetime.now())
        self._send()
        self.assertEqual(len(self.receiver.received), 2, "not due yet")
        self.receiver.status = 204
        self._change()
        self._send()
        self.assertEqual(self._states(), ["delivered"] * 2)
        first, again = self._bodies()[:2], self._bodies()[2:]
        self.assertCountEqual([b["id"] for b in first], [b["id"] for b in again])
        with connection() as env:
            self.assertEqual(env["relationship.webhook"].browse(self.webhook_id).failures, 0)

    def test_a_refused_message_does_not_hold_the_others(self):
        ids = self._happen(3)
        self.receiver.answer = lambda body: (
            422 if json.loads(body)["interaction_id"] == ids[1] else 0
        )
        self._send()
        self.assertEqual(self._states(), ["delivered", "waiting", "delivered"])
        with connection() as env:
            self.assertFalse(env["relationship.webhook"].browse(self.webhook_id).paused_until)

    def test_a_redirect_is_not_followed(self):
        self._happen(1)
        self.receiver.status = 302
        self._send()
        self.assertEqual([path for path, _headers, _body in self.receiver.received], ["/in"])
        self.assertEqual(self._states(), ["waiting"])

    def test_a_receiver_that_is_away_is_left_alone(self):
        """One batch finds out; the others wait, and another webhook is served."""
        with connection() as env:
            other = self._webhook(env, "http://127.0.0.1:9/")
        self._happen(30)
        self._send(10)
        with connection() as env:
            tries = env["relationship.webhook.delivery"].search(
                [("webhook_id", "=", other.id)], order="id"
            )
            self.assertEqual(tries.mapped("tries"), [1] * 10 + [0] * 20)
            self.assertIn("ConnectionError", tries[0].error)
        self.assertEqual(self._states(), ["delivered"] * 30)

    def test_given_up_after_a_day_then_replayed(self):
        self._happen(12)
        self.receiver.status = 503
        self._change(queued_at=fields.Datetime.now() - timedelta(hours=25))
        self._send(5)
        self.assertEqual(self._states(), ["failed"] * 12, "those not tried this time as well")
        with connection() as env:
            webhook = env["relationship.webhook"].browse(self.webhook_id)
            self.assertEqual((webhook.failed_count, webhook.waiting_count), (12, 0))
            webhook.action_replay_failed()
        self.receiver.status = 200
        self.receiver.received.clear()
        self._change()
        self._send()
        self.assertEqual(self._states(), ["delivered"] * 12)
        self.assertEqual(len({body["id"] for body in self._bodies()}), 12)

    def test_tries_spread_over_a_day(self):
        """Each try comes later than the one before; the last is a day after the event."""
        self._happen(1)
        self.receiver.status = 500
        start, delays = fields.Datetime.now(), []
        for _n in range(20):
            self._send()
            with connection() as env:
                row = self._deliveries(env)
                if row.state == "failed":
                    break
                wait = row.next_try - fields.Datetime.now()
                delays.append(wait)
                queued = row.queued_at
            self._change(queued_at=queued - wait)  # so much time passes
        self.assertEqual(self._states(), ["failed"])
        self.assertEqual(delays[:-1], sorted(delays[:-1]))
        day = timedelta(hours=24)
        self.assertAlmostEqual(sum(delays, timedelta()), day, delta=timedelta(minutes=1))
        self.assertGreaterEqual(len(delays), 6)
        self.assertTrue(start)

    # ------------------------------------------------------------ workers

    def test_a_worker_that_died_leaves_its_lease(self):
        """Its rows are left alone until the lease is over, then sent by another."""
        self._happen(2)
        with connection() as env:
            lease = fields.Datetime.now() + timedelta(minutes=5)
            env["relationship.webhook.delivery"]._lease(lease, 10)
        self._send()
        self.assertEqual((self._states(), self.receiver.received), (["sending"] * 2, []))
        self._change(next_try=fields.Datetime.now() - timedelta(minutes=1))
        self._send()
        self.assertEqual(self._states(), ["delivered"] * 2)

    def test_a_late_worker_does_not_overwrite(self):
        """Its lease has passed to another one, who has sent the message meanwhile."""
        self._happen(1)
        with connection() as env:
            lease = fields.Datetime.now() + timedelta(minutes=5)
            row = env["relationship.webhook.delivery"]._lease(lease, 10)
        self._change(next_try=fields.Datetime.now() - timedelta(minutes=1))
        self._send()
        with connection() as env:
            webhook = env["relationship.webhook"].browse(self.webhook_id)
            env["relationship.webhook.delivery"]._conclude(webhook, lease, {row.id: (500, "late")})
        self.assertEqual(self._states(), ["delivered"])

    def test_a_receiver_that_never_ends_its_answer(self):
        """The batch ends all the same; what was begun counts as tried, the rest does not."""
        self._happen(3)
        go_on = threading.Event()
        self.addCleanup(go_on.set)
        self.receiver.answer = lambda body: go_on.wait(TIMEOUT) and None
        with (
            patch.object(delivery_model, "DEADLINE", 1),
            patch.object(delivery_model, "PARALLEL", 2),
            connection() as env,
        ):
            env["relationship.webhook.delivery"]._job_send(10)
        go_on.set()
        with connection() as env:
            rows = self._deliveries(env)
            self.assertEqual(sorted(rows.mapped("state")), ["sending", "waiting", "waiting"])
            self.assertEqual(set(rows.mapped("error")), {"no answer in time", False})

    def test_two_workers_send_each_message_once(self):
        ids = self._happen(20)
        first, go_on = threading.Event(), threading.Event()

        def wait(_body):
            first.set()
            go_on.wait(TIMEOUT)

        self.receiver.answer = wait

        def work():
            threading.current_thread().dbname = get_db_name()
            with connection() as env:
                env["relationship.webhook.delivery"]._job_send(8)

        worker = threading.Thread(target=work)
        worker.start()
        self.assertTrue(first.wait(TIMEOUT))
        self.receiver.answer = lambda _body: None
        self._send(8)
        go_on.set()
        worker.join(TIMEOUT)
        self.assertCountEqual([body["interaction_id"] for body in self._bodies()], ids)
        self.assertEqual(set(self._states()), {"delivered"})
