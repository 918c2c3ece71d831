from datetime import datetime, time, timedelta

import pytz

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib.deal_states import LIVE, TURNED_DOWN

#: Where the partner is in no program.
DAILY_LIMIT, RESUBMIT_LIMIT = 20, 2
#: How long a refused or withdrawn registration counts as an earlier attempt.
ATTEMPT_DAYS = 365


class PrmDeal(models.Model):
    """How much a partner may register: at once, in a day, and the same customer again."""

    _inherit = "prm.deal"

    def _bump_partners(self):
        """Make submissions of one partner wait for each other, so that both can be counted."""
        for company, deals in sorted(
            self.grouped("company_id").items(), key=lambda pair: pair[0].id
        ):
            keys = [
                ("partner", f"{company.id}:partner:{partner.id}") for partner in deals.partner_id
            ]
            self.env["prm.claim.key"]._bump(keys, company)

    def _check_limits(self):
        """Refuse what is more than the partner may register; called after :meth:`_claim`.

        :raise UserError: in words that tell the partner nothing but about its own registrations
        """
        self._check_live_cap()
        self.filtered(lambda deal: deal.source == "portal")._check_daily_limit()
        self.filtered(lambda deal: deal.source in ("portal", "mail", "api"))._check_attempts()

    def _check_live_cap(self):
        """Refuse more live deals than the partner's tier gives."""
        caps = self._live_caps()
        if not caps:
            return
        counts = self.env["prm.deal"]._read_group(
            [
                ("partner_id", "in", [partner.id for partner, _company in caps]),
                ("state", "in", LIVE),
            ],
            ["partner_id", "company_id"],
            ["__count"],
        )
        live = {(partner, company): count for partner, company, count in counts}
        for key, cap in caps.items():
            new = self.filtered(lambda deal, k=key: (deal.partner_id, deal.company_id) == k)
            if live.get(key, 0) + len(new) > cap:
                raise UserError(
                    self.env._(
                        "Your tier gives %(cap)s live deals at once, and %(count)s are live or"
                        " under review. Withdraw one, or wait until one is closed.",
                        cap=cap,
                        count=live.get(key, 0),
                    )
                )

    def _live_caps(self):
        """What the tiers give: {(partner, company): live deals at most}, where they give it."""
        caps = {}
        enrollments = self._enrollments()
        mine = {}
        for deal in self:
            for one in enrollments.get((deal.partner_id, deal.company_id), ()):
                if one.program_id == deal.program_id:
                    mine[deal.partner_id, deal.company_id] = one
        for key, one in mine.items():
            given = one._benefits("live_deal_cap", one.company_id._relationship_today())
            if one in given:
                caps[key] = int(given[one])
        return caps

    def _check_daily_limit(self):
        """Refuse more submissions of a day than allowed; what was refused counts, too."""
        for (partner, company), deals in self.grouped(
            lambda deal: (deal.partner_id, deal.company_id)
        ).items():
            program = deals.program_id[:1]
            limit = program.deal_daily_limit if program else DAILY_LIMIT
            zone = pytz.timezone(company._relationship_tz())
            midnight = zone.localize(
                datetime.combine(self._day_of_company(company), time.min)
            ).astimezone(pytz.utc)
            today = self.search_count(
                [
                    ("partner_id", "=", partner.id),
                    ("company_id", "=", company.id),
                    ("source", "=", "portal"),
                    ("submitted_on", ">=", midnight.replace(tzinfo=None)),
                ]
            )
            if limit and today + len(deals) > limit:
                raise UserError(
                    self.env._("At most %s registrations a day. Go on tomorrow.", limit)
                )

    def _check_attempts(self):
        """Refuse a customer that was turned down too often for the same partner."""
        for deal_id, count in self._attempts().items():
            deal = self.browse(deal_id)
            limit = deal.program_id.deal_resubmit_limit if deal.program_id else RESUBMIT_LIMIT
            if count > limit:
                raise UserError(
                    self.env._(
                        "You have registered this customer %s times without success. Please talk"
                        " to your contact with us.",
                        count,
                    )
                )

    def _attempts(self):
        """How often each deal's customer was turned down for the same partner in a year."""
        if not self:
            return {}
        self.flush_model(["partner_id", "state", "submitted_on"])
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
                       AND former.submitted_on >= %s
                     GROUP BY mine.deal_id
                    """,
                    self.ids,
                    list(TURNED_DOWN),
                    fields.Datetime.now() - timedelta(days=ATTEMPT_DAYS),
                )
            )
        )
