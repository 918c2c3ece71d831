from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..lib.deal_states import LIVE, TURNED_DOWN

#: Where the partner is in no program.
DAILY_LIMIT, RESUBMIT_LIMIT = 20, 2
#: How long a refused or withdrawn registration counts as an earlier attempt.
ATTEMPT_DAYS = 365


class PrmDeal(models.Model):
    """How much a partner may register: at once, in a day, and the same customer again."""

    _inherit = "prm.deal"

    beyond_limits = fields.Boolean(
        "Beyond the Limits",
        copy=False,
        tracking=True,
        help="Not held to the program's limits of registrations a day and of tries for a refused"
        " customer, and not counted there. A decision of staff, kept in the history.",
    )

    def _bump_partners(self):
        """Make submissions of one partner wait for each other, so that both can be counted."""
        for company, deals in sorted(
            self.grouped("company_id").items(), key=lambda pair: pair[0].id
        ):
            keys = [
                ("partner", f"{company.id}:partner:{partner.id}") for partner in deals.partner_id
            ]
            self.env["prm.claim.key"]._bump(keys, company)

    def _over_limits(self):
        """Which of these deals are more than their partners may register, in their order.

        Whatever the way they come in: the portal, staff, a file or the API. Called after
        :meth:`_claim`.

        :return: dict {deal: message}, in words that tell the partner nothing but about its own
            registrations
        """
        over = {}
        for look in ("_over_attempts", "_over_daily_limit", "_over_live_cap"):
            rest = self.filtered(lambda deal: deal not in over)
            over.update(getattr(rest, look)())
        return over

    def _over_live_cap(self):
        """More live deals than the partner's tier gives."""
        caps = self._live_caps()
        if not caps:
            return {}
        live = self._counted([("state", "in", LIVE)])
        over = {}
        for key, deals in self.grouped(_of_partner).items():
            cap, count = caps.get(key), live.get(key, 0)
            if cap is not None and count + len(deals) > cap:
                message = self.env._(
                    "Your tier gives %(cap)s live deals at once, and %(count)s are live or"
                    " under review. Withdraw one, or wait until one is closed.",
                    cap=cap,
                    count=count,
                )
                over.update(dict.fromkeys(deals[max(cap - count, 0) :], message))
        return over

    def _live_caps(self):
        """What the tiers give: {(partner, company): live deals at most}, where they give it."""
        enrollments = self._enrollments()
        mine = {
            _of_partner(deal): one
            for deal in self
            for one in enrollments.get(_of_partner(deal), ())
            if one.program_id == deal.program_id
        }
        caps = {}
        every = self.env["prm.enrollment"].union(*mine.values())
        for company, some in every.grouped("company_id").items():
            given = some._benefits("live_deal_cap", company._relationship_today())
            caps.update({key: int(given[one]) for key, one in mine.items() if one in given})
        return caps

    def _over_daily_limit(self):
        """More submissions of a day than allowed; what was refused counts, too."""
        held = self.filtered(lambda deal: not deal.beyond_limits)
        days = {company: self._midnight(company) for company in held.company_id}
        if not days:
            return {}
        today = held._counted(
            Domain("beyond_limits", "=", False)
            & Domain.OR(
                Domain("company_id", "=", company.id) & Domain("submitted_on", ">=", midnight)
                for company, midnight in days.items()
            )
        )
        over = {}
        for key, deals in held.grouped(_of_partner).items():
            program = deals.program_id[:1]
            limit = program.deal_daily_limit if program else DAILY_LIMIT
            if limit:
                message = self.env._("At most %s registrations a day. Go on tomorrow.", limit)
                free = max(limit - today.get(key, 0), 0)
                over.update(dict.fromkeys(deals[free:], message))
        return over

    def _counted(self, domain):
        """How many deals of these deals' partners a domain holds: {(partner, company): count}.

        For those that have their numbers already, others that came before the last of them.
        """
        mine = Domain("partner_id", "in", self.partner_id.ids)
        numbered = self.filtered(lambda deal: deal.state == "submitted")
        if numbered:
            mine &= Domain("submit_no", "<", max(numbered.mapped("submit_no")))
            mine &= Domain("id", "not in", numbered.ids)
        groups = self.env["prm.deal"]._read_group(
            mine & Domain(domain), ["partner_id", "company_id"], ["__count"]
        )
        return {(partner, company): count for partner, company, count in groups}

    @api.model
    def _midnight(self, company):
        """When the day began where the company is (UTC)."""
        zone = pytz.timezone(company._relationship_tz())
        midnight = zone.localize(datetime.combine(self._day_of_company(company), time.min))
        return midnight.astimezone(pytz.utc).replace(tzinfo=None)

    def _over_attempts(self):
        """Customers that were turned down too often for the same partner."""
        over = {}
        held = self.filtered(lambda deal: not deal.beyond_limits)
        for deal_id, count in held._attempts().items():
            deal = self.browse(deal_id)
            limit = deal.program_id.deal_resubmit_limit if deal.program_id else RESUBMIT_LIMIT
            if count > limit:
                over[deal] = self.env._(
                    "You have registered this customer %s times without success. Please talk"
                    " to your contact with us.",
                    count,
                )
        return over

    def _attempts(self):
        """How often each deal's customer was turned down for the same partner in a year.

        Those that staff let in beyond the limits are not counted.
        """
        if not self:
            return {}
        self.flush_model(["partner_id", "state", "submitted_on", "beyond_limits"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT mine.deal_id, count(DISTINCT former.id)
                      FROM prm_deal_claim mine
                      JOIN prm_deal deal ON deal.id = mine.deal_id
                      JOIN prm_deal_claim other
                        ON other.key_id = mine.key_id AND other.deal_id != mine.deal_id
                      JOIN prm_deal former ON former.id = other.deal_id
                       AND former.partner_id = deal.partner_id
                     WHERE mine.deal_id = ANY(%s) AND former.state = ANY(%s)
                       AND former.submitted_on >= %s AND former.beyond_limits IS NOT TRUE
                     GROUP BY mine.deal_id
                    """,
                    self.ids,
                    list(TURNED_DOWN),
                    fields.Datetime.now() - timedelta(days=ATTEMPT_DAYS),
                )
            )
        )


def _of_partner(deal):
    """With whom the limits of a deal are counted."""
    return deal.partner_id, deal.company_id
