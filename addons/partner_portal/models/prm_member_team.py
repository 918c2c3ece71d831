from odoo import api, fields, models
from odoo.exceptions import MissingError, UserError, ValidationError
from odoo.tools import email_normalize

from ..lib.claims import clean_line
from .prm_member import ROLES

#: Invitations of one company on one day.
INVITES_A_DAY = 10
NAME_LIMIT = 100


class PrmMember(models.Model):
    """The team page: the partner's admin invites colleagues, gives roles and removes people."""

    _inherit = "prm.member"

    accepted_on = fields.Datetime(
        readonly=True, copy=False, help="When the person first logged in as a member."
    )

    def _accept(self):
        """The person has logged in; the first one of a company becomes its admin."""
        for member in self.filtered(lambda one: not one.accepted_on):
            member.accepted_on = fields.Datetime.now()
            others = self.search(
                [("partner_id", "=", member.partner_id.id), ("id", "!=", member.id)]
            )
            # who came before the addon has logged in without being noted
            led = (one for one in others if one.accepted_on or one.user_id.login_date)
            if not any(one.role_admin for one in led):
                member.role_admin = True

    # ------------------------------------------------------------ portal

    @api.model
    def _portal_admin(self):
        """The member as whom the current user leads the team.

        :raise MissingError: the current user has not the role Admin; for them there is no such page
        """
        member = self._portal_member("admin")
        if not member:
            raise MissingError(self.env._("This page does not exist."))
        return member

    @api.model
    def _portal_team(self):
        """The people of the partner: list of plain values.

        :raise MissingError: the current user has not the role Admin
        """
        admin = self._portal_admin()
        return [one._portal_person(admin) for one in admin._team()]

    @api.model
    def _portal_roles(self):
        """The roles that a person may have: list of (role, label, what it allows)."""
        names = [f"role_{role}" for role in ROLES]
        told = self.sudo().fields_get(names, ["string", "help"])
        return [
            (role, told[f"role_{role}"]["string"], told[f"role_{role}"].get("help", ""))
            for role in ROLES
        ]

    @api.model
    def _portal_invite(self, name, email, roles):
        """Invite a colleague, who gets a mail with a link to choose a password.

        :param str name: name of the person
        :param str email: address, which is also the login
        :param roles: some of ``ROLES``
        :raise MissingError: the current user has not the role Admin
        :raise UserError: something is missing, or the person can't be invited
        """
        admin = self._portal_admin()
        name, email = clean_line(name)[:NAME_LIMIT], email_normalize(clean_line(email))
        if not name or not email:
            raise UserError(self.env._("Enter a name and an e-mail address."))
        vals = self._portal_role_vals(roles)
        today = fields.Datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        invited = admin._team(active=False).filtered(lambda one: one.create_date >= today)
        if len(invited) >= INVITES_A_DAY:
            raise UserError(self.env._("At most %s invitations a day.", INVITES_A_DAY))
        user = admin._portal_grant(name, email)
        member = self.sudo().with_context(active_test=False).search([("user_id", "=", user.id)])
        if member:
            member.write({**vals, "active": True})
        else:
            self.sudo().create({"user_id": user.id, **vals})

    def _portal_grant(self, name, email):
        """Give a colleague portal access by core's own invitation; return the user."""
        people = self.env["res.partner"].sudo().with_context(active_test=False)
        company = self.partner_id
        person = people.search(
            [("parent_id", "=", company.id), ("email_normalized", "=", email)], limit=1
        )
        person = person or people.create(
            {"name": name, "email": email, "parent_id": company.id, "type": "contact"}
        )
        person.active = True
        wizard = self.env["portal.wizard"].sudo().create({"partner_ids": [(6, 0, person.ids)]})
        line = wizard.user_ids.filtered(lambda one: one.partner_id == person)
        try:
            with self.env.cr.savepoint():
                line.action_grant_access()
        except (UserError, ValidationError) as error:
            # the same words whatever the cause: they must not tell who has an account elsewhere
            raise UserError(
                self.env._("This person can't be invited. Please write to your contact with us.")
            ) from error
        return person.with_context(active_test=False).user_ids[:1]

    @api.model
    def _portal_set_roles(self, member_id, roles):
        """Give a colleague exactly these roles.

        :raise MissingError: it is not a member of the current user's company
        :raise UserError: nobody would be admin
        """
        member = self._portal_colleague(member_id)
        vals = self._portal_role_vals(roles, required=False)
        if not vals["role_admin"]:
            member._check_admin_left()
        member.write(vals)

    @api.model
    def _portal_remove(self, member_id):
        """Take a colleague's access away; what they registered stays with the company.

        :raise MissingError: it is not a member of the current user's company
        :raise UserError: it is the current user, or nobody would be admin
        """
        member = self._portal_colleague(member_id)
        if member.user_id == self.env.user:
            raise UserError(self.env._("You can't remove yourself. Ask a colleague."))
        member._check_admin_left()
        member.active = False
        member.user_id._prm_revoke_portal()

    @api.model
    def _portal_colleague(self, member_id):
        """The member with this id, if they belong to the current admin's company.

        :raise MissingError: they don't, or the current user is no admin
        """
        team = self._portal_admin()._team()
        found = team.filtered(lambda one: one.id == member_id)
        if not found:
            raise MissingError(self.env._("This person does not exist."))
        return found

    def _team(self, active=True):
        """Everybody of this member's company, as superuser."""
        members = self.sudo().with_context(active_test=active)
        return members.search([("partner_id", "=", self.partner_id.id)])

    def _check_admin_left(self):
        """Refuse to leave a company without an admin."""
        if not (self._team() - self).filtered("role_admin"):
            raise UserError(self.env._("Somebody has to be admin. Make a colleague admin first."))

    @api.model
    def _portal_role_vals(self, roles, required=True):
        """Values of the role fields for a list of roles; strange ones are left aside."""
        roles = {role for role in roles if role in ROLES}
        if required and not roles:
            raise UserError(self.env._("Choose at least one role."))
        return {f"role_{role}": role in roles for role in ROLES}

    def _portal_person(self, reader):
        """One person as plain values."""
        return {
            "id": self.id,
            "name": self.user_id.name,
            "email": self.user_id.email or "",
            "own": self == reader,
            "accepted": bool(self.accepted_on or self.user_id.login_date),
            "roles": [role for role in ROLES if self[f"role_{role}"]],
        }
