import json
import time
from concurrent import futures
from datetime import timedelta

import requests

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib.webhook_signature import sign

#: minutes until the next try, by how often it failed; then always the last
BACKOFF = (1, 5, 15, 60, 180, 360)
#: hours in which it is tried, after which it has failed for good
PERIOD = 24
#: deliveries at once, seconds to connect and until the answer begins, seconds for a batch
PARALLEL, TIMEOUT, DEADLINE = 8, 10, 60
#: minutes after which what another worker took is taken from it: longer than a batch lasts
LEASE = 5
KEPT_DAYS = 30


class RelationshipWebhookDelivery(models.Model):
    """One interaction that is sent to one webhook.

    A worker *leases* a small batch (state "sending", next try after the lease), commits, and only
    then talks to the receiver: no row is locked and no transaction open while a slow receiver
    thinks. A worker that dies leaves its batch to the next one after the lease. So a message is
    sent at least once, and the receiver knows a repeat by its id.
    """

    _name = "relationship.webhook.delivery"
    _description = "Webhook Delivery"
    _inherit = "relationship.job"
    _order = "id desc"
    _log_access = False
    _rec_name = "interaction_id"

    webhook_id = fields.Many2one(
        "relationship.webhook", required=True, readonly=True, ondelete="cascade"
    )
    interaction_id = fields.Many2one(
        "relationship.interaction", required=True, readonly=True, ondelete="cascade", index=True
    )
    kind_id = fields.Many2one(related="interaction_id.kind_id")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("sending", "Sending"),
            ("delivered", "Delivered"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    queued_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    tries = fields.Integer(readonly=True)
    next_try = fields.Datetime(readonly=True)
    delivered_at = fields.Datetime(readonly=True)
    http_status = fields.Integer(string="HTTP Status", readonly=True)
    error = fields.Text(readonly=True)

    _pair_unique = models.Constraint(
        "UNIQUE (webhook_id, interaction_id)", "A webhook is told of an interaction once."
    )
    _open_idx = models.Index("(webhook_id, id) WHERE state IN ('waiting', 'sending')")
    _failed_idx = models.Index("(webhook_id, id) WHERE state = 'failed'")
    _delivered_idx = models.Index("(delivered_at) WHERE state = 'delivered'")

    # ------------------------------------------------------------ sending

    @api.model
    def _cron_send(self):
        """Send what waits."""
        self._run_job("send", 40)

    @api.model
    def _job_send(self, limit):
        """Send up to ``limit`` deliveries to the webhook that waits longest.

        :return: number of deliveries that could be sent next, counted up to a thousand
        """
        self.env.flush_all()
        lease = fields.Datetime.now() + timedelta(minutes=LEASE)
        deliveries = self._lease(lease, limit)
        if not deliveries:
            return 0
        webhook = deliveries.webhook_id
        messages = {row.id: row._prepare_message() for row in deliveries}
        self.env["ir.cron"]._commit_progress()
        outcomes = _post_all(messages)
        self._conclude(webhook, lease, outcomes)
        self.env.flush_all()
        return self._count_ready()

    @api.model
    def _due(self):
        """Return the deliveries that could be sent now, as SQL."""
        return SQL(
            """
            relationship_webhook_delivery delivery
            JOIN relationship_webhook webhook ON webhook.id = delivery.webhook_id
             AND webhook.active
             AND (webhook.paused_until IS NULL OR webhook.paused_until <= now() AT TIME ZONE 'UTC')
            WHERE delivery.state IN ('waiting', 'sending')
              AND (delivery.next_try IS NULL OR delivery.next_try <= now() AT TIME ZONE 'UTC')
            """
        )

    @api.model
    def _lease(self, lease, limit):
        """Take deliveries of the webhook that waits longest until this moment (UTC)."""
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE relationship_webhook_delivery taken
                   SET state = 'sending', next_try = %(lease)s
                 WHERE taken.id IN (
                       SELECT delivery.id FROM %(due)s AND delivery.webhook_id = (
                              SELECT delivery.webhook_id FROM %(due)s
                               ORDER BY delivery.id LIMIT 1)
                        ORDER BY delivery.id LIMIT %(limit)s
                          FOR UPDATE OF delivery SKIP LOCKED)
                RETURNING taken.id
                """,
                lease=lease,
                due=self._due(),
                limit=limit,
            )
        )
        self.invalidate_model()
        return self.browse(sorted(row for (row,) in rows))

    @api.model
    def _count_ready(self):
        """Number of deliveries that could be sent now, counted up to a thousand."""
        [(count,)] = self.env.execute_query(
            SQL("SELECT count(*) FROM (SELECT FROM %s LIMIT 1000) ready", self._due())
        )
        return count

    # ------------------------------------------------------------ message

    def _prepare_message(self):
        """Return what is posted: dict of address, body (bytes) and headers."""
        self.ensure_one()
        body = json.dumps(
            self._prepare_body(), ensure_ascii=False, separators=(",", ":"), sort_keys=True
        ).encode()
        timestamp = int(time.time())
        return {
            "url": self.webhook_id.url,
            "data": body,
            "headers": {
                "Content-Type": "application/json",
                "User-Agent": "Odoo-Relationships",
                "X-Relationship-Delivery": str(self.id),
                "X-Relationship-Timestamp": str(timestamp),
                "X-Relationship-Signature": sign(self.webhook_id.secret, timestamp, body),
            },
        }

    def _prepare_body(self):
        """Return what the receiver is told, as plain JSON values; times are UTC, ISO 8601.

        Ids only: names and addresses are for the receiver to ask for, with rights of its own.
        """
        self.ensure_one()
        event = self.interaction_id
        return {
            "id": self.id,
            "interaction_id": event.id,
            "kind": event.kind_id.code,
            "class": event.kind_class,
            "channel": event.channel or None,
            "occurred_at": event.occurred_at.isoformat() + "Z",
            "company_id": event.company_id.id,
            "partner_id": event.partner_id.id or None,
            "contact_id": event.contact_id.id or None,
            "amount": event.amount if event.currency_id else None,
            "currency": event.currency_id.name or None,
            "res_model": event.res_model or None,
            "res_id": event.res_id or None,
            "source": event.source,
            "external_ref": event.external_ref,
            "summary": event.summary or None,
            "payload": event.payload or None,
        }

    # ------------------------------------------------------------ outcome

    @api.model
    def _conclude(self, webhook, lease, outcomes):
        """Keep what became of deliveries, unless their lease has passed to another worker.

        :param dict outcomes: delivery id → (HTTP status or None, error text or None)
        """
        ids = list(outcomes)
        self.env.cr.execute(
            SQL(
                """
                UPDATE relationship_webhook_delivery sent
                   SET tries = coalesce(sent.tries, 0) + 1, http_status = outcome.status,
                       error = outcome.error,
                       delivered_at = CASE WHEN outcome.error IS NULL THEN %(now)s END,
                       state = CASE WHEN outcome.error IS NULL THEN 'delivered'
                                    WHEN sent.queued_at + %(period)s <= %(now)s THEN 'failed'
                                    ELSE 'waiting' END,
                       next_try = CASE WHEN outcome.error IS NOT NULL THEN
                           least(%(now)s + make_interval(mins => (%(backoff)s)[
                                     least(coalesce(sent.tries, 0) + 1, %(most)s)]),
                                 greatest(sent.queued_at + %(period)s, %(now)s)) END
                  FROM unnest(%(ids)s, %(statuses)s::int[], %(errors)s::text[])
                       AS outcome(id, status, error)
                 WHERE sent.id = outcome.id AND sent.state = 'sending' AND sent.next_try = %(lease)s
                """,
                now=SQL("(now() AT TIME ZONE 'UTC')"),
                period=SQL("make_interval(hours => %s)", PERIOD),
                backoff=list(BACKOFF),
                most=len(BACKOFF),
                ids=ids,
                statuses=[outcomes[row][0] for row in ids],
                errors=[outcomes[row][1] for row in ids],
                lease=lease,
            )
        )
        self.invalidate_model()
        away = [error for status, error in outcomes.values() if error and _is_away(status)]
        answered = len(away) < len(outcomes)
        webhook._note_answer(answered)
        if not answered:
            self._give_up(webhook, away[0])

    @api.model
    def _give_up(self, webhook, error):
        """Fail all that has waited too long for a receiver that does not answer."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE relationship_webhook_delivery SET state = 'failed', error = %s
                 WHERE webhook_id = %s AND state = 'waiting'
                   AND queued_at + make_interval(hours => %s) <= now() AT TIME ZONE 'UTC'
                """,
                error,
                webhook.id,
                PERIOD,
            )
        )

    def action_replay(self):
        """Send these again, as the same message (same id), for another 24 hours if need be."""
        self.check_access("write")
        self.filtered(lambda row: row.state != "sending").sudo().write(
            {
                "state": "waiting",
                "queued_at": fields.Datetime.now(),
                "tries": 0,
                "next_try": False,
                "error": False,
            }
        )
        self.env["relationship.queue"]._wake("relationship_crm.ir_cron_webhook_send")
        return True

    @api.autovacuum
    def _gc_delivered(self):
        """Forget what was delivered a month ago."""
        self.env.cr.execute(
            """
            DELETE FROM relationship_webhook_delivery WHERE id IN (
                SELECT id FROM relationship_webhook_delivery
                 WHERE state = 'delivered' AND delivered_at < now() AT TIME ZONE 'UTC' - %s
                 LIMIT 50000)
            """,
            [timedelta(days=KEPT_DAYS)],
        )
        return self.env.cr.rowcount, self.env.cr.rowcount == 50000


def _is_away(status):
    """Whether the receiver as a whole is at fault, not the message it was sent."""
    return status is None or status >= 500 or status == 429


def _post_all(messages):
    """Post messages, several at once, within the time of a batch.

    :param dict messages: id → arguments of :meth:`requests.post`
    :return: id → (HTTP status or None, error text or None), of those that were begun
    """
    pool = futures.ThreadPoolExecutor(PARALLEL, thread_name_prefix="webhook")
    posted = {pool.submit(_post, message): row for row, message in messages.items()}
    done, late = futures.wait(posted, timeout=DEADLINE)
    pool.shutdown(wait=False, cancel_futures=True)
    outcomes = {posted[future]: future.result() for future in done}
    begun = [posted[future] for future in late if not future.cancelled()]
    return outcomes | dict.fromkeys(begun, (None, "no answer in time"))


def _post(message):
    """Post one message; no redirect is followed, the answer's text is not read."""
    try:
        answer = requests.post(**message, timeout=TIMEOUT, allow_redirects=False, stream=True)
        answer.close()
    except Exception as error:  # noqa: BLE001 - kept with the delivery, which is tried again
        return None, f"{type(error).__name__}: {error}"[:500]
    if 200 <= answer.status_code < 300:
        return answer.status_code, None
    return answer.status_code, f"HTTP {answer.status_code} {answer.reason}"[:500]
