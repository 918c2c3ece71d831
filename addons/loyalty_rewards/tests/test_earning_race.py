"""Sixteen real connections on the last of a cap: it is given once, and never exceeded."""

from odoo.sql_db import db_connect
from odoo.tests import tagged
from odoo.tests.common import get_db_name

from .race_common import RACERS, RaceCase, connection

CLEAN_CONTACTS = """
    DELETE FROM relationship_queue WHERE partner_id = ANY(%(ids)s);
    DELETE FROM relationship_profile WHERE partner_id = ANY(%(ids)s);
    DELETE FROM mail_message WHERE model = 'res.partner' AND res_id = ANY(%(ids)s);
    DELETE FROM mail_followers WHERE res_model = 'res.partner' AND res_id = ANY(%(ids)s);
    DELETE FROM res_partner WHERE id = ANY(%(ids)s);
"""


@tagged("post_install", "-at_install")
class TestEarningRace(RaceCase):
    def setUp(self):
        self.contacts = []
        self.addCleanup(self._clean_contacts)  # after all that names them is gone
        super().setUp()

    def _clean_contacts(self):
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute(CLEAN_CONTACTS, {"ids": self.contacts})
            cr.commit()

    def _rule(self, env, **values):
        kind = env["relationship.interaction.kind"].search([("code", "=", "call")])
        rule = env["loyalty.earning.rule"].create(
            {
                "name": "Raced",
                "program_id": self.ids["program"],
                "kind_id": kind.id,
                "mode": "fixed",
                "points": 4,
                "valid_from": "2020-01-01",
                **values,
            }
        )
        return rule.id

    def _events(self, env, contacts):
        return env["relationship.interaction"]._insert(
            [
                {
                    "kind": "call",
                    "contact_id": contact,
                    "external_ref": f"cap,{self.ids['partner']},{number}",
                }
                for number, contact in enumerate(contacts)
            ]
        )

    def _race_for(self, rule, events):
        """Let each racer consume an event of its own; return what the rule gave, in all."""

        def consume(env, number):
            event = env["relationship.interaction"].browse(events[number])
            env["loyalty.earning.rule"]._consume_interactions(event)

        done, refused = self.race(consume)
        self.assertEqual((done, refused), (RACERS, []))
        with connection() as env:
            entries = env["loyalty.ledger.entry"].search([("rule_id", "=", rule)])
            self.assertEqual([row for row in env["loyalty.ledger"]._differences()], [])
            return sorted(entries.mapped("points"))

    def test_last_of_a_month(self):
        with connection() as env:
            rule = self._rule(env, cap_month=5)
            events = self._events(env, [self.ids["partner"]] * RACERS)
        self.assertEqual(self._race_for(rule, events), [1, 4])
        self.assert_ledger(105)

    def test_last_of_the_program(self):
        """Each racer earns on a card of its own; what they share is the rule."""
        with connection() as env:
            env["loyalty.program"].browse(self.ids["program"]).loyalty_to_company = False
            contacts = env["res.partner"].create(
                [
                    {"name": f"Racer {number}", "parent_id": self.ids["partner"]}
                    for number in range(RACERS)
                ]
            )
            self.contacts += contacts.ids
            rule = self._rule(env, cap_program=6)
            events = self._events(env, contacts.ids)
        self.assertEqual(self._race_for(rule, events), [2, 4])

    def test_first_time(self):
        with connection() as env:
            rule = self._rule(env, first_time=True)
            events = self._events(env, [self.ids["partner"]] * RACERS)
        self.assertEqual(self._race_for(rule, events), [4])
        self.assert_ledger(104)

    def test_terms_are_changed_while_the_first_points_are_given(self):
        """Either the rule was changed before and all earn by the new terms, or it is refused."""
        with connection() as env:
            rule = self._rule(env)
            events = self._events(env, [self.ids["partner"]] * RACERS)

        def act(env, number):
            rules = env["loyalty.earning.rule"]
            if number == 0:
                rules.browse(rule).points = 9
                env.flush_all()
            else:
                event = env["relationship.interaction"].browse(events[number])
                rules._consume_interactions(event)

        done, refused = self.race(act)
        with connection() as env:
            terms = env["loyalty.earning.rule"].browse(rule).points
            entries = env["loyalty.ledger.entry"].search([("rule_id", "=", rule)])
            self.assertEqual(set(entries.mapped("points")), {terms})
            self.assertEqual(len(entries), RACERS - 1)
        self.assertEqual((done, len(refused)), (RACERS, 0) if terms == 9 else (RACERS - 1, 1))
