import json

from odoo import api, models
from odoo.tools import SQL

WRITE_CARDS = """
    UPDATE loyalty_card card
       SET loyalty_tier_id = given.tier, loyalty_tier_until = given.until,
           loyalty_tier_told_on = given.told_on, loyalty_tier_held_on = given.held_on,
           loyalty_tier_moves = given.moves,
           loyalty_tier_since = coalesce(given.since, card.loyalty_tier_since),
           write_date = now() AT TIME ZONE 'UTC'
      FROM json_to_recordset(%s) AS given(id int, tier int, until date, told_on date, held_on date,
                                          moves int, since date)
     WHERE card.id = given.id
"""


class LoyaltyTier(models.Model):
    _inherit = "loyalty.tier"

    @api.model
    def _apply(self, program, today, decided, held_back=()):
        """Do what was decided about cards of one program, with moves, gifts and notices.

        :param list decided: (row as of ``_candidates``, ``lib.tiers.Outcome``)
        :param held_back: ids of cards that keep their tier for now
        """
        cards, moves, gifts = [], [], []
        for row, outcome in decided:
            number = (row["loyalty_tier_moves"] or 0) + bool(outcome.direction)
            cards.append(self._prepare_card(row, outcome, number, today, row["id"] in held_back))
            if outcome.direction:
                moves.append(self._prepare_move(program, row, outcome, number, today))
                gifts += [(row["id"], number, tier) for tier in outcome.gifts]
        self.env.cr.execute(SQL(WRITE_CARDS, json.dumps(cards, default=str)))
        self.env["loyalty.card"].invalidate_model(flush=False)
        made = self.env["loyalty.tier.move"].sudo().create(moves)
        self._give(gifts)
        made._record_interactions()
        return made

    @api.model
    def _prepare_card(self, row, outcome, number, today, held_back):
        """What is written on a card."""
        return {
            "id": row["id"],
            "tier": outcome.held.tier or None,
            "until": outcome.held.until,
            "told_on": outcome.held.told_on,
            "held_on": today if held_back and outcome.held.until else None,
            "moves": number,
            "since": today if outcome.direction else None,
        }

    @api.model
    def _prepare_move(self, program, row, outcome, number, today):
        """Values of a change of tier, with what was counted."""
        judged = self.browse(
            outcome.held.tier if outcome.direction == "up" else row["loyalty_tier_id"]
        )
        return {
            "card_id": row["id"],
            "card_code": row["code"],
            "number": number,
            "program_id": program.id,
            "partner_id": row["partner_id"],
            "company_id": program.company_id.id,
            "from_tier_id": row["loyalty_tier_id"],
            "to_tier_id": outcome.held.tier or False,
            "direction": outcome.direction,
            "kind": "rule",
            "date": today,
            "evidence": {
                "basis": program.loyalty_tier_basis,
                "begin": str(program._tier_begin(today) or ""),
                "value": float(row["loyalty_tier_value"] or 0),
                "tier": judged.id,
                "entry": judged.entry_threshold,
                "keep": judged.keep_threshold,
                "until": str(row["loyalty_tier_until"] or ""),
                "told_on": str(row["loyalty_tier_told_on"] or ""),
            },
        }

    @api.model
    def _give(self, gifts):
        """Post the entry gifts: once for each change of tier and each tier entered by it.

        :param list gifts: (card id, number of the change, tier id)
        """
        known = {tier.id: tier for tier in self.browse({tier for _card, _number, tier in gifts})}
        postings = [
            {
                "card_id": card,
                "kind": "earn",
                "points": known[tier].gift_points,
                "status_points": 0,
                "key": f"tier,{card},{number},{tier}",
                "origin_model": "loyalty.tier",
                "origin_id": tier,
                "reason": self.env._("Gift for reaching %s", known[tier].name),
            }
            for card, number, tier in gifts
            if known[tier].gift_points
        ]
        if postings:
            self.env["loyalty.ledger"].sudo()._post(postings, move=True)


class LoyaltyTierMove(models.Model):
    _inherit = "loyalty.tier.move"

    def _record_interactions(self):
        """Let plays, webhooks and everybody else who listens know."""
        events = [move._prepare_interaction() for move in self if move.partner_id]
        if events:
            self.env["relationship.interaction"].sudo()._record(events)

    def _prepare_interaction(self):
        self.ensure_one()
        return {
            "kind": "loyalty_tier_changed",
            "contact_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "res_model": "loyalty.card",
            "res_id": self.card_id.id,
            "external_ref": f"loyalty.tier.move,{self.id}",
            "payload": {
                "program_id": self.program_id.id,
                "from": self.from_tier_id.name or None,
                "to": self.to_tier_id.name or None,
                "direction": self.direction,
            },
            "summary": self.display_name[:250],
        }
