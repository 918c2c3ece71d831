from odoo import api, fields, models
from odoo.tools import formatLang


class PrmEvidence(models.AbstractModel):
    """What keeps the numbers of a decision shows them in words, in the reader's language."""

    _name = "prm.evidence"
    _description = "Evidence of a Decision"

    evidence = fields.Json(readonly=True, help="The criteria with values and thresholds.")
    evidence_html = fields.Html("Why", compute="_compute_evidence_html", sanitize=False)

    @api.depends("evidence")
    @api.depends_context("lang")
    def _compute_evidence_html(self):
        for record in self:
            lines = record._lines_of(record.evidence)
            record.evidence_html = lines and self.env["ir.qweb"]._render(
                "relationship_crm.tier_evidence", {"lines": lines}
            )

    @api.model
    def _lines_of(self, evidence):
        """Evidence as plain values in the reader's language.

        :param list evidence: dicts as kept, see ``lib.tier_decision.Decision``
        :return: list of dicts of ``id``, ``text``, ``value_text``, ``threshold_text``, ``percent``
            (0 to 100), ``must``, ``met``, ``left_out``
        """
        kept = evidence or []
        criteria = self.env["relationship.criterion"].sudo()
        criteria = criteria.browse([line["criterion_id"] for line in kept]).exists()
        texts = {criterion.id: criterion.display_name for criterion in criteria}
        return [
            {
                "id": line["criterion_id"],
                # a criterion that was deleted since: as it was called then
                "text": texts.get(line["criterion_id"]) or line.get("text") or "",
                "value_text": self._evidence_number(line["value"]),
                "threshold_text": self._evidence_number(line["threshold"]),
                "percent": int(line["attainment"] * 100),
                "must": line["must"],
                "met": line["met"],
                "left_out": line.get("left_out", False),
            }
            for line in kept
        ]

    @api.model
    def _evidence_number(self, value):
        if value is None:
            return self.env._("not enough data")
        return formatLang(self.env, value, digits=0 if value == int(value) else 2)

    @api.model
    def _texts_of(self, decisions):
        """The criteria of some decisions in words: {criterion id: text}."""
        ids = {line["criterion_id"] for one in decisions for line in one.evidence}
        criteria = self.env["relationship.criterion"].sudo().browse(ids)
        return {criterion.id: criterion.display_name for criterion in criteria}

    @api.model
    def _with_texts(self, decision, texts):
        """The evidence of a decision with the criteria in words, in case they are deleted."""
        return [line | {"text": texts[line["criterion_id"]]} for line in decision.evidence]
