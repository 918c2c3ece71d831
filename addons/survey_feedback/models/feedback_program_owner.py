from odoo import SUPERUSER_ID, models


class FeedbackProgram(models.Model):
    """Who gets a task: always a person of ours who can do it, never the server."""

    _inherit = "feedback.program"

    def _somebody(self, *candidates, company=None):
        """Return who gets a task that belongs to this program.

        :param candidates: ``res.users`` records to take first, in this order; empty ones too
        :param company: for whose customer; by default that of the program
        :return: the first candidate who can act, else the responsible, else the leader of the
            responsible's team, else the first manager of the company; empty when there is nobody
        """
        company = company or self.company_id or self.env.company
        owner = self.sudo().user_id
        for one in (*candidates, owner, owner.sale_team_id.user_id):
            if self._acts(one, company):
                return one
        return self._first_manager(company)

    def _acts(self, user, company):
        """Whether somebody is an active employee of a company, no portal user and no robot."""
        user = user.sudo()
        return (
            len(user) == 1
            and user.active
            and not user.share
            and user.id != SUPERUSER_ID
            and company in user.company_ids
        )

    def _first_manager(self, company):
        """Return the manager of a company who has been here longest; empty when there is none."""
        managers = self.env.ref("relationship_crm.group_manager", raise_if_not_found=False)
        return (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("all_group_ids", "in", managers.ids if managers else []),
                    ("share", "=", False),
                    ("company_ids", "in", company.ids),
                    ("id", "!=", SUPERUSER_ID),
                ],
                order="id",
                limit=1,
            )
        )
