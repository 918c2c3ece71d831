"""Events of people whom nobody knows: they wait, or become contacts."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_identity import EMAIL, PHONE, VAT
from .test_ingest import IngestCommon

REFUSAL = "Bad is no name."


@tagged("post_install", "-at_install")
class TestIngestUnknown(IngestCommon):
    """People whom nobody knows: they wait, or become contacts."""

    def test_unknown_people_wait_until_a_key_appears(self):
        event, other = self.event(), self.event(keys={"email": "other@keys.example"})
        self.assertEqual(self.send(event, other), (0, 0, 2, []))
        self.assertEqual(self.send(event), (0, 1, 0, []), "it waits already")
        self.assertEqual(self.waiting(event).key_text, EMAIL)
        ann = self.partner(email=EMAIL)
        self.assertEqual(self.pending._job_retry(100), 0)
        self.assertEqual(self.recorded(event).contact_id, ann)
        self.assertFalse(self.waiting(event))
        self.assertTrue(self.waiting(other))
        self.assertFalse(self.waiting(other).next_try)
        self.assertEqual(self.send(event), (0, 1, 0, []))

    def test_it_is_recorded_as_it_was_sent(self):
        event = self.event(payload={"a": ["'", None]}, amount=5, summary="Late", channel="pos")
        self.send(event)
        self.partner(email=EMAIL)
        self.pending._job_retry(100)
        row = self.recorded(event)
        self.assertEqual((row.payload, row.amount, row.summary), (event["payload"], 5, "Late"))
        self.assertEqual((str(row.occurred_at), row.channel), ("2026-01-02 03:04:05", "pos"))

    def test_sent_again_once_known(self):
        event = self.event()
        self.send(event)
        self.partner(email=EMAIL)
        self.assertEqual(self.send(event), (1, 0, 0, []))
        self.assertFalse(self.waiting(event))

    def test_a_learned_key_wakes_what_waits(self):
        late = self.event(keys={"external": "shop:7"})
        self.send(late)
        ann = self.partner(email=EMAIL)
        self.send(self.event(keys={"email": EMAIL, "external": "shop:7"}))
        self.pending._job_retry(100)
        self.assertEqual(self.recorded(late).contact_id, ann)

    def test_a_key_that_appeared_in_the_same_moment(self):
        """The retry did not see the event, the event did not see the key."""
        self.partner(email=EMAIL)
        key = self.keys.search([("value", "=", EMAIL)])
        key.shared = True
        event = self.event()
        self.assertEqual(self.send(event), (0, 0, 1, []))
        self.env.cr.execute("UPDATE relationship_identity SET shared = FALSE")
        self.pending._find_missed()
        self.pending._job_retry(100)
        self.assertTrue(self.recorded(event))

    def test_one_that_fails_is_listed_and_keeps_no_other(self):
        bad, good = self.event(), self.event()
        self.send(bad, good)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE relationship_interaction_pending SET event = event || '{\"kind_id\": -1}'"
            " WHERE id = %s",
            [self.waiting(bad).id],
        )
        self.partner(email=EMAIL)
        with mute_logger("odoo.sql_db"):
            self.pending._job_retry(100)
        self.assertTrue(self.recorded(good))
        self.assertIn("kind_id", self.waiting(bad).error)
        self.assertTrue(self.waiting(bad).next_try)

    def test_assigned_by_hand(self):
        ann = self.partner()
        event = self.event(keys={"external": "till:9", "card": "C9"})
        also = self.event(keys={"card": "C9"})
        self.send(event, also)
        row = self.waiting(event).with_user(self.users["manager"])
        with self.assertRaises(UserError):
            row.action_assign()
        row.contact_id = ann
        row.action_assign()
        self.assertEqual(self.recorded(event).contact_id, ann)
        self.assertEqual(self.held(ann), {("external", "till:9"), ("card", "C9")})
        self.assertEqual(
            set(self.keys.search([("partner_id", "=", ann.id)]).mapped("source")), {"manual"}
        )
        self.pending._job_retry(100)
        self.assertEqual(self.recorded(also).contact_id, ann)

    def test_what_was_sent_is_not_edited(self):
        event = self.event()
        self.send(event)
        row = self.waiting(event).with_user(self.users["manager"])
        forged = {**row.event, "source": "odoo", "amount": 1000000}
        for vals in ({"event": forged}, {"source": "odoo"}, {"company_id": 1, "contact_id": 1}):
            with self.assertRaises(AccessError):
                row.write(vals)
        row.contact_id = self.partner()
        row.action_assign()
        self.assertEqual(self.recorded(event).source, event["source"])

    def test_who_handles_what_waits(self):
        event = self.event()
        self.send(event)
        row = self.waiting(event)
        for role in ("auditor", "user", "integration"):
            for method in ("action_retry", "action_assign"):
                with self.assertRaises(AccessError):
                    getattr(row.with_user(self.users[role]), method)()
        self.partner(email=EMAIL)
        row.with_user(self.users["manager"]).action_retry()
        self.assertTrue(self.recorded(event))

    def test_an_unknown_person_becomes_a_contact(self):
        event = self.event(
            create_unknown=True,
            name="Zoé",
            keys={"email": "zoe@keys.example", "phone": "0477 12 34 56", "external": "shop:5",
                  "country": "BE"},
        )  # fmt: skip
        self.assertEqual(self.send(event), (1, 0, 0, []))
        zoe = self.recorded(event).contact_id
        self.assertEqual((zoe.name, zoe.email, zoe.phone), ("Zoé", "zoe@keys.example", PHONE))
        self.assertEqual((zoe.country_id, zoe.is_company), (self.belgium, False))
        for keys in ({"email": "zoe@keys.example"}, {"phone": PHONE}, {"external": "shop:5"}):
            again = self.event(create_unknown=True, keys=keys)
            self.assertEqual(self.send(again), (1, 0, 0, []))
            self.assertEqual(self.recorded(again).contact_id, zoe)
        self.refresh_keys()
        self.assertIn(("external", "shop:5"), self.held(zoe))

    def test_a_new_contact_wakes_what_waits(self):
        late = self.event()
        self.send(late)
        self.send(self.event(create_unknown=True))
        self.assertTrue(self.waiting(late).next_try)
        self.pending._job_retry(100)
        self.assertTrue(self.recorded(late).contact_id)

    def test_one_contact_for_one_person(self):
        """As if the events came one after the other, however they are ordered."""
        partners = self.env["res.partner"].search_count([])
        events = [
            self.event(keys={"phone": PHONE}),
            self.event(create_unknown=True),
            self.event(create_unknown=True, keys={"email": EMAIL, "phone": PHONE}),
            self.event(create_unknown=True, keys={"phone": PHONE}, name="Ann"),
            self.event(keys={"email": "bob@keys.example"}),
        ]
        self.assertEqual(self.send(*events), (4, 0, 1, []))
        self.assertEqual(self.env["res.partner"].search_count([]), partners + 1)
        ann = self.recorded(events[0]).contact_id
        self.assertEqual((ann.name, ann.email, ann.phone), ("Ann", EMAIL, PHONE))
        self.assertEqual(self.waiting(events[4]).key_text, "bob@keys.example")

    def test_a_company_by_its_tax_id(self):
        event = self.event(create_unknown=True, keys={"vat": VAT}, name="Acme")
        self.send(event)
        acme = self.recorded(event).contact_id
        self.assertEqual((acme.name, acme.vat, acme.is_company), ("Acme", VAT, True))

    def test_a_weak_or_foreign_key_makes_no_contact(self):
        for keys in ({"device": "d"}, {"card": "C1"}, {"external": "till:1"}):
            event = self.event(create_unknown=True, keys=keys)
            self.assertEqual(self.send(event), (0, 0, 1, []), keys)

    def test_a_shared_key_makes_no_contact(self):
        """Or every event would make another one."""
        self.partner(email=EMAIL)
        self.keys.search([("value", "=", EMAIL)]).shared = True
        self.assertEqual(self.send(self.event(create_unknown=True)), (0, 0, 1, []))

    def test_a_contact_that_odoo_refuses_is_told(self):
        model = type(self.env["res.partner"])
        create = model.create

        def refuse(partners, vals_list):
            if any(vals.get("name") == "Bad" for vals in vals_list):
                raise UserError(REFUSAL)
            return create(partners, vals_list)

        self.patch(model, "create", refuse)
        good = self.event(create_unknown=True)
        bad = self.event(create_unknown=True, keys={"email": "bad@keys.example"}, name="Bad")
        self.assertEqual(self.send(bad, good), (1, 0, 0, [(0, "keys")]))
        self.assertTrue(self.recorded(good).contact_id)

    def test_recorded_before_and_gone_since(self):
        """The contact is gone: the event is neither recorded again nor makes a contact again."""
        event = self.event(create_unknown=True)
        self.send(event)
        self.recorded(event).contact_id.active = False
        self.assertEqual(self.send(event), (0, 1, 0, []))

    def test_last_seen_follows(self):
        ann = self.partner(email=EMAIL)
        keys = self.keys.search([("partner_id", "=", ann.id)])
        keys.last_seen = "2020-01-01"
        today = fields.Datetime.now()
        self.send(self.event(occurred_at=str(today)))
        self.keys._cron_last_seen()
        self.env.invalidate_all()
        self.assertEqual(set(keys.mapped("last_seen")), {today})
