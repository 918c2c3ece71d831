from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

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
           channel, state, seed_rank, weight, attempts, create_uid, write_uid,
           create_date, write_date)
    SELECT %(wave)s, %(program)s, %(company)s, contact_id, partner_id, 'email', 'drawn',
           row_number() OVER (ORDER BY
               encode(sha256(convert_to(%(seed)s || ':' || contact_id, 'UTF8')), 'hex')),
           1, 0, %(uid)s, %(uid)s, %(now)s, %(now)s
      FROM chosen
        ON CONFLICT (wave_id, contact_id) DO NOTHING
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
            wave.check_access("write")
            wave.sudo()._draw()
        return True

    def _draw(self):
        """Draw anew: all whom the program finds, in the order of the seed, up to the sample."""
        self.ensure_one()
        if self.state == "drawn":
            self.write({"state": "draft"})
        invitations = self.env["feedback.invitation"]
        self.env.cr.execute("DELETE FROM feedback_invitation WHERE wave_id = %s", [self.id])
        self.env.flush_all()
        self.env.cr.execute(self._draw_sql())
        population = self.env.cr.rowcount
        self.env.invalidate_all()
        drawn = invitations.search([("wave_id", "=", self.id)])
        drawn._skip_whom_not_to_ask()
        self._cut_to_sample()
        self.write({"state": "drawn", "population": population, "drawn_at": fields.Datetime.now()})

    def _draw_sql(self):
        """Return the statement that writes an invitation for everybody the program finds."""
        program = self.program_id
        return SQL(
            CANDIDATES,
            accounts=self._account_query().subselect("id"),
            chosen=self._chosen_sql(program.role_ids),
            wave=self.id,
            program=program.id,
            company=program.company_id.id,
            seed=self.seed,
            uid=self.env.uid,
            now=fields.Datetime.now(),
        )

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

    def _cut_to_sample(self):
        """Leave out who comes after the last one of the sample."""
        if not self.sample_size:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM feedback_invitation
                 WHERE wave_id = %(wave)s AND seed_rank >
                       (SELECT seed_rank FROM feedback_invitation
                         WHERE wave_id = %(wave)s AND state = 'drawn'
                         ORDER BY seed_rank LIMIT 1 OFFSET %(last)s)
                """,
                wave=self.id,
                last=self.sample_size - 1,
            )
        )
        self.env.invalidate_all()
