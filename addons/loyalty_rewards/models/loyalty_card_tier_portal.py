from odoo import models
from odoo.tools import format_date, formatLang, is_html_empty

from ..lib import tiers as tiers_lib


class LoyaltyCard(models.Model):
    """What a member sees of the tier: how far to the next one, and how long this one stays."""

    _inherit = "loyalty.card"

    def _portal_tier(self):
        """The tier of one card as plain values, with what counts as of now; called as superuser.

        :return: False when the program has no tiers, else a dict of ``name`` (or False),
            ``since`` (text or False), ``times`` (how many times the points of a rule it earns, as
            text, or False), ``value`` (what counts, as text), ``number`` (without its unit),
            ``counted`` (in which time, as text), ``next`` (name of the next tier, or False),
            ``threshold`` and ``missing`` (texts) and ``percent`` (0 to 100) of it, ``by`` (until
            when that can be reached, or False), ``coming`` (name of the tier that the next night
            gives, or False), ``at_risk`` (False, or a dict of ``until`` and
            ``missing`` to keep the tier), ``ladder`` (all tiers, the lowest first: dicts of
            ``name``, ``threshold``, ``benefits``, ``own``)
        """
        self.ensure_one()
        program, tier = self.program_id, self.loyalty_tier_id
        listed = [one for one in program._tier_list() if one.open or one.id == tier.id]
        if not listed:
            return False
        today = program._tier_company()._relationship_today()
        value = program._tier_values(today, self)[self]
        times = tier.multiplier and tier.multiplier != 1
        return {
            "name": tier.name or False,
            "since": bool(self.loyalty_tier_since)
            and format_date(self.env, self.loyalty_tier_since),
            "times": times
            and formatLang(self.env, tier.multiplier, digits=2).rstrip("0").rstrip(".,"),
            "value": program._tier_amount_text(value),
            "number": program._tier_amount_text(value, unit=False),
            "counted": program._tier_counted_text(today),
            **self._portal_next_tier(listed, value, today),
            "coming": self._portal_coming_tier(listed, value),
            "at_risk": self._portal_tier_at_risk(value, today),
            "ladder": self._portal_ladder(listed),
        }

    def _portal_next_tier(self, listed, value, today):
        """What is missing for the next tier, and until when it can be reached."""
        program, following = self.program_id, None
        found = tiers_lib.missing(listed, value, self.loyalty_tier_id.id)
        if found:
            following, gap = found
        return {
            "next": bool(found) and self.env["loyalty.tier"].browse(following.id).name,
            "threshold": bool(found) and program._tier_amount_text(following.entry),
            "missing": bool(found) and program._tier_amount_text(gap),
            "percent": int(100 * max(value, 0) / following.entry) if found else 100,
            "by": bool(found) and program._tier_by_text(today),
        }

    def _portal_coming_tier(self, listed, value):
        """The best tier for which there is enough, until the night that gives it."""
        held = next((one.entry for one in listed if one.id == self.loyalty_tier_id.id), -1)
        best = tiers_lib.earned(listed, value)
        better = best is not None and best.entry > held
        return better and self.env["loyalty.tier"].browse(best.id).name

    def _portal_tier_at_risk(self, value, today):
        """Until when the tier stays when it runs out, and what is missing to keep it."""
        tier, program = self.loyalty_tier_id, self.program_id
        if not self.loyalty_tier_until or value >= tier.keep_threshold:
            return False
        held = tiers_lib.Held(tier.id, self.loyalty_tier_until, self.loyalty_tier_told_on or None)
        return {
            "until": format_date(self.env, program._tier_last_day(held, today)),
            "missing": program._tier_amount_text(tier.keep_threshold - value),
        }

    def _portal_ladder(self, listed):
        """All tiers of the program, the lowest first."""
        tiers = self.env["loyalty.tier"].browse(one.id for one in reversed(listed))
        return [
            {
                "name": tier.name,
                "threshold": self.program_id._tier_amount_text(tier.entry_threshold),
                "benefits": not is_html_empty(tier.benefits) and tier.benefits,
                "own": tier == self.loyalty_tier_id,
            }
            for tier in tiers
        ]


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    def _tier_counted_text(self, today):
        """In which time points or purchases count, in words."""
        self.ensure_one()
        begin = self._tier_begin(today)
        if not begin:
            return self.env._("counted since the beginning")
        return self.env._("counted since %s", format_date(self.env, begin))

    def _tier_by_text(self, today):
        """Until when what counts today still counts, in words; False when it always does."""
        self.ensure_one()
        if self.loyalty_tier_window != "year":
            return False
        return format_date(self.env, today.replace(month=12, day=31))
