from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

#: people checked at a time
PORTION = 10_000
#: people of the customers to ask, one row each. A company with chosen roles gives its people in
#: these roles; without, the one we last had a two-way contact with; a company without people, and
#: a person who stands for themselves, give themselves.
CANDIDATES = """
    WITH account AS (%(accounts)s),
    person AS (
        SELECT contact.id AS contact_id, contact.commercial_partner_id AS partner_id,
               contact.parent_id IS NOT NULL AS below, contact.email_normalized IS NOT NULL AS mail,
               (SELECT max(interaction.occurred_at)
                  FROM relationship_interaction interaction
                  JOIN relationship_interaction_kind kind ON kind.id = interaction.kind_id
                 WHERE interaction.contact_id = contact.id AND kind.direction <> 'out'
               ) AS heard_at
          FROM res_partner contact
          JOIN account ON account.id = contact.commercial_partner_id
         WHERE contact.active AND contact.partner_share
           AND (contact.id = contact.commercial_partner_id
                OR (NOT contact.is_company AND coalesce(contact.type, 'contact') = 'contact'))
    ),
    chosen AS (%(chosen)s)
    INSERT INTO feedback_invitation (wave_id, program_id, company_id, contact_id, partner_id,
           channel, channel_step, stratum_id, reminders, state, weight, attempts,
           create_uid, write_uid, create_date, write_date, seed_rank)
    SELECT %(wave)s, %(program)s, %(company)s, contact_id, partner_id, %(channel)s, 0,
           %(stratum)s, 0, 'drawn', 1, 0, %(uid)s, %(uid)s, %(now)s, %(now)s,
           %(before)s + row_number() OVER (ORDER BY
               encode(sha256(convert_to(%(seed)s || ':' || contact_id, 'UTF8')), 'hex'))
      FROM chosen
        ON CONFLICT (wave_id, contact_id) %(again)s
"""
#: the one person of a company; those with an address and with an own record before others
ONE_EACH = """
    SELECT DISTINCT ON (partner_id) contact_id, partner_id FROM person
     ORDER BY partner_id, below DESC, mail DESC, heard_at DESC NULLS LAST, contact_id
"""
WITH_ROLE = """
    SELECT contact_id, partner_id FROM person
     WHERE NOT EXISTS (SELECT FROM person other
                        WHERE other.partner_id = person.partner_id AND other.below)
        OR EXISTS (SELECT FROM %(relation)s rel
                    WHERE rel.%(partner)s = person.contact_id AND rel.%(role)s = ANY(%(roles)s))
"""


