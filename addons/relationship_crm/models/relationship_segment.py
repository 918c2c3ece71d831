from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

#: a change of these makes who is in the segment out of date
RULES = {"kind", "company_id", "partner_domain", "profile_domain", "criterion_ids", "active"}


class RelationshipSegment(models.Model):
    """A named group of customers, chosen by rules or by hand."""

    _name = "relationship.segment"
    _description = "Segment"
    _inherit = "relationship.job"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    kind = fields.Selection(
        [("rule", "By Rule"), ("manual", "By Hand")],
        required=True,
        default="rule",
        help="By rule: who fits is found every night. By hand: people add and remove customers.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
        index=True,
    )
    description = fields.Text(translate=True)
    partner_domain = fields.Char(
        string="Contact Filter", default="[]", help="Customers whose contact data fit."
    )
    profile_domain = fields.Char(
        string="Customer Filter", default="[]", help="Customers whose purchases and stage fit."
    )
    member_ids = fields.One2many(
        "relationship.segment.member", "segment_id", domain=[("left_on", "=", False)]
    )
    criterion_ids = fields.One2many(
        "relationship.criterion", "segment_id", string="Criteria", copy=True
    )
    size_ids = fields.One2many("relationship.segment.size", "segment_id")
    member_count = fields.Integer(string="Customers", compute="_compute_member_count")
    refreshed_at = fields.Datetime(string="Last Refresh", readonly=True, copy=False)
    refresh_error = fields.Text(readonly=True, copy=False)

    _refreshed_idx = models.Index("(refreshed_at) WHERE active AND kind = 'rule'")

    # ------------------------------------------------------------ computed

    def _compute_member_count(self):
        counts = dict(
            self.env["relationship.segment.member"]._read_group(
                [("segment_id", "in", self.ids), ("left_on", "=", False)],
                ["segment_id"],
                ["__count"],
            )
        )
        for segment in self:
            segment.member_count = counts.get(segment._origin, 0)

    # ------------------------------------------------------------ rules

    @api.constrains("partner_domain", "profile_domain")
    def _check_domains(self):
        for segment in self:
            error = segment._domain_error()
            if error:
                raise ValidationError(
                    self.env._(
                        "The filter of %(segment)s can't be used: %(error)s",
                        segment=segment.name,
                        error=error,
                    )
                )
            segment._check_readable()

    def _check_readable(self):
        """Refuse filters by fields that their author may not read: they are used as superuser.

        :raise AccessError: there is one
        """
        self.ensure_one()
        author = self.sudo(False)
        for model, text in (
            ("res.partner", self.partner_domain),
            ("relationship.profile", self.profile_domain),
        ):
            author.env[model]._search(Domain(self._parse_domain(text)))

    def _domain_error(self):
        """What is wrong with the filters of this segment; None when they can be used."""
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.execute_query(SQL("SELECT FROM %s fit LIMIT 1", self._query_wanted()))
        except Exception as error:  # noqa: BLE001 - whatever a filter written by hand raises
            return str(error)
        return None

    @api.constrains("company_id")
    def _check_kept_members(self):
        for segment in self:
            if segment.member_ids.filtered(lambda m, c=segment.company_id: m.company_id != c):
                raise ValidationError(
                    self.env._("%s has customers already: make another segment.", segment.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        segments = super().create(vals_list)
        if segments:
            segments._wake_refresh()
        return segments

    def write(self, vals):
        if RULES & vals.keys() and "refreshed_at" not in vals:
            vals = dict(vals, refreshed_at=False)
            self._wake_refresh()
        return super().write(vals)

    def _wake_refresh(self):
        self.env["relationship.queue"]._wake("relationship_crm.ir_cron_segment_refresh")

    def _query_wanted(self, partner_ids=None):
        """Query of the ids of the partners that fit the filters of this segment.

        :param partner_ids: look only at these; None: at all
        """
        self.ensure_one()
        company = self.company_id.sudo()
        env = self.with_company(company).with_context(allowed_company_ids=company.ids).sudo().env
        partners = Domain(self._parse_domain(self.partner_domain))
        domain = Domain("company_id", "=", company.id)
        if partner_ids is not None:
            domain &= Domain("partner_id", "in", partner_ids)
        domain &= Domain(self._parse_domain(self.profile_domain))
        if not partners.is_true():
            domain &= Domain("partner_id", "any", partners)
        query = env["relationship.profile"]._search(domain, order="id")
        return query.subselect(SQL.identifier(query.table, "partner_id"))

    @api.model
    def _parse_domain(self, text):
        """Read a filter written by the domain editor; dates relative to today are understood."""
        return literal_eval(text or "[]")

    # ------------------------------------------------------------ actions

    def action_view_customers(self):
        """Open the customers that are in this segment now.

        :return: window action on ``relationship.profile``
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.relationship_profile_action"
        )
        return action | {
            "display_name": self.name,
            "domain": [
                ("relationship_segment_ids", "in", self.ids),
                ("company_id", "=", self.company_id.id),
            ],
            "context": {},
        }

    def action_preview(self):
        """Tell how many customers fit the rules of this segment as they stand now.

        :return: client action that shows the number
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("%s customers fit.", self.sudo()._count_wanted()),
            },
        }

    def action_refresh(self):
        """Find now who is in these segments.

        :raise ValidationError: a segment is by hand
        """
        self.check_access("write")
        if any(segment.kind != "rule" for segment in self):
            raise ValidationError(self.env._("Who is in this segment is chosen by hand."))
        for segment in self.sudo():
            segment._refresh_members()
        return True

    def action_view_sizes(self):
        """Open how the size of this segment changed.

        :return: window action on ``relationship.segment.size``
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.relationship_segment_size_action"
        )
        return action | {"domain": [("segment_id", "=", self.id)]}
