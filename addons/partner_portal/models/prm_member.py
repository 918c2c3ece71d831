from odoo import api, fields, models
from odoo.exceptions import ValidationError

ROLES = ("admin", "sales", "marketing", "finance", "learner")


class PrmMember(models.Model):
    """A person of a partner company and what they may see and do in the portal.

    Portal users have no access to this model: every portal page asks :meth:`_portal_member`.
    """

    _name = "prm.member"
    _description = "Portal Member"
    _order = "partner_id, id"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users",
        "Portal User",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("share", "=", True)],
    )
    partner_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        ondelete="cascade",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        domain=[("parent_id", "=", False)],
        help="The company for which this person acts.",
    )
    active = fields.Boolean(default=True)
    role_admin = fields.Boolean("Admin", help="Invites and removes colleagues, and signs.")
    role_sales = fields.Boolean("Sales", help="Registers deals and works on leads.")
    role_marketing = fields.Boolean("Marketing", help="Asks for funds and uses assets.")
    role_finance = fields.Boolean("Finance", help="Sees commissions and payouts.")
    role_learner = fields.Boolean("Learner", help="Takes trainings.")

    _user_unique = models.Constraint(
        "UNIQUE (user_id)", "This person is a portal member already. Change the roles there."
    )

    @api.depends("user_id")
    def _compute_partner_id(self):
        for member in self:
            member.partner_id = member.user_id.partner_id.commercial_partner_id

    @api.constrains("user_id", "partner_id")
    def _check_partner(self):
        for member in self:
            if member.user_id.partner_id.commercial_partner_id != member.partner_id:
                raise ValidationError(
                    self.env._(
                        "%(person)s does not belong to %(partner)s. Choose one of its people.",
                        person=member.user_id.name,
                        partner=member.partner_id.name,
                    )
                )
            if not member.user_id.share:
                raise ValidationError(
                    self.env._("%s is a colleague, not a portal user.", member.user_id.name)
                )

    @api.model
    def _make_members(self, users):
        """Make portal users of partner companies members, with sensible roles to begin with.

        The first person of a company gets every role, those who follow get Sales. Who is a member
        already stays as they are.

        :param users: portal users
        :return: the new members
        """
        known = self.with_context(active_test=False).search([("user_id", "in", users.ids)]).user_id
        led = self.search([("partner_id", "in", users.partner_id.commercial_partner_id.ids)])
        begun = set(led.partner_id)
        vals_list = []
        for user in (users - known).filtered("share").sorted("id"):
            partner = user.partner_id.commercial_partner_id
            if partner.grade_id and partner.active:
                roles = ("sales",) if partner in begun else ROLES
                vals_list.append({"user_id": user.id, **{f"role_{role}": True for role in roles}})
                begun.add(partner)
        return self.create(vals_list)

    # ------------------------------------------------------------ asked by the portal

    @api.model
    def _portal_member(self, role=None):
        """The member as whom the current user acts, as superuser; empty without the role.

        :param role: one of ``ROLES``, or None for any of them
        """
        user = self.env.user
        member = self.sudo().search([("user_id", "=", user.id)], limit=1)
        partner = user.sudo().partner_id.commercial_partner_id
        fits = member.partner_id == partner and any(
            member[f"role_{name}"] for name in ([role] if role else ROLES)
        )
        return member if fits else member.browse()

    @api.model
    def _portal_is_member(self):
        """Whether the current user belongs to a partner, with or without a role."""
        return bool(self.sudo().search_count([("user_id", "=", self.env.uid)], limit=1))
