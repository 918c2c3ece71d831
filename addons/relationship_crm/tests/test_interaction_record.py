"""What core flows record: one row an event, one statement a transaction, nothing undone stays."""

from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .interaction_common import InteractionCommon

CONSUME = "relationship_crm.ir_cron_interaction_consume"


@tagged("post_install", "-at_install")
class TestInteractionRecord(InteractionCommon):
    def _triggers(self):
        cron = self.env.ref(CONSUME)
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    # ------------------------------------------------------------ orders

    def test_a_confirmed_order(self):
        order = self.order()
        order.action_confirm()
        event = self.recorded("order_confirmed")
        self.assertRecordValues(
            event,
            [
                {
                    "partner_id": self.customer.id,
                    "contact_id": self.contact.id,
                    "company_id": order.company_id.id,
                    "amount": 100.0,
                    "currency_id": order.currency_id.id,
                    "res_model": "sale.order",
                    "res_id": order.id,
                    "source": "odoo",
                    "external_ref": f"sale.order,{order.id},confirmed",
                    "payload": {"total": order.amount_total},
                    "summary": order.name,
                    "kind_class": "purchase",
                }
            ],
        )
        self.assertEqual(event.action_open_document()["res_id"], order.id)

    def test_an_order_confirmed_again_is_one_event(self):
        order = self.order()
        order.action_confirm()
        self.commit_hooks()
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertEqual(len(self.recorded("order_confirmed")), 1)

    def test_what_a_savepoint_undoes_was_not(self):
        undone, done = self.order(2)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            undone.action_confirm()
            raise ZeroDivisionError
        with self.env.cr.savepoint():
            done.action_confirm()
        self.assertEqual(self.recorded("order_confirmed").mapped("res_id"), done.ids)

    def test_one_order_costs_what_a_hundred_cost(self):
        """INSERT, is the cron active, INSERT of its trigger: 3 queries a transaction."""
        self.consumer("order_confirmed")
        self._confirm(1, recorded=True)  # the first time also looks up ids
        for number in (1, 100):
            with_us = self._confirm(number, recorded=True)
            without = self._confirm(number, recorded=False)
            self.assertEqual(with_us - without, 3, f"{number} orders")

    def test_nobody_interested_wakes_nobody(self):
        self.consumer("call")
        before = self._triggers()
        self.order().action_confirm()
        with self.assertQueryCount(1):
            self.env.cr.precommit.run()
        self.assertEqual(self._triggers(), before)
        self.assertFalse(self.Todo.search([]) & self._waiting(self.recorded("order_confirmed")))

    def _waiting(self, interactions):
        return self.Todo.search([("interaction_id", "in", interactions.ids)])

    def _confirm(self, number, recorded):
        """Return how many queries confirming new orders takes, with its commit."""
        orders = self.order(number)
        Interaction = type(self.Interaction)
        record = Interaction._record if recorded else lambda self, events: None
        with patch.object(Interaction, "_record", record):
            return self.queries(lambda: (orders.action_confirm(), self.env.cr.flush()))

    # ------------------------------------------------------------ opportunities

    def _lead(self, **values):
        values = {"name": "Deal", "type": "opportunity", "partner_id": self.contact.id} | values
        return self.env["crm.lead"].create(values)

    def test_an_opportunity_won(self):
        lead = self._lead(expected_revenue=500)
        self.assertFalse(self.recorded("opportunity_won", "opportunity_lost"))
        lead.action_set_won()
        self.assertRecordValues(
            self.recorded("opportunity_won", "opportunity_lost"),
            [{"kind_class": "purchase", "amount": 500, "res_id": lead.id, "summary": "Deal"}],
        )

    def test_lost_reopened_and_won_are_events_of_their_own(self):
        lead = self._lead()
        with freeze_time("2026-02-01 10:00:00"):
            lead.action_set_lost()
        with freeze_time("2026-02-02 10:00:00"):
            lead.action_unarchive()
            lead.action_set_won()
        stage = self.env["crm.stage"].search([("is_won", "=", False)], limit=1)
        with freeze_time("2026-02-03 10:00:00"):
            lead.stage_id = stage
            lead.action_set_won()
            lead.action_set_won()
        events = self.recorded("opportunity_won", "opportunity_lost")
        self.assertEqual(
            [(event.kind_id.code, event.occurred_at.day) for event in events],
            [("opportunity_lost", 1), ("opportunity_won", 2), ("opportunity_won", 3)],
        )

    def test_created_as_won(self):
        stage = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        self._lead(stage_id=stage.id)
        self.assertEqual(len(self.recorded("opportunity_won")), 1)

    def test_a_lead_or_nobody_s_opportunity_is_no_event(self):
        before = self.Interaction.search_count([])
        self._lead(type="lead").action_set_lost()
        self._lead(partner_id=False).action_set_won()
        self.commit_hooks()
        self.assertEqual(self.Interaction.search_count([]), before)

    # ------------------------------------------------------------ at once

    def test_insert_tells_what_is_new(self):
        first = self.Interaction._insert([self.event(), self.event(external_ref="2"), self.event()])
        self.assertTrue(first[0] and first[1])
        self.assertIsNone(first[2], "given twice")
        second = self.Interaction._insert([self.event(), self.event(external_ref="3")])
        self.assertIsNone(second[0], "recorded before")
        self.assertTrue(second[1])
        self.assertEqual(len(self.recorded("call")), 3)

    def test_another_source_may_use_the_same_reference(self):
        ids = self.Interaction._insert([self.event(), self.event(source="till")])
        self.assertEqual(len(set(ids)), 2)

    def test_the_commercial_partner_of_the_day_stays(self):
        [event] = self.Interaction.browse(self.Interaction._insert([self.event()]))
        self.contact.parent_id = False
        self.assertEqual(event.partner_id, self.customer)
        self.assertEqual(event.contact_id, self.contact)

    def test_nothing_is_recorded_of_an_archived_kind(self):
        self.env.ref("relationship_crm.relationship_interaction_kind_call").active = False
        self.assertEqual(self.Interaction._insert([self.event()]), [None])
        self.assertFalse(self.recorded("call"))

    def test_an_unknown_kind_and_the_future_are_refused(self):
        now = fields.Datetime.now()
        soon, late = (fields.Datetime.add(now, minutes=n) for n in (4, 10))
        self.assertTrue(self.Interaction._insert([self.event(occurred_at=soon)])[0])
        for wrong in ({"kind": "no_such"}, {"occurred_at": late}):
            with self.assertRaises(ValidationError):
                self.Interaction._insert([self.event(external_ref="9", **wrong)])

    def test_payload_and_texts_come_back_as_given(self):
        payload = {"text": "\"'\\ %s é 🙂 \n", "number": 1.5, "list": [1, None, {"a": True}]}
        summary = "%(a)s '; -- \\ 🙂"
        [row] = self.Interaction._insert([self.event(payload=payload, summary=summary)])
        event = self.Interaction.browse(row)
        self.assertEqual((event.payload, event.summary), (payload, summary))
        self.assertIn("number: 1.5", event.details)

    def test_a_payload_without_end_is_refused(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.Interaction._insert([self.event(payload={"text": "x" * 200_000})])

    def test_the_company_and_moment_are_those_of_the_recording(self):
        other = self.env["res.company"].create({"name": "Other"})
        with freeze_time("2026-02-01 10:00:00"):
            self.Interaction.with_company(other)._record([self.event()])
        event = self.recorded("call")
        self.assertEqual((event.company_id, event.occurred_at.day), (other, 1))

    def test_a_contact_deleted_meanwhile_is_no_trouble(self):
        gone = self.env["res.partner"].create({"name": "Gone"})
        self.Interaction._record([self.event(contact_id=gone.id, partner_id=gone.id)])
        gone.unlink()
        self.commit_hooks()
        event = self.Interaction.search([("external_ref", "=", "1"), ("source", "=", "odoo")])
        self.assertTrue(event)
        self.assertFalse(event.partner_id or event.contact_id)

    # ------------------------------------------------------------ never edited

    def test_what_happened_is_not_edited_nor_deleted(self):
        event = self.Interaction.create([{**self.event(), "summary": "x"}])
        with self.assertRaises(UserError):
            event.summary = "y"
        with self.assertRaises(UserError):
            event.unlink()
        with self.assertRaises(ValidationError):
            self.Interaction.create([self.event()])
        for role in ("user", "manager", "auditor"):
            mine = event.with_user(self.users[role])
            with self.assertRaises(AccessError):
                mine.write({"summary": "y"})
            with self.assertRaises(AccessError):
                mine.create([self.event(external_ref="2")])

    def test_kinds_keep_their_code_and_shipped_ones_stay(self):
        kind = self.env.ref("relationship_crm.relationship_interaction_kind_call")
        with self.assertRaises(UserError):
            kind.code = "phone_call"
        with self.assertRaises(UserError):
            kind.unlink()
        own = kind.create({"code": "fair", "name": "Fair"})
        self.assertTrue(self.Interaction._insert([self.event(kind="fair")])[0])
        self.assertEqual(own.kind_class, "contact")

    # ------------------------------------------------------------ by hand

    def _log(self, user, **values):
        Log = self.env["relationship.interaction.log"].with_user(user)
        return Log.create({"partner_id": self.contact.id} | values)

    def test_log_a_visit(self):
        context = {"default_partner_id": self.contact.id}
        Log = self.env["relationship.interaction.log"].with_user(self.users["user"])
        with Form(Log.with_context(**context)) as form:
            self.assertEqual(form.channel, "phone", "a call unless said otherwise")
            form.kind_id = self.env.ref("relationship_crm.relationship_interaction_kind_visit")
            form.summary = "Shown the new range"
            form.note = "Will think about it"
        log = form.record
        log.action_log()
        log.action_log()
        event = self.recorded("visit")
        self.assertEqual(len(event), 1, "pressed twice")
        self.assertEqual((event.channel, event.contact_id), ("in_person", self.contact))
        self.assertEqual(event.payload["user_id"], self.users["user"].id)
        self.assertEqual(event.details, f"by: {self.users['user'].name}\nnote: Will think about it")

    def test_log_refuses_other_kinds_and_other_people(self):
        order = self.env.ref("relationship_crm.relationship_interaction_kind_order_confirmed")
        with self.assertRaises(ValidationError):
            self._log(self.users["user"], kind_id=order.id)
        with self.assertRaises(AccessError):
            self._log(self.portal_user)
        log = self._log(self.users["user"])
        with self.assertRaises(AccessError):
            log.with_user(self.users["manager"]).action_log()
