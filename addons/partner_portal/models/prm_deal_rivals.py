from collections import defaultdict
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..lib import claims, verdicts
from ..lib.deal_states import TURNED_DOWN, UNDECIDED


def path_range(alias):
    """The range of paths of a product category and all below it (see `lib/scopes.py`)."""
    path = SQL.identifier(alias, "parent_path")
    return SQL("prm_path_range(%s, left(%s, -1) || '0')", path, path)


#: Whether `deal` and `rival` have a product in common; a deal without categories is about all.
SCOPES_MEET = SQL(
    """
    (NOT EXISTS (SELECT FROM prm_deal_scope_rel scope WHERE scope.deal_id = deal.id)
     OR NOT EXISTS (SELECT FROM prm_deal_scope_rel scope WHERE scope.deal_id = rival.id)
     OR EXISTS (SELECT FROM prm_deal_scope_rel here
                  JOIN product_category one ON one.id = here.category_id
                  JOIN prm_deal_scope_rel there ON there.deal_id = rival.id
                  JOIN product_category two ON two.id = there.category_id
                 WHERE here.deal_id = deal.id AND %s && %s))
    """,
    path_range("one"),
    path_range("two"),
)

#: Pairs of deals that share a claimed key or are given, with what they share. A pair without a key
#: has one NULL. What a call does not ask for is left out: to plan the whole takes the database ten
#: times as long as to run it.
PAIRS = """
    WITH mine AS MATERIALIZED (
        SELECT claim.deal_id, claim.key_id, claim.weight, key.kind, key.key
          FROM prm_deal_claim claim JOIN prm_claim_key key ON key.id = claim.key_id
         WHERE claim.deal_id = ANY(%(deals)s)
           AND (key.kind IN ('vat', 'customer')
                OR (key.kind = 'domain' AND claim.weight IS NULL)
                OR %(limit)s > (
                   SELECT count(*) FROM (SELECT FROM prm_deal_claim one
                                          WHERE one.key_id = key.id LIMIT %(limit)s) few))
    ), found AS (
        SELECT mine.deal_id, other.deal_id AS rival_id, mine.kind, mine.key,
               least(mine.weight, other.weight) AS weight
          FROM mine
          JOIN prm_deal_claim other
            ON other.key_id = mine.key_id AND other.deal_id != mine.deal_id
         %(more)s
    ), shared AS MATERIALIZED (
        SELECT deal_id, rival_id, array_agg(kind ORDER BY kind, key) AS kinds,
               array_agg(key ORDER BY kind, key) AS keys,
               array_agg(weight ORDER BY kind, key) AS weights
          FROM found GROUP BY deal_id, rival_id
    )
    SELECT deal.id, rival.id, deal.partner_id = rival.partner_id,
           rival.submit_no < deal.submit_no, rival.submit_no, pair.kinds, pair.keys, pair.weights
      FROM %(pairs)s AS pair
      JOIN prm_deal deal ON deal.id = pair.deal_id
      JOIN prm_deal rival ON rival.id = pair.rival_id
     WHERE deal.company_id = rival.company_id AND rival.state != ALL(%(out)s)
       AND %(standing)s
  ORDER BY rival.submit_no
"""
#: Pairs that are given.
NAMED = """
         UNION ALL
        SELECT deal_id, rival_id, NULL, NULL, NULL
          FROM unnest(%(named)s::int[], %(alike)s::int[]) AS named(deal_id, rival_id)
"""
#: Pairs that a deal met when it was checked.
MET = """
         UNION ALL
        SELECT res_id, deal_id, NULL, NULL, NULL
          FROM prm_deal_match WHERE res_model = 'prm.deal' AND res_id = ANY(%(deals)s)
"""
#: Each pair from both sides.
BOTH_WAYS = """
    (SELECT * FROM shared
      UNION ALL
     SELECT rival_id, deal_id, kinds, keys, weights
       FROM shared WHERE rival_id != ALL(%(deals)s))
"""

#: A number, address or part of a website that more registrations than this have says nothing: a
#: switchboard, a host of many, a fake.
COMMON = 50


class Pair(NamedTuple):
    """What a deal and a rival have in common: the keys, each with its kind and weight."""

    same_partner: bool
    earlier: bool
    place: int
    kinds: list[str | None]
    keys: list[str | None]
    weights: list[int | None]


