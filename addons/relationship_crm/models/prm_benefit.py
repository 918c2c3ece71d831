from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PrmBenefit(models.Model):
    """What a tier gives, since and until when, so that any past decision can be replayed."""

    _name = "prm.benefit"
    _description = "Benefit of a Tier"
    _order = "grade_id, kind_id, valid_from, id"
    _rec_name = "kind_id"

    grade_id = fields.Many2one(
        "res.partner.grade", "Tier", required=True, ondelete="cascade", index=True
    )
    kind_id = fields.Many2one("prm.benefit.kind", "Benefit", required=True, ondelete="restrict")
    unit = fields.Selection(related="kind_id.unit")
    #: days, percent and numbers: their sum says nothing
    value = fields.Float(required=True, digits=(16, 4), aggregator=False)
    valid_from = fields.Date()
    valid_to = fields.Date(help="Last day. Empty: until further notice.")

    _no_overlap = models.Constraint(
        """EXCLUDE USING gist (
            int4range(grade_id, grade_id, '[]') WITH &&,
            int4range(kind_id, kind_id, '[]') WITH &&,
            daterange(valid_from, valid_to, '[]') WITH &&
        )""",
        "This tier gives this benefit already on some of these days. End the former one first.",
    )
    _valid_order = models.Constraint(
        "CHECK (valid_from <= valid_to)", "The first day must not lie after the last."
    )

    @api.constrains("value", "kind_id")
    def _check_value(self):
        for benefit in self:
            if benefit.value < 0 or (benefit.unit == "percent" and benefit.value > 100):
                raise ValidationError(
                    self.env._(
                        "%s: the value must be at least 0, and a percentage at most 100.",
                        benefit.kind_id.name,
                    )
                )

    def _valid_on(self, day):
        """Those of the benefits that are given on a day."""
        return self.filtered(
            lambda one: (
                (not one.valid_from or one.valid_from <= day)
                and (not one.valid_to or one.valid_to >= day)
            )
        )
