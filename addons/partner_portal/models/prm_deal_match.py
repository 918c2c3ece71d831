from odoo import api, fields, models

from ..lib.bidi import isolated

#: What a registration may meet in the base.
KINDS = [
    ("registration", "Registration"),
    ("protection", "Protection"),
    ("opportunity", "Opportunity"),
    ("quotation", "Quotation"),
    ("order", "Order"),
    ("invoice", "Invoice"),
    ("customer", "Contact"),
]
#: What a score means.
LEVELS = [("clear", "Clear"), ("look", "To Look At"), ("conflict", "Conflict")]


class PrmDealMatch(models.Model):
    """Something in the base that may be about the customer of a deal, with its score and why.

    Written by the check (`prm_deal_verdict.py`), for staff only: what stood there when the deal was
    submitted, corrected or decided.
    """

    _name = "prm.deal.match"
    _description = "Match of a Deal Registration"
    _order = "deal_id, score desc, id"
    _log_access = False
    _rec_name = "name"

    deal_id = fields.Many2one(
        "prm.deal", "Deal Registration", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    res_model = fields.Char("Document Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Document", model_field="res_model", readonly=True)
    name = fields.Char("Document Reference", readonly=True)
    customer_name = fields.Char("Customer", readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        "Other Partner",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The partner whose registration, protection, lead or sale it is. Never shown outside.",
    )
    verdict = fields.Selection(
        [
            ("other_partner", "Other partner"),
            ("direct", "Direct Deal"),
            ("existing_customer", "Existing Customer"),
            ("same_partner", "Same Partner"),
            ("clear", "No Claim"),
        ],
        "Whose",
        readonly=True,
    )
    date = fields.Date(readonly=True, help="Of the document; the last day of a protection.")
    earlier = fields.Boolean("Submitted Earlier", readonly=True)
    score = fields.Integer(readonly=True, help="0 to 100: how surely it is the same customer.")
    level = fields.Selection(LEVELS, readonly=True)
    reasons = fields.Json(readonly=True)
    reason_text = fields.Char("Why", compute="_compute_reason_text")

    _deal_idx = models.Index("(deal_id, score DESC, id)")
    _met_idx = models.Index("(res_id) WHERE res_model = 'prm.deal'")

    @api.depends("reasons")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        for match in self:
            match.reason_text = self._reasons_text(match.reasons or [])

    @api.model
    def _reasons_text(self, reasons):
        """What two customers have in common, in words, each with its weight."""
        labels = self._reason_labels()
        parts = (
            (labels[one["kind"]], isolated(one["value"]), f"({one['weight']})") for one in reasons
        )
        return ", ".join(" ".join(filter(None, part)) for part in parts)

    @api.model
    def _reason_labels(self):
        """What two companies may have in common: {kind: label}."""
        _ = self.env._
        return {
            "customer": _("same contact"),
            "vat": _("VAT number"),
            "email": _("e-mail"),
            "domain": _("website"),
            "subdomain": _("part of the website"),
            "phone": _("phone"),
            "name": _("name"),
            "similar_name": _("similar name"),
        }

    def action_open(self):
        """Open what was found.

        :return: a window action
        :raise AccessError: the caller may not see the document
        """
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id)
        record.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [[False, "form"]],
        }
