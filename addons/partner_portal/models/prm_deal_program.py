from odoo import api, fields, models

from .prm_deal_protect import DEFAULT_DAYS


class PrmDeal(models.Model):
    """The program under whose terms a deal is registered."""

    _inherit = "prm.deal"

    program_id = fields.Many2one(
        "prm.program",
        compute="_compute_program_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Its tier decides how long the deal is protected.",
    )

    @api.depends("partner_id", "company_id")
    def _compute_program_id(self):
        """The partner's first active program in the company; a program once set stays."""
        found = self._enrollments()
        for deal in self:
            first = found.get((deal.partner_id, deal.company_id))
            deal.program_id = deal.program_id or (first and first[0].program_id)

    def _enrollments(self):
        """Active enrollments of the deals' partners: {(partner, company): enrollments in order}."""
        every = (
            self.env["prm.enrollment"]
            .sudo()
            .search(
                [
                    ("partner_id", "in", self.partner_id.ids),
                    ("company_id", "in", self.company_id.ids),
                    ("state", "=", "active"),
                ]
            )
            .sorted(lambda one: (one.program_id.sequence, one.program_id.id, one.id))
        )
        return every.grouped(lambda one: (one.partner_id, one.company_id))

    def _protection_lengths(self):
        """What the partners' tiers in the deals' programs give, else the usual length.

        :return: {deal: days from its approval}
        """
        lengths = dict.fromkeys(self, DEFAULT_DAYS)
        enrollments = self._enrollments()
        for day, deals in self.grouped(lambda deal: deal._local_day(deal.decided_on)).items():
            mine = {
                deal: one
                for deal in deals
                for one in enrollments.get((deal.partner_id, deal.company_id), ())
                if one.program_id == deal.program_id
            }
            every = self.env["prm.enrollment"].union(*mine.values())
            given = every._benefits("protection_days", day) if every else {}
            lengths.update({deal: int(given[one]) for deal, one in mine.items() if one in given})
        return lengths