class FeedbackWave(models.Model):
    """Who is asked: a draw that can be worked out again."""

    _inherit = "feedback.wave"

    def action_draw(self):
        """Draw the people to ask, and list who is left out and why. Nothing is sent yet."""
        for wave in self:
            if wave.state not in ("draft", "drawn"):
                raise UserError(self.env._("This wave was sent already."))
            wave.program_id._check_asks_by_day()
            wave.check_access("write")
            wave.sudo()._draw()
        return True

    def _draw(self):
        """Draw anew: all whom the program finds, in the order of the seed, up to the sample."""
        self.ensure_one()
        if self.state == "drawn":
            self.write({"state": "draft"})
        self.env.cr.execute("DELETE FROM feedback_invitation WHERE wave_id = %s", [self.id])
        self.stratum_ids.unlink()
        strata = self.env["feedback.stratum"].create(
            self.env["feedback.stratum"]._prepare_vals(self)
        )
        self.env.flush_all()
        self.env.cr.execute(self._draw_sql(strata))
        population = self.env.cr.rowcount
        self._know_size("feedback_invitation")
        self.env.invalidate_all()
        self._count_population()
        self._skip_drawn()
        self._cut_to_quotas()
        self.write({"state": "drawn", "population": population, "drawn_at": fields.Datetime.now()})

    def _skip_drawn(self):
        """Skip whom not to ask, in portions, so that a large wave needs no large memory."""
        rows = self.env.execute_query(
            SQL("SELECT id FROM feedback_invitation WHERE wave_id = %s ORDER BY seed_rank", self.id)
        )
        ids = [row for (row,) in rows]
        for start in range(0, len(ids), PORTION):
            self.env["feedback.invitation"].browse(
                ids[start : start + PORTION]
            )._skip_whom_not_to_ask()
            self.env.invalidate_all()
        drawn = self.env.execute_query(
            SQL(
                "SELECT id FROM feedback_invitation WHERE wave_id = %s AND state = 'drawn'", self.id
            )
        )
        invitations = self.env["feedback.invitation"]
        invitations._mark_skipped(invitations._same_address([row for (row,) in drawn]))

    def _draw_sql(self, strata):
        """Return the statement that writes an invitation for everybody the program finds.

        :param strata: groups of the wave, the last one for all others
        """
        program = self.program_id
        return SQL(
            CANDIDATES,
            accounts=self._account_query().subselect("id"),
            chosen=self._chosen_sql(program.role_ids),
            wave=self.id,
            program=program.id,
            company=program.company_id.id,
            seed=self.seed,
            channel=program._channels()[0][0],
            stratum=self._stratum_sql(strata),
            uid=self.env.uid,
            now=fields.Datetime.now(),
            before=self._last_rank(),
            again=self._drawn_again_sql(),
        )

    def _last_rank(self):
        """Hook: return the last place that is taken already; a wave is drawn at once."""
        return 0

    def _drawn_again_sql(self):
        """Hook: return what the draw does with somebody who is in the wave already."""
        return SQL("DO NOTHING")

    def _account_query(self):
        """Return the query of the customers of the program: top-level contacts, not our own."""
        program = self.program_id
        domain = Domain.AND(
            [
                program._account_domain(),
                [
                    ("parent_id", "=", False),
                    ("partner_share", "=", True),
                    ("ref_company_ids", "=", False),
                    ("company_id", "in", (False, program.company_id.id)),
                ],
            ]
        )
        if program.audience != "all":
            enrolled = Domain("prm_enrollment_ids", "any", [("state", "=", "active")])
            domain &= enrolled if program.audience == "partners" else ~enrolled
        if program.segment_ids:
            members = self.env["relationship.segment.member"]._search(
                [("segment_id", "in", program.segment_ids.ids), ("left_on", "=", False)]
            )
            domain &= Domain("id", "in", members.subselect("partner_id"))
        return self.env["res.partner"]._search(domain)

    @api.model
    def _chosen_sql(self, roles):
        """Return the part of the draw that chooses the people of a company."""
        if not roles:
            return SQL(ONE_EACH)
        field = self.env["res.partner"]._fields["relationship_role_ids"]
        return SQL(
            WITH_ROLE,
            relation=SQL.identifier(field.relation),
            partner=SQL.identifier(field.column1),
            role=SQL.identifier(field.column2),
            roles=roles.ids,
        )

    @api.model
    def _stratum_sql(self, strata):
        """Return the expression that names the group of a customer: the first one that fits."""
        expression = SQL("%s", strata[-1].id)
        for stratum in reversed(strata[:-1]):
            fits = self.env["res.partner"]._search(stratum.quota_id._account_domain())
            expression = SQL(
                "CASE WHEN partner_id IN %s THEN %s ELSE %s END",
                fits.subselect("id"),
                stratum.id,
                expression,
            )
        return expression

    def _count_population(self):
        """Note how many people each group has, asked or not."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE feedback_stratum stratum SET population = found.people
                  FROM (SELECT stratum_id, count(*) AS people FROM feedback_invitation
                         WHERE wave_id = %s GROUP BY stratum_id) found
                 WHERE stratum.id = found.stratum_id
                """,
                self.id,
            )
        )
        self.env.invalidate_all(flush=False)

    def _cut_to_quotas(self):
        """Leave out who comes after the last one of the quota of their group.

        The array is made once, whatever PostgreSQL believes of a table that has just grown.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM feedback_invitation WHERE id = ANY(ARRAY(
                    SELECT place.id FROM (
                        SELECT mine.id, stratum.sample_size,
                               count(*) FILTER (WHERE mine.state = 'drawn') OVER (
                                   PARTITION BY mine.stratum_id ORDER BY mine.seed_rank
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                          FROM feedback_invitation mine
                          JOIN feedback_stratum stratum ON stratum.id = mine.stratum_id
                         WHERE mine.wave_id = %s AND stratum.sample_size > 0
                    ) place
                     WHERE place.before >= place.sample_size))
                """,
                self.id,
            )
        )
        self.env.invalidate_all(flush=False)
