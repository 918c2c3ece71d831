from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL, format_amount, formatLang

from ..lib import tiers as tiers_lib

BATCH = 2000
#: cards whose value is written in one batch
VALUES = 20000

WRITE_VALUES = """
    WITH counted AS (%(counted)s),
    changed AS (
        SELECT card.id, round(coalesce(counted.value, 0), 4) AS value
          FROM loyalty_card card LEFT JOIN counted ON counted.card_id = card.id
         WHERE card.program_id = %(program)s AND card.active
           AND coalesce(card.loyalty_tier_value, 0) <> round(coalesce(counted.value, 0), 4)
         ORDER BY card.id LIMIT %(limit)s FOR UPDATE OF card SKIP LOCKED
    )
    UPDATE loyalty_card card SET loyalty_tier_value = changed.value
      FROM changed WHERE changed.id = card.id
"""

#: The cards for which the decision would change anything; the same conditions as in lib.tiers.
CANDIDATES = """
    SELECT card.id, card.loyalty_tier_value, card.loyalty_tier_id, card.loyalty_tier_until,
           card.loyalty_tier_told_on, card.loyalty_tier_moves, card.code, card.partner_id
      FROM loyalty_card card
      LEFT JOIN loyalty_tier held ON held.id = card.loyalty_tier_id
     CROSS JOIN LATERAL (SELECT coalesce(card.loyalty_tier_value, 0) AS value) it
     WHERE card.program_id = %(program)s AND card.active AND card.partner_id IS NOT NULL
       AND (EXISTS (SELECT FROM loyalty_tier tier
                     WHERE tier.program_id = %(program)s AND tier.active
                       AND tier.entry_threshold <= it.value
                       AND tier.entry_threshold > coalesce(held.entry_threshold, -1))
            OR (held.id IS NOT NULL AND (%(never)s OR it.value >= held.keep_threshold)
                AND (card.loyalty_tier_until IS NOT NULL
                     OR card.loyalty_tier_told_on IS NOT NULL))
            OR (held.id IS NOT NULL AND NOT %(never)s AND it.value < held.keep_threshold
                AND (card.loyalty_tier_until IS NULL
                     OR (card.loyalty_tier_told_on IS NULL
                         AND card.loyalty_tier_until <= %(tell)s)
                     OR (card.loyalty_tier_until < %(grace)s
                         AND card.loyalty_tier_told_on < %(told)s
                         AND card.loyalty_tier_held_on IS DISTINCT FROM %(today)s))))
     ORDER BY card.id LIMIT %(limit)s FOR UPDATE OF card SKIP LOCKED
"""


def _digits(value):
    """How many decimals a number of points is shown with."""
    return 0 if value == int(value) else 2


