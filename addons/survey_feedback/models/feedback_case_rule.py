from odoo import api, fields, models

from odoo.addons.relationship_crm.models.relationship_case import PRIORITIES

from ..lib.account import account_score, is_falling

TRIGGERS = [
    ("call", "Asked to Be Called"),
    ("detractor", "Would Not Recommend (0–6)"),
    ("dimension", "Low Answer to a Dimension"),
    ("falling", "Falling Account"),
]
#: what of a confidential answer may open a case: the wish that the person wrote down themselves
OWN_WISH = "call"


class FeedbackCaseRule(models.Model):
    """What opens a case, and whose it is. The first rule that fits an answer opens its one case."""

    _name = "feedback.case.rule"
    _description = "Case Rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", ondelete="cascade", index=True, help="Empty: every company's."
    )
    trigger = fields.Selection(TRIGGERS, string="When", required=True, default="detractor")
    program_ids = fields.Many2many("feedback.program", string="Programs", help="Empty: all.")
    dimension_id = fields.Many2one(
        "feedback.dimension",
        ondelete="cascade",
        index="btree_not_null",
        help="Dimension that the answer is low in. Empty: any.",
    )
    grade_ids = fields.Many2many(
        "res.partner.grade", string="Tiers", help="Only customers of these tiers. Empty: all."
    )
    assign = fields.Selection(
        [
            ("account", "Whoever Looks After the Customer"),
            ("pool", "Somebody of a Team"),
            ("user", "This Person"),
        ],
        string="Owner",
        required=True,
        default="account",
        help="Somebody of a Team: the member with the fewest open cases. Where nobody is found, "
        "the program's responsible, else a manager.",
    )
    team_id = fields.Many2one("crm.team", ondelete="set null", index="btree_not_null")
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        ondelete="set null",
        index="btree_not_null",
        domain=[("share", "=", False)],
    )
    priority = fields.Selection(
        PRIORITIES,
        required=True,
        default="1",
        help="Time until the first call: low 96 hours, normal 48, high 24, urgent 8; days without "
        "work are left out.",
    )

    # ------------------------------------------------------------ which answers

    @api.model
    def _match(self, answers, scores):
        """Find the rule of each answer.

        :param answers: complete ``survey.user_input`` records (as superuser)
        :param scores: their ``feedback.score`` records
        :return: {answer: (rule, score that opens the case, or an empty one)}; without those that
            no rule fits
        """
        answers = answers.filtered(lambda answer: answer.partner_id and answer.feedback_wave_id)
        if not answers:
            return {}
        rules = self.sudo().search([("active", "=", True)])
        falling = self._falling(scores) if "falling" in rules.mapped("trigger") else set()
        found = {}
        for answer in answers:
            mine = scores.filtered(lambda score, answer=answer: score.user_input_id == answer)
            for rule in rules:
                score = rule._opens(answer, mine, falling)
                if score is not None:
                    found[answer] = (rule, score)
                    break
        return found

    def _opens(self, answer, scores, falling):
        """Return the score for which this rule opens a case; None where it does not fit."""
        self.ensure_one()
        wave, customer = answer.feedback_wave_id, answer.partner_id.commercial_partner_id
        fits = (
            (not self.company_id or self.company_id == wave.company_id)
            and (not self.program_ids or wave.program_id in self.program_ids)
            and (not self.grade_ids or customer.grade_id in self.grade_ids)
            and (self.trigger == OWN_WISH or wave._opens_cases())
        )
        return getattr(self, f"_opens_{self.trigger}")(answer, scores, falling) if fits else None

    def _opens_call(self, answer, scores, falling):
        """The person chose an answer that asks for a call."""
        if any(answer.user_input_line_ids.mapped("suggested_answer_id.feedback_call")):
            return scores.browse()
        return None

    def _opens_detractor(self, answer, scores, falling):
        """The person would not recommend us."""
        low = scores.filtered(lambda score: score.metric == "nps" and score.band == "low")
        return low[:1] or None

    def _opens_dimension(self, answer, scores, falling):
        """The person gave a low answer to a dimension."""
        low = scores.filtered(
            lambda score: (
                score.metric == "dimension"
                and score.band == "low"
                and (not self.dimension_id or score.dimension_id == self.dimension_id)
            )
        )
        return low.sorted("value")[:1] or None

    def _opens_falling(self, answer, scores, falling):
        """The customer's score fell with this answer."""
        mine = scores.filtered(lambda score: score.metric == "nps" and score.id in falling)
        return mine[:1] or None

    @api.model
    def _falling(self, scores):
        """Return the ids of those recommendations that let the score of their customer fall."""
        new = scores.filtered(lambda score: score.metric == "nps" and score.partner_id)
        if not new:
            return set()
        rows = self.env["feedback.score"].search(
            [
                ("metric", "=", "nps"),
                ("partner_id", "in", new.partner_id.ids),
                ("company_id", "in", new.company_id.ids),
                ("is_sealed", "=", False),
                ("answered_on", ">=", fields.Datetime.subtract(fields.Datetime.now(), years=1)),
            ]
        )
        return {score.id for score in new if self._fell(score, rows)}

    @api.model
    def _fell(self, score, rows):
        """Whether the score of a customer fell with this answer, of all its answers of a year."""
        ours = rows.filtered(
            lambda row: row.partner_id == score.partner_id and row.company_id == score.company_id
        )
        before, now = self._latest(ours - score), self._latest(ours)
        own = before.get(score.contact_id)
        if own is not None and is_falling(own.value, score.value):
            return True
        former, present = self._weigh(before), self._weigh(now)
        return bool(former and present) and is_falling(former.weighted, present.weighted)

    @api.model
    def _latest(self, scores):
        """Return {contact: their latest score}; the scores are in the model's order."""
        latest = {}
        for score in scores.sorted():
            latest.setdefault(score.contact_id, score)
        return latest

    @api.model
    def _weigh(self, latest):
        return account_score(
            (score.value, contact.relationship_role_ids.mapped("code"))
            for contact, score in latest.items()
        )

    # ------------------------------------------------------------ whose it is

    def _owner(self, answer):
        """Return who gets the case of an answer."""
        self.ensure_one()
        contact, program = answer.partner_id, answer.feedback_wave_id.program_id
        chosen = {
            "account": contact.commercial_partner_id.user_id or contact.user_id,
            "pool": self._least_busy(),
            "user": self.user_id,
        }[self.assign]
        return program._somebody(chosen, company=answer.feedback_wave_id.company_id)

    def _least_busy(self):
        """Return the member of the team with the fewest open cases."""
        members = self.team_id.member_ids
        if not members:
            return members
        counts = dict(
            self.env["relationship.case"]._read_group(
                [("user_id", "in", members.ids), ("state", "!=", "closed")],
                ["user_id"],
                ["__count"],
            )
        )
        return min(members, key=lambda user: (counts.get(user, 0), user.id))
