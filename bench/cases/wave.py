"""A wave of a survey: drawing the people and queueing them; then writing their e-mails."""

from __future__ import annotations

from typing import Any

from bench.runner.case import Case, Goal, Probe

#: core's wizard writes e-mail by e-mail: a sample of that, scaled up
SAMPLE = 200
BATCH = 200
QUOTA = 0.25
# One statement: who, in which order and group, whom not to ask and why, up to the quotas, queued.
DRAW = """
    INSERT INTO feedback_invitation (wave_id, program_id, company_id, contact_id, partner_id,
           stratum_id, channel, channel_step, reminders, attempts, weight, seed_rank, state,
           skip_reason, create_uid, write_uid, create_date, write_date)
    WITH account AS (
        SELECT id FROM res_partner
         WHERE id BETWEEN %(first)s AND %(last)s AND parent_id IS NULL AND active
           AND partner_share AND (company_id IS NULL OR company_id = %(company)s)
           AND id NOT IN (SELECT partner_id FROM res_company)
    ),
    person AS (
        SELECT contact.id AS contact_id, contact.commercial_partner_id AS partner_id,
               contact.parent_id IS NOT NULL AS below, contact.email_normalized AS email,
               contact.message_bounce, account_head.country_id,
               coalesce(contact.relationship_intensity, 'full') AS intensity,
               (SELECT max(i.occurred_at) FROM relationship_interaction i
                  JOIN relationship_interaction_kind k ON k.id = i.kind_id
                 WHERE i.contact_id = contact.id AND k.direction <> 'out') AS heard_at
          FROM res_partner contact
          JOIN account ON account.id = contact.commercial_partner_id
          JOIN res_partner account_head ON account_head.id = account.id
         WHERE contact.active AND contact.partner_share
           AND (contact.id = contact.commercial_partner_id
                OR (NOT contact.is_company AND coalesce(contact.type, 'contact') = 'contact'))
    ),
    chosen AS (
        SELECT DISTINCT ON (partner_id) * FROM person
         ORDER BY partner_id, below DESC, (email IS NOT NULL) DESC, heard_at DESC NULLS LAST,
                  contact_id
    ),
    judged AS (
        SELECT chosen.*, row_number() OVER (ORDER BY
                   encode(sha256(convert_to(%(seed)s || ':' || contact_id, 'UTF8')), 'hex'))
                   AS rank,
               CASE WHEN country_id = %(country)s THEN %(quota)s ELSE %(rest)s END AS stratum,
               CASE WHEN intensity = 'none' OR said.state <> 'granted' THEN 'consent'
                    WHEN email IS NULL THEN 'no_email'
                    WHEN EXISTS (SELECT FROM mail_blacklist b
                                  WHERE b.active AND b.email = chosen.email) THEN 'blacklisted'
                    WHEN message_bounce >= 3 THEN 'bounced'
                    WHEN EXISTS (SELECT FROM feedback_invitation before
                                  WHERE before.contact_id = chosen.contact_id
                                    AND before.sent_at > now() - interval '90 days') THEN 'recent'
                    WHEN EXISTS (SELECT FROM relationship_case c
                                  WHERE c.partner_id = chosen.partner_id AND c.state <> 'closed'
                                    AND c.company_id = %(company)s AND c.kind = ANY(%(kinds)s))
                         THEN 'hold' END AS reason
          FROM chosen
          LEFT JOIN LATERAL (SELECT state FROM relationship_consent said
                              WHERE said.contact_id = chosen.contact_id
                                AND said.purpose = 'survey'
                                AND (said.channel IS NULL OR said.channel = 'email')
                                AND (said.company_id IS NULL OR said.company_id = %(company)s)
                              ORDER BY date DESC, id DESC LIMIT 1) said ON TRUE
    ),
    inbox AS (
        SELECT *, CASE WHEN reason IS NOT NULL THEN reason
                       WHEN row_number() OVER (PARTITION BY reason IS NULL, email
                                               ORDER BY rank) > 1 THEN 'same_address' END AS why
          FROM judged
    ),
    placed AS (
        SELECT *, count(*) FILTER (WHERE why IS NULL) OVER (
                      PARTITION BY stratum ORDER BY rank
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
          FROM inbox
    )
    SELECT %(wave)s, %(program)s, %(company)s, contact_id, partner_id, stratum, 'email', 0, 0, 0,
           1, rank, CASE WHEN why IS NULL THEN 'queued' ELSE 'skipped' END, why, 2, 2, now(), now()
      FROM placed WHERE stratum <> %(quota)s OR before < %(size)s"""


