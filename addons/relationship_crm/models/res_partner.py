from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

READERS = "relationship_crm.group_user,relationship_crm.group_auditor"


#: a change of these moves purchases between customers, or who may be in a segment
MOVES = {"parent_id", "is_company", "active", "company_id"}


class ResPartner(models.Model):
    """A contact's part in the relationship. Numbers stay in its profile."""

    _inherit = "res.partner"

    relationship_profile_ids = fields.One2many(
        "relationship.profile", "partner_id", string="Customer Profiles", groups=READERS
    )
    relationship_profile_id = fields.Many2one(
        "relationship.profile",
        string="Customer Profile",
        compute="_compute_relationship_profile_id",
        search="_search_relationship_profile_id",
        compute_sudo=False,
        groups=READERS,
        help="Of the current company; a contact shows that of its company.",
    )
    relationship_stage_id = fields.Many2one(
        related="relationship_profile_id.stage_id", string="Relationship Stage", groups=READERS
    )
    relationship_kind = fields.Selection(
        related="relationship_profile_id.kind", string="Customer Kind", groups=READERS
    )
    relationship_rfm_code = fields.Char(
        related="relationship_profile_id.rfm_code", string="RFM", groups=READERS
    )
    relationship_segment_ids = fields.Many2many(
        "relationship.segment",
        string="Segments",
        compute="_compute_relationship_segment_ids",
        search="_search_relationship_segment_ids",
        compute_sudo=False,
        groups=READERS,
    )
    relationship_role_ids = fields.Many2many(
        "relationship.role",
        string="Roles",
        groups=READERS,
        help="Part that this person plays when the company decides.",
    )
    relationship_intensity = fields.Selection(
        [("full", "Full"), ("basic", "Basic"), ("none", "None")],
        string="Contact Intensity",
        groups=READERS,
        help="How much attention this person wants. Basic: nothing personal is proposed. "
        "None: no marketing, surveys or profiling at all. Empty is as full.",
    )
    relationship_last_contact_at = fields.Datetime(
        string="Last Contact", compute="_compute_relationship_last_contact_at", groups=READERS
    )
    relationship_need_ids = fields.One2many(
        "relationship.need", "partner_id", string="Needs", groups=READERS
    )
    relationship_need_count = fields.Integer(
        string="Open Needs", compute="_compute_relationship_need_count", groups=READERS
    )
    relationship_consent_ids = fields.One2many(
        "relationship.consent", "contact_id", string="Consents", groups=READERS
    )
    prm_enrollment_ids = fields.One2many(
        "prm.enrollment", "partner_id", string="Enrollments", groups=READERS
    )
    prm_enrollment_count = fields.Integer(
        string="Programs", compute="_compute_prm_enrollment_count", groups=READERS
    )
    grade_id = fields.Many2one(string="Partner Tier")
    prm_grade_id = fields.Many2one(
        related="commercial_partner_id.grade_id", string="Tier of the Company"
    )

    # ------------------------------------------------------------ computed

    @api.depends_context("company", "uid")
    @api.depends("commercial_partner_id")
    def _compute_relationship_profile_id(self):
        profiles = self.env["relationship.profile"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
            ]
        )
        by_partner = {profile.partner_id: profile for profile in profiles}
        for partner in self:
            partner.relationship_profile_id = by_partner.get(partner.commercial_partner_id, False)

    def _search_relationship_profile_id(self, operator, value):
        if operator.startswith("not") or operator in ("!=", "<>"):
            return NotImplemented
        own = Domain("company_id", "=", self.env.company.id)
        if operator == "in" and False in value:
            some = [id_ for id_ in value if id_]
            without = ~self._domain_of_profiles(own)
            return without | self._domain_of_profiles(own & Domain("id", "in", some))
        if operator in ("any", "any!"):
            return self._domain_of_profiles(own & Domain(value))
        return self._domain_of_profiles(own & Domain("id", operator, value))

    def _domain_of_profiles(self, domain):
        """Domain of the contacts whose commercial partner has such a profile."""
        query = self.env["relationship.profile"]._search(domain)
        partners = query.subselect(SQL.identifier(query.table, "partner_id"))
        return Domain("commercial_partner_id", "in", partners)

    @api.depends_context("uid")
    def _compute_relationship_segment_ids(self):
        current = self.env["relationship.segment.member"]._current(self.commercial_partner_id)
        for partner in self:
            partner.relationship_segment_ids = current[partner.commercial_partner_id.id]

    def _search_relationship_segment_ids(self, operator, value):
        return self.env["relationship.segment.member"]._search_current(
            "commercial_partner_id", operator, value
        )

    def _compute_relationship_last_contact_at(self):
        """Newest interaction with each contact in the current companies; one query for all."""
        rows = (
            self.env["relationship.interaction"]
            .sudo()
            ._read_group(
                [("contact_id", "in", self.ids), ("company_id", "in", self.env.companies.ids)],
                ["contact_id"],
                ["occurred_at:max"],
            )
        )
        newest = {contact.id: moment for contact, moment in rows}
        for partner in self:
            partner.relationship_last_contact_at = newest.get(partner._origin.id)

    @api.depends("relationship_need_ids.state")
    def _compute_relationship_need_count(self):
        counts = self._count_of_company("relationship.need", [("state", "=", "open")])
        for partner in self:
            partner.relationship_need_count = counts.get(partner.commercial_partner_id.id, 0)

    @api.depends("prm_enrollment_ids.state")
    def _compute_prm_enrollment_count(self):
        counts = self._count_of_company("prm.enrollment", [("state", "!=", "ended")])
        for partner in self:
            partner.prm_enrollment_count = counts.get(partner.commercial_partner_id.id, 0)

    def _count_of_company(self, model, domain):
        """Count records of a model by commercial partner of these contacts."""
        groups = self.env[model]._read_group(
            [("partner_id", "in", self.commercial_partner_id.ids), *domain],
            ["partner_id"],
            ["__count"],
        )
        return {partner.id: count for partner, count in groups}

    # ------------------------------------------------------------ by hand

    def write(self, vals):
        """A contact that moves to another company takes its purchases along."""
        moves = bool(MOVES & vals.keys())
        former = set(self.commercial_partner_id.ids) if moves else set()
        res = super().write(vals)
        if moves:
            touched = former | set(self.commercial_partner_id.ids)
            self.env["relationship.profile"]._touch({(id_, None) for id_ in touched})
        return res

    def action_relationship_profile(self):
        """Open the profile of this customer in the current company.

        :return: window action on ``relationship.profile``
        """
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "relationship.profile",
            "res_id": self.relationship_profile_id.id,
            "views": [(False, "form")],
        }

    def action_relationship_needs(self):
        """Open the needs of this customer.

        :return: window action on ``relationship.need``
        """
        return self._action_of_company("relationship_crm.relationship_need_action")

    def action_prm_enrollments(self):
        """Open the programs that this partner is in.

        :return: window action on ``prm.enrollment``
        """
        return self._action_of_company("relationship_crm.prm_enrollment_action")

    def _action_of_company(self, xmlid):
        """Window action limited to the commercial partner of this contact."""
        self.ensure_one()
        self.check_access("read")
        company = self.commercial_partner_id
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return action | {
            "domain": [("partner_id", "=", company.id)],
            "context": {"default_partner_id": company.id},
        }
