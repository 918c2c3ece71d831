from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class RelationshipReportSegment(models.AbstractModel):
    """Segments as a dimension of a report whose rows have ``partner_id`` and ``company_id``.

    A customer may be in several segments at once: grouped by segment it counts in each of them,
    while totals count it once, as with any field of several values.
    """

    _name = "relationship.report.segment"
    _description = "Report by Segment"

    segment_ids = fields.Many2many(
        "relationship.segment",
        string="Segments",
        compute="_compute_segment_ids",
        search="_search_segment_ids",
        help="Segments that the customer is in today.",
    )

    @api.model
    def _members(self, domain=Domain.TRUE):
        """Return memberships of today that the caller may read, as a query."""
        return self.env["relationship.segment.member"]._search(
            Domain("left_on", "=", False) & domain
        )

    def _compute_segment_ids(self):
        members = self.env["relationship.segment.member"].search(
            [("left_on", "=", False), ("partner_id", "in", self.partner_id.ids)]
        )
        empty = members.browse()
        segments = members.grouped(lambda member: (member.partner_id, member.company_id))
        for row in self:
            row.segment_ids = segments.get((row.partner_id, row.company_id), empty).segment_id

    def _search_segment_ids(self, operator, value):
        if operator == "any":
            return self._of_members(self._members(Domain("segment_id", "any", value)))
        if operator != "in":
            return NotImplemented
        domain = self._of_members(self._members(Domain("segment_id", "in", [*filter(None, value)])))
        return domain | ~self._of_members(self._members()) if False in value else domain

    @api.model
    def _of_members(self, members):
        """Return the domain of the rows of these memberships' customers."""
        key = self._member_columns(members, "partner_id", "company_id")
        return Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "(%s, %s) IN %s",
                SQL.identifier(alias, "partner_id"),
                SQL.identifier(alias, "company_id"),
                key,
            )
        )

    @api.model
    def _member_columns(self, members, *names):
        """Return these columns of a query of memberships, as a subquery."""
        model = self.env["relationship.segment.member"]
        return members.subselect(
            *(model._field_to_sql(members.table, name, members) for name in names)
        )

    @api.model
    def _read_group_groupby(self, alias, groupby_spec, query):
        if groupby_spec != "segment_ids":
            return super()._read_group_groupby(alias, groupby_spec, query)
        members = query.make_alias(alias, "segment_ids")
        key = ("partner_id", "company_id")
        query.add_join(
            "LEFT JOIN",
            members,
            self._member_columns(self._members(), *key, "segment_id"),
            SQL(" AND ").join(
                SQL("%s = %s", SQL.identifier(alias, column), SQL.identifier(members, column))
                for column in key
            ),
        )
        return SQL.identifier(members, "segment_id")


class RelationshipReport(models.Model):
    _name = "relationship.report"
    _inherit = ["relationship.report", "relationship.report.segment"]
