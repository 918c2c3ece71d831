from odoo import api, models
from odoo.tools import formatLang


class PrmMember(models.Model):
    """What a partner's people see on `/my/partner`: plain values from a fixed list."""

    _inherit = "prm.member"

    @api.model
    def _portal_home(self):
        """The partner's standing: its programs with tier, progress and benefits, and its deals.

        :return: dict with ``partner`` (name), ``programs`` (see :meth:`_portal_program`),
            ``deals`` (counts by state, empty without the role Sales) and ``ending`` (the
            protections that end next); an empty dict for who is no member or has no role
        """
        member = self._portal_member()
        if not member:
            return {}
        enrollments = self._portal_enrollments(member.partner_id)
        progress = dict(zip(enrollments, enrollments._tier_progress(), strict=True))
        sees_deals = bool(self._portal_member("sales"))
        deals = self.env["prm.deal"].sudo()
        return {
            "partner": member.partner_id.name,
            "programs": [self._portal_program(one, progress[one]) for one in enrollments],
            "sees_deals": sees_deals,
            "leads_team": bool(self._portal_member("admin")),
            "deals": deals._portal_counts(member.partner_id) if sees_deals else [],
            "ending": deals._portal_ending(member.partner_id) if sees_deals else [],
        }

    @api.model
    def _portal_enrollments(self, partner):
        """The partner's programs that have not ended, in the order of the programs."""
        enrollments = self.env["prm.enrollment"].sudo()
        found = enrollments.search([("partner_id", "=", partner.id), ("state", "!=", "ended")])
        return found.sorted(lambda one: (one.program_id.sequence, one.program_id.id, one.id))

    @api.model
    def _portal_program(self, enrollment, progress):
        """One program as plain values, its benefits as (name, value in words)."""
        states = dict(enrollment._fields["state"]._description_selection(self.env))
        return {
            "name": enrollment.program_id.name,
            "state": enrollment.state,
            "state_label": states[enrollment.state],
            "tier": enrollment.grade_id.name or "",
            "progress": progress,
            "benefits": self._portal_benefits(enrollment),
        }

    @api.model
    def _portal_benefits(self, enrollment):
        """What the tier gives today: list of (name, value in words)."""
        if enrollment.state != "active":
            return []
        day = enrollment.company_id._relationship_today()
        given = enrollment.grade_id.prm_benefit_ids.filtered(
            lambda one: (
                (not one.valid_from or one.valid_from <= day)
                and (not one.valid_to or one.valid_to >= day)
            )
        )
        return [(one.kind_id.name, self._portal_benefit_text(one)) for one in given]

    @api.model
    def _portal_benefit_text(self, benefit):
        number = formatLang(self.env, benefit.value, digits=0 if benefit.value % 1 == 0 else 2)
        if benefit.unit == "days":
            return self.env._("%s days", number)
        return self.env._("%s %%", number) if benefit.unit == "percent" else number
