"""The decision about tiers by several workers at once, and by one that dies in the middle."""

import os
import signal
from datetime import timedelta

from odoo.tests import tagged

from .race_common import RaceCase, connection
from .test_ledger_crash import CrashCase

#: what these tests leave behind, before what RaceCase removes
CLEAN = """
    DELETE FROM loyalty_notice WHERE program_id = %(program)s;
    DELETE FROM loyalty_tier_move WHERE program_id = %(program)s;
    UPDATE loyalty_card SET loyalty_tier_id = NULL WHERE program_id = %(program)s;
    DELETE FROM mail_message WHERE model = 'loyalty.tier' AND res_id IN
        (SELECT id FROM loyalty_tier WHERE program_id = %(program)s);
    DELETE FROM mail_followers WHERE res_model = 'loyalty.tier' AND res_id IN
        (SELECT id FROM loyalty_tier WHERE program_id = %(program)s);
    DELETE FROM loyalty_tier WHERE program_id = %(program)s;
"""
MEMBERS = 10


class TierRaceCase(RaceCase):
    """A committed tier with a gift that ten members have reached, the card among them."""

    def _create(self, env):
        result = super()._create(env)
        env["loyalty.tier"].create(
            {
                "name": "Raced",
                "program_id": self.ids["program"],
                "entry_threshold": 50,
                "keep_threshold": 50,
                "gift_points": 7,
            }
        )
        return result

    def _clean(self):
        with connection() as env:
            env.cr.execute(CLEAN, self.ids)
        return super()._clean()

    def members(self):
        """Make more members who have reached the tier, all of the one customer."""
        with connection() as env:
            cards = env["loyalty.card"].create(
                [{"program_id": self.ids["program"], "partner_id": self.ids["partner"]}]
                * (MEMBERS - 1)
            )
            env["loyalty.card"].accrue(
                [{"card_id": card.id, "points": 60, "key": f"race{card.id}"} for card in cards]
            )

    def done(self):
        """Return (moves, gifts, notices) of the program, as they are committed."""
        with connection() as env:
            env.cr.execute(
                """
                SELECT (SELECT count(*) FROM loyalty_tier_move WHERE program_id = %(program)s),
                       (SELECT count(*) FROM loyalty_ledger_entry WHERE program_id = %(program)s
                           AND origin_model = 'loyalty.tier'),
                       (SELECT count(*) FROM loyalty_notice WHERE program_id = %(program)s)
                """,
                self.ids,
            )
            return env.cr.fetchone()


@tagged("post_install", "-at_install")
class TestTierRace(TierRaceCase):
    def decide(self, env, number=0):
        """Decide about the program of this test alone, as its part of the night does."""
        program = env["loyalty.program"].browse(self.ids["program"])
        rows = env["loyalty.tier"]._candidates(program, 1000)
        if rows:
            env["loyalty.tier"]._decide(program, rows)

    def test_sixteen_workers_move_a_member_once(self):
        with connection() as env:
            env["loyalty.tier"]._job_count(20000)
        self.race(self.decide)
        self.assertEqual(self.done(), (1, 1, 1))
        self.assert_ledger(107)

    def test_sixteen_workers_write_a_notice_once(self):
        with connection() as env:
            day = env["loyalty.earning.rule"]._today() + timedelta(days=20)
            env["loyalty.card"].accrue(
                [
                    {
                        "card_id": self.ids["card"],
                        "points": 5,
                        "key": f"soon{self.ids['card']}",
                        "expires_on": str(day),
                    }
                ]
            )
        self.race(lambda env, number: env["loyalty.notice"]._job_find(1000))
        self.assertEqual(self.done(), (0, 0, 1))


@tagged("post_install", "-at_install")
class TestTierCrash(TierRaceCase, CrashCase):
    def test_night_goes_on_where_it_was_killed(self):
        self.members()
        with connection() as env:
            env["loyalty.tier"]._job_count(20000)
        process = self._worker("decide", "loyalty.tier")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with connection() as env:  # waits for the locks that the dead one held
            env.cr.execute(
                "SELECT FROM loyalty_card WHERE program_id = %(program)s FOR UPDATE", self.ids
            )
        moves, gifts, notices = self.done()
        self.assertLess(moves, MEMBERS)
        self.assertEqual((gifts, notices), (moves, moves), "a batch is whole or not there")
        self._finish("decide", "loyalty.tier")
        self.assertEqual(self.done(), (MEMBERS, MEMBERS, MEMBERS))
        self._finish("decide", "loyalty.tier")
        self.assertEqual(self.done(), (MEMBERS, MEMBERS, MEMBERS))
        self.assert_ledger(107)
