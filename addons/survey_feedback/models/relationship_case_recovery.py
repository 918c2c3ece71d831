from odoo import api, fields, models

from ..lib.intervals import share
from ..lib.scale import HIGH, LOW
from .feedback_followup import VERDICTS


class RelationshipCase(models.Model):
    """After the closing: whether the customer says that it is solved."""

    _inherit = "relationship.case"

    feedback_followup_ids = fields.One2many(
        "feedback.followup", "case_id", string="Questions After It"
    )
    feedback_verdict = fields.Selection(
        VERDICTS,
        string="Recovery",
        readonly=True,
        copy=False,
        index="btree_not_null",
        tracking=True,
        help="What the customer answered when we asked whether it is solved.",
    )

    def _after_move(self):
        """Ask the customer once a case that an answer opened is closed."""
        done = super()._after_move()
        closed = self.filtered(lambda case: case.state == "closed" and case.feedback_rule_id)
        self.env["feedback.followup"]._ask(closed.sudo())
        return done

    def _can_be_asked(self):
        """Whether the contact may be written to: has an address, and did not refuse surveys."""
        self.ensure_one()
        contact = self.contact_id.with_company(self.company_id)
        if not contact.email_normalized:
            return False
        state, _reason = contact._relationship_consent_reasons("survey", "email").get(
            contact, ("refused", "default")
        )
        return state != "refused"

    def _note_verdict(self, followup):
        """Keep what the customer said of the case; an unhappy one has it taken up again.

        :param followup: the ``feedback.followup`` that was answered
        """
        self.ensure_one()
        self.sudo().feedback_verdict = followup.verdict
        if followup.verdict == LOW and self.state in ("verified", "closed"):
            self.action_reopen()
            self._plan_call()
        self.message_post(
            body=self.env._(
                "Asked whether it is solved, %(contact)s answered %(value)s of 5.",
                contact=followup.contact_id.name or self.env._("the customer"),
                value=followup.value,
            )
        )

    @api.model
    def get_recovery(self, date_from, date_to):
        """Return how many customers say that their case was solved, of those who answered.

        Of the cases of the current company that the caller may read, by the day they were opened.

        :param str date_from: first day, ``YYYY-MM-DD``
        :param str date_to: day after the last one
        :return: dict of ``value``, ``low``, ``high`` (percent with its interval), ``answers`` and
            ``cases`` (opened by answers in that time); ``value`` is None without an answer
        :raise AccessError: the caller may not read cases
        :raise UserError: a day is not written as one
        """
        self.check_access("read")
        days = self.env["relationship.metric"]
        first, last = days._check_day(date_from), days._check_day(date_to)
        domain = [
            ("company_id", "=", self.env.company.id),
            ("feedback_rule_id", "!=", False),
            ("opened_at", ">=", first),
            ("opened_at", "<", last),
        ]
        verdicts = dict(self._read_group(domain, ["feedback_verdict"], ["__count"]))
        cases = sum(verdicts.values())
        answers = cases - verdicts.get(False, 0)
        found = share(verdicts.get(HIGH, 0), answers)
        figures = found._asdict() if found else dict.fromkeys(("value", "low", "high"))
        return {**figures, "answers": answers, "cases": cases}
