import json
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib import verdicts
from ..lib.deal_states import UNDECIDED
from .prm_deal_find import named_pairs
from .prm_deal_match import LEVELS

#: Most reasons that a deal keeps in words; all matches are kept beside it.
REASONS = 5
#: The columns of a match.
COLUMNS = (
    *("deal_id", "company_id", "kind", "res_model", "res_id", "name", "customer_name"),
    *("partner_id", "verdict", "date", "earlier", "score", "level", "reasons"),
)


class PrmDeal(models.Model):
    """What the check says about a deal, and everything it found, for staff."""

    _inherit = "prm.deal"

    conflict_score = fields.Integer(
        readonly=True,
        copy=False,
        help="How surely the gravest match is the same customer, 0 to 100: from 80 a conflict, from"
        " 50 a person looks.",
    )
    conflict_level = fields.Selection(LEVELS, "Conflict", readonly=True, copy=False)
    match_ids = fields.One2many("prm.deal.match", "deal_id", "Matches", readonly=True, copy=False)

    @api.depends("verdict_reasons")
    @api.depends_context("lang")
    def _compute_verdict_text(self):
        for deal in self:
            lines = [deal._reason_text(reason) for reason in deal.verdict_reasons or []]
            deal.verdict_text = "\n".join(lines)

    def _reason_text(self, reason):
        """One reason of the verdict in words, for staff."""
        kinds = dict(self.env["prm.deal.match"]._fields["kind"]._description_selection(self.env))
        whose = dict(self._fields["verdict"]._description_selection(self.env))
        values = {
            "whose": whose[reason["code"]],
            "kind": kinds[reason["kind"]],
            "name": reason["document"],
            "score": reason["score"],
            "why": self.env["prm.deal.match"]._reasons_text(reason["reasons"]),
        }
        if reason["kind"] not in ("registration", "protection"):
            return self.env._("%(whose)s: %(kind)s %(name)s. Score %(score)s: %(why)s.", **values)
        if reason["earlier"]:
            return self.env._(
                "%(whose)s: %(kind)s %(name)s, submitted earlier. Score %(score)s: %(why)s.",
                **values,
            )
        return self.env._(
            "%(whose)s: %(kind)s %(name)s, submitted later. Score %(score)s: %(why)s.", **values
        )

    # ------------------------------------------------------------ writing

    def _update_verdicts(self):
        """Write what the check says about each undecided deal, with its reasons as data.

        Called whenever deals are submitted, corrected or decided. Others that meet one of them, or
        met one, however weakly, keep what they know of anything else (see `prm_deal_met.py`).
        """
        if not self:
            return
        undecided = self.filtered(lambda deal: deal.state in UNDECIDED)
        alike = undecided._names_alike()
        met = self._deal_matches(self._rival_pairs(alike=named_pairs(alike), mutual=True))
        matches = undecided._all_matches(alike, met)
        matches |= self._matches_of_met(met)
        deals = self.browse(matches)
        deals._write_matches(matches)
        by_vals = defaultdict(list)
        for deal in deals:
            vals = deal._prepare_verdict_vals(matches[deal.id])
            if any((deal[name] or 0) != (value or 0) for name, value in vals.items()):
                by_vals[json.dumps(vals)].append(deal.id)
        for vals, deal_ids in by_vals.items():
            self.browse(deal_ids).write(json.loads(vals))

    def _write_matches(self, matches):
        """Make the kept matches of these deals exactly these.

        :param dict matches: {deal id: list of values of `prm.deal.match`}
        """
        if not self:
            return
        rows = [match for deal in self for match in matches[deal.id]]
        names = SQL(", ").join(map(SQL.identifier, COLUMNS))
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM prm_deal_match WHERE deal_id = ANY(%(deals)s);
                INSERT INTO prm_deal_match (%(names)s)
                     SELECT %(names)s FROM jsonb_populate_recordset(NULL::prm_deal_match, %(rows)s)
                """,
                deals=self.ids,
                names=names,
                rows=json.dumps(rows, default=fields.Date.to_string),
            )
        )
        self.env["prm.deal.match"].invalidate_model(flush=False)
        self.invalidate_recordset(["match_ids"], flush=False)

    def _prepare_verdict_vals(self, matches):
        """Verdict, score and reasons to write on one deal.

        :param list matches: what :meth:`_matches` gives for it
        """
        self.ensure_one()
        verdict, score = verdicts.gravest(matches)
        reasons = [
            {
                "code": match["verdict"],
                "kind": match["kind"],
                "document": match["name"],
                "res_model": match["res_model"],
                "res_id": match["res_id"],
                "earlier": match["earlier"],
                "score": match["score"],
                "reasons": match["reasons"],
            }
            for match in matches
            if match["score"] >= verdicts.LOOK and match["verdict"] in verdicts.GRAVITY
        ]
        return {
            "verdict": verdict,
            "conflict_score": score,
            "conflict_level": verdicts.level_of(score),
            "verdict_reasons": reasons[:REASONS],
        }
