from odoo import api, models
from odoo.exceptions import ValidationError


class PrmProgramCompany(models.AbstractModel):
    """What belongs to a program and a company (``program_id``, ``company_id``) that runs it."""

    _name = "prm.program.company"
    _description = "Part of a Program in a Company"

    @api.constrains("program_id", "company_id")
    def _check_program_company(self):
        for one in self:
            run_by = one.program_id.sudo().company_ids
            if run_by and one.company_id not in run_by:
                raise ValidationError(
                    self.env._(
                        "%(program)s is not run by %(company)s.",
                        program=one.program_id.display_name,
                        company=one.company_id.display_name,
                    )
                )
