from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

#: days after which a need has to be confirmed again
HOLDS = 180


class RelationshipNeed(models.Model):
    _inherit = "relationship.need"

    @api.constrains("partner_id", "contact_id")
    def _check_contact(self):
        for need in self:
            partner, contact = need.partner_id, need.contact_id
            if partner != partner.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is a contact of %(company)s: note the need of the company.",
                        contact=partner.display_name,
                        company=partner.commercial_partner_id.display_name,
                    )
                )
            if contact and contact.commercial_partner_id != partner:
                raise ValidationError(
                    self.env._(
                        "%(contact)s is not a contact of %(company)s.",
                        contact=contact.display_name,
                        company=partner.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        needs = super().create(vals_list)
        undated = needs.filtered(lambda need: need.state != "open" and not need.closed_on)
        undated.closed_on = fields.Date.context_today(self)
        needs._touch_profiles()
        return needs

    def write(self, vals):
        """Whoever changes the state, button, import or API: its day goes with it."""
        moving = self.browse()
        if "state" in vals and "closed_on" not in vals:
            moving = self.filtered(lambda need: need.state != vals["state"])
        res = super().write(vals)
        if moving:
            moving.closed_on = vals["state"] != "open" and fields.Date.context_today(self)
        if {"partner_id", "company_id"} & vals.keys():
            self._touch_profiles()
        return res

    def _touch_profiles(self):
        self.env["relationship.profile"]._touch(
            {(need.partner_id.id, need.company_id.id) for need in self}
        )

    def action_confirm(self):
        """Note that the customer confirmed these needs today; ask again in half a year.

        :raise UserError: a need is not open
        """
        self._check_open()
        today = fields.Date.context_today(self)
        self.write({"confirmed_on": today, "review_on": today + relativedelta(days=HOLDS)})
        self.env["relationship.interaction"]._record(
            [need._prepare_confirmed(today) for need in self]
        )
        return True

    def _prepare_confirmed(self, day):
        """The interaction that a confirmation is; once a day."""
        self.ensure_one()
        return {
            "kind": "need_confirmed",
            "partner_id": self.partner_id.id,
            "contact_id": self.contact_id.id,
            "company_id": self.company_id.id,
            "occurred_at": fields.Datetime.now(),
            "res_model": self._name,
            "res_id": self.id,
            "external_ref": f"{self._name},{self.id},confirmed,{day}",
            "summary": self.topic,
        }

    def action_met(self):
        """Note that these needs are met."""
        return self._close("met")

    def action_lost(self):
        """Note that these needs went elsewhere or are gone."""
        return self._close("lost")

    def action_reopen(self):
        """Note that these needs stand again."""
        self.check_access("write")
        self.write({"state": "open"})
        return True

    def _close(self, state):
        self._check_open()
        self.write({"state": state})
        return True

    def _check_open(self):
        self.check_access("write")
        closed = self.filtered(lambda need: need.state != "open")
        if closed:
            raise UserError(self.env._("%s is not open any more.", closed[0].topic))
