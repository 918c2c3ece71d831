from odoo import api, models


class RelationshipOverview(models.AbstractModel):
    """Steps for programs, segments, needs, contacts and what other systems send."""

    _inherit = "relationship.overview"

    @api.model
    def _overview_steps(self):
        return [
            *super()._overview_steps(),
            self._overview_step_program(),
            self._overview_step_enrollment(),
            self._overview_step_contact(),
            self._overview_step_need(),
            self._overview_step_segment(),
            self._overview_step_source(),
        ]

    def _overview_may_do(self, step):
        """Interactions are recorded by the app: who may log by hand is asked of the dialog."""
        if step["code"] == "contact" and not self.env["relationship.interaction.log"].has_access(
            "create"
        ):
            return False
        return super()._overview_may_do(step)

    def _overview_step_program(self):
        return self._overview_step(
            "program",
            sequence=50,
            title=self.env._("Open a partner program"),
            text=self.env._(
                "Resellers, distributors, referrers: say who may join and who runs it."
            ),
            model="prm.program",
            count_label=self.env._("Programs"),
            action="relationship_crm.prm_program_action",
        )

    def _overview_step_enrollment(self):
        return self._overview_step(
            "enrollment",
            sequence=55,
            title=self.env._("Enroll your partners"),
            text=self.env._("Put each partner in its program, with its tier and its manager."),
            model="prm.enrollment",
            domain=[("state", "=", "active")],
            count_label=self.env._("Active partners"),
            action="relationship_crm.prm_enrollment_action",
        )

    def _overview_step_contact(self):
        return self._overview_step(
            "contact",
            sequence=60,
            area=self.env._("What you know of them"),
            title=self.env._("Log a first contact"),
            text=self.env._(
                "Open a customer's 360 view and log a call, visit or letter. Orders, payments and"
                " mails arrive by themselves."
            ),
            model="relationship.interaction",
            access="read",
            count_label=self.env._("Interactions"),
            action="relationship_crm.relationship_profile_action",
        )

    def _overview_step_need(self):
        return self._overview_step(
            "need",
            sequence=65,
            area=self.env._("What you know of them"),
            title=self.env._("Write down what a customer needs"),
            text=self.env._("Needs stand beside every opportunity, order and case until met."),
            model="relationship.need",
            count_label=self.env._("Needs"),
            action="relationship_crm.relationship_need_action",
        )

    def _overview_step_segment(self):
        return self._overview_step(
            "segment",
            sequence=70,
            area=self.env._("What you know of them"),
            title=self.env._("Group your customers"),
            text=self.env._("Make a segment by rule or by hand; mailings and surveys use it."),
            model="relationship.segment",
            count_label=self.env._("Segments"),
            action="relationship_crm.relationship_segment_action",
        )

    def _overview_step_source(self):
        return self._overview_step(
            "source",
            sequence=80,
            area=self.env._("What you know of them"),
            title=self.env._("Let other systems send events"),
            text=self.env._(
                "Name each system and the user it logs in with: shop, till, help desk."
            ),
            model="relationship.interaction.source",
            count_label=self.env._("Sources"),
            action="relationship_crm.relationship_interaction_source_action",
        )
