from odoo import api, models


class ReportScorecard(models.AbstractModel):
    """The scorecards of a document, each in the language of its partner."""

    _name = "report.relationship_crm.report_scorecard"
    _description = "Scorecard Document"

    @api.model
    def _get_report_values(self, docids, data=None):
        """Cards by enrollment, read once for each language."""
        enrollments = self.env["prm.enrollment"].browse(docids)
        enrollments.check_access("read")
        day = self.env.context.get("prm_scorecard_day")
        installed = dict(self.env["res.lang"].get_installed())
        languages, cards = {}, {}
        for one in enrollments:
            code = self.env.context.get("prm_scorecard_lang") or one.partner_id.lang
            languages[one.id] = code if code in installed else self.env.lang or "en_US"
        for code in set(languages.values()):
            some = enrollments.filtered(lambda one, code=code: languages[one.id] == code)
            cards |= self.env["prm.scorecard"].with_context(lang=code)._cards(some, day)
        return {
            "doc_ids": docids,
            "doc_model": "prm.enrollment",
            "docs": [one.with_context(lang=languages[one.id]) for one in enrollments],
            "languages": languages,
            "cards": cards,
        }
