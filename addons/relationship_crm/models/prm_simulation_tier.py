from collections import defaultdict

from odoo import fields, models


class PrmSimulationTier(models.Model):
    """What a draft changes of a tier itself: its pass mark and its pricelist."""

    _name = "prm.simulation.tier"
    _inherit = "prm.simulation.rule"
    _description = "Tier in a Simulation"
    _order = "simulation_id, sequence, id"
    _rec_name = "grade_id"

    simulation_id = fields.Many2one("prm.simulation", required=True, ondelete="cascade", index=True)
    grade_id = fields.Many2one(
        "res.partner.grade", "Tier", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(related="grade_id.sequence", store=True)
    pass_mark = fields.Float(
        required=True,
        default=100.0,
        help="Points from 0 to 100 from which the tier is earned. 100: every criterion in full.",
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        ondelete="restrict",
        index="btree_not_null",
        help="Empty: partners of this tier buy at the prices of their country.",
    )

    _grade_unique = models.Constraint(
        "UNIQUE (simulation_id, grade_id)", "This tier is in the draft already."
    )
    _pass_mark_range = models.Constraint(
        "CHECK (pass_mark >= 0 AND pass_mark <= 100)", "The pass mark is between 0 and 100."
    )

    def _put_in_force(self):
        """Write pass mark and pricelist on the tier; its partners get the new pricelist.

        They get it in each company in which this tier prices them. A partner that was given
        another pricelist by hand keeps it.
        """
        self.ensure_one()
        tier = self.grade_id
        if tier.prm_pass_mark != self.pass_mark:
            tier.prm_pass_mark = self.pass_mark
        if tier.default_pricelist_id == self.pricelist_id:
            return
        enrollments = self.env["prm.enrollment"]
        holding = enrollments.search([("grade_id", "=", tier.id), ("state", "=", "active")])
        priced = defaultdict(self.env["res.partner"].browse)
        for (partner, company), by in enrollments._tier_prices(holding.partner_id).items():
            if by == tier:
                priced[company] |= partner
        former = {company: enrollments._pricelist_of(tier, company) for company in priced}
        tier.default_pricelist_id = self.pricelist_id
        for company, partners in priced.items():
            old, new = former[company], enrollments._pricelist_of(tier, company)
            partners.with_company(company).filtered(
                lambda one, old=old: one.specific_property_product_pricelist == old
            ).write({"specific_property_product_pricelist": new.id})
