from odoo import fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..lib.earning import add_months

#: most months that a preview looks back
MOST_MONTHS = 36


class LoyaltyEarningRule(models.Model):
    """What a rule would have given, had it been there."""

    _inherit = "loyalty.earning.rule"

    def preview(self, months=12):
        """Tell what each rule alone would have cost in the last months, and write nothing.

        What really happened goes through the same statement as what earns: with all filters and
        limits, less what was refunded since. The rule's own first and last day do not matter, nor
        what was given before; tiers are those of today, segments those of each day.

        :param int months: how far to look back from today, 1 to 36
        :return: list of one dict a rule: ``rule_id``, ``from_day``, ``points``, ``cost`` (money, in
            the currency ``currency`` of the program; 0 while nobody said what a point is worth),
            ``members``, ``events``, and ``months``: list of dicts with ``month`` (its first day),
            ``points``, ``cost``, ``members``, ``events``
        :raise AccessError: the caller may not change the rules
        :raise ValidationError: ``months`` is no number of 1 to 36
        """
        if isinstance(months, bool) or not isinstance(months, int) or not 0 < months <= MOST_MONTHS:
            raise ValidationError(
                self.env._("months must be a whole number from 1 to %s.", MOST_MONTHS)
            )
        self.check_access("write")
        return [rule._preview_one(months) for rule in self]

    def _preview_one(self, months):
        """Return the preview of one rule, as in :meth:`preview`."""
        first = add_months(fields.Date.context_today(self), -months)
        worth = self.program_id._loyalty_worth()
        rows = {
            month: {
                "points": float(points),
                "cost": self.currency_id.round(float(points) * worth),
                "members": members,
                "events": events,
            }
            for month, points, members, events in self._preview_rows(first)
        }
        total = rows.pop(None, {"points": 0.0, "cost": 0.0, "members": 0, "events": 0})
        return {
            "rule_id": self.id,
            "from_day": first.isoformat(),
            "currency": self.currency_id.name,
            **total,
            "months": [{"month": month.isoformat(), **row} for month, row in rows.items()],
        }

    def _preview_rows(self, first):
        """Return (month, points, members, events) of each month since a day, and of all (None)."""
        self.env.flush_all()
        which = SQL(
            "event.kind_id = %s AND event.occurred_at >= %s AND event.company_id = ANY(%s)",
            self.kind_id.id,
            first,
            self.env.companies.ids,
        )
        return self.env.execute_query(
            SQL(
                """
                SELECT date_trunc('month', earned.day)::date, sum(earned.points),
                       count(DISTINCT earned.holder_id), count(*)
                  FROM (%s) earned
                 GROUP BY GROUPING SETS ((), (1)) HAVING count(*) > 0 ORDER BY 1
                """,
                self.sudo()._query_earnings(which, preview=True),
            )
        )

    def action_preview(self):
        """Open what this rule would have cost in the last twelve months."""
        self.ensure_one()
        [found] = self.preview()
        preview = self.env["loyalty.earning.preview"].create(
            self.env["loyalty.earning.preview"]._prepare_preview(self, found)
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview: %s", self.name),
            "res_model": preview._name,
            "res_id": preview.id,
            "view_mode": "form",
            "target": "new",
        }
