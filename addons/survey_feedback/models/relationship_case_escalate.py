from markupsafe import escape

from odoo import api, fields, models


class RelationshipCase(models.Model):
    """Nobody called in time: somebody above the owner is told, once each time."""

    _inherit = "relationship.case"

    feedback_escalated_at = fields.Datetime(
        string="Escalated On",
        readonly=True,
        copy=False,
        help="When somebody above the owner was told that the first call is late.",
    )

    def _prepare_move_vals(self, now):
        """Whoever takes the case up again gets the full time, and the next escalation."""
        vals = super()._prepare_move_vals(now)
        if self.state == "reopened":
            vals["feedback_escalated_at"] = False
        return vals

    @api.model
    def _cron_escalate(self):
        """Tell of late first calls."""
        self._run_job("escalate", 50)

    @api.model
    def _job_escalate(self, limit):
        """Escalate up to ``limit`` cases whose first call is late; one that fails stops no other.

        :return: how many more are late, of those that did not just fail; 0 when nothing went on
        """
        late = self._search_late(limit)
        failed = self._settle(late.ids, lambda ids: [one._escalate() for one in self.browse(ids)])
        self._list_failed("escalate", failed)
        if len(failed) == len(late):
            return 0
        return len(self._search_late(len(failed) + 1).filtered(lambda one: one.id not in failed))

    @api.model
    def _search_late(self, limit):
        return self.search(
            [
                ("feedback_rule_id", "!=", False),
                ("state", "in", ("new", "reopened")),
                ("due", "<", fields.Datetime.now()),
                ("feedback_escalated_at", "=", False),
            ],
            order="due, id",
            limit=limit,
        )

    def _escalate(self):
        """Give somebody above the owner a task to see to the call, and note that it was done."""
        self.ensure_one()
        self.sudo().feedback_escalated_at = fields.Datetime.now()
        boss = self._escalation_user()
        if not boss:
            self.message_post(body=self.env._("First call is late, and nobody is there to tell."))
            return
        words = self.with_context(lang=boss.lang or self.env.lang).env
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=words._("First call is late"),
            note=escape(
                words._(
                    "%(owner)s has not reached %(customer)s in time.",
                    owner=self.user_id.name or words._("Nobody"),
                    customer=self.contact_id.name or self.partner_id.name,
                )
            ),
            user_id=boss.id,
            date_deadline=self.company_id._relationship_today(),
        )

    def _escalation_user(self):
        """Hook: who is told: the leader of the team, else the program's responsible, else a
        manager, else the owner; empty when there is nobody."""
        wave = self.feedback_score_id.wave_id or self.feedback_input_id.feedback_wave_id
        program, company = wave.program_id, self.company_id
        candidates = (self.team_id.user_id, self.user_id.sale_team_id.user_id, program.user_id)
        above = [user for user in candidates if user and user != self.user_id]
        found = program._somebody(*above, company=company)
        if found:
            return found
        return self.user_id if program._acts(self.user_id, company) else self.user_id.browse()
