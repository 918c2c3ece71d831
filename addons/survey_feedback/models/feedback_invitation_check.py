from odoo import api, fields, models
from odoo.tools import SQL

#: a contact whose mails came back this often is not written to any more
BOUNCES = 3
#: why somebody can't be reached on a channel, as a condition over ``contact``; NULL: they can
UNREACHABLE = {
    "email": f"""
        CASE WHEN contact.email_normalized IS NULL THEN 'no_email'
             WHEN EXISTS (SELECT FROM mail_blacklist blocked
                           WHERE blocked.active AND blocked.email = contact.email_normalized)
                  THEN 'blacklisted'
             WHEN contact.message_bounce >= {BOUNCES} THEN 'bounced' END""",
    "phone": """
        CASE WHEN coalesce(contact.phone, '') = '' THEN 'no_phone'
             WHEN EXISTS (SELECT FROM phone_blacklist blocked
                           WHERE blocked.active AND blocked.number = contact.phone_sanitized)
                  THEN 'blacklisted' END""",
    "sms": """
        CASE WHEN coalesce(contact.phone_sanitized, '') = '' THEN 'no_phone'
             WHEN EXISTS (SELECT FROM phone_blacklist blocked
                           WHERE blocked.active AND blocked.number = contact.phone_sanitized)
                  THEN 'blacklisted' END""",
    "portal": """
        CASE WHEN NOT EXISTS (SELECT FROM res_users account
                               WHERE account.partner_id = contact.id AND account.active
                                 AND account.share)
                  THEN 'no_portal' END""",
}
ADDRESS = {"email": "contact.email", "phone": "contact.phone", "sms": "contact.phone"}


