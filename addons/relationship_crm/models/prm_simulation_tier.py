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

        A partner that was given another pricelist by hand keeps it.
        """
        self.ensure_one()
        tier, former = self.grade_id, self.grade_id.default_pricelist_id
        if tier.prm_pass_mark != self.pass_mark:
            tier.prm_pass_mark = self.pass_mark
        if former == self.pricelist_id:
            return
        tier.default_pricelist_id = self.pricelist_id
        enrollments = self.env["prm.enrollment"].search(
            [("grade_id", "=", tier.id), ("state", "=", "active")]
        )
        for company, some in enrollments.grouped("company_id").items():
            partners = some.partner_id.with_company(company).filtered(
                lambda one: one.specific_property_product_pricelist == former
            )
            partners.write({"specific_property_product_pricelist": self.pricelist_id.id})
