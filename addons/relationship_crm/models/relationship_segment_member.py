from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL


class RelationshipSegmentMember(models.Model):
    """One stay of a customer in a segment."""

    _name = "relationship.segment.member"
    _description = "Segment Member"
    _order = "entered_on desc, id desc"
    _rec_name = "partner_id"

    segment_id = fields.Many2one(
        "relationship.segment", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="segment_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        ondelete="cascade",
        index=True,
        domain=[("parent_id", "=", False)],
    )
    entered_on = fields.Date(
        string="Entered",
        required=True,
        readonly=True,
        default=lambda self: fields.Date.context_today(self),
    )
    left_on = fields.Date(
        string="Left", readonly=True, help="Empty while the customer is in the segment."
    )

    _current_unique = models.UniqueIndex(
        "(segment_id, partner_id) WHERE left_on IS NULL",
        "This customer is in the segment already.",
    )
    _left_after_entered = models.Constraint(
        "CHECK (left_on >= entered_on)", "A customer leaves a segment after entering it."
    )

    @api.constrains("partner_id")
    def _check_commercial_partner(self):
        for member in self:
            if member.partner_id != member.partner_id.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact of %(company)s: put the company in the segment.",
                        contact=member.partner_id.display_name,
                        company=member.partner_id.commercial_partner_id.display_name,
                    )
                )

    @api.model
    def _current(self, partners):
        """Segments that commercial partners are in now, as far as the caller may read them.

        :return: dict of partner id → segments, with an empty set for all others; one query
        """
        none = self.env["relationship.segment"]
        found = defaultdict(lambda: none)
        groups = self._read_group(
            [
                ("partner_id", "in", partners.ids),
                ("left_on", "=", False),
                ("segment_id.active", "=", True),
            ],
            ["partner_id"],
            ["segment_id:recordset"],
        )
        found.update((partner.id, segments) for partner, segments in groups)
        return found

    @api.model
    def _search_current(self, path, operator, value):
        """Domain of records whose partner, at ``path``, is in segments now.

        :param str path: field path to a commercial partner
        :param str operator: a search operator on segments; only positive ones
        :param value: ids, a name, or a domain of segments
        """
        if operator.startswith("not") or operator in ("!=", "<>"):
            return NotImplemented
        current = Domain("left_on", "=", False)
        if operator == "in" and False in value:
            outside = ~Domain(path, "in", self._query_partners(current))
            some = [id_ for id_ in value if id_]
            return outside | self._search_current(path, "in", some) if some else outside
        return Domain(
            path, "in", self._query_partners(current & Domain("segment_id", operator, value))
        )

    @api.model
    def _query_partners(self, domain):
        """Subquery of the ids of the partners of these members."""
        query = self._search(domain)
        return query.subselect(SQL.identifier(query.table, "partner_id"))

    def _leave(self):
        """Let these customers leave today; who is not in the segment any more stays as it is."""
        today = fields.Date.context_today(self)
        self.filtered(lambda member: not member.left_on).write({"left_on": today})

    def action_leave(self):
        """Take these customers out of their segments; the stay is kept as history."""
        self.check_access("write")
        if any(member.segment_id.kind != "manual" for member in self):
            raise ValidationError(
                self.env._("Who is in this segment follows from its rules. Change the rules.")
            )
        self._leave()
        return True

    @api.model
    def _merge_partners(self, src, dst):
        """Two customers become one: of two stays at once the longer is kept."""
        dst = dst.commercial_partner_id
        self.env.flush_all()
        self.env.cr.execute(
            """
            DELETE FROM relationship_segment_member doomed
             WHERE doomed.left_on IS NULL AND doomed.partner_id = ANY(%(all)s)
               AND EXISTS (
                   SELECT FROM relationship_segment_member kept
                    WHERE kept.segment_id = doomed.segment_id AND kept.left_on IS NULL
                      AND kept.partner_id = ANY(%(all)s)
                      AND (kept.entered_on, kept.id) < (doomed.entered_on, doomed.id))
            """,
            {"all": [*src.ids, dst.id]},
        )
        self.env.cr.execute(
            "UPDATE relationship_segment_member SET partner_id = %s WHERE partner_id = ANY(%s)",
            [dst.id, src.ids],
        )
        self.invalidate_model()
