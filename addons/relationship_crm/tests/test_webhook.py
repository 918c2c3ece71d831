"""Webhooks: what is told, to whom, how it is signed; who may see and change them."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .interaction_common import InteractionCommon


@tagged("post_install", "-at_install")
class TestWebhook(InteractionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["relationship.interaction.consumer"].search([]).active = False
        cls.Delivery = cls.env["relationship.webhook.delivery"]
        cls.call, cls.visit = (
            cls.env.ref(f"relationship_crm.relationship_interaction_kind_{code}")
            for code in ("call", "visit")
        )

    def webhook(self, **values):
        values = {"name": "Hook", "url": "https://hook.example/in"} | values
        return self.env["relationship.webhook"].with_user(self.users["manager"]).create(values)

    def told(self, webhook, *events):
        """Record events, let the consumers act, return the deliveries they made."""
        self.Interaction._insert(
            [self.event(external_ref=str(n)) | event for n, event in enumerate(events)]
        )
        while self.Todo._job_consume(100):
            pass
        self.Todo._job_consume(100)
        return self.Delivery.search([("webhook_id", "=", webhook.id)], order="id")

    # ------------------------------------------------------------ what is told

    def test_a_delivery_for_each_interaction_of_its_kinds(self):
        webhook = self.webhook(kind_ids=self.call.ids)
        deliveries = self.told(webhook, {}, {"kind": "visit"}, {})
        self.assertEqual(deliveries.interaction_id.kind_id, self.call)
        self.assertEqual(deliveries.mapped("state"), ["waiting"] * 2)
        self.assertEqual(webhook.waiting_count, 2)

    def test_its_consumer_follows_it(self):
        webhook = self.webhook(kind_ids=self.call.ids)
        consumer = webhook.sudo().consumer_id
        webhook.write({"name": "Other", "kind_ids": [(4, self.visit.id)]})
        self.assertEqual(consumer.name, "Other")
        self.assertEqual(consumer.kind_ids, self.call + self.visit)
        webhook.active = False
        self.assertFalse(consumer.active)
        self.assertFalse(self.told(webhook, {}))
        webhook.unlink()
        self.assertFalse(consumer.exists())

    def test_a_copy_has_a_secret_and_a_consumer_of_its_own(self):
        webhook = self.webhook()
        copy = webhook.copy()
        self.assertNotEqual(webhook.secret, copy.secret)
        self.assertNotEqual(webhook.sudo().consumer_id, copy.sudo().consumer_id)
        self.assertGreaterEqual(len(webhook.secret), 40)

    def test_only_its_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        webhook = self.webhook(company_id=self.env.company.id)
        deliveries = self.told(webhook, {}, {"company_id": other.id})
        self.assertEqual(deliveries.interaction_id.company_id, self.env.company)

    def test_the_body_names_ids_not_people(self):
        webhook = self.webhook()
        amount = {"amount": 12.5, "currency_id": self.env.company.currency_id.id}
        delivery = self.told(webhook, {"summary": "Hi", "payload": {"a": 1}} | amount)
        body = delivery._prepare_body()
        expected = {
            "id": delivery.id,
            "kind": "call",
            "class": "contact",
            "partner_id": self.customer.id,
            "contact_id": self.contact.id,
            "amount": 12.5,
            "currency": self.env.company.currency_id.name,
            "payload": {"a": 1},
            "summary": "Hi",
        }
        self.assertEqual({name: body[name] for name in expected}, expected)
        self.assertTrue(body["occurred_at"].endswith("Z"))
        self.assertNotIn(self.contact.name, str(body))

    # ------------------------------------------------------------ addresses

    def test_addresses(self):
        self.webhook(url="http://127.0.0.1:9/", allow_http=True)
        for url in ("ftp://x.example", "http://x.example", "https://", "javascript:alert(1)"):
            with self.assertRaises(ValidationError):
                self.webhook(url=url)
        with self.assertRaises(ValidationError):
            self.webhook(url="file:///etc/passwd", allow_http=True)

    # ------------------------------------------------------------ rights

    def test_who_may(self):
        webhook = self.webhook()
        webhook.with_user(self.users["auditor"]).read(["name", "url"])
        with self.assertRaises(AccessError):
            webhook.with_user(self.users["auditor"]).read(["secret"])
        for role in ("user", "channel_manager", "integration"):
            with self.assertRaises(AccessError):
                webhook.with_user(self.users[role]).read(["name"])
        for method in ("action_new_secret", "action_replay_failed"):
            with self.assertRaises(AccessError):
                getattr(webhook.with_user(self.users["user"]), method)()
        with self.assertRaises(AccessError):
            webhook.with_user(self.users["auditor"]).action_new_secret()
        before = webhook.secret
        webhook.action_new_secret()
        self.assertNotEqual(webhook.secret, before)

    def test_replay_is_for_managers(self):
        delivery = self.told(self.webhook(), {})
        delivery.state = "delivered"
        with self.assertRaises(AccessError):
            delivery.with_user(self.users["auditor"]).action_replay()
        delivery.with_user(self.users["manager"]).action_replay()
        self.assertEqual(delivery.state, "waiting")

    # ------------------------------------------------------------ housekeeping

    def test_what_was_delivered_is_forgotten_after_a_month(self):
        deliveries = self.told(self.webhook(), {}, {}, {})
        now = fields.Datetime.now()
        old, new, failed = deliveries
        old.write({"state": "delivered", "delivered_at": now - timedelta(days=31)})
        new.write({"state": "delivered", "delivered_at": now})
        failed.write({"state": "failed"})
        self.env.flush_all()
        self.Delivery._gc_delivered()
        self.assertEqual(deliveries.exists(), new + failed)