class LoyaltyTier(models.Model):
    """The decision of every night: who moves up, who is told, who moves down.

    What each card has is counted by one statement a program, which writes only what differs. The
    cards for which that changes anything are then decided in batches, each in a transaction of its
    own: what a batch did is no longer found by the next one, so a night that was broken off goes on
    where it stopped.
    """

    _name = "loyalty.tier"
    _inherit = ["loyalty.tier", "relationship.job"]

    @api.model
    def _cron_decide(self):
        """Count what each card has, and decide about the tiers."""
        self._run_job("count", VALUES)
        self._run_job("decide", BATCH)

    @api.model
    def _tier_programs(self):
        """Programs that have tiers, also archived ones: who has one of those keeps its rules."""
        tiers = self.sudo().with_context(active_test=False).search([("program_id", "!=", False)])
        return tiers.program_id.filtered("active").sorted("id")

    @api.model
    def _job_count(self, limit):
        """Write what up to ``limit`` cards have, where it changed; return whether more may."""
        self.env.flush_all()
        self._take_memory()
        for program in self._tier_programs():
            today = program._tier_company()._relationship_today()
            self.env.cr.execute(
                SQL(
                    WRITE_VALUES,
                    counted=program._query_tier_values(today),
                    program=program.id,
                    limit=limit,
                )
            )
            if self.env.cr.rowcount:
                self.env["loyalty.card"].invalidate_model(["loyalty_tier_value"], flush=False)
            if self.env.cr.rowcount >= limit:
                return limit
        return 0

    @api.model
    def _job_decide(self, limit):
        """Decide about up to ``limit`` cards; return whether there may be more."""
        for program in self._tier_programs():
            rows = self._candidates(program, limit)
            if rows:
                self._decide(program, rows)
                return limit
        return 0

    @api.model
    def _candidates(self, program, limit):
        """Lock and return the cards of a program for which the night changes anything: dicts."""
        self.env.flush_all()
        today = program._tier_company()._relationship_today()
        return self.env.execute_query_dict(
            SQL(
                CANDIDATES,
                program=program.id,
                never=program.loyalty_tier_policy == "none",
                today=today,
                tell=today + timedelta(days=program.loyalty_tier_notice),
                grace=today - timedelta(days=program.loyalty_tier_grace),
                told=today - timedelta(days=program.loyalty_tier_notice),
                limit=limit,
            )
        )

    @api.model
    def _decide(self, program, rows):
        """Decide about some cards of a program, and do what follows: a bounded number of queries.

        :param list rows: dicts as of :meth:`_candidates`
        """
        today = program._tier_company()._relationship_today()
        terms = program._tier_terms()
        tiers = program._tier_list()
        held_back = self._held_back(program, rows)
        decided = [
            (
                row,
                tiers_lib.decide(
                    tiers,
                    float(row["loyalty_tier_value"] or 0),
                    tiers_lib.Held(
                        row["loyalty_tier_id"] or 0,
                        row["loyalty_tier_until"],
                        row["loyalty_tier_told_on"],
                    ),
                    terms,
                    today,
                    may_drop=row["id"] not in held_back,
                ),
            )
            for row in rows
        ]
        self._apply(program, today, decided, held_back)

    @api.model
    def _held_back(self, program, rows):
        """Ids of the cards whose member must not lose a tier now, as of an open complaint."""
        partners = self.env["res.partner"].browse(
            {row["partner_id"] for row in rows if row["loyalty_tier_until"]}
        )
        if not partners:
            return set()
        asked = partners.with_company(program._tier_company())
        holds = asked.commercial_partner_id._relationship_holds("downgrade")
        back = {partner.id for partner in asked if holds.get(partner.commercial_partner_id)}
        return {row["id"] for row in rows if row["partner_id"] in back}


class LoyaltyProgram(models.Model):
    """The rules of a program's tiers as the decision sees them."""

    _inherit = "loyalty.program"

    def _tier_terms(self):
        """How long a tier of this program stays, as of lib.tiers."""
        self.ensure_one()
        return tiers_lib.Terms(
            self.loyalty_tier_validity,
            self.loyalty_tier_grace,
            self.loyalty_tier_notice,
            self.loyalty_tier_policy or "one_down",
        )

    def _tier_last_day(self, held, today):
        """The last day of a tier that runs out, as of lib.tiers; None while it does not."""
        return tiers_lib.last_day(held, self._tier_terms(), today)

    def _tier_amount_text(self, value, unit=True):
        """What counts for a tier in words: status points, or money in the company's currency.

        :param bool unit: whether points are named; money always is
        """
        self.ensure_one()
        if self.loyalty_tier_basis == "spend":
            currency = self.company_id.currency_id or self.currency_id
            return format_amount(self.env, value, currency)
        number = formatLang(self.env, value, digits=_digits(value))
        return self.env._("%s status points", number) if unit else number

    def _tier_list(self):
        """The tiers of this program, also archived ones, as of lib.tiers; the best first."""
        self.ensure_one()
        tiers = self.env["loyalty.tier"].sudo().with_context(active_test=False)
        return [
            tiers_lib.Tier(tier.id, tier.entry_threshold, tier.keep_threshold, tier.active)
            for tier in tiers.search([("program_id", "=", self.id)])
        ]
