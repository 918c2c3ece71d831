from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import format_date


class LoyaltyEarningPreview(models.TransientModel):
    """What a rule would have cost in the last twelve months."""

    _name = "loyalty.earning.preview"
    _description = "Preview of an Earning Rule"

    rule_id = fields.Many2one(
        "loyalty.earning.rule", required=True, ondelete="cascade", readonly=True
    )
    summary = fields.Text(related="rule_id.summary")
    state = fields.Selection(related="rule_id.state")
    from_day = fields.Date(string="Since", readonly=True)
    currency_id = fields.Many2one(related="rule_id.currency_id")
    points = fields.Float(digits=(16, 4), min_display_digits=2, readonly=True)
    cost = fields.Monetary(readonly=True)
    has_worth = fields.Boolean(readonly=True)
    members = fields.Integer(readonly=True)
    events = fields.Integer(string="Times", readonly=True)
    line_ids = fields.One2many("loyalty.earning.preview.line", "preview_id", readonly=True)

    @api.model
    def _prepare_preview(self, rule, found):
        """Return the values of a preview.

        :param dict found: of :meth:`loyalty.earning.rule.preview`
        """
        names = ("points", "cost", "members", "events")
        lines = [
            Command.create({"month": row["month"], **{name: row[name] for name in names}})
            for row in found["months"]
        ]
        return {
            "rule_id": rule.id,
            "from_day": found["from_day"],
            "has_worth": bool(rule.program_id._loyalty_worth()),
            "line_ids": lines,
            **{name: found[name] for name in names},
        }

    def action_publish(self):
        """Publish the rule that was looked at."""
        self.ensure_one()
        self.rule_id.action_publish()
        return {"type": "ir.actions.client", "tag": "soft_reload"}


class LoyaltyEarningPreviewLine(models.TransientModel):
    """One month of a preview."""

    _name = "loyalty.earning.preview.line"
    _description = "Month of a Preview"
    _order = "month"

    preview_id = fields.Many2one(
        "loyalty.earning.preview", required=True, ondelete="cascade", index=True
    )
    currency_id = fields.Many2one(related="preview_id.currency_id")
    month = fields.Date(required=True)
    name = fields.Char(string="Month Name", compute="_compute_name")
    points = fields.Float(digits=(16, 4), min_display_digits=2)
    cost = fields.Monetary()
    members = fields.Integer()
    events = fields.Integer(string="Times")

    @api.depends("month")
    @api.depends_context("lang")
    def _compute_name(self):
        for line in self:
            line.name = format_date(self.env, line.month, date_format="MMMM yyyy")
