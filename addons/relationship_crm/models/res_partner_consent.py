from odoo import models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from .relationship_consent import CHANNELS, PURPOSES

#: what an open case, a dispute or the like can hold back
HOLD_PURPOSES = ("marketing", "survey", "upsell", "downgrade", "lead_share")
#: where core keeps addresses that must not be written to or called
BLACKLISTS = {
    "email": ("mail_blacklist", "email", "email_normalized"),
    "sms": ("phone_blacklist", "number", "phone_sanitized"),
    "phone": ("phone_blacklist", "number", "phone_sanitized"),
}


class ResPartner(models.Model):
    """What may be done with a person: asked before every mailing, survey or calculation."""

    _inherit = "res.partner"

    def _relationship_consent(self, purpose, channel=None):
        """Whether each of these contacts allows a purpose on a channel, for the current company.

        :param str purpose: a key of ``PURPOSES``
        :param str channel: a key of ``CHANNELS``; None asks about no channel in particular
        :return: dict of partner → ``granted`` or ``refused``, for every one of these; one query
        :raise ValidationError: for an unknown purpose or channel
        """
        reasons = self._relationship_consent_reasons(purpose, channel)
        return {partner: state for partner, (state, _reason) in reasons.items()}

    def _relationship_consent_reasons(self, purpose, channel=None):
        """As :meth:`_relationship_consent`, with why.

        In this order: the intensity a person chose (``none`` refuses marketing, surveys and
        profiling, ``basic`` profiling); an address on core's blacklist refuses marketing on its
        channel; the newest row about this channel or about every channel; the default of the
        purpose in the contact's country, else of its company's country, else everywhere. A
        purpose without default is refused.

        :return: dict of partner → (``granted`` or ``refused``, one of ``intensity``,
            ``blacklist``, ``said``, ``default``)
        """
        return self._relationship_consents([purpose], channel)[purpose]

    def _relationship_consents(self, purposes, channel=None):
        """As :meth:`_relationship_consent_reasons`, for several purposes; one query for all.

        :param list purposes: keys of ``PURPOSES``
        :return: dict of purpose → dict of partner → (state, reason)
        """
        for purpose in purposes:
            self._check_consent_arguments(purpose, channel)
        refused = ("refused", "default")  # deleted meanwhile
        answers = {purpose: dict.fromkeys(self, refused) for purpose in purposes}
        if not self or not purposes:
            return answers
        self.env.flush_all()
        query = SQL(" UNION ALL ").join(
            SQL("SELECT %s, answer.* FROM (%s) answer", *pair)
            for pair in ((purpose, self._query_consent(purpose, channel)) for purpose in answers)
        )
        for purpose, id_, state, reason in self.env.execute_query(query):
            answers[purpose][self.browse(id_)] = state, reason
        return answers

    def _check_consent_arguments(self, purpose, channel):
        if purpose not in dict(PURPOSES):
            raise ValidationError(self.env._("There is no purpose %s.", purpose))
        if channel is not None and channel not in dict(CHANNELS):
            raise ValidationError(self.env._("There is no channel %s.", channel))

    def _query_consent(self, purpose, channel):
        """Query: id, state and reason of each of these contacts."""
        return SQL(
            """
            SELECT contact.id,
                   CASE WHEN why.reason IN ('intensity', 'blacklist') THEN 'refused'
                        WHEN why.reason = 'said' AND said.state = 'granted' THEN 'granted'
                        WHEN why.reason = 'said' THEN 'refused'
                        WHEN fallback.rule = 'allowed' THEN 'granted'
                        WHEN fallback.rule = 'customer' AND profile.last_purchase_on IS NOT NULL
                             THEN 'granted'
                        ELSE 'refused' END,
                   why.reason
              FROM res_partner contact
              JOIN res_partner head ON head.id = contact.commercial_partner_id
              LEFT JOIN relationship_profile profile
                ON profile.partner_id = head.id AND profile.company_id = %(company)s
              LEFT JOIN LATERAL (
                   SELECT state FROM relationship_consent said
                    WHERE said.contact_id = contact.id AND said.purpose = %(purpose)s
                      AND (said.channel IS NULL OR said.channel = %(channel)s)
                      AND (said.company_id IS NULL OR said.company_id = %(company)s)
                    ORDER BY date DESC, id DESC LIMIT 1
                   ) said ON TRUE
              LEFT JOIN LATERAL (
                   SELECT rule FROM relationship_consent_default fallback
                    WHERE fallback.purpose = %(purpose)s
                      AND (fallback.country_id IS NULL
                           OR fallback.country_id = coalesce(contact.country_id, head.country_id))
                    ORDER BY fallback.country_id NULLS LAST LIMIT 1
                   ) fallback ON TRUE
             CROSS JOIN LATERAL (
                   SELECT CASE WHEN %(intensity)s THEN 'intensity'
                               WHEN %(blacklist)s THEN 'blacklist'
                               WHEN said.state IS NOT NULL THEN 'said'
                               ELSE 'default' END AS reason
                   ) why
             WHERE contact.id = ANY(%(ids)s)
            """,
            ids=list(self.ids),
            company=self.env.company.id,
            purpose=purpose,
            channel=channel,
            intensity=self._sql_intensity_refuses(purpose),
            blacklist=self._sql_blacklisted(purpose, channel),
        )

    def _sql_intensity_refuses(self, purpose):
        """Condition on ``contact``: the intensity it chose refuses this purpose."""
        refusing = {
            "marketing": ["none"],
            "survey": ["none"],
            "profiling": ["none", "basic"],
        }.get(purpose, [])
        return SQL("coalesce(contact.relationship_intensity, 'full') = ANY(%s)", refusing)

    def _sql_blacklisted(self, purpose, channel):
        """Condition on ``contact``: its address on this channel is on core's blacklist."""
        if purpose != "marketing" or channel not in BLACKLISTS:
            return SQL("FALSE")
        table, column, address = BLACKLISTS[channel]
        return SQL(
            "EXISTS (SELECT FROM %s listed WHERE listed.active AND listed.%s = contact.%s)",
            SQL.identifier(table),
            SQL.identifier(column),
            SQL.identifier(address),
        )

    def _relationship_holds(self, purpose):
        """Hook: why to hold back from these customers for now; extend with ``super()``.

        :param str purpose: one of ``HOLD_PURPOSES``
        :return: dict of partner → list of reasons in words, empty when nothing holds; every one
            of these partners is a key
        :raise ValidationError: for an unknown purpose
        """
        if purpose not in HOLD_PURPOSES:
            raise ValidationError(self.env._("There is no purpose %s.", purpose))
        return {partner: [] for partner in self}
