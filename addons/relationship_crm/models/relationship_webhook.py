import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

from ..lib.webhook_signature import url_mistake

#: minutes a receiver that does not answer is left alone, by how often in a row; then the last
PAUSES = (1, 5, 15)
#: fields that its consumer copies
COPIED = {"name", "kind_ids", "active"}


class RelationshipWebhook(models.Model):
    """Another system that is told, by signed messages, of interactions of chosen kinds.

    It is a consumer of interactions: the consumer writes one delivery per interaction, in the
    transaction that takes it from the queue; a job sends the deliveries.
    """

    _name = "relationship.webhook"
    _description = "Webhook"
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(
        default=True, help="An archived webhook is told of nothing; what happens then is left out."
    )
    url = fields.Char(
        string="Address", required=True, help="Where messages are posted to, with https://."
    )
    allow_http = fields.Boolean(
        string="Allow Unencrypted HTTP",
        help="Only for a receiver within your own network: anybody between could read along.",
    )
    secret = fields.Char(
        required=True,
        copy=False,
        default=lambda self: secrets.token_urlsafe(32),
        groups="relationship_crm.group_manager",
        help="Messages are signed with it. Give it to the receiver, to nobody else.",
    )
    company_id = fields.Many2one(
        "res.company", help="Only what happens in this company; empty: in every company."
    )
    kind_ids = fields.Many2many(
        "relationship.interaction.kind", string="Kinds", help="Empty: all kinds."
    )
    consumer_id = fields.Many2one(
        "relationship.interaction.consumer", readonly=True, copy=False, ondelete="restrict"
    )
    failures = fields.Integer(
        string="Failures in a Row", readonly=True, copy=False, help="Times it did not answer."
    )
    paused_until = fields.Datetime(
        readonly=True, copy=False, help="It did not answer and is left alone until then."
    )
    delivery_ids = fields.One2many("relationship.webhook.delivery", "webhook_id", readonly=True)
    waiting_count = fields.Integer(string="Waiting", compute="_compute_counts")
    failed_count = fields.Integer(string="Failed", compute="_compute_counts")

    _consumer_unique = models.Constraint(
        "UNIQUE (consumer_id)", "Each webhook has a consumer of its own."
    )

    def _compute_counts(self):
        """Count, up to what is there, deliveries that wait or have failed for good."""
        groups = self.env["relationship.webhook.delivery"]._read_group(
            [("webhook_id", "in", self.ids), ("state", "in", ("waiting", "sending", "failed"))],
            ["webhook_id", "state"],
            ["__count"],
        )
        counts = {(webhook, state): count for webhook, state, count in groups}
        for webhook in self:
            webhook.waiting_count = sum(counts.get((webhook, s), 0) for s in ("waiting", "sending"))
            webhook.failed_count = counts.get((webhook, "failed"), 0)

    @api.constrains("url", "allow_http")
    def _check_url(self):
        for webhook in self:
            mistake = url_mistake(webhook.url)
            if mistake == "scheme":
                raise ValidationError(self.env._("The address must begin with https://."))
            if mistake:
                raise ValidationError(self.env._("This is not the address of a server."))
            if not webhook.allow_http and not webhook.url.startswith("https://"):
                raise ValidationError(
                    self.env._("The address must begin with https://, or allow unencrypted HTTP.")
                )

    @api.constrains("company_id", "url")
    def _check_every_company(self):
        """What happens in every company is sent on only by who may work in every one."""
        # constraints run as superuser: ask who is behind it
        if self.sudo(False).env.su or all(webhook.company_id for webhook in self):
            return
        others = [("id", "not in", self.env.user.company_ids.ids)]
        if self.env["res.company"].sudo().search_count(others, limit=1):
            raise AccessError(
                self.env._(
                    "Choose a company: you do not work in every company, so you can't send on "
                    "what happens in all of them."
                )
            )

    # ------------------------------------------------------------ its consumer

    @api.model_create_multi
    def create(self, vals_list):
        webhooks = super().create(vals_list)
        consumers = self.env["relationship.interaction.consumer"].sudo()
        consumers = consumers.create([webhook._prepare_consumer() for webhook in webhooks])
        for webhook, consumer in zip(webhooks, consumers, strict=True):
            webhook.sudo().consumer_id = consumer
        return webhooks

    def write(self, vals):
        done = super().write(vals)
        if COPIED & set(vals):
            for webhook in self.sudo():
                webhook.consumer_id.write(webhook._prepare_consumer())
        return done

    def unlink(self):
        consumers = self.sudo().consumer_id
        done = super().unlink()
        consumers.unlink()
        return done

    def _prepare_consumer(self):
        """Return the values of the consumer that takes interactions for this webhook."""
        self.ensure_one()
        return {
            "code": f"webhook_{self.id}",
            "name": self.name,
            "model": self._name,
            "res_id": self.id,
            "method": "_consume_interactions",
            "kind_ids": [(6, 0, self.kind_ids.ids)],
            "active": self.active,
        }

    def _consume_interactions(self, interactions):
        """Let interactions wait to be sent to this webhook."""
        self.ensure_one()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO relationship_webhook_delivery
                       (webhook_id, interaction_id, state, tries, queued_at)
                SELECT %(webhook)s, id, 'waiting', 0, now() AT TIME ZONE 'UTC'
                  FROM relationship_interaction
                 WHERE id = ANY(%(ids)s) AND (%(company)s IS NULL OR company_id = %(company)s)
                 ORDER BY id
                    ON CONFLICT (webhook_id, interaction_id) DO NOTHING
                """,
                webhook=self.id,
                ids=interactions.ids,
                company=self.company_id.id or None,
            )
        )
        self.env["relationship.queue"]._wake("relationship_crm.ir_cron_webhook_send")

    # ------------------------------------------------------------ actions

    def action_new_secret(self):
        """Sign with a new secret from now on; the receiver must be given it."""
        self.check_access("write")
        for webhook in self:
            webhook.secret = secrets.token_urlsafe(32)
        return True

    def action_replay_failed(self):
        """Send again all that failed for good."""
        self.check_access("write")
        domain = [("webhook_id", "in", self.ids), ("state", "=", "failed")]
        return self.env["relationship.webhook.delivery"].search(domain).action_replay()

    def action_open_deliveries(self):
        """Return the action that lists the deliveries to these webhooks."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.relationship_webhook_delivery_action"
        )
        return action | {"domain": [("webhook_id", "in", self.ids)], "context": {}}

    # ------------------------------------------------------------ a receiver that is away

    def _note_answer(self, answered):
        """Leave a receiver that does not answer alone for a while; forget it once it does."""
        self.ensure_one()
        if answered and not self.failures:
            return
        failures = 0 if answered else self.failures + 1
        pause = PAUSES[min(failures, len(PAUSES)) - 1]
        self.write(
            {
                "failures": failures,
                "paused_until": failures
                and fields.Datetime.add(fields.Datetime.now(), minutes=pause),
            }
        )
