from odoo import api, fields, models

from .prm_simulation_guard import as_list


class ResPartnerGrade(models.Model):
    """The same about the live rules, on the page of the tier."""

    _inherit = "res.partner.grade"

    prm_warning_html = fields.Html(
        "Warnings",
        compute="_compute_prm_warning_html",
        sanitize=False,
        groups="relationship_crm.group_manager",
    )

    @api.depends("prm_program_id", "prm_criterion_ids", "prm_pass_mark")
    @api.depends_context("lang", "company")
    def _compute_prm_warning_html(self):
        company = self.env.company
        found = {}
        for program in self.prm_program_id:
            if not program.company_ids or company in program.company_ids:
                warnings = program._guard_warnings(company, company._relationship_today())
                for tier, text in program._guard_texts(warnings):
                    found.setdefault(tier, []).append(text)
        for tier in self:
            tier.prm_warning_html = as_list(found.get(tier._origin.id, []))
