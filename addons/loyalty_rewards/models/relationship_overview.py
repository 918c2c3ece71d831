from odoo import api, models


class RelationshipOverview(models.AbstractModel):
    """Steps of the loyalty part."""

    _inherit = "relationship.overview"

    @api.model
    def _overview_steps(self):
        return [
            *super()._overview_steps(),
            self._overview_step_loyalty_program(),
            self._overview_step_loyalty_rule(),
            self._overview_step_loyalty_points(),
            *self._overview_steps_loyalty_proof(),
        ]

    def _overview_step_loyalty_program(self):
        return self._overview_step(
            "loyalty_program",
            sequence=210,
            area=self.env._("Loyalty"),
            title=self.env._("Create a loyalty program"),
            text=self.env._(
                "Take the template Loyalty Card, then say what earns points and what they buy."
            ),
            model="loyalty.program",
            domain=[("program_type", "=", "loyalty")],
            count_label=self.env._("Loyalty programs"),
            action="loyalty.loyalty_program_discount_loyalty_action",
        )

    def _overview_step_loyalty_rule(self):
        return self._overview_step(
            "loyalty_rule",
            sequence=215,
            area=self.env._("Loyalty"),
            title=self.env._("Say what earns points"),
            text=self.env._(
                "In a program that earns by events, a paid invoice, a won deal or whatever else "
                "happened can give points."
            ),
            model="loyalty.earning.rule",
            domain=[],
            count_label=self.env._("Earning rules"),
            action="loyalty_rewards.loyalty_earning_rule_action",
        )

    def _overview_step_loyalty_points(self):
        return self._overview_step(
            "loyalty_points",
            sequence=220,
            area=self.env._("Loyalty"),
            title=self.env._("See a first customer earn points"),
            text=self.env._("Confirm an order while the program runs: its points appear here."),
            model="loyalty.card",
            domain=[("program_id.program_type", "=", "loyalty"), ("points", ">", 0)],
            access="write",
            count_label=self.env._("Cards with points"),
            action="loyalty_rewards.loyalty_card_action",
        )

    def _overview_steps_loyalty_proof(self):
        """Return a step, before all others, while the last proof of the ledger found differences.

        It is for who may read proofs: managers and auditors.
        """
        last = self.env["loyalty.ledger.proof"].sudo().search([], limit=1)
        if last.state != "bad":
            return []
        step = self._overview_step(
            "loyalty_proof",
            sequence=1,
            area=self.env._("Loyalty"),
            title=self.env._("Points do not agree with their ledger"),
            text=self.env._(
                "The last proof found %s differences. Look at them before points are given or "
                "taken.",
                last.difference_count,
            ),
            model="loyalty.ledger.proof",
            domain=[("id", ">", last.id), ("state", "=", "good")],
            access="read",
            count_label=self.env._("Good proofs since then"),
            action="loyalty_rewards.loyalty_ledger_proof_action",
        )
        return [step]
