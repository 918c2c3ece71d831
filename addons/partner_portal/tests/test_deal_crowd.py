"""Many registrations at one customer: what a check costs, and what the others keep of it."""

import random
from contextlib import suppress
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models import prm_deal_limits
from ..models.prm_deal_find import KEPT
from ..models.prm_deal_wait import PrmDeal
from .common import VAT
from .test_deal_matches import MatchCommon

#: Queries of checking what waits, with others at the customer; the same for few and for many.
CHECK_WAITING = 90
NAMES = ("Veltona Pumps", "Pumps Veltona NV", "Veltona Pumpes", "Qwxz", "Kestrel Marine")


@tagged("post_install", "-at_install")
class TestDealCrowd(MatchCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.alpha | cls.beta
        for number in range(4):
            cls.partners |= cls._new_partner(f"Crowd {number}", f"PRM-CROWD-{number}")

    def setUp(self):
        super().setUp()
        self.enterContext(patch.object(prm_deal_limits, "DAILY_LIMIT", 0))

    def _taken_in(self, count, **vals):
        """Return deals about one customer that wait for their check."""
        vals = {"customer_vat": VAT, "customer_name": "Acme", "contact_id": False, **vals}
        deals = self.env["prm.deal"]
        with patch.object(PrmDeal, "_must_wait", lambda self: True):
            for number in range(count):
                deals |= self._deal(self.partners[number % 6], submit=True, **vals)
        self.assertEqual(set(deals.mapped("state")), {"submitted"})
        return deals.sudo()

    def _check(self, limit):
        return self.env["prm.deal"]._job_check_submitted(limit)

    def _kept(self, deal):
        """Return what a deal keeps of others: kind, deal, score, whose, earlier."""
        return [
            (match.kind, match.res_id, match.score, match.verdict, match.earlier)
            for match in deal.match_ids
            if match.res_model == "prm.deal"
        ]

    def _anew(self, deal):
        """Return what a check of this deal alone finds, in the same form."""
        return [
            (match["kind"], match["res_id"], match["score"], match["verdict"], match["earlier"])
            for match in deal._matches()[deal.id]
            if match["res_model"] == "prm.deal"
        ]

    def test_queries_do_not_grow_with_rivals(self):
        costs = []
        for count in (6, 12, 24):
            self._taken_in(count)
            self._check(count)
            self._taken_in(4)
            costs.append(self.queries(lambda: (self._check(4), self.env.flush_all())))
        few, more, many = costs
        self.assertLessEqual(many, max(few, more), "six, sixteen or forty-six others")
        self.assertLessEqual(many, CHECK_WAITING, "four together")

    def test_only_what_changes_is_written(self):
        """Who keeps as many earlier ones as it may is left alone by one more that comes later."""
        deals = self._taken_in(KEPT + 5)
        self._check(KEPT + 5)
        rows = {deal: deal.match_ids.ids for deal in deals}
        self._taken_in(1)
        self._check(1)
        self.env.invalidate_all()
        touched = [deal for deal in deals if deal.match_ids.ids != rows[deal]]
        self.assertFalse(touched)
        self.assertTrue(all(len(deal.match_ids) == KEPT for deal in deals))

    def test_who_leaves_makes_room(self):
        """The next that was not kept takes the place of the one that is gone."""
        deals = self._taken_in(KEPT + 3)
        self._check(KEPT + 3)
        last = deals[-1]
        deals[0].with_user(self.channel).action_reject("No.")
        kept = self._kept(last)
        self.assertEqual(len(kept), KEPT)
        self.assertNotIn(deals[0].id, [met for _kind, met, *_facts in kept])
        self.assertEqual(kept, self._anew(last))

    def test_the_crowd_hides_nothing_else(self):
        company = self.known("Acme", vat=VAT)
        self.order(company)
        self._taken_in(KEPT + 2)
        self._check(KEPT + 2)
        late = self._taken_in(1)
        self._check(1)
        self.assertIn("order", late.match_ids.mapped("kind"))

    def test_an_existing_customer_is_refused_though_others_wait(self):
        program = self.env["prm.program"].create({"name": "R", "existing_customers": "refuse"})
        deal = self.submitted(customer_vat=VAT, program_id=program.id)
        self.submitted(self.beta, customer_vat=VAT)
        self.order(self.known("Acme", vat=VAT))
        with self.assertRaisesRegex(UserError, "existing customers"):
            deal.with_user(self.other_channel).action_approve()
        self.assertEqual(deal.state, "in_review")

    def test_together_as_one_by_one(self):
        """What a check of several says is what the check of each says."""

        def story(limit):
            with self.env.cr.savepoint() as savepoint:
                deals = self._taken_in(5)
                deals |= self._taken_in(3, customer_vat=False, customer_domain="acme.example")
                while self._check(limit):
                    pass
                first = deals[0].id
                seen = [
                    (deal.state, deal.verdict, deal.conflict_score, len(deal.claim_ids), [
                        (kind, met - first, *facts) for kind, met, *facts in self._kept(deal)
                    ])
                    for deal in deals
                ]  # fmt: skip
                savepoint.rollback()
            self.env.invalidate_all()
            return seen

        self.assertEqual(story(100), story(1))

    def test_kept_as_found_anew_after_any_history(self):
        """Whatever happens to the others, a deal keeps what a check of it would find now."""
        chance = random.Random(7)
        deals = self.env["prm.deal"].sudo()

        def enter():
            vals = {
                "customer_name": chance.choice(NAMES),
                "customer_vat": chance.choice((VAT, False, "BE0403170701")),
                "customer_domain": chance.choice(("acme.example", "shop.acme.example")),
                "customer_phone": chance.choice((False, "+32 2 555 12 34")),
                "beyond_limits": True,
                "customer_country_id": self.belgium.id,
            }
            return self._taken_in(1, **vals) if chance.random() < 0.5 else self.submitted(**vals)

        def act(deal):
            deal = deal.with_user(self.other_channel)
            chance.choice(
                (
                    lambda: deal.action_reject("No."),
                    deal.action_withdraw,
                    deal.action_approve,
                    lambda: deal.action_ask_info("Why?"),
                    lambda: deal.write({"customer_phone": "+32 2 555 99 99"}),
                    lambda: deal.write({"customer_name": chance.choice(NAMES)}),
                    lambda: deal.lead_id.sudo().action_set_lost(),
                )
            )()

        for _step in range(30):
            if chance.random() < 0.55:
                deals |= enter()
            elif deals:
                # some may not from the state in which they are
                with suppress(UserError), self.env.cr.savepoint():
                    act(chance.choice(deals))
            self._check(chance.choice((1, 5)))
            self.env.invalidate_all()
            for deal in deals.filtered(lambda one: one.state in ("in_review", "info_needed")):
                self.assertEqual(sorted(self._kept(deal)), sorted(self._anew(deal)), deal.name)
                [level] = {"conflict", "look", "clear"} & {deal.conflict_level}
                best = [m.level for m in deal.match_ids if m.verdict != "clear"]
                worst = "conflict" if "conflict" in best else "look" if "look" in best else "clear"
                self.assertEqual(level, worst)
