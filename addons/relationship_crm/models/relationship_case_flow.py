from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

#: state → states it may be reached from
FLOW = {
    "contacted": ("new", "reopened"),
    "action": ("contacted",),
    "verified": ("action",),
    "closed": ("verified",),
    "reopened": ("verified", "closed"),
}


class RelationshipCase(models.Model):
    """What a case goes through, whoever moves it: button, board, import or API."""

    _inherit = "relationship.case"

    # ------------------------------------------------------------ CRUD

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        if any(case.state != "new" for case in cases):
            raise UserError(self.env._("A case begins as new."))
        cases._record_move("case_opened")
        return cases

    def write(self, vals):
        moving = self.browse()
        if "state" in vals:
            moving = self.filtered(lambda case: case.state != vals["state"])
            moving._check_move(vals["state"])
        done = super().write(vals)
        moving._after_move()
        return done

    # ------------------------------------------------------------ moves

    def action_contact(self):
        """Note that the customer has been reached; the time until the solution begins."""
        return self.write({"state": "contacted"})

    def action_start(self):
        """Note that something is being done about it."""
        return self.write({"state": "action"})

    def action_verify(self):
        """Note that the customer agrees that it is solved."""
        return self.write({"state": "verified"})

    def action_close(self):
        """Close the case."""
        return self.write({"state": "closed"})

    def action_reopen(self):
        """Take the case up again, with a new time limit."""
        return self.write({"state": "reopened"})

    # ------------------------------------------------------------ rules

    def _check_move(self, state):
        """Refuse a move that leaves out a step.

        :param str state: where these cases shall go
        :raise UserError: says which case cannot, and why
        """
        # whoever moves a case at the same time waits here, then sees this move
        self._lock_in_turn()
        labels = dict(self._fields["state"]._description_selection(self.env))
        for case in self:
            if case.state not in FLOW.get(state, ()):
                raise UserError(
                    self.env._(
                        "“%(case)s” is %(now)s and can't become %(then)s. Follow the steps.",
                        case=case.name,
                        now=labels[case.state],
                        then=labels.get(state, state),
                    )
                )
            if state == "verified" and is_html_empty(case.resolution):
                raise UserError(self.env._("Write down what was done about “%s” first.", case.name))

    def _after_move(self):
        """Keep the dates of the move, set the next limit, tell the history."""
        now = fields.Datetime.now()
        for case in self:
            case.sudo().write(case._prepare_move_vals(now))
        self.filtered(lambda case: case.state == "closed")._record_move("case_closed")
        self.filtered(lambda case: case.state == "reopened")._record_move("case_opened")

    def _prepare_move_vals(self, now):
        """Return what else changes once the state has changed."""
        self.ensure_one()
        vals = {"closed_at": now if self.state == "closed" else False}
        if self.state == "contacted":
            vals["contacted_at"] = self.contacted_at or now
        if self.state == "reopened":
            vals["reopen_count"] = self.reopen_count + 1
        if self.state in ("contacted", "reopened"):
            vals["due"] = self._due_from(now)
        return vals

    def _record_move(self, kind):
        """Record an interaction for each of these cases.

        :param str kind: code of the kind of interaction
        """
        self.env["relationship.interaction"]._record(
            [case._prepare_interaction(kind) for case in self if case.partner_id]
        )

    def _prepare_interaction(self, kind):
        """Return the interaction that tells of this move."""
        self.ensure_one()
        return {
            "kind": kind,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.commercial_partner_id.id,
            "contact_id": self.contact_id.id,
            "channel": self.channel,
            "res_model": self._name,
            "res_id": self.id,
            "external_ref": f"{self._name},{self.id},{kind},{self.reopen_count}",
            "summary": self.name,
        }
