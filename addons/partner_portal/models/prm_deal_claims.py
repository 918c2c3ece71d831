from collections import defaultdict

from odoo import models
from odoo.tools import SQL

from odoo.addons.relationship_crm.models.relationship_identity import normal_phone

from ..lib import claims, verdicts

#: From so many deals on, PostgreSQL is told how the tables look now; see `_refresh_statistics`.
MANY = 1000


class PrmDeal(models.Model):
    """The claim of a registration on its customer: the keys by which it meets all others."""

    _inherit = "prm.deal"

    def _claim(self):
        """Claim the customers of these deals, before anything about them is checked.

        Finds the customers in the base, bumps every key in sorted order (see `prm.claim.key`),
        then links the customers and notes which deal claims which key.
        """
        self._see_new_contacts()
        known = self._known_customers()
        found = self._find_customers(known)
        keys = {deal: deal._claim_keys(found.get(deal.id), known.get(deal.id, {})) for deal in self}
        self._claim_these(keys, {deal._name_key() for deal in self})
        self._refresh_statistics()
        claiming = self.with_context(prm_claiming=True)
        for customer_id, deal_ids in _by_value(found).items():
            claiming.browse(deal_ids).write({"customer_id": customer_id})

    def _claim_these(self, keys, names=()):
        """Bump these keys, company by company, and make them the deals' claims.

        :param dict keys: {deal: what :meth:`_claim_keys` gives}
        :param names: keys that are bumped, too, and are no claim
        """
        for company, deals in sorted(self.grouped("company_id").items(), key=lambda kv: kv[0].id):
            own = f"{company.id}:"
            wanted = {pair for deal in deals for pair in keys[deal]}
            wanted |= {pair for pair in names if pair[1].startswith(own)}
            ids = self.env["prm.claim.key"]._bump(wanted, company)
            deals._write_claims(
                {deal.id: {ids[key]: sure for (_kind, key), sure in keys[deal].items()}
                 for deal in deals}
            )  # fmt: skip

    def _write_name_tokens(self):
        """Let the names of these deals' customers be found by names that are alike."""
        name_of = {deal.id: (deal.customer_name, deal._country_code()) for deal in self}
        self.env["relationship.name.token"].sudo()._write_names("deal", name_of)

    def _refresh_statistics(self):
        """Let the planner see the rows that this transaction has just added in bulk.

        Where autovacuum looked at the tables meanwhile it counted none of them, and the joins of
        the check would go through all pairs: ten minutes instead of one second for 10,000 deals.
        """
        if len(self) >= MANY:
            self.env.flush_all()
            self.env.cr.execute(
                "ANALYZE prm_deal, prm_deal_claim, prm_claim_key, relationship_name_token"
            )

    def _reclaim(self):
        """Claim again after the customer's details of undecided deals were corrected."""
        deals = self.filtered(lambda deal: deal.state != "submitted")  # those are claimed later
        if deals:
            deals._claim()
            deals._write_name_tokens()
            deals._update_verdicts()

    def _strong_keys(self, customer=None):
        """Hook: the keys of this deal's customer, as (kind, key)."""
        self.ensure_one()
        customer = customer or self.customer_id.commercial_partner_id
        return claims.strong_keys(
            self.company_id.id, self.vat_key or "", self.domain_key or "", customer.id or 0
        )

    def _claim_keys(self, customer=None, known=None):
        """The keys that this deal claims: {(kind, key): how sure, see `claims.claim_keys`}.

        :param customer: the customer just found
        :param dict known: what :meth:`_known_customers` gives for this deal
        """
        scores = {head: verdicts.score_of(reasons) for head, reasons in (known or {}).items()}
        return claims.claim_keys(
            self.company_id.id,
            self._strong_keys(customer),
            self._hosts(),
            self._emails(),
            self._phones(),
            {head: score for head, score in scores.items() if score >= verdicts.CONFLICT},
        )

    # ------------------------------------------------------------ what is known of the customer

    def _hosts(self):
        """The customer's own hosts on the internet: of the website and of the e-mail address."""
        hosts = [self.domain_key or "", *(email.rpartition("@")[2] for email in self._emails())]
        return [h for h in dict.fromkeys(hosts) if h and not claims.is_shared_host(h)]

    def _emails(self):
        """The customer's e-mail addresses; one of the partner's own names nobody."""
        if not self.customer_email:
            return []
        own = {claims.domain_of(text) for text in (self.partner_id.website, self.partner_id.email)}
        own = {host for host in own if host and not claims.is_shared_host(host)}
        people = (self.partner_id.email_normalized, self.contact_id.email_normalized)
        return [
            email
            for email in claims.normal_emails(self.customer_email)
            if email not in people and email.rpartition("@")[2] not in own
        ]

    def _phones(self):
        """The customer's phone number in E.164, as a list of one or none."""
        country = self.customer_country_id or self.company_id.country_id
        number = self.customer_phone and normal_phone(self.customer_phone, country.code or "")
        return [number] if number else []

    def _country_code(self):
        return self.customer_country_id.code or ""

    def _name_reasons(self, name, country):
        """What another name weighs beside this deal's; names in two countries weigh nothing.

        :return: list of one `verdicts.Reason` or none
        """
        return verdicts.names_reason((self.customer_name, self._country_code()), (name, country))

    # ------------------------------------------------------------ writing

    def _name_key(self):
        """The key of the customer's name in its country: bumped, so that racers meet; no claim."""
        self.ensure_one()
        code = self.customer_country_id.code or ""
        return claims.name_key(self.company_id.id, code, self.customer_name)

    def _write_claims(self, keys_of):
        """Make the deals' claims exactly these.

        :param keys_of: dict {deal id: {id of `prm.claim.key`: how sure, None for as its kind}}
        """
        rows = [(deal, key, sure) for deal, keys in keys_of.items() for key, sure in keys.items()]
        deals, keys, weights = map(list, zip(*rows, strict=True)) if rows else ([], [], [])
        self.flush_model(["company_id"])
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM prm_deal_claim claim
                      WHERE deal_id = ANY(%(deals)s)
                        AND NOT EXISTS (SELECT FROM %(wanted)s
                                         WHERE wanted.deal_id = claim.deal_id
                                           AND wanted.key_id = claim.key_id);
                INSERT INTO prm_deal_claim (deal_id, key_id, weight, company_id, create_uid,
                                            create_date, write_uid, write_date)
                     SELECT wanted.deal_id, wanted.key_id, wanted.weight, deal.company_id, %(uid)s,
                            %(now)s, %(uid)s, %(now)s
                       FROM %(wanted)s JOIN prm_deal deal ON deal.id = wanted.deal_id
                ON CONFLICT (deal_id, key_id) DO UPDATE SET weight = excluded.weight
                      WHERE prm_deal_claim.weight IS DISTINCT FROM excluded.weight
                """,
                deals=self.ids,
                wanted=SQL(
                    "unnest(%s::int[], %s::int[], %s::int[]) AS wanted(deal_id, key_id, weight)",
                    deals,
                    keys,
                    weights,
                ),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self.invalidate_recordset(["claim_ids"], flush=False)


def _by_value(mapping):
    """{deal id: partner} turned round into {partner id: [deal ids]}."""
    result = defaultdict(list)
    for key, record in mapping.items():
        result[record.id].append(key)
    return result