class PrmDeal(models.Model):
    """The other registrations about the same customers: who waits, who is protected."""

    _inherit = "prm.deal"

    @api.depends_context("uid", "allowed_company_ids")
    @api.depends("state", "claim_ids")
    def _compute_competing_deal_ids(self):
        rivals = defaultdict(list)
        for row in self.sudo()._rival_rows():
            rivals[row[0]].append(row[1])
        seen = self.browse({deal_id for ids in rivals.values() for deal_id in ids})
        readable = set(seen._filtered_access("read")._ids)
        for deal in self:
            deal.competing_deal_ids = [i for i in dict.fromkeys(rivals[deal.id]) if i in readable]

    def _rival_rows(self, undecided=True, protected=True):
        """Who else claims the same customers and products, as surely as a conflict.

        :param bool undecided: count deals under review
        :param bool protected: count deals whose protection covers today
        :return: list of (deal id, other deal id, same partner, other came first)
        """
        pairs = self._rival_pairs(undecided, protected)
        reasons = self._pair_reasons(pairs)
        return [
            (*pair, facts.same_partner, facts.earlier)
            for pair, facts in pairs.items()
            if verdicts.score_of(reasons[pair]) >= verdicts.CONFLICT
        ]

    def _rival_pairs(self, undecided=True, protected=True, alike=(), mutual=False):
        """Who else claims any key of these deals, with what they have in common: one query.

        Apart from drafts and those turned down, which claim nothing any more.

        :param alike: other pairs (deal id, other deal id) to look at, whose names are alike
        :param bool mutual: only of deals under review: of these, and of those that meet one of
            these, or met one when they were checked
        :return: dict {(deal id, other deal id): `Pair`}, the first submitted first
        """
        if not self.ids:
            return {}
        self.flush_model(["partner_id", "state", "submit_no", "company_id", "scope_ids"])
        self.env["prm.deal.protection"].flush_model()
        deals = self.ids
        more = [
            SQL(
                NAMED,
                named=[deal_id for deal_id, _rival in alike],
                alike=[rival_id for _deal, rival_id in alike],
            )
        ] if alike else []  # fmt: skip
        more += [SQL(MET, deals=deals)] if mutual else []
        rows = self.env.execute_query(
            SQL(
                PAIRS,
                deals=deals,
                limit=COMMON + 1,
                more=SQL(" ").join(more),
                pairs=SQL(BOTH_WAYS, deals=deals) if mutual else SQL("shared"),
                out=["draft", *TURNED_DOWN],
                standing=self._standing_sql(undecided, protected, mutual),
            )
        )
        return {(deal_id, rival_id): Pair(*facts) for deal_id, rival_id, *facts in rows}

    @api.model
    def _pair_reasons(self, pairs):
        """What two deals have in common: {pair: list of `verdicts.Reason`}.

        Names are compared where that makes a difference, the same names once.

        :param pairs: what :meth:`_rival_pairs` gives
        """
        reasons = {pair: self._key_reasons(facts) for pair, facts in pairs.items()}
        unsure = [pair for pair in pairs if verdicts.score_of(reasons[pair]) < verdicts.MOST]
        deals = self.browse({deal_id for pair in unsure for deal_id in pair})
        name_of = {deal.id: (deal.customer_name, deal._country_code()) for deal in deals}
        alike = {}
        for pair in unsure:
            names = tuple(map(name_of.get, pair))
            if names not in alike:
                alike[names] = verdicts.names_reason(*names)
            reasons[pair] += alike[names]
        return reasons

    @api.model
    def _key_reasons(self, pair):
        """What the keys that two deals share weigh: list of `verdicts.Reason`."""
        reasons = []
        for kind, key, weight in zip(pair.kinds, pair.keys, pair.weights, strict=True):
            if kind == "customer":
                reasons.append(verdicts.reason(kind, "", weight or verdicts.MOST))
            elif kind == "domain" and weight:
                reasons.append(verdicts.reason("subdomain", claims.key_value(key)))
            elif kind:
                reasons.append(verdicts.reason(kind, claims.key_value(key)))
        return reasons

    def _standing_sql(self, undecided, protected, mutual):
        """Whether `rival` stands in the way of `deal`; parameters as of :meth:`_rival_pairs`."""
        states = list(UNDECIDED)
        ways = []
        if undecided:
            ways.append(SQL("(rival.state = ANY(%s) AND %s)", states, SCOPES_MEET))
        if protected:
            ways.append(self._protected_sql())
        stands = SQL("(%s)", SQL(" OR ").join(ways)) if ways else SQL("FALSE")
        return SQL("deal.state = ANY(%s) AND %s", states, stands) if mutual else stands

    def _protected_sql(self):
        """Whether a protection of `rival` covers today and a product of `deal`."""
        days = {company.id: self._day_of_company(company) for company in self.company_id}
        today = SQL(
            "(SELECT day FROM unnest(%s::int[], %s::date[]) AS today(company_id, day)"
            " WHERE today.company_id = deal.company_id)",
            list(days),
            list(days.values()),
        )
        return SQL(
            """
            EXISTS (SELECT FROM prm_deal_protection protection
                     WHERE protection.deal_id = rival.id AND protection.live
                       AND daterange(protection.date_from, protection.date_until) @> %(today)s
                       AND (NOT EXISTS (SELECT FROM prm_deal_scope_rel scope
                                         WHERE scope.deal_id = deal.id)
                            OR EXISTS (SELECT FROM prm_deal_scope_rel scope
                                         JOIN product_category category
                                           ON category.id = scope.category_id
                                        WHERE scope.deal_id = deal.id
                                          AND %(range)s && prm_path_range(
                                              protection.scope_low, protection.scope_high))))
            """,
            today=today,
            range=path_range("category"),
        )

    def _same_customer(self, other_partner=False):
        """The other undecided deals that claim a customer of these deals."""
        rows = self._rival_rows(protected=False)
        return self.browse({row[1] for row in rows if not (other_partner and row[2])}) - self

    def _claimed_by_others(self):
        """Those of these deals whose customer another partner's deal protects today."""
        rows = self._rival_rows(undecided=False)
        return self.browse({row[0] for row in rows if not row[2]})
