from odoo import api, models

from .prm_tier_move import DETAILS, MoveDetails


class PrmEnrollment(models.Model):
    """A tier that somebody sets on the contact, or that a customer buys."""

    _inherit = "prm.enrollment"

    def _rank_for_hand(self, of_program):
        """The lowest takes a tier set on the contact: the one shown there, or of the company."""
        self.ensure_one()
        place = (self.program_id.sequence, self.program_id.id, self.id)
        if of_program:
            return (self.company_id != self.env.company, *place)
        return (not self.grade_id, *place)

    def _take_grade(self, grade):
        """Give these enrollments the tier that was set on their contacts.

        A tier that is bought never takes a better one away.
        """
        details = self.env.context.get(DETAILS)
        if isinstance(details, MoveDetails) and details.kind == "sold":
            better = self.filtered(lambda one: one._direction(one.grade_id, grade) != "up")
            for one in better - better.filtered(lambda one: one.grade_id == grade):
                one.message_post(
                    body=self.env._(
                        "%(order)s gives the tier %(tier)s; the better tier %(held)s stays.",
                        order=details.reason,
                        tier=grade.name,
                        held=one.grade_id.name,
                    )
                )
            (self - better).write({"grade_id": grade.id})
            return
        self.write({"grade_id": grade.id})

    @api.model
    def _sell_grade(self, grade, orders):
        """Enroll who bought a tier of a program that they are not in yet.

        :param orders: confirmed orders of that tier
        :return: the partners that are dealt with; core sees to the others
        """
        program = grade.sudo().prm_program_id
        partners = orders.partner_id.commercial_partner_id
        live = self.sudo().search(
            [
                ("partner_id", "in", partners.ids),
                ("program_id", "=", program.id),
                ("state", "!=", "ended"),
            ]
        )
        joining = {
            order.partner_id.commercial_partner_id: order.company_id
            for order in orders
            if program and order.partner_id.commercial_partner_id not in live.partner_id
        }
        run_by = program.company_ids
        self.sudo().create(
            [
                {
                    "partner_id": partner.id,
                    "program_id": program.id,
                    "company_id": company.id,
                    "state": "active",
                    "grade_id": grade.id,
                    "manager_id": program.user_id.id,
                }
                for partner, company in joining.items()
                if not run_by or company in run_by
            ]
        )
        for order in orders.filtered(lambda order: run_by and order.company_id not in run_by):
            order.message_post(
                body=self.env._(
                    "The tier %(tier)s was not given: %(company)s does not run %(program)s.",
                    tier=grade.name,
                    company=order.company_id.name,
                    program=program.display_name,
                )
            )
        waiting = live.filtered(lambda one: one.state != "active")
        waiting._take_grade(grade)
        return live.partner_id.browse([partner.id for partner in joining]) | waiting.partner_id