class FeedbackInvitation(models.Model):
    """Whom not to ask, and on which channel to ask the others; each check is one statement."""

    _inherit = "feedback.invitation"

    def _skip_whom_not_to_ask(self):
        """Skip those of these invitations whose person must not be asked now.

        :return: the invitations that may be sent
        """
        reasons = self._reasons_not_to_ask()
        self._mark_skipped(reasons)
        return self.filtered(lambda invitation: invitation.id not in reasons)

    @api.model
    def _mark_skipped(self, reasons):
        """Note who was left out.

        :param dict reasons: invitation id → (reason, details)
        """
        if not reasons:
            return
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE feedback_invitation mine
                   SET state = 'skipped', skip_reason = left_out.reason, next_at = NULL,
                       skip_note = nullif(left(left_out.note, 250), ''), write_date = %(now)s
                  FROM unnest(%(ids)s, %(reasons)s, %(notes)s) AS left_out(id, reason, note)
                 WHERE mine.id = left_out.id
                """,
                now=fields.Datetime.now(),
                ids=list(reasons),
                reasons=[reason for reason, _note in reasons.values()],
                notes=[note or "" for _reason, note in reasons.values()],
            )
        )
        self.env.invalidate_all(flush=False)

    def _reasons_not_to_ask(self):
        """Return {invitation id: (reason, details)} of whom not to ask; a bounded set of queries.

        The first reason counts, in the order of ``REASONS``. The others are put on the first
        channel of their program on which they may be asked.
        """
        self.env.flush_all()
        found = {}
        for program, ids, contacts, partners in self._by_program():
            company = program.company_id
            rows = dict(zip(ids, zip(contacts, partners, strict=True), strict=True))
            for check in ("_no_channel", "_asked_lately", "_on_hold"):
                skipped = getattr(self, check)(program, company, rows)
                found |= skipped
                rows = {row: who for row, who in rows.items() if row not in skipped}
            found |= self._same_address(list(rows))
        return found | self.browse(row for row in self.ids if row not in found)._same_person()

    def _by_program(self):
        """Return [(program, invitation ids, contact ids, customer ids)], as far as there are."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT program_id, array_agg(id ORDER BY seed_rank, id),
                       array_agg(contact_id ORDER BY seed_rank, id),
                       array_agg(partner_id ORDER BY seed_rank, id)
                  FROM feedback_invitation WHERE id = ANY(%s) GROUP BY program_id
                 ORDER BY program_id
                """,
                list(self.ids),
            )
        )
        programs = self.env["feedback.program"]
        return [(programs.browse(program), *columns) for program, *columns in rows]

    # ------------------------------------------------------------ channel

    def _no_channel(self, program, company, rows):
        """Who can't be asked on any channel of the program, with what is wrong with the first.

        :param dict rows: invitation id → (contact id, customer id)
        """
        found, left, placed = {}, rows, {}
        for step, (channel, _days) in enumerate(program._channels()):
            wrong = self._wrong_with_channel(channel, company, left)
            placed |= {row: (step, channel) for row in left if row not in wrong}
            found = {row: found.get(row) or reason for row, reason in wrong.items()}
            left = {row: left[row] for row in wrong}
            if not left:
                break
        self._place(placed)
        return found

    def _place(self, placed):
        """Put invitations on their channels: {id: (step, channel)}."""
        if not placed:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE feedback_invitation mine
                   SET channel = place.channel, channel_step = place.step
                  FROM unnest(%(ids)s, %(steps)s, %(channels)s) AS place(id, step, channel)
                 WHERE mine.id = place.id
                   AND (mine.channel, mine.channel_step) IS DISTINCT FROM
                       (place.channel, place.step)
                """,
                ids=list(placed),
                steps=[step for step, _channel in placed.values()],
                channels=[channel for _step, channel in placed.values()],
            )
        )
        self.invalidate_model(["channel", "channel_step"])

    def _wrong_with_channel(self, channel, company, rows):
        """Return {invitation id: (reason, details)} of whom not to ask on a channel."""
        if channel == "sms" and not self._sms_ready():
            return dict.fromkeys(rows, ("no_sms", ""))
        contacts = {contact for contact, _partner in rows.values() if contact}
        said = self.env["res.partner"].with_company(company).browse(contacts)
        # Consent is asked once for all, and the rows come from here: the planner does not yet know
        # how many invitations were just drawn, and would search all contacts for each of them.
        query = SQL(
            """
              WITH said(id, state, reason) AS MATERIALIZED (%(consent)s)
            SELECT mine.id,
                   CASE WHEN coalesce(said.state, 'refused') = 'refused' THEN 'consent'
                        ELSE reach.reason END,
                   CASE WHEN coalesce(said.state, 'refused') = 'refused'
                        THEN coalesce(said.reason, 'default') ELSE %(address)s END
              FROM unnest(%(ids)s::int[], %(contacts)s::int[]) AS mine(id, contact_id)
              LEFT JOIN res_partner contact ON contact.id = mine.contact_id
              LEFT JOIN said ON said.id = contact.id
             CROSS JOIN LATERAL (SELECT %(reach)s AS reason) reach
             WHERE coalesce(said.state, 'refused') = 'refused' OR reach.reason IS NOT NULL
            """,
            address=SQL(ADDRESS.get(channel, "NULL")),
            consent=said._query_consent("survey", channel),
            reach=SQL(UNREACHABLE.get(channel, "NULL::text")),
            ids=list(rows),
            contacts=[contact or None for contact, _partner in rows.values()],
        )
        notes = self._consent_notes()
        return {
            row: (reason, notes.get(note) if reason == "consent" else note)
            for row, reason, note in self.env.execute_query(query)
        }

    def _consent_notes(self):
        """Return in words why consent is missing."""
        return {
            "said": self.env._("Refused surveys"),
            "intensity": self.env._("Wants no contact beyond what is needed"),
            "default": self.env._("Never agreed, and has not bought anything"),
        }

    @api.model
    def _sms_ready(self):
        """Whether text messages can be sent: core's messaging is installed."""
        return "sms.sms" in self.env

    # ------------------------------------------------------------ rest

    def _asked_lately(self, program, company, rows):
        """Whom the contact rules want left alone, over all programs."""
        contacts = [contact for contact, _partner in rows.values() if contact]
        blocked = self.env["feedback.contact.rule"]._blocked(
            contacts, company, fields.Datetime.now()
        )
        return {
            row: ("recent", blocked[contact])
            for row, (contact, _partner) in rows.items()
            if contact in blocked
        }

    def _on_hold(self, program, company, rows):
        """With whom something is open that has to be settled first."""
        ids = {partner for _contact, partner in rows.values() if partner}
        partners = self.env["res.partner"].with_company(company).browse(ids)
        partners.fetch(["commercial_partner_id"])
        holds = {
            partner.id: ", ".join(map(str, why))
            for partner, why in partners._relationship_holds("survey").items()
            if why
        }
        return {
            row: ("hold", holds[partner])
            for row, (_contact, partner) in rows.items()
            if partner in holds
        }

    @api.model
    def _same_address(self, ids):
        """Who reads the same inbox as somebody before them in the same wave."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, first FROM (
                    SELECT mine.id, row_number() OVER inbox AS place,
                           first_value(contact.complete_name) OVER inbox AS first
                      FROM feedback_invitation mine
                      JOIN res_partner contact ON contact.id = mine.contact_id
                     WHERE mine.id = ANY(%s) AND mine.channel = 'email'
                       AND contact.email_normalized IS NOT NULL
                    WINDOW inbox AS (PARTITION BY mine.wave_id, contact.email_normalized
                                     ORDER BY mine.seed_rank, mine.id)
                ) reader WHERE place > 1
                """,
                ids,
            )
        )
        return {row: ("same_address", first) for row, first in rows}

    def _same_person(self):
        """Who is asked by several programs in this very moment: the oldest wave asks."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, first FROM (
                    SELECT mine.id, row_number() OVER person AS place,
                           first_value(mine.program_id) OVER person AS first
                      FROM feedback_invitation mine
                     WHERE mine.id = ANY(%s) AND mine.contact_id IS NOT NULL
                    WINDOW person AS (PARTITION BY mine.contact_id
                                      ORDER BY mine.wave_id, mine.id)
                ) asked WHERE place > 1
                """,
                list(self.ids),
            )
        )
        programs = self.env["feedback.program"]
        return {row: ("recent", programs.browse(first).name) for row, first in rows}
