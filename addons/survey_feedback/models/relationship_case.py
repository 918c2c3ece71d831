from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.relationship_crm.models.relationship_case import RelationshipCase as Case


class RelationshipCase(models.Model):
    """Cases that answers open. What follows the closing lies in ``relationship_case_recovery.py``,
    what happens when nobody calls in ``relationship_case_escalate.py``."""

    _inherit = "relationship.case"
    # whether a root cause is needed, and what recovery is worked out from, hangs on them
    _worked_out = Case._worked_out | {
        "feedback_rule_id",
        "feedback_input_id",
        "feedback_score_id",
        "feedback_verdict",
        "feedback_escalated_at",
    }

    kind = fields.Selection(
        selection_add=[("detractor", "Unhappy Answer")], ondelete={"detractor": "set complaint"}
    )
    feedback_rule_id = fields.Many2one(
        "feedback.case.rule",
        string="Opened By",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="Rule that opened the case.",
    )
    feedback_input_id = fields.Many2one(
        "survey.user_input", string="Survey Answer", readonly=True, copy=False, ondelete="set null"
    )
    feedback_score_id = fields.Many2one(
        "feedback.score", string="Answer", readonly=True, copy=False, ondelete="set null"
    )
    feedback_score = fields.Integer(
        related="feedback_score_id.value", string="Score", aggregator=None
    )
    feedback_cause_id = fields.Many2one(
        "feedback.cause",
        string="Root Cause",
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        help="Why it happened. Needed to close a case that an answer opened.",
    )

    _feedback_score_unique = models.UniqueIndex(
        "(feedback_score_id) WHERE feedback_score_id IS NOT NULL",
        "This answer has a case already.",
    )
    _feedback_input_unique = models.UniqueIndex(
        "(feedback_input_id) WHERE feedback_input_id IS NOT NULL",
        "This survey answer has a case already.",
    )

    @api.model
    def _hold_purposes(self):
        """An unhappy customer is neither sold to, nor asked again, nor downgraded meanwhile."""
        held = ("marketing", "survey", "upsell", "downgrade")
        return {**super()._hold_purposes(), "detractor": held}

    def _check_move(self, state):
        """A case of an answer is closed with its root cause; what was done is asked for before."""
        result = super()._check_move(state)
        if state == "closed":
            for case in self:
                if case.feedback_rule_id and not case.feedback_cause_id:
                    raise UserError(self.env._("Choose the root cause of “%s” first.", case.name))
        return result

    # ------------------------------------------------------------ opening

    @api.model
    def _open_for_answers(self, answers, scores):
        """Open a case for each answer that a rule fits.

        :param answers: complete ``survey.user_input`` records
        :param scores: their new ``feedback.score`` records
        :return: the new cases
        """
        matches = self.env["feedback.case.rule"]._match(answers, scores)
        cases = self.browse()
        for answer, (rule, score) in matches.items():
            # one after the other: the next of a team is who has the fewest cases then
            cases |= self.create(self._prepare_answer_vals(answer, rule, score))
        for case in cases:
            case._plan_call()
        return cases

    @api.model
    def _prepare_answer_vals(self, answer, rule, score):
        """Return the case that a rule opens for an answer.

        :param score: the score it is opened for; empty when the person asked to be called
        """
        owner, wave = rule._owner(answer), answer.feedback_wave_id
        is_open = wave.anonymity == "identified"
        comment = Markup("").join(
            Markup("<p>%s</p>") % text for text in answer._feedback_comment() if is_open
        )
        return {
            "name": self._answer_title(answer, rule, score, owner),
            "kind": "request" if rule.trigger == "call" else "detractor",
            "channel": answer.feedback_channel,
            "priority": rule.priority,
            "company_id": wave.company_id.id,
            "contact_id": answer.partner_id.id,
            "partner_id": answer.partner_id.commercial_partner_id.id,
            "user_id": owner.id,
            "team_id": rule.team_id.id if rule.assign == "pool" else False,
            "feedback_rule_id": rule.id,
            "feedback_input_id": answer.id if is_open else False,
            "feedback_score_id": score.id,
            "description": comment,
        }

    @api.model
    def _answer_title(self, answer, rule, score, owner):
        """Return the subject of the case, in the language of its owner."""
        case = self.with_context(lang=owner.lang or self.env.lang)
        who = answer.partner_id.name or answer.partner_id.commercial_partner_id.name
        if rule.trigger == "call":
            return case.env._("Asked to be called: %s", who)
        if rule.trigger == "dimension":
            return case.env._(
                "%(score)s of %(highest)s for %(dimension)s: %(person)s",
                score=score.value,
                highest=score.question_id.scale_max,
                dimension=score.dimension_id.with_env(case.env).name,
                person=who,
            )
        if rule.trigger == "falling":
            return case.env._("Fell to %(score)s of 10: %(person)s", score=score.value, person=who)
        return case.env._("%(score)s of 10: %(person)s", score=score.value, person=who)

    def _plan_call(self):
        """Ask the owner to call before the case is due."""
        self.ensure_one()
        if self.user_id:
            self.activity_schedule(
                "mail.mail_activity_data_call",
                date_deadline=fields.Date.context_today(self, self.due),
                user_id=self.user_id.id,
            )
