import json
from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..lib import claims
from ..lib.deal_states import UNDECIDED


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

#: From so many deals on, PostgreSQL is told how the tables look now; see `_refresh_statistics`.
MANY = 1000


class PrmDeal(models.Model):
    """The claim of a registration on its customer, and the check against all others."""

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

    @api.depends("verdict_reasons")
    @api.depends_context("lang")
    def _compute_verdict_text(self):
        for deal in self:
            lines = [deal._reason_text(reason) for reason in deal.verdict_reasons or []]
            deal.verdict_text = "\n".join(lines)

    def _reason_text(self, reason):
        """One reason of the verdict in words, for staff."""
        _ = self.env._
        if reason["code"] == "existing_customer":
            return _("The customer has been invoiced before.")
        states = dict(self._fields["state"]._description_selection(self.env))
        values = {
            "deal": reason["deal"],
            "state": states[reason["state"]],
            "key": _key_label(self.env, reason["kind"], reason["value"]),
        }
        if reason["code"] == "same_partner":
            return _("%(deal)s of the same partner (%(state)s) has the same %(key)s.", **values)
        if reason["earlier"]:
            return _(
                "%(deal)s of another partner (%(state)s), submitted earlier, has the same %(key)s.",
                **values,
            )
        return _(
            "%(deal)s of another partner (%(state)s), submitted later, has the same %(key)s.",
            **values,
        )

    def _claim(self):
        """Claim the customers of these deals, before anything about them is checked.

        Finds the customers in the base, bumps every strong key in sorted order (see
        `prm.claim.key`), then links the customers and notes which deal claims which key.
        """
        found = self._find_customers()
        keys = {deal: deal._strong_keys(found.get(deal.id)) for deal in self}
        for company, deals in sorted(self.grouped("company_id").items(), key=lambda kv: kv[0].id):
            wanted = {pair for deal in deals for pair in (*keys[deal], deal._name_key())}
            ids = self.env["prm.claim.key"]._bump(wanted, company)
            deals._write_claims({deal.id: [ids[key] for _k, key in keys[deal]] for deal in deals})
        self._refresh_statistics()
        claiming = self.with_context(prm_claiming=True)
        for customer_id, deal_ids in _by_value(found).items():
            claiming.browse(deal_ids).write({"customer_id": customer_id})

    def _refresh_statistics(self):
        """Let the planner see the rows that this transaction has just added in bulk.

        Where autovacuum looked at the tables meanwhile it counted none of them, and the joins of
        the check would go through all pairs: ten minutes instead of one second for 10,000 deals.
        """
        if len(self) >= MANY:
            self.env.flush_all()
            self.env.cr.execute("ANALYZE prm_deal, prm_deal_claim, prm_claim_key")

    def _reclaim(self):
        """Claim again after the customer's details of undecided deals were corrected."""
        if self:
            before = self._same_customer()
            self._claim()
            (before | self._same_customer() | self)._update_verdicts()

    def _strong_keys(self, customer=None):
        """Hook: the keys of this deal's customer, as (kind, key)."""
        self.ensure_one()
        customer = customer or self.customer_id.commercial_partner_id
        return claims.strong_keys(
            self.company_id.id, self.vat_key or "", self.domain_key or "", customer.id or 0
        )

    def _name_key(self):
        """The key of the customer's name in its country: bumped, so that racers meet; no claim."""
        self.ensure_one()
        code = self.customer_country_id.code or ""
        return claims.name_key(self.company_id.id, code, self.customer_name)

    def _write_claims(self, keys_of):
        """Make the deals' claims exactly these.

        :param keys_of: dict {deal id: ids of `prm.claim.key`}
        """
        pairs = [(deal_id, key_id) for deal_id, key_ids in keys_of.items() for key_id in key_ids]
        self.flush_model(["company_id"])
        wanted = SQL(
            "SELECT * FROM unnest(%s::int[], %s::int[]) AS wanted(deal_id, key_id)",
            [deal_id for deal_id, _key in pairs],
            [key_id for _deal, key_id in pairs],
        )
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM prm_deal_claim claim
                      WHERE deal_id = ANY(%(deals)s)
                        AND NOT EXISTS (SELECT FROM (%(wanted)s) wanted
                                         WHERE wanted.deal_id = claim.deal_id
                                           AND wanted.key_id = claim.key_id);
                INSERT INTO prm_deal_claim (deal_id, key_id, company_id, create_uid, create_date,
                                            write_uid, write_date)
                     SELECT wanted.deal_id, wanted.key_id, deal.company_id, %(uid)s, %(now)s,
                            %(uid)s, %(now)s
                       FROM (%(wanted)s) wanted JOIN prm_deal deal ON deal.id = wanted.deal_id
                ON CONFLICT (deal_id, key_id) DO NOTHING
                """,
                deals=self.ids,
                wanted=wanted,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self.invalidate_recordset(["claim_ids"], flush=False)

    def _find_customers(self):
        """The one company in the base that has a deal's VAT number, for deals without a customer.

        :return: dict {deal id: commercial partner}; nothing where none or several are found
        """
        variants = {deal: deal._vat_variants() for deal in self if not deal.customer_id}
        texts = sorted({text for texts in variants.values() for text in texts})
        if not texts:
            return {}
        found = defaultdict(set)
        for partner in self.env["res.partner"].sudo().search([("vat", "in", texts)]):
            top = partner.commercial_partner_id
            found[claims.compact_vat(partner.vat, top.country_id.code or "")].add(top)
            found[claims.compact_vat(partner.vat)].add(top)
        return {
            deal.id: fit
            for deal in variants
            for fit in [self._only_company_of(deal, found[deal.vat_key])]
            if fit
        }

    @api.model
    def _only_company_of(self, deal, partners):
        """The single partner of the deal's company among these, if there is exactly one."""
        fits = [p for p in partners if p.company_id in (deal.company_id, p.company_id.browse())]
        return fits[0] if len(fits) == 1 and fits[0] != deal.partner_id else None

    def _vat_variants(self):
        """How the VAT number may stand on a partner: as typed, compact, without the country."""
        self.ensure_one()
        number = self.vat_key or ""
        code = self.customer_country_id.code or ""
        bare = number.removeprefix(code) if code else number
        return {text for text in (self.customer_vat, number, bare) if text and number}

    def _rival_rows(self, undecided=True, protected=True):
        """Who else claims the same customers and products.

        :param bool undecided: count deals under review
        :param bool protected: count deals whose protection covers today
        :return: list of (deal id, other deal id, same partner, other came first, kind, key)
        """
        self.flush_model(["partner_id", "state", "submit_no", "company_id", "scope_ids"])
        self.env["prm.deal.protection"].flush_model()
        if not self.ids:
            return []
        return self.env.execute_query(
            SQL(
                """
                SELECT mine.deal_id, other.deal_id, deal.partner_id = rival.partner_id,
                       rival.submit_no < deal.submit_no, key.kind, key.key
                  FROM prm_deal_claim mine
                  JOIN prm_deal_claim other
                    ON other.key_id = mine.key_id AND other.deal_id != mine.deal_id
                  JOIN prm_claim_key key ON key.id = mine.key_id
                  JOIN prm_deal deal ON deal.id = mine.deal_id
                  JOIN prm_deal rival ON rival.id = other.deal_id
                 WHERE mine.deal_id = ANY(%(deals)s)
                   AND ((%(undecided)s AND rival.state = ANY(%(states)s) AND %(scopes_meet)s)
                        OR (%(protected)s AND %(is_protected)s))
              ORDER BY rival.submit_no, key.kind
                """,
                deals=self.ids,
                states=list(UNDECIDED),
                undecided=undecided,
                protected=protected,
                scopes_meet=SCOPES_MEET,
                is_protected=self._protected_sql(),
            )
        )

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

    def _update_verdicts(self):
        """Write what the check says about each undecided deal, with its reasons as data.

        Called whenever a deal is submitted, corrected or decided, for it and those that claim the
        same customer. A finer check replaces this method and keeps what it writes: ``verdict`` and
        ``verdict_reasons``, a list of dicts with at least ``code``.
        """
        undecided = self.filtered(lambda deal: deal.state in UNDECIDED)
        rows = defaultdict(list)
        for deal_id, *row in undecided._rival_rows():
            rows[deal_id].append(row)
        rivals = self.browse({row[0] for found in rows.values() for row in found})
        rivals.fetch(["name", "state", "partner_id"])
        by_vals = defaultdict(list)
        for deal in undecided:
            reasons = [deal._prepare_reason(*row) for row in rows[deal.id]]
            by_vals[json.dumps(deal._prepare_verdict_vals(reasons))].append(deal.id)
        for vals, deal_ids in by_vals.items():
            self.browse(deal_ids).write(json.loads(vals))

    @api.model
    def _prepare_reason(self, rival_id, same_partner, earlier, kind, key):
        """One reason as data: which other deal shares which key."""
        rival = self.browse(rival_id)
        return {
            "code": "same_partner" if same_partner else "other_partner",
            "kind": kind,
            "value": key.split(":", 2)[2] if kind != "customer" else "",
            "deal_id": rival_id,
            "deal": rival.name,
            "state": rival.state,
            "earlier": bool(earlier),
        }

    def _prepare_verdict_vals(self, reasons):
        """Verdict and reasons to write on one deal; the gravest reason gives the verdict."""
        self.ensure_one()
        if self.customer_id.commercial_partner_id.customer_rank:
            reasons = [*reasons, {"code": "existing_customer", "customer_id": self.customer_id.id}]
        codes = {reason["code"] for reason in reasons}
        order = ("other_partner", "existing_customer", "same_partner")
        verdict = next((code for code in order if code in codes), "clear")
        return {"verdict": verdict, "verdict_reasons": reasons}


def _by_value(mapping):
    """{deal id: partner} turned round into {partner id: [deal ids]}."""
    result = defaultdict(list)
    for key, record in mapping.items():
        result[record.id].append(key)
    return result


def _key_label(env, kind, value):
    """A shared key in words: its kind and value."""
    labels = {
        "vat": env._("VAT number %s", value),
        "domain": env._("website %s", value),
        "customer": env._("linked customer"),
    }
    return labels[kind]
