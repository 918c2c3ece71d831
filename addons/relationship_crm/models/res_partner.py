from odoo import fields, models

READERS = "relationship_crm.group_user,relationship_crm.group_auditor"


class ResPartner(models.Model):
    _inherit = "res.partner"

    relationship_profile_ids = fields.One2many(
        "relationship.profile", "partner_id", string="Customer Profiles", groups=READERS
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
        "None: no marketing, surveys or profiling at all.",
    )
    relationship_need_ids = fields.One2many(
        "relationship.need", "partner_id", string="Needs", groups=READERS
    )
    relationship_consent_ids = fields.One2many(
        "relationship.consent", "contact_id", string="Consents", groups=READERS
    )
    prm_enrollment_ids = fields.One2many(
        "prm.enrollment", "partner_id", string="Enrollments", groups=READERS
    )
    prm_grade_id = fields.Many2one(
        related="commercial_partner_id.grade_id", string="Tier of the Company"
    )
