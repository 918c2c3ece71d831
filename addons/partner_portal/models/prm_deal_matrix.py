from odoo import api, fields, models
from odoo.exceptions import UserError

from ..lib.deal_states import UNDECIDED

#: A change of these asks for new approvals.
APPROVED_FIELDS = frozenset(
    """
    amount currency_id discount program_id customer_name customer_vat customer_domain
    customer_country_id customer_id scope_ids
    """.split()
)


class PrmDeal(models.Model):
    """Who may approve a deal, how many of them, and what is approved without anybody."""

    _inherit = "prm.deal"

    discount = fields.Float(
        "Discount (%)", digits=(16, 2), help="The discount that the partner asks to register."
    )
    approval_ids = fields.One2many("prm.deal.approval", "deal_id", "Approvals", readonly=True)
    rule_id = fields.Many2one(
        "prm.deal.rule", "Approval Rule", compute="_compute_rule_id", compute_sudo=True
    )
    approvals_missing = fields.Integer(compute="_compute_rule_id", compute_sudo=True)

    _discount_range = models.Constraint(
        "CHECK (discount >= 0 AND discount <= 100)", "The discount must be between 0 and 100 %."
    )

    @api.depends(*APPROVED_FIELDS, "verdict", "state", "approval_ids")
    def _compute_rule_id(self):
        rules = self._rules()
        for deal in self:
            rule = rules.get(deal, self.env["prm.deal.rule"])
            waits = deal.state in UNDECIDED
            deal.rule_id = waits and rule
            needed = rule.approvals or 1
            deal.approvals_missing = max(0, needed - len(deal.approval_ids)) if waits else 0

    def write(self, vals):
        res = super().write(vals)
        claiming = self.env.su and self.env.context.get("prm_claiming")
        if APPROVED_FIELDS & vals.keys() and not claiming:
            changed = self.filtered(lambda deal: deal.state in UNDECIDED).sudo()
            approvals = changed.approval_ids
            if approvals:
                approvals.deal_id._log_batch(
                    self.env._("Changed after an approval: it has to be approved anew.")
                )
                approvals.unlink()
        return res

    def _has_rules(self):
        rules = self.env["prm.deal.rule"].sudo()
        return bool(rules.search_count([("company_id", "in", self.company_id.ids)], limit=1))

    def _rules(self):
        """The first rule that fits each deal: {deal: rule}, without those that none fits."""
        every = self.env["prm.deal.rule"].sudo().search([("company_id", "in", self.company_id.ids)])
        if not every:
            return {}
        grades = self._grades()
        found = {}
        for deal in self:
            amount = deal._amount_in_company_currency()
            for rule in every:
                if rule.company_id == deal.company_id and rule._fits(deal, amount, grades[deal]):
                    found[deal] = rule
                    break
        return found

    def _grades(self):
        """The partners' tiers in the deals' programs, else the one they show: {deal: tier}."""
        enrollments = self._enrollments()
        grades = {}
        for deal in self:
            mine = enrollments.get((deal.partner_id, deal.company_id), ())
            fit = [one for one in mine if one.program_id == deal.program_id]
            grades[deal] = (fit and fit[0].grade_id) or deal.partner_id.grade_id
        return grades

    def _check_approver(self, user, rules):
        """Refuse a person whom the rules of these deals do not name."""
        for deal in self:
            rule = rules.get(deal)
            if rule and user not in rule._deciders(deal._company_day()):
                raise UserError(
                    self.env._(
                        "%(deal)s is approved by %(group)s, as the rule “%(rule)s” says.",
                        deal=deal.name,
                        group=rule.group_id.name,
                        rule=rule.name,
                    )
                )
        again = self.filtered(lambda deal: user in deal.approval_ids.user_id)
        if again:
            raise UserError(
                self.env._(
                    "You have approved these already. Somebody else has to approve them, too: %s",
                    again._names(),
                )
            )

    def _approve_as(self, user):
        """Note that a person approves these deals, and approve those that need nobody else.

        :raise UserError: the rule of one does not name the person, or they approved it before
        """
        if self._has_rules():  # one may ask for the verdict, which must be that of today
            self._refuse_unchecked(self._check_earlier())
            self._check_undecided()
            self._claim()
            self._update_verdicts()
        rules = self._rules()
        self._check_approver(user, rules)
        ready = self.filtered(
            lambda deal: deal not in rules or len(deal.approval_ids) + 1 >= rules[deal].approvals
        )
        ready._approve()
        self.env["prm.deal.approval"].create(
            [
                {
                    "deal_id": deal.id,
                    "user_id": user.id,
                    "rule_id": rules[deal].id if deal in rules else False,
                }
                for deal in self
            ]
        )
        for deal in self - ready:
            deal._log_batch(
                self.env._(
                    "Approved by %(user)s: %(count)s of %(needed)s approvals.",
                    user=user.name,
                    count=len(deal.approval_ids),
                    needed=rules[deal].approvals,
                )
            )
        (self - ready)._schedule_next_approval()

    def _schedule_next_approval(self):
        """Ask the next person, in place of who has approved."""
        if self:
            self.activity_unlink(["partner_portal.mail_activity_type_decide"])
            self._schedule_decision()

    def _approve_by_rule(self):
        """Approve at once what a rule says, if the check found nothing at all."""
        clear = self.filtered(lambda deal: deal.verdict == "clear")
        rules = clear._rules()
        sure = clear.filtered(lambda deal: deal in rules and rules[deal].approve_at_once)
        # what was submitted earlier and is checked only now may be about the same customers
        if sure and not sure._check_earlier():
            sure.filtered(lambda deal: deal.verdict == "clear")._approve_if_nothing_speaks_against()

    def _approve_if_nothing_speaks_against(self):
        """Approve by itself; a person decides about what can't be, and only staff read why.

        Who submits is a partner: what speaks against it names a rival, and is no error of theirs.
        """
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                self._approve(automatic=True)
        except UserError as error:
            if len(self) > 1:
                for deal in self:
                    deal._approve_if_nothing_speaks_against()
            else:
                self._message_log(body=self.env._("Not approved by itself. %s", str(error)))
