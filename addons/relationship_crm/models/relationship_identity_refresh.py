from odoo import api, models
from odoo.tools import SQL

from ..lib import keys as forms
from ..lib.public_suffix import registrable_domain
from ..sql_rows import array
from .relationship_identity import OWN, normal_phone

#: a key held by contacts of this many names is shared
SHARED_FROM = 5


class RelationshipIdentity(models.Model):
    """Keeping the keys of contacts in step with their fields, in the background."""

    _inherit = "relationship.identity"

    @api.model
    def _cron_refresh(self):
        """Bring the keys of the contacts that changed up to date."""
        self._run_job("refresh", 1000)

    @api.model
    def _job_refresh(self, limit):
        """Bring the keys of up to ``limit`` changed contacts up to date.

        :return: number of contacts that could be taken next
        """
        return self.env["relationship.queue"]._work("identity", limit, self._refresh)

    @api.model
    def _enqueue_everybody(self):
        """Let the keys of all contacts be made: called once, when this is installed."""
        self.env["res.partner"].flush_model()
        self.env.cr.execute(
            "INSERT INTO relationship_queue (topic, partner_id) SELECT 'identity', id"
            " FROM res_partner"
        )
        self.env["relationship.queue"]._wake("relationship_crm.ir_cron_identity_refresh")

    @api.model
    def _refresh(self, pairs):
        """Write the difference between the keys that contacts' fields give and those kept.

        :param pairs: list of (partner id, company id), as the queue keeps them
        """
        partners = self.env["res.partner"].sudo().browse({partner for partner, _company in pairs})
        self._bring_up_to_date(partners.exists())

    @api.model
    def _bring_up_to_date(self, partners):
        """Write the keys that the fields of these contacts give, and what follows from new ones."""
        came = self._write_own_keys(partners, self._own_keys(partners))
        self._mark_shared(came)
        self._retry_pending(came)

    @api.model
    def _own_keys(self, partners):
        """Return the keys that the fields of contacts give: list of (partner id, type, value)."""
        return [
            (partner.id, kind, value)
            for partner in partners
            for kind, value in self._own_keys_of(partner)
        ]

    @api.model
    def _own_keys_of(self, partner):
        """Hook: the keys that the fields of one contact give, as a set of (type, value).

        The tax ID is that of the company: Odoo copies it to its contacts, where it names nobody.
        """
        country = self._country_of(partner)
        emails = forms.normal_emails(partner.email)
        numbers = (partner[name] for name in partner._phone_get_number_fields())
        phones = (normal_phone(number, country) for number in numbers if number)
        found = {("email", email) for email in emails} | {("phone", phone) for phone in phones}
        if partner.vat and partner == partner.commercial_partner_id:
            own_country = partner.country_id.code or ""
            found.add(("vat", forms.normal_vat(partner.vat, own_country)))
        for text in (*emails, partner.website):
            found |= {("domain", domain) for domain in self._domains(text)}
        return {(kind, value) for kind, value in found if value}

    @api.model
    def _domains(self, text):
        """Return the domain that an address on the internet belongs to, if one company has it."""
        host = forms.domain_of(text)
        domain = "" if forms.is_shared_host(host) else registrable_domain(host)
        return [domain] if domain else []

    @api.model
    def _write_own_keys(self, partners, wanted):
        """Write the difference between wanted and kept own keys of contacts: one statement.

        :param wanted: list of (partner id, type, value)
        :return: list of the keys (type, value) that somebody newly holds
        """
        if not partners:
            return []
        self.flush_model()
        ids, types, values = (list(column) for column in zip(*wanted, strict=True)) if wanted else (
            [], [], []
        )  # fmt: skip
        rows = self.env.execute_query(
            SQL(
                """
                WITH wanted AS (
                    SELECT * FROM unnest(%(ids)s, %(types)s, %(values)s)
                             AS wanted(partner_id, type, value)
                ), gone AS (
                    DELETE FROM relationship_identity key
                     WHERE key.partner_id = ANY(%(partners)s) AND key.source = %(own)s
                       AND NOT EXISTS (SELECT FROM wanted WHERE wanted.type = key.type
                            AND wanted.value = key.value AND wanted.partner_id = key.partner_id)
                )
                INSERT INTO relationship_identity
                       (partner_id, type, value, source, first_seen, last_seen)
                SELECT partner_id, type, value, %(own)s, now() AT TIME ZONE 'UTC',
                       now() AT TIME ZONE 'UTC'
                  FROM wanted
                 ORDER BY type, value, partner_id
                    ON CONFLICT (type, value, partner_id) DO NOTHING
                RETURNING type, value
                """,
                partners=partners.ids,
                own=OWN,
                ids=array(ids, "int"),
                types=array(types, "text"),
                values=array(values, "text"),
            )
        )
        self.invalidate_model()
        return list(dict.fromkeys(rows))

    @api.model
    def _mark_shared(self, keys):
        """Mark those of the keys as shared that contacts of several names hold."""
        if not keys:
            return
        types, values = zip(*keys, strict=True)
        self.env["res.partner"].flush_model(["name", "commercial_partner_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE relationship_identity key SET shared = TRUE
                  FROM (SELECT held.type, held.value
                          FROM unnest(%(types)s, %(values)s) AS wanted(type, value)
                          JOIN relationship_identity held
                            ON held.type = wanted.type AND held.value = wanted.value
                          JOIN res_partner contact ON contact.id = held.partner_id
                          JOIN res_partner family ON family.id = contact.commercial_partner_id
                         GROUP BY held.type, held.value
                        HAVING count(DISTINCT lower(family.name)) >= %(limit)s) many
                 WHERE key.type = many.type AND key.value = many.value
                   AND key.shared IS NOT TRUE
                """,
                types=array(types, "text"),
                values=array(values, "text"),
                limit=SHARED_FROM,
            )
        )

    # ------------------------------------------------------------ what events teach

    @api.model
    def _learn(self, rows, unheld=False):
        """Add keys that events or people teach: one statement; events that wait are tried again.

        :param rows: list of (contact id, type, value, source)
        :param bool unheld: only keys that nobody holds yet
        """
        if not rows:
            return
        keys = self.env.execute_query(
            SQL(
                """
                INSERT INTO relationship_identity
                       (partner_id, type, value, source, first_seen, last_seen)
                SELECT partner_id, type, value, source, now() AT TIME ZONE 'UTC',
                       now() AT TIME ZONE 'UTC'
                  FROM unnest(%s, %s, %s, %s) AS given(partner_id, type, value, source)
                 WHERE %s
                 ORDER BY type, value, partner_id
                    ON CONFLICT (type, value, partner_id) DO NOTHING
                RETURNING type, value
                """,
                *map(array, zip(*rows, strict=True), ("int", "text", "text", "text")),
                SQL(
                    "NOT EXISTS (SELECT FROM relationship_identity held"
                    " WHERE held.type = given.type AND held.value = given.value)"
                )
                if unheld
                else SQL("TRUE"),
            )
        )
        self.invalidate_model(flush=False)
        self._retry_pending(keys)

    @api.model
    def _shared_keys(self, keys):
        """Return those of the keys that are marked as shared, as a set of (type, value)."""
        if not keys:
            return set()
        types, values = zip(*keys, strict=True)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT held.type, held.value
                  FROM unnest(%s, %s) AS given(type, value)
                  JOIN relationship_identity held ON held.shared
                   AND held.type = given.type AND held.value = given.value
                """,
                array(types, "text"),
                array(values, "text"),
            )
        )
        return set(rows)

    @api.model
    def _cron_last_seen(self):
        """Note when contacts were last seen, by what was recorded of them in the last days."""
        self.env.cr.execute(
            """
            UPDATE relationship_identity key SET last_seen = seen.at
              FROM (SELECT contact_id, max(occurred_at) AS at FROM relationship_interaction
                     WHERE occurred_at > (now() AT TIME ZONE 'UTC') - interval '3 days'
                       AND contact_id IS NOT NULL
                     GROUP BY contact_id) seen
             WHERE key.partner_id = seen.contact_id AND key.last_seen < seen.at - interval '1 day'
            """
        )

    @api.model
    def _retry_pending(self, keys):
        """Let events that wait for one of these keys (type, value) be tried again."""
        self.env["relationship.interaction.pending"].sudo()._key_appeared(list(keys))
