from odoo import fields, models

from .prm_program_decide import TierRule


class PrmProgram(models.Model):
    """The rules of a draft in place of the live ones, and those of drafts that were published.

    Criteria and benefits carry their days. Pass marks and the policy are fields without days: a
    published draft knows what they become on its first day, and what they were before.
    """

    _inherit = "prm.program"

    simulation_ids = fields.One2many(
        "prm.simulation",
        "program_id",
        string="Simulations",
        groups="relationship_crm.group_channel_manager,relationship_crm.group_auditor",
    )

    def action_view_simulations(self):
        """Open the simulations of this program.

        :return: window action on ``prm.simulation``
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.prm_simulation_action"
        )
        return action | {
            "domain": [("program_id", "=", self.id)],
            "context": {"default_program_id": self.id},
        }

    # ------------------------------------------------------------ decision

    def _tier_rules(self, day, draft=None):
        if draft and draft.program_id == self:
            return self._draft_tier_rules(draft)
        marks = self._pass_marks(day)
        return [
            rule._replace(pass_mark=marks.get(rule.id, rule.pass_mark))
            for rule in super()._tier_rules(day, draft)
        ]

    def _draft_tier_rules(self, draft):
        """The same of a draft; a tier that it leaves out is not there."""
        drafted = {tier.grade_id.id: tier for tier in draft.sudo().tier_ids}
        criteria = draft.sudo().criterion_ids.grouped("simulated_grade_id")
        none = self.env["relationship.criterion"]
        return [
            TierRule(tier.id, tier.sequence, drafted[tier.id].pass_mark, criteria.get(tier, none))
            for tier in self.sudo()._tiers()
            if tier.id in drafted
        ]

    def _decision_policy(self, draft=None, company=None):
        if draft and draft.program_id == self:
            return draft.demotion_policy
        return self._policy_on((company or self.env.company)._relationship_today())

    # ------------------------------------------------------------ as of a day

    def _published(self):
        """The drafts of this program that were published, the first to start first."""
        self.ensure_one()
        found = self.env["prm.simulation"].sudo()
        found = found.search([("program_id", "=", self.id), ("state", "=", "published")])
        return found.sorted(lambda one: (one.publish_on, one.id))

    def _pass_marks(self, day):
        """{tier id: pass mark} of this program as of a day."""
        marks = {tier.id: tier.prm_pass_mark for tier in self.sudo()._tiers()}
        published = self._published()
        for one in published.filtered(lambda one: one.publish_on <= day and not one.in_force):
            marks |= {tier.grade_id.id: tier.pass_mark for tier in one.tier_ids}
        for one in published.filtered(lambda one: one.publish_on > day and one.in_force)[::-1]:
            former = (one.publication or {}).get("pass_marks", {})
            marks |= {int(tier): mark for tier, mark in former.items()}
        return marks

    def _policy_on(self, day):
        """The policy of this program for partners that miss their tier, as of a day."""
        policy = self.sudo().demotion_policy
        published = self._published()
        for one in published.filtered(lambda one: one.publish_on <= day and not one.in_force):
            policy = one.demotion_policy
        for one in published.filtered(lambda one: one.publish_on > day and one.in_force)[::-1]:
            policy = (one.publication or {}).get("policy", policy)
        return policy
