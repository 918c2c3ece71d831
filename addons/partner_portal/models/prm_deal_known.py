from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.relationship_crm.lib.public_suffix import registrable_domain

from ..lib import claims, verdicts

#: Companies that hold one key: more are not one customer.
MANY_FAMILIES = 20
#: Contacts whose keys are made at once, most; those of a large import can wait for their turn.
NEW_CONTACTS = 100


class PrmDeal(models.Model):
    """The customer of a deal among the contacts: by its VAT number, e-mail, phone and domain."""

    _inherit = "prm.deal"

    def _known_customers(self):
        """Companies in the base that share a key with the deals' customers: three queries.

        The identity keys that background work keeps of every contact and its company are asked.

        :return: dict {deal id: {commercial partner id: list of `verdicts.Reason`}}
        """
        asked = defaultdict(list)  # key → deals
        for deal in self:
            for key in deal._identity_keys():
                asked[key].append(deal)
        reasons = {deal.id: defaultdict(list) for deal in self}
        for kind, value, head, hosts in self._families(list(asked)):
            for deal in asked[kind, value]:
                own = kind == "domain" and not hosts.isdisjoint(deal._hosts())
                weighs = "subdomain" if kind == "domain" and not own else kind
                reasons[deal.id][head].append(verdicts.reason(weighs, value))
        for deal in self.filtered("customer_id"):
            head = deal.customer_id.commercial_partner_id.id
            reasons[deal.id][head].append(verdicts.reason("customer"))
        return self._with_names(reasons)

    def _see_new_contacts(self):
        """Make the keys of contacts that wait for background work, if they may be a customer.

        Else whoever is entered a moment before an approval would be created a second time.
        """
        emails = sorted({email for deal in self for email in deal._emails()})
        hosts = sorted({registrable_domain(host) for deal in self for host in deal._hosts()})
        if not (emails or hosts):
            return
        self.env["res.partner"].flush_model(["website", "email_normalized", "active"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT partner.id
                  FROM relationship_queue queue
                  JOIN res_partner partner ON partner.id = queue.partner_id AND partner.active
                 WHERE queue.topic = 'identity'
                   AND (partner.email_normalized = ANY(%(emails)s)
                        OR partner.website ILIKE ANY(%(patterns)s)
                        OR partner.email_normalized ILIKE ANY(%(patterns)s))
                 LIMIT %(limit)s
                """,
                emails=emails,
                patterns=[f"%{host}%" for host in hosts if host],
                limit=NEW_CONTACTS,
            )
        )
        if rows:
            contacts = self.env["res.partner"].sudo().browse([row[0] for row in rows])
            self.env["relationship.identity"].sudo()._bring_up_to_date(contacts)

    def _identity_keys(self):
        """The keys by which this deal's customer is asked for, as a set of (type, value)."""
        keys = {("vat", self.vat_key or "")}
        keys |= {("email", email) for email in self._emails()}
        keys |= {("phone", phone) for phone in self._phones()}
        keys |= {("domain", registrable_domain(host)) for host in self._hosts()}
        return {(kind, value) for kind, value in keys if value}

    @api.model
    def _families(self, keys):
        """Which companies hold these keys, one query: list of (type, value, company id, hosts).

        Keys that many share name nobody; archived contacts are not looked at.
        """
        if not keys:
            return []
        self.env["relationship.identity"].flush_model()
        self.env["res.partner"].flush_model(["website", "email_normalized", "active"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT wanted.type, wanted.value, contact.commercial_partner_id,
                       array_agg(DISTINCT contact.website),
                       array_agg(DISTINCT split_part(contact.email_normalized, '@', 2)),
                       count(*) OVER (PARTITION BY wanted.type, wanted.value)
                  FROM unnest(%s::text[], %s::text[]) AS wanted(type, value)
                  JOIN relationship_identity key
                    ON key.type = wanted.type AND key.value = wanted.value
                  JOIN res_partner contact ON contact.id = key.partner_id AND contact.active
                 WHERE NOT EXISTS (SELECT FROM relationship_identity other
                                    WHERE other.shared AND other.type = wanted.type
                                      AND other.value = wanted.value)
              GROUP BY wanted.type, wanted.value, contact.commercial_partner_id
                """,
                [kind for kind, _value in keys],
                [value for _kind, value in keys],
            )
        )
        return [
            (kind, value, head, {claims.domain_of(text) for text in (*sites, *mails) if text})
            for kind, value, head, sites, mails, families in rows
            if families <= MANY_FAMILIES
        ]

    def _host_reasons(self, *texts):
        """What the hosts that these texts name weigh beside this deal's: a list of one or none."""
        mine, theirs = self._hosts(), {claims.domain_of(text) for text in texts if text}
        same = [host for host in mine if host in theirs]
        if same:
            return [verdicts.reason("domain", same[0])]
        sites = {registrable_domain(host) for host in theirs if not claims.is_shared_host(host)}
        parts = [host for host in map(registrable_domain, mine) if host and host in sites]
        return [verdicts.reason("subdomain", parts[0])] if parts else []

    def _with_names(self, reasons):
        """Add what the names of the companies found weigh; leave out what can't be the customer.

        :param reasons: dict {deal id: {commercial partner id: list of reasons}}
        """
        everybody = {head for found in reasons.values() for head in found}
        heads = self.env["res.partner"].sudo().browse(everybody)
        heads.fetch(["name", "company_id", "country_id", "active"])
        for deal in self:
            found = reasons[deal.id]
            for head in heads.browse(found).with_prefetch(heads._prefetch_ids):
                if not deal._may_be_customer(head):
                    del found[head.id]
                else:
                    found[head.id] += deal._name_reasons(head.name, head.country_id.code or "")
        return {deal_id: dict(found) for deal_id, found in reasons.items()}

    def _may_be_customer(self, head):
        """Whether a contact may be this deal's customer: of its company, and not its partner."""
        if head == self.customer_id.commercial_partner_id:
            return True
        ours = not head.company_id or head.company_id in self.company_id.parent_ids
        return ours and head.active and head != self.partner_id

    # ------------------------------------------------------------ linked by the VAT number

    def _find_customers(self, known):
        """The one company in the base that has a deal's VAT number, for deals without a customer.

        :param dict known: what :meth:`_known_customers` gives
        :return: dict {deal id: commercial partner}; nothing where none or several are found
        """
        same = {deal: deal._with_same_vat(known) for deal in self if not deal.customer_id}
        # the keys of contacts follow within a minute: till then their field tells
        unseen = {deal: deal._vat_variants() for deal, heads in same.items() if not heads}
        texts = sorted({text for texts in unseen.values() for text in texts})
        found = defaultdict(set)
        partners = self.env["res.partner"].sudo()
        fields = ["vat", "commercial_partner_id"]
        for partner in texts and partners.search_fetch([("vat", "in", texts)], fields):
            top = partner.commercial_partner_id
            found[claims.compact_vat(partner.vat, top.country_id.code or "")].add(top)
            found[claims.compact_vat(partner.vat)].add(top)
        result = {}
        for deal, heads in same.items():
            fit = self._only_company_of(deal, heads or found[deal.vat_key])
            if fit:
                result[deal.id] = fit
        return result

    def _with_same_vat(self, known):
        """The companies that are known by this deal's VAT number, however they write it."""
        found = known.get(self.id, {}).items()
        heads = [head for head, reasons in found if any(r["kind"] == "vat" for r in reasons)]
        return self.env["res.partner"].sudo().browse(heads)

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
