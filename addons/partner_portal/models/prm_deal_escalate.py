from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

WAITING = ("submitted", "in_review")


class PrmDeal(models.Model):
    """A decision that comes too late: first to a manager, then by itself where that is allowed."""

    _inherit = "prm.deal"

    escalated_on = fields.Datetime("Escalated", readonly=True, copy=False)
    escalation_until = fields.Datetime(
        readonly=True,
        copy=False,
        help="Without a decision until then it is approved by itself, if the program says so.",
    )

    @api.model
    def _job_escalate(self, limit):
        """Tell a manager of up to ``limit`` deals whose decision is late.

        :return: number of deals that remain, counted up to a thousand
        """
        now = fields.Datetime.now()
        domain = [
            ("state", "in", WAITING),
            ("decision_due", "<", now),
            ("escalated_on", "=", False),
        ]
        late = self.search(domain, limit=limit, order="decision_due")
        for company, deals in late.grouped("company_id").items():
            until = self._decision_due(company, now)
            deals.write({"escalated_on": now, "escalation_until": until})
        late._log_batch(self.env._("Late: escalated."))
        late._schedule_escalation()
        return self.search_count(domain, limit=1000)

    def _schedule_escalation(self):
        """Give the responsible of the program, else a manager, an activity for each deal."""
        managers = self._managers()
        told = defaultdict(self.browse)
        for deal in self:
            fit = managers.filtered(lambda user, c=deal.company_id: c in user.company_ids)
            user = (deal.program_id.user_id & fit) or (fit - deal.submitted_by)[:1] or fit[:1]
            if user:
                told[user, deal._company_day()] |= deal
        for (user, day), deals in told.items():
            deals.with_context(mail_activity_quick_update=len(self) > 1).activity_schedule(
                "partner_portal.mail_activity_type_decide",
                date_deadline=day,
                summary=self.env._("Late: decide the deal registration"),
                user_id=user.id,
            )

    def _managers(self):
        """Managers of the deals' companies."""
        group = self.env.ref("relationship_crm.group_manager")
        return self.env["res.users"].search(
            [("all_group_ids", "in", group.id), ("company_ids", "in", self.company_id.ids)]
        )

    @api.model
    def _job_approve_late(self, limit):
        """Approve up to ``limit`` late deals of programs that say so, if nothing speaks against it.

        :return: number of deals that remain, counted up to a thousand
        """
        domain = [
            ("state", "in", WAITING),
            ("escalation_until", "<", fields.Datetime.now()),
            ("verdict", "=", "clear"),
            ("program_id.deal_auto_approve", "=", True),
        ]
        for deal in self.search(domain, limit=limit, order="submit_no"):
            deal._approve_late()
        return self.search_count(domain, limit=1000)

    def _approve_late(self):
        """Approve by itself; what speaks against it is noted, and a person has to decide."""
        self.ensure_one()
        self._claim()
        self._update_verdicts()
        try:
            with self.env.cr.savepoint():
                self._check_approved_by_itself()
                self._approve(automatic=True)
        except (UserError, ValidationError) as error:
            self.escalation_until = False
            self._message_log(body=self.env._("Not approved by itself. %s", str(error)))

    def _check_approved_by_itself(self):
        """Hook: refuse to approve this deal only because nobody decided."""
        if self.verdict != "clear":
            raise UserError(self.env._("The conflict check is no longer clear."))
        if self.rule_id.approvals > 1:  # in place of one person's silence it would be several's
            raise UserError(
                self.env._(
                    "The rule “%(rule)s” asks for the approval of %(needed)s people.",
                    rule=self.rule_id.name,
                    needed=self.rule_id.approvals,
                )
            )
