from markupsafe import Markup

from odoo import api, fields, models


class PrmSimulation(models.Model):
    """Warnings about the rules of a draft, found when it is tried, in the words of who reads."""

    _inherit = "prm.simulation"

    #: see ``prm.program._guard_warnings``
    guards = fields.Json(readonly=True, copy=False)
    warning_html = fields.Html("Advice", compute="_compute_warning_html", sanitize=False)

    @api.depends("guards")
    @api.depends_context("lang")
    def _compute_warning_html(self):
        for one in self:
            texts = one.program_id._guard_texts(one.guards or [])
            one.warning_html = as_list([text for _tier, text in texts])

    def _prepare_totals(self, rows):
        totals = super()._prepare_totals(rows)
        guards = self.program_id._guard_warnings(self.company_id, self._day(), self)
        return {**totals, "guards": guards}


def as_list(texts):
    """Texts as an HTML list; False without any."""
    if not texts:
        return False
    items = Markup().join(Markup("<li>%s</li>") % text for text in texts)
    return Markup("<ul class='mb-0'>%s</ul>") % items
