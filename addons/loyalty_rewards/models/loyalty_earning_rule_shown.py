from odoo import api, fields, models
from odoo.tools import format_date, formatLang

#: the caps, the smallest first
CAPS = ("cap_event", "cap_day", "cap_month", "cap_card", "cap_program")


class LoyaltyEarningRule(models.Model):
    """A rule in plain words."""

    _inherit = "loyalty.earning.rule"

    summary = fields.Text(string="In Words", compute="_compute_summary")

    @api.depends(
        "kind_id",
        "program_id",
        "mode",
        "points",
        "per_amount",
        "per_units",
        "earner",
        "segment_ids",
        "tier_ids",
        "category_ids",
        "channel",
        "first_time",
        "pending_until",
        "pending_days",
        "expiry",
        "expiry_months",
        "expiry_years",
        "expires_on",
        "valid_from",
        "valid_to",
        *CAPS,
    )
    @api.depends_context("lang", "uid")
    def _compute_summary(self):
        for rule in self:
            parts = [
                rule._say_points(),
                *rule._say_filters(),
                rule._say_caps(),
                rule._say_pending(),
                rule._say_expiry(),
                rule._say_validity(),
            ]
            rule.summary = rule.kind_id and rule.program_id and " ".join(filter(None, parts))

    def _number(self, value):
        """Return a number as people write it, without needless zeros."""
        digits = 0 if value == round(value) else 2
        return formatLang(self.env, value, digits=digits)

    # Numbers stand behind a colon, so that no language has to say one point, two points.

    def _say_points(self):
        unit = self.point_name or self.env._("Points")
        terms = {
            "what": self.kind_id.name,
            "points": self._number(self.points),
            "unit": unit[:1].upper() + unit[1:],
        }
        if self.mode == "amount":
            amount = formatLang(self.env, self.per_amount, currency_obj=self.currency_id)
            return self.env._(
                "%(what)s. %(unit)s for each %(amount)s: %(points)s.", **terms, amount=amount
            )
        if self.mode == "unit":
            number = self._number(self.per_units)
            return self.env._(
                "%(what)s. %(unit)s: %(points)s. Units needed for that: %(number)s.",
                **terms,
                number=number,
            )
        return self.env._("%(what)s. %(unit)s: %(points)s.", **terms)

    def _say_filters(self):
        """Yield a sentence for each thing that limits who or what earns."""
        if self.earner == "partner":
            yield self.env._("They go to the partner it was sold through.")
        names = {
            name: ", ".join(self[name].mapped("display_name"))
            for name in ("segment_ids", "tier_ids", "category_ids")
        }
        if names["segment_ids"]:
            yield self.env._("Only for customers in %s.", names["segment_ids"])
        if names["tier_ids"]:
            yield self.env._("Only for members with the tier %s.", names["tier_ids"])
        if names["category_ids"]:
            yield self.env._("Only for products of %s.", names["category_ids"])
        if self.channel:
            channels = dict(self._fields["channel"]._description_selection(self.env))
            yield self.env._("Only by the channel %s.", channels[self.channel])
        if self.first_time:
            yield self.env._("Only the first time.")

    def _say_caps(self):
        event, day, month, card, program = (self._number(self[cap]) for cap in CAPS)
        said = {
            "cap_event": self.env._("%s at once", event),
            "cap_day": self.env._("%s a day", day),
            "cap_month": self.env._("%s a month", month),
            "cap_card": self.env._("%s for a member in all", card),
            "cap_program": self.env._("%s for all members together", program),
        }
        said = [said[cap] for cap in CAPS if self[cap]]
        return said and self.env._("At most %s.", ", ".join(said))

    def _say_pending(self):
        days = self.pending_days
        if self.pending_until == "paid":
            said = self.env._("They can be spent once the order is invoiced and paid.")
        elif self.pending_until == "delivered":
            said = self.env._("They can be spent once the order is delivered.")
        elif days:
            return self.env._("They can be spent later. Days to wait: %s.", days)
        else:
            return self.env._("They can be spent at once.")
        if not days:
            return said
        # whoever collects the terms to translate does not look into f-strings
        after = self.env._("Days to wait after that: %s.", days)
        return f"{said} {after}"

    def _say_expiry(self):
        if self.expiry == "months":
            return self.env._("They expire. Months until then: %s.", self.expiry_months)
        if self.expiry == "activity":
            return self.env._(
                "They expire without earning or spending. Months until then: %s.",
                self.expiry_months,
            )
        if self.expiry == "year" and self.expiry_years == 1:
            return self.env._("They expire at the end of the next year.")
        if self.expiry == "year" and self.expiry_years:
            return self.env._(
                "They expire at the end of a later year. Years until then: %s.", self.expiry_years
            )
        if self.expiry == "year":
            return self.env._("They expire at the end of the year.")
        if self.expiry == "date" and self.expires_on:
            return self.env._("They expire after %s.", format_date(self.env, self.expires_on))
        return self.env._("They do not expire.")

    def _say_validity(self):
        today = fields.Date.context_today(self)
        first, last = (
            day and format_date(self.env, day) for day in (self.valid_from, self.valid_to)
        )
        if last:
            return self.env._("Counts from %(first)s to %(last)s.", first=first, last=last)
        if self.valid_from and self.valid_from > today:
            return self.env._("Counts from %s on.", first)
        return ""
