from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ..lib import verdicts
from ..lib.deal_states import UNDECIDED

#: Most registrations that are kept of one deal, and most of everything else.
KEPT = 20
#: Months for which what a customer bought counts.
MONTHS = 24


class PrmDeal(models.Model):
    """Everything in the base that may be about a deal's customer, with score, reasons and whose.

    A bounded number of queries for any number of deals: contacts by their keys (`prm_deal_known`),
    registrations by theirs (`prm_deal_rivals`), names that are alike (`relationship.name.token`),
    opportunities, and what was sold to the contacts found (`prm_deal_documents`).
    """

    _inherit = "prm.deal"

    def _matches(self):
        """What the check finds for these deals, the surest first.

        :return: dict {deal id: list of dicts with the fields of `prm.deal.match`}
        """
        if not self:
            return {}
        alike = self._names_alike()
        pairs = self._rival_pairs(alike=named_pairs(alike))
        return self._all_matches(alike, self._deal_matches(pairs))

    def _all_matches(self, alike, met):
        """The same, where names and registrations have been looked at.

        :param dict alike: what :meth:`_names_alike` gives
        :param dict met: what :meth:`_deal_matches` gives
        """
        heads = self._customers_alike(alike)
        others = defaultdict(list)
        for match in (*self._matching_leads(alike, heads), *self._matching_documents(heads)):
            if match["score"] >= verdicts.SHOWN:
                others[match["deal_id"]].append(match)
        return {
            deal.id: self._ranked(
                met.get(deal.id, []) + sorted(others[deal.id], key=self._rank)[:KEPT]
            )
            for deal in self
        }

    @api.model
    def _ranked(self, matches):
        """These matches, the surest first, of those the gravest, of those the earliest."""
        return sorted(matches, key=self._rank)

    @api.model
    def _rank(self, match):
        """What puts a match of a deal before another; those that are equal keep their order."""
        place = match["place"] or 0
        gravity = (*verdicts.GRAVITY, "clear").index(match["verdict"])
        return -match["score"], gravity, not match["earlier"], not place, place

    def _names_alike(self):
        """Who has a name like the deals' customers: {deal id: {holder: {id: similarity}}}."""
        wanted = {deal.id: (deal.customer_name, deal._country_code()) for deal in self}
        found = self.env["relationship.name.token"].sudo()._look_alikes(wanted)
        result = {deal_id: defaultdict(dict) for deal_id in wanted}
        for deal_id, alike in found.items():
            for (holder, owner), similarity in alike.items():
                result[deal_id][holder][owner] = similarity
        return result

    def _customers_alike(self, alike):
        """Contacts that may be the deals' customers, by keys or name.

        :return: dict {deal id: {commercial partner id: list of `verdicts.Reason`}}
        """
        heads = self._known_customers()
        by_name = {
            deal.id: {head: [] for head in alike[deal.id]["partner"] if head not in heads[deal.id]}
            for deal in self
        }
        for deal_id, found in self._with_names(by_name).items():
            heads[deal_id].update(found)
        return heads

    def _prepare_match(self, kind, record, reasons, verdict, **values):
        """One match of this deal, as values of `prm.deal.match`.

        :param kind: what was found, see `prm_deal_match.KINDS`
        :param record: the document
        :param reasons: list of `verdicts.Reason`
        :param verdict: whose it is
        """
        score = verdicts.score_of(reasons)
        return {
            "deal_id": self.id,
            "company_id": self.company_id.id,
            "kind": kind,
            "res_model": record._name,
            "res_id": record.id,
            "name": "",
            "customer_name": "",
            "partner_id": None,
            "verdict": verdict,
            "date": None,
            "earlier": False,
            "place": None,  # in the queue
            "score": score,
            "level": verdicts.level_of(score),
            "reasons": reasons,
            **values,
        }

    def _since(self):
        """The first day on which what a customer bought counts, in the deal's company."""
        return fields.Date.subtract(self._company_day(), months=MONTHS)

    # ------------------------------------------------------------ registrations

    @api.model
    def _deal_matches(self, pairs):
        """Registrations under review and protections of the same products, the surest first.

        :param pairs: what :meth:`_rival_pairs` gives
        :return: dict {deal id: list of matches}, without the deals that have none
        """
        reasons = self._pair_reasons(pairs)
        found = defaultdict(list)
        for (deal_id, rival_id), pair in pairs.items():
            match = {
                "rival": rival_id,
                "score": verdicts.score_of(reasons[deal_id, rival_id]),
                "verdict": "same_partner" if pair.same_partner else "other_partner",
                "earlier": bool(pair.earlier),
                "place": pair.place,
            }
            if match["score"] >= verdicts.SHOWN:
                found[deal_id].append(match)
        kept = {deal_id: self._ranked(some)[:KEPT] for deal_id, some in found.items()}
        rivals = self.browse({match["rival"] for some in kept.values() for match in some})
        rivals.fetch(
            ["name", "state", "company_id", "customer_name", "partner_id", "protected_until",
             "submitted_on"]
        )  # fmt: skip
        facts = {rival.id: rival._prepare_met_vals() for rival in rivals}
        return {
            deal_id: [
                self._prepare_deal_match(deal_id, match, reasons, facts[match["rival"]])
                for match in some
            ]
            for deal_id, some in kept.items()
        }

    def _prepare_met_vals(self):
        """What all deals that meet this one keep of it."""
        self.ensure_one()
        return {
            "kind": "registration" if self.state in UNDECIDED else "protection",
            "company_id": self.company_id.id,
            "name": self.name,
            "customer_name": self.customer_name,
            "partner_id": self.partner_id.id,
            "date": self.protected_until or self.submitted_on.date(),
        }

    @api.model
    def _prepare_deal_match(self, deal_id, match, reasons, facts):
        """One registration that a deal meets, as values of `prm.deal.match`."""
        rival_id, score = match["rival"], match["score"]
        return {
            "deal_id": deal_id,
            "res_model": self._name,
            "res_id": rival_id,
            "verdict": match["verdict"],
            "earlier": match["earlier"],
            "place": match["place"],
            "score": score,
            "level": verdicts.level_of(score),
            "reasons": reasons[deal_id, rival_id],
            **facts,
        }

    # ------------------------------------------------------------ opportunities

    def _matching_leads(self, alike, heads):
        """Open opportunities about the customer, by their own details or by their contact."""
        asked = defaultdict(list)  # (kind, value, company) → deals
        for deal in self:
            for kind, value in deal._lead_keys(heads[deal.id]):
                asked[kind, value, deal.company_id.id].append(deal)
        wanted = {(deal.id, lead): None for deal in self for lead in alike[deal.id]["lead"]}
        for probe, lead in self._open_leads(list(asked)):
            wanted.update(((deal.id, lead), None) for deal in asked[probe])
        leads = self._leads_in_use({lead for _deal, lead in wanted})
        deals = {deal.id: deal for deal in self}
        return [
            deals[deal_id]._prepare_lead_match(leads[lead_id], heads[deal_id])
            for deal_id, lead_id in wanted
            if lead_id in leads
            and leads[lead_id].company_id in (deals[deal_id].company_id, self.env["res.company"])
        ]

    def _lead_keys(self, heads):
        """By what opportunities are sought: set of (kind, value)."""
        keys = {(kind, value) for kind, value in self._identity_keys() if kind != "vat"}
        return keys | {("partner", str(head)) for head in heads}

    def _open_leads(self, probes):
        """Open opportunities by domain, e-mail, phone or contact: list of (probe, lead id)."""
        if not probes:
            return []
        self.env["crm.lead"].flush_model()
        ways = {
            "domain": SQL("lead.relationship_domain = probe.value"),
            # of mail providers Odoo keeps the whole address here
            "email": SQL("lead.email_domain_criterion = probe.value"),
            "phone": SQL("lead.phone_sanitized = probe.value"),
            "partner": SQL(
                "lead.partner_id IN (SELECT id FROM res_partner"
                " WHERE commercial_partner_id = probe.value::int)"
            ),
        }
        rows = self.env.execute_query(
            SQL(
                """
                SELECT probe.place::int, found.id
                  FROM unnest(%(kinds)s::text[], %(values)s::text[], %(companies)s::int[])
                       WITH ORDINALITY AS probe(kind, value, company_id, place)
                 CROSS JOIN LATERAL (%(ways)s) found
                """,
                kinds=[kind for kind, _value, _company in probes],
                values=[value for _kind, value, _company in probes],
                companies=[company for _kind, _value, company in probes],
                ways=SQL(" UNION ALL ").join(
                    SQL(
                        "(SELECT lead.id FROM crm_lead lead WHERE probe.kind = %s AND %s"
                        " AND lead.type = 'opportunity' AND lead.active"
                        " AND lead.won_status = 'pending'"
                        " AND coalesce(lead.company_id, probe.company_id) = probe.company_id"
                        " LIMIT %s)",
                        kind,
                        way,
                        KEPT,
                    )
                    for kind, way in ways.items()
                ),
            )
        )
        return [(probes[place - 1], lead) for place, lead in rows]

    def _leads_in_use(self, ids):
        """Of these opportunities the open ones that no live registration stands for: {id: lead}."""
        leads = self.env["crm.lead"].sudo().search_fetch(
            [
                ("id", "in", list(ids)),
                ("type", "=", "opportunity"),
                ("won_status", "=", "pending"),
            ],
            ["name", "partner_name", "partner_id", "email_normalized", "phone_sanitized", "website",
             "country_id", "company_id", "partner_assigned_id", "create_date"],
        )  # fmt: skip
        registered = self.search_fetch(
            [
                ("lead_id", "in", leads.ids),
                ("state", "in", ("submitted", "in_review", "info_needed", "approved", "won")),
            ],
            ["lead_id"],
        ).lead_id
        return {lead.id: lead for lead in leads - registered}

    def _prepare_lead_match(self, lead, heads):
        """One opportunity beside this deal: its own details, or those of its contact if surer."""
        head = lead.partner_id.commercial_partner_id
        name = lead.partner_name or head.name or ""
        reasons = []
        if lead.email_normalized in self._emails():
            reasons.append(verdicts.reason("email", lead.email_normalized))
        if lead.phone_sanitized in self._phones():
            reasons.append(verdicts.reason("phone", lead.phone_sanitized))
        reasons += self._host_reasons(lead.website, lead.email_normalized)
        reasons += self._name_reasons(name, lead.country_id.code or "")
        reasons = max(reasons, heads.get(head.id, []), key=verdicts.score_of)
        assigned = lead.partner_assigned_id.commercial_partner_id
        verdict = "direct"
        if assigned:
            verdict = "same_partner" if assigned == self.partner_id else "other_partner"
        return self._prepare_match(
            "opportunity",
            lead,
            reasons,
            verdict,
            name=lead.name,
            customer_name=name,
            partner_id=assigned.id or None,
            date=lead.create_date.date(),
            earlier=lead.create_date < (self.submitted_on or fields.Datetime.now()),
        )


def named_pairs(alike):
    """Pairs of deals with names that are alike, from what `_names_alike` gives."""
    return [(one, other) for one, found in alike.items() for other in found["deal"] if one != other]
