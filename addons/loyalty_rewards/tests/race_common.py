"""Real connections on committed data: a program, a customer, a card; all of it removed again."""

import threading

from odoo import api
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.sql_db import db_connect
from odoo.tests import BaseCase
from odoo.tests.common import get_db_name
from odoo.tools import mute_logger

from odoo.addons.relationship_crm.tests.race_common import connection

TIMEOUT = 120
RACERS = 16
CLEAN = """
    DELETE FROM loyalty_ledger_hold WHERE card_id IN
        (SELECT id FROM loyalty_card WHERE program_id = %(program)s);
    DELETE FROM relationship_interaction_todo WHERE interaction_id IN
        (SELECT id FROM relationship_interaction WHERE partner_id = %(partner)s);
    DELETE FROM loyalty_ledger_allocation WHERE entry_id IN
        (SELECT id FROM loyalty_ledger_entry WHERE program_id = %(program)s);
    DELETE FROM loyalty_ledger_lot WHERE entry_id IN
        (SELECT id FROM loyalty_ledger_entry WHERE program_id = %(program)s);
    DELETE FROM loyalty_ledger_entry WHERE program_id = %(program)s;
    DELETE FROM relationship_interaction WHERE partner_id = %(partner)s;
    DELETE FROM loyalty_earning_rule WHERE program_id = %(program)s;
    DELETE FROM loyalty_history WHERE card_id IN
        (SELECT id FROM loyalty_card WHERE program_id = %(program)s);
    DELETE FROM mail_message WHERE model = 'sale.order' AND res_id IN
        (SELECT id FROM sale_order WHERE partner_id = %(partner)s);
    DELETE FROM mail_followers WHERE res_model = 'sale.order' AND res_id IN
        (SELECT id FROM sale_order WHERE partner_id = %(partner)s);
    DELETE FROM sale_order_line WHERE order_id IN
        (SELECT id FROM sale_order WHERE partner_id = %(partner)s);
    DELETE FROM sale_order WHERE partner_id = %(partner)s;
    DELETE FROM loyalty_card WHERE program_id = %(program)s;
    DELETE FROM loyalty_reward WHERE program_id = %(program)s;
    DELETE FROM loyalty_rule WHERE program_id = %(program)s;
    DELETE FROM loyalty_program WHERE id = %(program)s;
    DELETE FROM relationship_queue WHERE partner_id = %(partner)s;
    DELETE FROM relationship_profile WHERE partner_id = %(partner)s;
    DELETE FROM mail_message WHERE model = 'res.partner' AND res_id = %(partner)s;
    DELETE FROM mail_followers WHERE res_model = 'res.partner' AND res_id = %(partner)s;
    DELETE FROM res_partner WHERE id = %(partner)s;
    DELETE FROM product_product WHERE id = %(product)s;
    DELETE FROM product_template WHERE id = %(template)s;
    UPDATE relationship_interaction_consumer SET active = false WHERE code = 'loyalty_earning'
       AND NOT EXISTS (SELECT FROM loyalty_earning_rule);
"""


class RaceCase(BaseCase):
    """One committed program, with a card of 100 points."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.ids = dict.fromkeys(("partner", "program", "product", "template", "card", "reward"))
        self.addCleanup(self._clean)
        with connection() as env:
            self._create(env)

    def _create(self, env):
        partner = env["res.partner"].create({"name": "Raced Buyer", "is_company": True})
        reward = {
            "reward_type": "discount",
            "discount": 10,
            "discount_mode": "per_order",
            "required_points": 100,
        }
        program = env["loyalty.program"].create(
            {
                "name": "Raced Points",
                "program_type": "loyalty",
                "applies_on": "both",
                "trigger": "auto",
                "loyalty_earn_by": "event",
                "reward_ids": [Command.create(reward)],
            }
        )
        product = env["product.product"].create(
            {"name": "Raced Chair", "list_price": 100, "taxes_id": [Command.clear()]}
        )
        card = env["loyalty.card"].create({"program_id": program.id, "partner_id": partner.id})
        env["loyalty.card"].accrue([{"card_id": card.id, "points": 100, "key": f"race{card.id}"}])
        self.ids.update(
            partner=partner.id,
            program=program.id,
            product=product.id,
            template=product.product_tmpl_id.id,
            card=card.id,
            reward=program.reward_ids.id,
        )

    def _clean(self):
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute(CLEAN, self.ids)
            cr.commit()
        self.registry.clear_all_caches()

    def race(self, act):
        """Let sixteen sessions act at once, each as Odoo serves a request: tried again on a clash.

        :param act: function of (environment, number of the racer)
        :return: number of those that came through, list of the refusals (texts)
        """
        barrier, refused, done, broken = threading.Barrier(RACERS), [], [], []

        def run(number):
            threading.current_thread().dbname = get_db_name()
            with db_connect(get_db_name()).cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {"tracking_disable": True})
                cr.execute("SELECT 1")  # everybody sees the base as it is now
                barrier.wait(TIMEOUT)
                try:
                    retrying(lambda: act(env, number), env)
                    done.append(number)
                except UserError as error:
                    cr.rollback()
                    refused.append(str(error))
                except Exception as error:  # noqa: BLE001 - told below
                    cr.rollback()
                    broken.append(repr(error))

        threads = [threading.Thread(target=run, args=(number,)) for number in range(RACERS)]
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(TIMEOUT)
        self.assertFalse(any(thread.is_alive() for thread in threads))
        self.assertEqual(broken, [])
        return len(done), refused

    def assert_ledger(self, points):
        """Assert that the card has these points, and that all cards agree with the ledger."""
        with connection() as env:
            self.assertEqual(env["loyalty.card"].browse(self.ids["card"]).points, points)
            rows = env["loyalty.ledger"]._differences()
            self.assertEqual([row for row in rows if row[0] == self.ids["card"]], [])
