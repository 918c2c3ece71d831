from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class LoyaltyEarningRule(models.Model):
    """Drafts, published rules, and the versions that follow one another without overlap."""

    _inherit = "loyalty.earning.rule"

    # what is made by code counts at once; the form begins with a draft (context of its action)
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published")],
        required=True,
        default="published",
        copy=False,
        index=True,
    )
    stage = fields.Selection(
        [
            ("draft", "Draft"),
            ("planned", "Planned"),
            ("running", "Running"),
            ("over", "Over"),
        ],
        string="Status",
        compute="_compute_stage",
        search="_search_stage",
    )
    root_id = fields.Many2one(
        "loyalty.earning.rule",
        string="First Version",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
    )
    version_count = fields.Integer(compute="_compute_version_count", string="Versions")

    # one version at a time: which terms counted on a day is never in doubt
    _version_excl = models.Constraint(
        """EXCLUDE USING gist (
            int4range(coalesce(root_id, id), coalesce(root_id, id), '[]') WITH &&,
            daterange(valid_from, valid_to, '[]') WITH &&
        ) WHERE (state = 'published' AND active)""",
        "Another version of this rule counts on some of these days already.",
    )

    @api.depends("state", "valid_from", "valid_to")
    def _compute_stage(self):
        today = fields.Date.context_today(self)
        for rule in self:
            if rule.state == "draft":
                rule.stage = "draft"
            elif rule.valid_from and rule.valid_from > today:
                rule.stage = "planned"
            elif rule.valid_to and rule.valid_to < today:
                rule.stage = "over"
            else:
                rule.stage = "running"

    @api.model
    def _search_stage(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        published = Domain("state", "=", "published")
        ended = Domain("valid_to", "<", today)
        stages = {
            "draft": Domain("state", "=", "draft"),
            "planned": published & Domain("valid_from", ">", today),
            "over": published & Domain("valid_from", "<=", today) & ended,
            "running": published & Domain("valid_from", "<=", today) & ~ended,
        }
        return Domain.OR(stages[name] for name in value if name in stages)

    def _compute_version_count(self):
        for rule in self:
            rule.version_count = len(rule._versions())

    def _versions(self):
        """Return all versions of this rule, the first one too."""
        self.ensure_one()
        root = self.root_id or self
        every = self.with_context(active_test=False)
        return every.search(["|", ("id", "=", root.id), ("root_id", "=", root.id)])

    def copy_data(self, default=None):
        """A copy is a draft, until it is published."""
        names = self.mapped("name")
        result = super().copy_data(default=dict(default or {}))
        for name, vals in zip(names, result, strict=True):
            vals["state"] = "draft"
            if not default or "name" not in default:
                vals["name"] = self.env._("%s (copy)", name)
        return result

    # ------------------------------------------------------------ actions

    def action_publish(self):
        """Let these rules give points from their first day on; an earlier version ends before.

        :raise UserError: the last day is over, or an earlier version begins later
        """
        self.check_access("write")
        for rule in self.filtered(lambda rule: rule.state == "draft"):
            rule._check_publish()
            rule._end_earlier()
        self.write({"state": "published"})
        return True

    def _check_publish(self):
        """Refuse to publish what could not give a point."""
        self.ensure_one()
        if self.valid_to and self.valid_to < fields.Date.context_today(self):
            raise UserError(
                self.env._("%s would be over already: choose another last day.", self.name)
            )
        if not self.program_id.active:
            raise UserError(self.env._("The program %s is archived.", self.program_id.display_name))

    def _end_earlier(self):
        """Let the version that counts on the first day of this one end the day before."""
        earlier = (self._versions() - self).filtered(
            lambda rule: (
                rule.active
                and rule.state == "published"
                and (not rule.valid_to or rule.valid_to >= self.valid_from)
            )
        )
        for rule in earlier:
            if rule.valid_from >= self.valid_from:
                raise UserError(
                    self.env._(
                        "The version of %s counts from then on already: choose a later first day.",
                        rule.valid_from,
                    )
                )
            rule.valid_to = self.valid_from - timedelta(days=1)

    def action_draft(self):
        """Take rules back to draft that have not given any points.

        :raise UserError: one has given points
        """
        self.check_access("write")
        for rule in self._used_terms():
            raise UserError(
                self.env._("%s has given points. Give it a last day, or archive it.", rule.name)
            )
        self.write({"state": "draft"})
        return True

    def action_new_version(self):
        """Make a draft with the same terms that takes over tomorrow; return the action to it."""
        self.ensure_one()
        self.check_access("write")
        tomorrow = fields.Date.context_today(self) + timedelta(days=1)
        first = max(tomorrow, self.valid_from + timedelta(days=1))
        last = self.valid_to if self.valid_to and self.valid_to >= first else False
        version = self.copy({"name": self.name, "valid_from": first, "valid_to": last})
        version.sudo().root_id = self.root_id or self
        return self._action_form(version)

    def action_view_versions(self):
        """Open all versions of this rule."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "loyalty_rewards.loyalty_earning_rule_action"
        )
        context = {"active_test": False}
        return {**action, "domain": [("id", "in", self._versions().ids)], "context": context}

    @api.model
    def _action_form(self, rule):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": rule.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
