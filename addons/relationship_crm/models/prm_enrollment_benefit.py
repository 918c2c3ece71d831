from odoo import fields, models
from odoo.exceptions import UserError

from ..lib.json_input import mistake


class PrmEnrollment(models.Model):
    """What the tier of a partner gives it on a day."""

    _inherit = "prm.enrollment"

    def benefit(self, code, date=None):
        """Value of a benefit of this enrollment's tier on a day.

        :param str code: code of a ``prm.benefit.kind``, as ``protection_days``
        :param date: day (date or ISO string); today in the enrollment's company by default
        :return: number in the benefit's unit; None when the enrollment is not active, has no
            tier, or the tier does not give this
        :raise UserError: there is no such benefit, or the date is none
        """
        self.ensure_one()
        self.check_access("read")
        if not isinstance(code, str) or mistake("char", code):
            code = ""
        return self._benefits(code, self._benefit_day(date)).get(self)

    def _benefit_day(self, date):
        # what can't be sent back in the answer is not repeated in it
        told = not isinstance(date, str) or not mistake("char", date)
        try:
            day = fields.Date.to_date(date) if told else None
        except (KeyError, TypeError, ValueError):
            day = None
        if date and not day:
            raise UserError(
                self.env._("“%s” is not a date. Write it as 2026-12-31.", date if told else "")
            )
        return day or self.company_id._relationship_today()

    def _benefits(self, code, day):
        """The same for a set, in two queries: {enrollment: value}, of those that have it."""
        kind = self.env["prm.benefit.kind"].sudo().search([("code", "=", code)], limit=1)
        if not kind:
            raise UserError(self.env._("There is no benefit with the code “%s”.", code))
        active = self.sudo().filtered(lambda one: one.state == "active" and one.grade_id)
        found = (
            self.env["prm.benefit"]
            .sudo()
            .search(
                [
                    ("kind_id", "=", kind.id),
                    ("grade_id", "in", active.grade_id.ids),
                    "|",
                    ("valid_from", "=", False),
                    ("valid_from", "<=", day),
                    "|",
                    ("valid_to", "=", False),
                    ("valid_to", ">=", day),
                ]
            )
        )
        values = {benefit.grade_id: benefit.value for benefit in found}
        given = {one.id: values[one.grade_id] for one in active if one.grade_id in values}
        return {one: given[one.id] for one in self if one.id in given}
