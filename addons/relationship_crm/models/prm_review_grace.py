from datetime import timedelta

from odoo import api, models
from odoo.tools import format_date

from ..lib import review_dates
from .prm_review_line import ACTIVITY

RUNNING = ("grace", "due")
LAYOUT = "mail.mail_notification_layout"
#: lines checked in one batch of the night
BATCH = 500
#: hours within which a line that failed is tried again: on the next day of its company
AGAIN = 25


class PrmReviewLine(models.Model):
    """The grace of a tier: every night it may be met again; notices; then the decision is due."""

    _name = "prm.review.line"
    _inherit = ["prm.review.line", "relationship.job"]
    _mail_post_access = "read"

    # ------------------------------------------------------------ every night

    @api.model
    def _cron_grace(self):
        self._run_job("grace", BATCH)

    @api.model
    def _job_grace(self, limit):
        """Look at one batch of running graces, once a day each; return how many remain."""
        todo = self._unchecked()
        failed = self._settle(todo.ids[:limit], lambda ids: self.browse(ids)._check_grace())
        for line in self.browse(failed):
            line.checked_on = line.company_id._relationship_today()
        self._list_failed("grace", failed, hours=AGAIN)
        return max(len(todo) - limit, 0)

    def _unchecked(self):
        """Running lines that nobody looked at today, in each company's own day."""
        found = self.browse()
        running = [("state", "in", RUNNING)]
        for [company] in self._read_group(running, ["company_id"]):
            today = company._relationship_today()
            found |= self.search(
                [
                    *running,
                    ("company_id", "=", company.id),
                    "|",
                    ("checked_on", "=", False),
                    ("checked_on", "<", today),
                ],
                order="id",
            )
        return found

    def _check_grace(self):
        """Cure, tell, ask for the decision or let it lapse, whatever the day asks for."""
        for company, lines in self.grouped("company_id").items():
            today = company._relationship_today()
            lines.write({"checked_on": today})
            rest = lines - lines._look_again(company, today)
            rest -= rest._lapse(today)
            rest._give_notices(today)
            rest._become_due(today)

    def _look_again(self, company, today):
        """Decide anew with the numbers of today, and close the lines that lose nothing any more.

        A tier that is met again is cured. One that no rule takes away any more (archived, of
        another program, or the policy changed) stays, too, but nobody is told that it was met.

        :return: the lines closed
        """
        decisions = self.env["prm.program"]._decide(self.enrollment_id, company, today)
        texts = self._texts_of(decisions.values())
        met, free = self.browse(), self.browse()
        for line in self:
            decision = decisions[line.enrollment_id.id]
            if decision.outcome != "demote":
                asked = line.grade_id in line.program_id._tiers()
                if asked and (decision.outcome == "promote" or decision.earned == decision.current):
                    met |= line
                else:
                    free |= line
            evidence = self._with_texts(decision, texts)
            if evidence != line.latest_evidence and decision.judged == line.grade_id.id:
                line.write(
                    {"latest_points": round(decision.points, 2), "latest_evidence": evidence}
                )
        met._cure(today)
        free._set_free(today)
        return met | free

    def _cure(self, today):
        """The tier is met again: it stays, and the partner is told."""
        self._close("cured", today)
        self._send("relationship_crm.mail_template_tier_cured")

    def _set_free(self, today):
        """No rule takes the tier away any more: it stays; who heard otherwise is told."""
        self._close(
            "void",
            today,
            decision_reason=self.env._(
                "No rule takes this tier away any more: it was archived, or the rules changed."
            ),
        )
        self.filtered("told_on")._send("relationship_crm.mail_template_tier_kept")

    def _lapse(self, today):
        """Let those stay on which nobody decided in time, and tell the partners.

        Also those for which nobody was asked, because the nights did not run: it is not the
        partner who waits longer.

        :return: the lines closed
        """
        late = self.filtered_domain([("told_on", "!=", False), ("lapses_on", "<=", today)])
        late._close("lapsed", today)
        late._send("relationship_crm.mail_template_tier_kept")
        return late

    def _close(self, state, today, **vals):
        """Close these lines; an appeal that nobody has to answer any more is closed with them."""
        if self:
            self.write({"state": state, "decided_on": today, **vals})
            self.activity_unlink([ACTIVITY])
            if state != "demoted":
                self.filtered_domain([("appeal_state", "=", "open")]).appeal_state = "moot"

    # ------------------------------------------------------------ notices

    @api.model
    def _grace_end(self, day):
        return review_dates.grace_end(day)

    def _give_notices(self, today):
        """Tell the partners for whom a notice is due today.

        Who could not be told 90 days before keeps the tier for longer.
        """
        due = {}
        for line in self.filtered(lambda line: line.state == "grace"):
            if not line.told_on and today > line.grace_until - timedelta(
                days=review_dates.GRACE_DAYS
            ):
                line.grace_until = self._grace_end(today)
            notice = review_dates.notice_due(today, line.grace_until, line._notices_given())
            if notice:
                due.setdefault(notice, self.browse())
                due[notice] |= line
        for days, lines in due.items():
            reached = lines.filtered(lambda line: line._recipient().email)
            (lines - reached)._ask_for_letter()
            reached._note_told(days, today)
            reached._send("relationship_crm.mail_template_tier_notice")

    def _notices_given(self):
        return [days for days in review_dates.NOTICES if self[f"notice_{days}_on"]]

    def _note_told(self, days, today):
        """Keep that a notice was given; a later one stands for those before it."""
        for line in self:
            line.write({f"notice_{days}_on": today, "told_on": line.told_on or today})

    def _ask_for_letter(self):
        """Let somebody print and post the notice of who has no e-mail address."""
        for line in self.filtered(lambda line: not line.activity_search([ACTIVITY])):
            line.activity_schedule(
                ACTIVITY,
                user_id=line._responsible(line.manager_id | line.program_id.user_id).id,
                summary=self.env._("No e-mail address: post the notice as a letter"),
                note=self.env._(
                    "Print the letter, send it, and press Told by Letter. Until then the partner "
                    "keeps its tier."
                ),
            )

    def action_told(self):
        """Say that the partner was told by letter or in person; counts as today's notice.

        :raise AccessError: the user does not run this program
        """
        self.review_id.check_access("write")
        for line in self.sudo().filtered(lambda line: line.state == "grace"):
            today = line.company_id._relationship_today()
            if not line.told_on and not review_dates.told_in_time(today, line.grace_until):
                line.grace_until = self._grace_end(today)
            notice = review_dates.notice_due(today, line.grace_until, line._notices_given())
            line._note_told(notice or review_dates.NOTICES[0], today)
            line.activity_feedback([ACTIVITY])
            line.enrollment_id.message_post(
                body=self.env._("%s told the partner about its tier.", self.env.user.name)
            )
        return True

    # ------------------------------------------------------------ the decision is due

    def _become_due(self, today):
        """Ask a second person to decide."""
        due = self.filtered(lambda line: line.state == "grace" and line.grace_until <= today)
        due.write({"state": "due"})
        for line in due:
            line.activity_schedule(
                ACTIVITY,
                date_deadline=line.lapses_on - timedelta(days=1),
                user_id=line._second_person().id,
                summary=self.env._("Decide whether to lower the tier"),
            )

    def _second_person(self):
        """Somebody who may decide: the responsible, the partner's manager, else any manager."""
        self.ensure_one()
        return self._responsible((self.program_id.user_id | self.manager_id) - self._askers())

    def _responsible(self, users):
        """The first of these users who may work with reviews, else a manager who did not ask."""
        self.ensure_one()
        return self.company_id._somebody_else(users, self._askers())

    # ------------------------------------------------------------ telling

    def _recipient(self):
        """Whom to write to: the company, or its first contact with an e-mail address."""
        self.ensure_one()
        partner = self.partner_id
        if partner.email:
            return partner
        return partner.child_ids.filtered(lambda one: one.email and one.type == "contact")[:1] or (
            partner.child_ids.filtered("email")[:1] or partner
        )

    def _sender(self):
        """Address that mails about this partner's tier come from."""
        self.ensure_one()
        manager = self.manager_id or self.program_id.user_id
        return manager.email_formatted or self.company_id.email_formatted

    def _notice_number(self):
        """1, 2 or 3: how often the partner is told about the end of its tier."""
        self.ensure_one()
        return 3 if self.notice_30_on else 2 if self.notice_60_on else 1

    def _day_text(self, day):
        """A day as the reader's language writes it."""
        return format_date(self.env, day) if day else ""

    def _send(self, template):
        """Mail these partners in their language, and note it on their enrollments."""
        reached = self.filtered(lambda line: line._recipient().email)
        template = self.env.ref(template).sudo()
        if reached:
            template.send_mail_batch(reached.ids, email_layout_xmlid=LAYOUT)
        for line in self:
            body = (
                self.env._("The partner was mailed: %s", template.name)
                if line in reached
                else self.env._("The partner has no e-mail address; not mailed: %s", template.name)
            )
            line.enrollment_id.message_post(body=body)
