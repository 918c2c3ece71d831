"""Consumers: each interaction once, failures kept and tried again, nobody blocks another."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .interaction_common import InteractionCommon


@tagged("post_install", "-at_install")
class TestInteractionConsumer(InteractionCommon):
    def setUp(self):
        super().setUp()
        self.seen, self.broken = [], set()
        patcher = patch.object(
            type(self.env["res.partner"]),
            "_consume_test",
            lambda partners, interactions: self._consume(partners, interactions),
            create=True,
        )
        patcher.start()
        self.addCleanup(patcher.stop)

    def _consume(self, partners, interactions):
        self.seen.append((partners.ids, interactions.mapped("external_ref")))
        if self.broken & set(interactions.mapped("external_ref")):
            raise ValueError("broken")

    def _events(self, number, **values):
        refs = [f"e{n}" for n in range(number)]
        self.Interaction._insert([self.event(external_ref=ref, **values) for ref in refs])
        return refs

    def _waiting(self):
        return self.Todo.search([("consumer_id.code", "=like", "test%")])

    def test_each_interaction_once(self):
        self.consumer(method="_consume_test")
        refs = self._events(5)
        self.assertEqual(self.Todo._job_consume(3), 2)
        self.assertEqual(self.Todo._job_consume(3), 0)
        self.assertEqual(self.Todo._job_consume(3), 0, "nothing left")
        self.assertEqual(self.seen, [([], refs[:3]), ([], refs[3:])])
        self.assertFalse(self._waiting())

    def test_the_record_a_consumer_names(self):
        self.consumer(method="_consume_test", res_id=self.contact.id)
        self._events(1)
        self.Todo._job_consume(10)
        self.assertEqual(self.seen, [(self.contact.ids, ["e0"])])

    def test_only_the_kinds_it_asked_for(self):
        self.consumer("call", "visit", method="_consume_test")
        self.Interaction._insert(
            [self.event(kind=kind, external_ref=kind) for kind in ("call", "letter", "visit")]
        )
        self.assertEqual(self._waiting().interaction_id.mapped("external_ref"), ["call", "visit"])

    def test_failing_rows_wait_alone_and_are_tried_again(self):
        self.consumer(method="_consume_test")
        self._events(8)
        self.broken = {"e2", "e5"}
        self.Todo._job_consume(100)
        waiting = self._waiting()
        self.assertEqual(waiting.interaction_id.mapped("external_ref"), ["e2", "e5"])
        self.assertEqual(set(waiting.mapped("error")), {"ValueError: broken"})
        self.assertEqual(waiting.mapped("tries"), [1, 1])
        self.assertTrue(all(row.next_try > fields.Datetime.now() for row in waiting))
        self.seen.clear()
        self.assertEqual(self.Todo._job_consume(100), 0, "not due yet")
        self.assertFalse(self.seen)
        self.broken = {"e5"}
        waiting.with_user(self.users["manager"]).action_retry()
        self.Todo._job_consume(100)
        self.assertEqual(self._waiting().interaction_id.external_ref, "e5")
        self.assertEqual(self._waiting().tries, 2)

    def test_what_a_failing_call_did_is_undone(self):
        self.consumer(method="_consume_test")
        self._events(1)

        def rename(_partners, _interactions):
            self.contact.name = "Half done"
            self.env.flush_all()
            raise ValueError

        name = self.contact.name
        self._consume = rename
        self.Todo._job_consume(100)
        self.assertEqual(self.contact.name, name)

    def test_the_longest_waiting_consumer_is_first_and_none_starves(self):
        self.consumer("call", method="_consume_test")
        other = self.env["relationship.interaction.consumer"].create(
            {
                "code": "test_other",
                "name": "Other",
                "model": "res.partner",
                "res_id": self.contact.id,
                "method": "_consume_test",
            }
        )
        self.Interaction._insert([self.event(kind="visit"), self.event(external_ref="2")])
        self.assertEqual(len(self._waiting()), 3)
        self.Todo._job_consume(100)
        self.assertEqual(self.seen, [(self.contact.ids, ["1", "2"])], "it waited longest")
        self.assertNotIn(other, self._waiting().consumer_id)
        self.Todo._job_consume(100)
        self.assertEqual(self.seen[1:], [([], ["2"])])

    def test_an_archived_consumer_is_told_of_nothing_and_blocks_nobody(self):
        consumer = self.consumer(method="_consume_test")
        self._events(1)
        consumer.active = False
        self.Interaction._insert([self.event(external_ref="later")])
        self.assertEqual(self.Todo._job_consume(100), 0)
        consumer.active = True
        self.Todo._job_consume(100)
        self.assertEqual(self.seen, [([], ["e0"])], "what waited before is not lost")

    def test_a_consumer_whose_method_is_gone_fails_in_the_list(self):
        self.consumer(method="_no_such_method")
        self._events(1)
        self.Todo._job_consume(100)
        self.assertIn("AttributeError", self._waiting().error)

    def test_next_try_comes_later_each_time(self):
        self.consumer(method="_consume_test")
        self._events(1)
        self.broken = {"e0"}
        delays = []
        for _n in range(3):
            self._waiting().next_try = False
            self.Todo._job_consume(100)
            delays.append(self._waiting().next_try - fields.Datetime.now())
        self.assertEqual(delays, sorted(delays))
        self.assertGreater(delays[-1], timedelta(minutes=20))

    def test_retry_is_for_managers(self):
        self.consumer(method="_consume_test")
        self._events(1)
        for role in ("user", "auditor"):
            with self.assertRaises(AccessError):
                self._waiting().with_user(self.users[role]).action_retry()
