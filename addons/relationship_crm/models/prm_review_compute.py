import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .prm_review import ACTIVITY

#: lines written in one statement
CHUNK = 5000
#: what the statement writes, with the types PostgreSQL reads it as
COLUMNS = {
    "review_id": "int",
    "enrollment_id": "int",
    "partner_id": "int",
    "program_id": "int",
    "company_id": "int",
    "manager_id": "int",
    "grade_id": "int",
    "earned_grade_id": "int",
    "judged_grade_id": "int",
    "to_grade_id": "int",
    "outcome": "text",
    "state": "text",
    "points": "double precision",
    "pass_mark": "double precision",
    "evidence": "jsonb",
    "hold": "text",
    "appeal_state": "text",
}


class PrmReview(models.Model):
    """Working out a review: the decision for each partner, with its evidence."""

    _inherit = "prm.review"

    def action_compute(self):
        """Work out what the criteria say about every partner; again, if it was done before.

        Whoever computes a review has asked for it and can't approve it.

        :raise UserError: it is decided already, or somebody is at it just now
        """
        self.check_access("write")
        for review in self:
            review._lock_for(("draft", "computed"))
            review.sudo()._compute_lines(self.env.uid)
        return True

    def action_cancel(self):
        """Give up a review that is not decided yet."""
        self.check_access("write")
        for review in self:
            review._lock_for(("draft", "computed"))
        self.sudo().write({"state": "cancelled"})
        self.sudo().activity_unlink([ACTIVITY])
        return True

    def _lock_for(self, states):
        """Let nobody else decide about this review meanwhile.

        Who lost a race reads again on a fresh transaction, and then is told here.

        :raise UserError: it is not in one of these states
        """
        self.ensure_one()
        self.env.cr.execute("SELECT state FROM prm_review WHERE id = %s FOR UPDATE", [self.id])
        self.invalidate_recordset(["state", "approver_id"])
        if self.state not in states:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(review)s is %(state)s already.",
                    review=self.display_name,
                    state=labels[self.state],
                )
            )

    def _compute_lines(self, user_id):
        """Make the lines anew, as superuser; a bounded number of queries for any program."""
        self.ensure_one()
        self.line_ids.unlink()
        enrollments = self._enrollments()
        program = self.program_id
        decisions = program._decide(enrollments, self.company_id, self.day)
        holds = self._holds(enrollments, decisions)
        running = self._running(enrollments)
        evidence = self.env["prm.evidence"]
        texts = evidence._texts_of(decisions.values())
        self._insert_lines(
            [
                self._prepare_line(
                    one, decisions[one.id], holds.get(one.partner_id), one.id in running
                )
                | {"evidence": evidence._with_texts(decisions[one.id], texts)}
                for one in enrollments
            ]
        )
        self.write(
            {
                "state": "computed",
                "asked_by_id": user_id,
                "computed_at": fields.Datetime.now(),
                "rules_changed": self._rules_changed(),
            }
        )

    def _enrollments(self):
        """Active enrollments that this review looks at."""
        domain = [
            ("program_id", "=", self.program_id.id),
            ("company_id", "=", self.company_id.id),
            ("state", "=", "active"),
        ]
        if self.enrollment_ids:
            domain.append(("id", "in", self.enrollment_ids.ids))
        return self.env["prm.enrollment"].search(domain)

    def _holds(self, enrollments, decisions):
        """{partner: reasons why nothing is taken away now}, of those that would lose a tier."""
        losing = enrollments.filtered(lambda one: decisions[one.id].outcome == "demote")
        partners = losing.partner_id.with_company(self.company_id)
        held = partners._relationship_holds("downgrade") if partners else {}
        return {partner: reasons for partner, reasons in held.items() if reasons}

    def _running(self, enrollments):
        """Ids of those that an earlier review gave a grace that is not over."""
        running = self.env["prm.review.line"].search(
            [("enrollment_id", "in", enrollments.ids), ("state", "in", ("grace", "due"))]
        )
        return set(running.enrollment_id.ids)

    def _prepare_line(self, enrollment, decision, hold, running):
        """Values of the line of one partner."""
        outcome, to_tier = decision.outcome, decision.to_tier
        if outcome == "demote" and running:
            outcome = "grace"
        elif outcome == "demote" and hold:
            outcome, to_tier = "keep", decision.current
        return {
            "review_id": self.id,
            "enrollment_id": enrollment.id,
            "partner_id": enrollment.partner_id.id,
            "program_id": self.program_id.id,
            "company_id": self.company_id.id,
            "manager_id": enrollment.manager_id.id or None,
            "grade_id": decision.current or None,
            "earned_grade_id": decision.earned or None,
            "judged_grade_id": decision.judged or None,
            "to_grade_id": to_tier or None,
            "outcome": outcome,
            "state": "proposed",
            "points": round(decision.points, 2),
            "pass_mark": decision.pass_mark,
            "hold": "\n".join(hold) if hold else None,
            "appeal_state": "none",
        }

    @api.model
    def _insert_lines(self, rows):
        """Write lines, thousands in one statement."""
        lines = self.env["prm.review.line"]
        names = SQL(", ").join(SQL.identifier(name) for name in COLUMNS)
        typed = SQL(", ").join(
            SQL("%s %s", SQL.identifier(name), SQL(kind)) for name, kind in COLUMNS.items()
        )
        for start in range(0, len(rows), CHUNK):
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO prm_review_line
                        (%(names)s, create_uid, create_date, write_uid, write_date)
                    SELECT %(names)s, %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM json_to_recordset(%(rows)s) AS given(%(typed)s)
                    """,
                    names=names,
                    typed=typed,
                    uid=self.env.uid,
                    rows=json.dumps(rows[start : start + CHUNK]),
                )
            )
        lines.invalidate_model()
        self.invalidate_recordset(["line_ids"])

    def _rules_changed(self):
        """Whether the criteria changed since the last review of everybody that was decided."""
        former = self.search(
            [
                ("program_id", "=", self.program_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "in", ("approved", "applied")),
                ("enrollment_ids", "=", False),
                ("id", "!=", self.id),
            ],
            order="computed_at DESC",
            limit=1,
        )
        changed = self.program_id.rules_changed_at
        if not former:
            return False
        return bool(changed and changed > former.computed_at) or any(
            former.day < day <= self.day for day in self._days_of_change()
        )

    def _days_of_change(self):
        """Days on which criteria of the program begin, or no longer hold."""
        criteria = self.program_id.grade_ids.prm_criterion_ids
        ends = [fields.Date.add(day, days=1) for day in criteria.mapped("valid_to") if day]
        return [*filter(None, criteria.mapped("valid_from")), *ends]
