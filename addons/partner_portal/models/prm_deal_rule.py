from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PrmDealRule(models.Model):
    """Who decides which deal registrations: the first rule that fits names them.

    Without a rule that fits, one channel manager decides.
    """

    _name = "prm.deal.rule"
    _description = "Approval Rule of Deal Registrations"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    program_id = fields.Many2one(
        "prm.program", index="btree_not_null", help="Empty: every program."
    )
    amount_from = fields.Monetary(help="Smallest expected amount, in the company's currency.")
    amount_to = fields.Monetary(help="Below this amount. 0: no upper limit.")
    discount_from = fields.Float("Discount From (%)", help="Smallest discount asked for.")
    verdict = fields.Selection(
        selection=lambda self: (
            self.env["prm.deal"]._fields["verdict"]._description_selection(self.env)
        ),
        help="Empty: whatever the conflict check says.",
    )
    grade_ids = fields.Many2many("res.partner.grade", string="Tiers", help="Empty: every tier.")
    country_ids = fields.Many2many(
        "res.country", string="Customer Countries", help="Empty: every country."
    )
    group_id = fields.Many2one(
        "res.groups",
        "Approved By",
        required=True,
        ondelete="restrict",
        default=lambda self: self.env.ref("relationship_crm.group_channel_manager"),
    )
    approvals = fields.Integer(
        required=True, default=1, help="How many different people must approve."
    )
    delegate_ids = fields.Many2many(
        "res.users",
        string="Delegates",
        help="They approve in place of the group. They need to be channel managers.",
    )
    delegate_until = fields.Date(help="Last day on which the delegates approve. Empty: no end.")
    approve_at_once = fields.Boolean(
        "Approve at Once",
        help="When the conflict check says “Clear”, the deal is approved on submission.",
    )

    _approvals_range = models.Constraint(
        "CHECK (approvals BETWEEN 1 AND 5)", "Ask for one to five approvals."
    )
    _amounts_in_order = models.Constraint(
        "CHECK (amount_from >= 0 AND (COALESCE(amount_to, 0) = 0 OR amount_to > amount_from))",
        "The upper amount must be larger than the lower one.",
    )

    @api.constrains("group_id", "delegate_ids")
    def _check_deciders(self):
        """Whoever a rule names can open what they shall decide."""
        channel = self.env.ref("relationship_crm.group_channel_manager")
        for rule in self:
            if channel not in rule.group_id.sudo().all_implied_ids:
                raise ValidationError(
                    self.env._(
                        "%s can't decide deal registrations. Choose Channel Manager or a group"
                        " that includes it.",
                        rule.group_id.display_name,
                    )
                )
            strangers = rule.delegate_ids.sudo().filtered(
                lambda user: channel not in user.all_group_ids
            )
            if strangers:
                raise ValidationError(
                    self.env._(
                        "These delegates are no channel managers: %s",
                        ", ".join(strangers.mapped("name")),
                    )
                )

    def _fits(self, deal, amount, grade):
        """Whether this rule is about a deal.

        :param float amount: of the deal in the company's currency
        :param grade: the partner's tier in the deal's program
        """
        self.ensure_one()
        return (
            self.program_id in (deal.program_id, self.program_id.browse())
            and self.verdict in (deal.verdict, False)
            and amount >= self.amount_from
            and (not self.amount_to or amount < self.amount_to)
            and deal.discount >= self.discount_from
            and (not self.grade_ids or grade in self.grade_ids)
            and (not self.country_ids or deal.customer_country_id in self.country_ids)
        )

    def _deciders(self, day):
        """The people who approve by this rule on a day."""
        self.ensure_one()
        delegated = not self.delegate_until or self.delegate_until >= day
        delegates = self.delegate_ids if delegated else self.delegate_ids.browse()
        return self.group_id.all_user_ids.filtered(lambda user: user.active) | delegates
