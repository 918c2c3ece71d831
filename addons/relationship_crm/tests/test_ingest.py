"""Events of other systems: taken in sets, each once, whatever is wrong with some of them."""

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_identity import EMAIL, PHONE, IdentityCommon


class IngestCommon(IdentityCommon):
    """A source "shop", and a user of another system who may send for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sender = cls.users["integration"]
        cls.source = cls.env["relationship.interaction.source"].create(
            {"name": "shop", "user_ids": [(6, 0, cls.sender.ids)]}
        )
        cls.interactions = cls.env["relationship.interaction"]
        cls.pending = cls.env["relationship.interaction.pending"]
        cls.numbers = iter(range(10**6))

    def event(self, **values):
        """Return a good event about Ann, with a reference of its own."""
        return {
            "kind": "visit",
            "source": "shop",
            "external_ref": f"e{next(self.numbers)}",
            "occurred_at": "2026-01-02T03:04:05Z",
            "keys": {"email": EMAIL},
            **values,
        }

    def send(self, *events, user=None):
        """Return (created, repeated, unresolved, [(index, field)]) of one call."""
        found = self.interactions.with_user(user or self.sender).ingest(list(events))
        self.env.invalidate_all()
        errors = [(error["index"], error["field"]) for error in found["errors"]]
        return found["created"], found["repeated"], found["unresolved"], errors

    def recorded(self, event):
        """Return the interaction that was made of an event."""
        return self.interactions.search(
            [("source", "=", event["source"]), ("external_ref", "=", event["external_ref"])]
        )

    def waiting(self, event):
        return self.pending.search([("external_ref", "=", event["external_ref"])])


@tagged("post_install", "-at_install")
class TestIngest(IngestCommon):
    def test_an_event_is_recorded_as_it_was_sent(self):
        company = self.partner("Acme", is_company=True)
        ann = self.partner(email=EMAIL, parent_id=company.id)
        event = self.event(
            occurred_at="2026-01-02T03:04:05+02:00",
            channel="web",
            amount=12.5,
            currency="EUR",
            summary=" Bought ",
            payload={"items": [{"sku": "A'1", "q": 2}], "ü": None},
        )
        self.env.ref("base.EUR").active = True
        self.assertEqual(self.send(event), (1, 0, 0, []))
        row = self.recorded(event)
        self.assertEqual((row.contact_id, row.partner_id), (ann, company))
        self.assertEqual(row.company_id, self.env.company)
        self.assertEqual(row.kind_id.code, "visit")
        self.assertEqual(str(row.occurred_at), "2026-01-02 01:04:05")
        self.assertEqual((row.channel, row.amount, row.currency_id.name), ("web", 12.5, "EUR"))
        self.assertEqual((row.summary, row.payload), ("Bought", event["payload"]))

    def test_an_amount_without_currency_is_in_that_of_the_company(self):
        self.partner(email=EMAIL)
        event = self.event(amount=3)
        self.send(event)
        self.assertEqual(self.recorded(event).currency_id, self.env.company.currency_id)

    def test_repeats_are_skipped(self):
        self.partner(email=EMAIL)
        one, two = self.event(), self.event()
        self.assertEqual(self.send(one, two, {**one, "summary": "again"}), (2, 1, 0, []))
        self.assertEqual(self.send(two, one, self.event()), (1, 2, 0, []))
        self.assertFalse(self.recorded(one).summary, "the first one stays")

    def test_nothing_sent(self):
        self.assertEqual(self.send(), (0, 0, 0, []))

    def test_mistakes_do_not_keep_the_others(self):
        self.partner(email=EMAIL)
        mistakes = [
            ("kind", {"kind": "no_such"}), ("kind", {"kind": 5}), ("kind", {"kind": None}),
            ("source", {"source": "till"}), ("source", {"source": "odoo"}),
            ("source", {"source": ["shop"]}), ("external_ref", {"external_ref": ""}),
            ("external_ref", {"external_ref": 5}), ("external_ref", {"external_ref": "x" * 251}),
            ("external_ref", {"external_ref": "a\0b"}),
            ("external_ref", {"external_ref": "\ud800"}),
            ("occurred_at", {"occurred_at": None}), ("occurred_at", {"occurred_at": "soon"}),
            ("occurred_at", {"occurred_at": "2026-02-30"}), ("occurred_at", {"occurred_at": 5}),
            ("occurred_at", {"occurred_at": "0001-01-01T00:00+14:00"}),
            ("occurred_at", {"occurred_at": "1899-12-31"}),
            ("occurred_at", {"occurred_at": "2999-01-01"}),
            ("keys", {"keys": {}}), ("keys", {"keys": None}), ("keys", {"keys": "x"}),
            ("keys", {"keys": {"email": 5}}), ("keys", {"keys": {"mail": "x"}}),
            ("keys", {"keys": {"phone": "n/a"}}), ("keys", {"keys": {"email": ["a"] * 11}}),
            ("keys", {"keys": {"email": "x" * 501}}),
            ("channel", {"channel": "smoke"}), ("channel", {"channel": ["web"]}),
            ("amount", {"amount": "5"}), ("amount", {"amount": True}),
            ("amount", {"amount": float("nan")}), ("amount", {"amount": 1e16}),
            ("currency", {"amount": 1, "currency": "XXX"}),
            ("currency", {"amount": 1, "currency": 1}), ("summary", {"summary": "x" * 251}),
            ("summary", {"summary": {}}), ("payload", {"payload": []}),
            ("payload", {"payload": {"a": "x" * 16_384}}), ("payload", {"payload": {"a": "\0"}}),
            ("payload", {"payload": {"a": float("inf")}}),
            ("payload", {"payload": {"a": "\ud800"}}),
            ("create_unknown", {"create_unknown": "yes"}), ("name", {"name": 5}),
            ("colour", {"colour": "red"}),
        ]  # fmt: skip
        good = [self.event(), self.event()]
        bad = [self.event(**values) for _field, values in mistakes] + ["x", None, [1]]
        expected = [(n + 1, field) for n, (field, _values) in enumerate(mistakes)]
        expected += [(len(mistakes) + n, "") for n in (1, 2, 3)]
        self.assertEqual(self.send(good[0], *bad, good[1]), (2, 0, 0, expected))
        self.assertTrue(all(self.recorded(event) for event in good))

    def test_an_archived_kind_is_told(self):
        self.env.ref("relationship_crm.relationship_interaction_kind_visit").active = False
        self.assertEqual(self.send(self.event()), (0, 0, 0, [(0, "kind")]))

    def test_five_minutes_ahead_are_allowed(self):
        self.partner(email=EMAIL)
        soon = fields.Datetime.add(fields.Datetime.now(), minutes=4)
        late = fields.Datetime.add(fields.Datetime.now(), minutes=9)
        sent = self.send(self.event(occurred_at=str(soon)), self.event(occurred_at=str(late)))
        self.assertEqual(sent, (1, 0, 0, [(1, "occurred_at")]))

    def test_too_many_and_no_list(self):
        for wrong in ([self.event()] * 10_001, {"kind": "visit"}, "x", None):
            with self.assertRaises(ValidationError):
                self.interactions.with_user(self.sender).ingest(wrong)
        self.assertFalse(self.interactions.search_count([("source", "=", "shop")]))

    def test_who_may_send(self):
        self.partner(email=EMAIL)
        for role in ("user", "channel_manager", "auditor"):
            with self.assertRaises(AccessError):
                self.send(self.event(), user=self.users[role])
        for user in (self.sales_user, self.portal_user, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.send(self.event(), user=user)
        manager = self.users["manager"]
        self.assertEqual(self.send(self.event(), user=manager), (0, 0, 0, [(0, "source")]))
        self.source.user_ids += manager
        self.assertEqual(self.send(self.event(), user=manager), (1, 0, 0, []))
        self.source.active = False
        self.assertEqual(self.send(self.event()), (0, 0, 0, [(0, "source")]))

    def test_the_integration_role_reads_nothing(self):
        for model in ("relationship.identity", "relationship.interaction.pending",
                      "relationship.interaction.source", "relationship.interaction"):  # fmt: skip
            for user in (self.sender, self.portal_user):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])

    def test_contacts_of_other_companies_stay_unknown(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.sender.company_ids += other
        self.partner(email=EMAIL, company_id=other.id)
        event = self.event()
        self.assertEqual(self.send(event), (0, 0, 1, []))
        self.assertEqual(self.waiting(event).company_id, self.env.company)
        sender = self.interactions.with_user(self.sender).with_company(other)
        self.assertEqual(sender.ingest([self.event()])["created"], 1)

    def test_queries_do_not_grow(self):
        self.env["res.partner"].create(
            [{"name": f"P{n}", "email": f"p{n}@many.example"} for n in range(400)]
        )
        self.refresh_keys()
        model = self.interactions.with_user(self.sender)

        def send(count):
            keys = [{"email": f"p{n}@many.example", "external": f"shop:{n}"} for n in range(count)]
            keys += [{"email": f"q{n}@many.example"} for n in range(count)]
            model.ingest([self.event(keys=given) for given in keys])

        self.queries(lambda: send(1))  # reads rules and rights, once for all calls
        few = self.queries(lambda: send(10))
        self.assertEqual(few, self.queries(lambda: send(400)))
        self.assertLessEqual(few, 24)


@tagged("post_install", "-at_install")
class TestIngestTeaches(IngestCommon):
    """Which keys events add to contacts that are known."""

    def test_the_own_number_of_the_source_is_learned(self):
        ann = self.partner(email=EMAIL)
        self.send(self.event(keys={"email": EMAIL, "external": "Shop:42"}))
        self.assertIn(("external", "shop:42"), self.held(ann))
        event = self.event(keys={"external": "shop:42"})
        self.assertEqual(self.send(event), (1, 0, 0, []))
        self.assertEqual(self.recorded(event).contact_id, ann)

    def test_only_a_trusted_source_teaches_more(self):
        ann = self.partner(email=EMAIL)
        keys = {"email": EMAIL, "external": "till:1", "card": "C1", "device": "d", "phone": PHONE}
        before = self.held(ann)
        self.send(self.event(keys=keys))
        self.assertEqual(self.held(ann), before)
        self.source.trusted = True
        self.send(self.event(keys=keys))
        self.assertEqual(
            self.held(ann) - before, {("external", "till:1"), ("card", "C1"), ("device", "d")}
        )

    def test_held_keys_are_not_taught_to_others(self):
        ann, bob = self.partner(email=EMAIL), self.partner("Bob", email="bob@keys.example")
        self.source.trusted = True
        self.learn(bob, "device", "d")
        self.send(self.event(keys={"email": EMAIL, "device": "d"}))
        self.assertNotIn(("device", "d"), self.held(ann))

    def test_an_ambiguous_event_teaches_nothing(self):
        contacts = [self.partner("One", email=EMAIL), self.partner("Two", email=EMAIL)]
        event = self.event(keys={"email": EMAIL, "external": "shop:1"})
        self.assertEqual(self.send(event), (1, 0, 0, []))
        for contact in contacts:
            self.assertNotIn(("external", "shop:1"), self.held(contact))


@tagged("post_install", "-at_install")
class TestEventSource(IngestCommon):
    def test_names(self):
        for error, names in (
            (ValidationError, ("odoo", "manual", "contact", "merge")),
            (IntegrityError, ("Shop", "a b", "shop", "-x", "x" * 51)),
        ):
            for name in names:
                with mute_logger("odoo.sql_db"), self.assertRaises(error):
                    self.source.create({"name": name})
        self.source.name = "shop"
        with self.assertRaises(ValidationError):
            self.source.name = "till"