class Asking(Case):
    """What the cases of a wave share: a program that asks part of the generated customers."""

    needs = ("feedback.wave", "feedback.stratum")

    def people(self) -> int:
        """Return how many contacts the program may find."""
        return self.by_size(400, 8000, 100_000, 100_000)

    def setup(self, env: Any) -> None:
        """A running program; some people asked lately, some with an open case, some blocked."""
        env["relationship.consent.default"].search([("purpose", "=", "survey")]).unlink()
        env["relationship.consent.default"].create({"purpose": "survey", "rule": "allowed"})
        first = self.note["bases"]["res_partner"] + 1
        self.range = (first, first + self.people() - 1)
        self.country = env.ref("base.de").id
        self.survey = env.ref("survey_feedback.survey_relationship_b2b")
        self.program = env["feedback.program"].create(
            {
                "name": "Bench",
                "survey_id": self.survey.id,
                "domain": f"[('id', '>=', {self.range[0]}), ('id', '<=', {self.range[1]})]",
                "quota_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "One country",
                            "domain": f"[('country_id', '=', {self.country})]",
                            "sample_size": max(1, int(self.people() * QUOTA / 10)),
                        },
                    )
                ],
            }
        )
        self._trouble(env)
        self.wave = env["feedback.wave"].create({"program_id": self.program.id, "seed": "bench"})
        env.flush_all()

    def _trouble(self, env: Any) -> None:
        """One in twenty asked lately, one in fifty with a complaint, one in a hundred blocked."""
        other = env["feedback.wave"].create({"program_id": self.program.id, "seed": "before"})
        values = {"wave": other.id, "program": self.program.id, "company": env.company.id}
        values |= {"first": self.range[0], "last": self.range[1]}
        env.flush_all()
        env.cr.execute(
            """
            INSERT INTO feedback_invitation (wave_id, program_id, company_id, contact_id, channel,
                   channel_step, reminders, state, sent_at, token_hash, attempts, weight, seed_rank)
            SELECT %(wave)s, %(program)s, %(company)s, id, 'email', 0, 0, 'sent',
                   now() - interval '30 days', 'bench' || id, 1, 1, id
              FROM res_partner WHERE id BETWEEN %(first)s AND %(last)s AND id %% 20 = 0;
            INSERT INTO mail_blacklist (email, active)
            SELECT DISTINCT email_normalized, true FROM res_partner
             WHERE id BETWEEN %(first)s AND %(last)s AND id %% 100 = 1
               AND email_normalized IS NOT NULL
                ON CONFLICT DO NOTHING;
            """,
            values,
        )
        chosen = env["res.partner"].browse(range(self.range[0], self.range[1] + 1, 50))
        env["relationship.case"].with_context(tracking_disable=True).create(
            [
                {"name": "Bench", "kind": "complaint", "contact_id": one.id}
                for one in chosen.exists()[:2000]
            ]
        )
        self.kinds = [
            kind
            for kind, held in env["relationship.case"]._hold_purposes().items()
            if "survey" in held
        ]


class Draw(Asking):
    """From the program's filter to the queue: order, groups, consent, rules, holds, quotas."""

    name = "wave"
    title = "draw a wave, check whom not to ask, cut to quotas, queue"
    compared = ("ours", "limit")
    goals = (Goal("ours/limit", "<=", 3), Goal("growth", "<=", 1.1))

    def units(self) -> int:
        return self.people()

    def ours(self, env: Any, probe: Probe) -> Any:
        """Draw and send, as the buttons do."""
        wave = env["feedback.wave"].browse(self.wave.id)
        wave.action_draw()
        wave.action_send()
        return wave.id

    def limit(self, env: Any, probe: Probe) -> Any:
        """The same by one statement."""
        strata = env["feedback.stratum"].sudo()
        strata = strata.create(strata._prepare_vals(self.wave.with_env(env)))
        env.flush_all()
        env.cr.execute(
            DRAW,
            {
                "first": self.range[0],
                "last": self.range[1],
                "wave": self.wave.id,
                "program": self.program.id,
                "company": env.company.id,
                "seed": "bench",
                "country": self.country,
                "quota": strata[0].id,
                "rest": strata[1].id,
                "size": strata[0].sample_size,
                "kinds": self.kinds,
            },
        )
        return self.wave.id

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """State and reason of everybody drawn."""
        env.cr.execute(
            "SELECT contact_id, state, skip_reason, seed_rank FROM feedback_invitation"
            " WHERE wave_id = %s",
            [outcome],
        )
        return {str(contact): rest for contact, *rest in env.cr.fetchall()}


class Mails(Asking):
    """The e-mails of a wave, in batches, against core's wizard that invites to a survey."""

    name = "wave_mails"
    title = "write the e-mails of a queued wave"
    compared = ("ours", "ordinary")
    goals = (Goal("ordinary/ours", ">=", 1.5),)

    def units(self) -> int:
        return self.by_size(50, 1000, 5000, 5000)

    def people(self) -> int:
        return self.by_size(400, 8000, 20_000, 20_000)

    def setup(self, env: Any) -> None:
        """Queue a wave of the wanted size."""
        super().setup(env)
        self.program.quota_ids.unlink()
        self.wave.sample_size = self.units()
        self.wave.action_draw()
        self.wave.action_send()
        env.flush_all()
        self.contacts = self.wave.invitation_ids.filtered(
            lambda row: row.state == "queued"
        ).contact_id.ids

    def ours(self, env: Any, probe: Probe) -> Any:
        """Batches of the job, without its commits; as the superuser that crons run as."""
        invitations = env["feedback.invitation"].sudo()
        while invitations._job_send(BATCH):
            env.flush_all()
        return env["mail.mail"].sudo().search_count([("model", "=", "feedback.invitation")])

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Core's wizard: an answer and an e-mail for each person."""
        done = min(len(self.contacts), SAMPLE)
        probe.share = done / max(len(self.contacts), 1)
        before = env["mail.mail"].search_count([])
        env.user.partner_id.email = "bench@bench.example"
        wizard = env["survey.invite"].create(
            {
                "survey_id": self.survey.id,
                "template_id": env.ref("survey.mail_template_user_input_invite").id,
                "partner_ids": [(6, 0, self.contacts[:done])],
            }
        )
        wizard.action_invite()
        return env["mail.mail"].search_count([]) - before

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Whether each person got an e-mail; the ordinary way writes those of a sample only."""
        return {"mails": outcome in (len(self.contacts), min(len(self.contacts), SAMPLE))}

    def extras(self, env: Any, outcome: Any) -> dict[str, float]:
        """E-mails that were written."""
        return {"mails": float(outcome)}
