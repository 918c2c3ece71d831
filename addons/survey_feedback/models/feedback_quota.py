from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class FeedbackQuota(models.Model):
    """A group of customers of which a set number of people is asked."""

    _name = "feedback.quota"
    _description = "Quota"
    _order = "program_id, sequence, id"

    program_id = fields.Many2one("feedback.program", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    domain = fields.Char(
        string="Customers",
        required=True,
        default="[]",
        help="Who belongs to the group. Whoever fits several belongs to the first.",
    )
    sample_size = fields.Integer(
        string="People to Ask", required=True, default=50, help="0: everybody in the group."
    )

    _sample_check = models.Constraint("CHECK (sample_size >= 0)", "A quota is not negative.")

    @api.constrains("domain")
    def _check_domain(self):
        # it is used as superuser, so whoever writes it must be able to use it themselves
        contacts = self.env["res.partner"].sudo(False)
        for quota in self:
            contacts._search(quota._account_domain())

    def _account_domain(self):
        """Return the domain over contacts that finds the customers of the group.

        :raise ValidationError: the filter is not a domain over contacts
        """
        self.ensure_one()
        try:
            domain = Domain(literal_eval(self.domain or "[]"))
            self.env["res.partner"].sudo()._search(domain)
        except Exception as error:
            raise ValidationError(
                self.env._("This is not a filter over customers: %s", error)
            ) from error
        return domain
