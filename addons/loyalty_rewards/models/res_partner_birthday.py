from datetime import datetime, time
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    loyalty_birthday = fields.Date(
        string="Birthday",
        groups="relationship_crm.group_user",
        help="The year does not matter. Who was born on the 29th of February has their day on the "
        "28th in other years.",
    )

    def _record_profile_confirmed(self):
        """Record that these persons confirmed their own contact details, once a day at most."""
        today = fields.Date.today()
        self.env["relationship.interaction"].sudo()._record(
            [
                {
                    "kind": "profile_confirmed",
                    "contact_id": partner.id,
                    "company_id": (partner.company_id or self.env.company).id,
                    "channel": "portal",
                    "external_ref": f"res.partner,{partner.id},confirmed,{today}",
                }
                for partner in self
            ]
        )


class LoyaltyEarningRule(models.Model):
    """Birthdays: nothing happens in the database, so a job tells of them."""

    _inherit = "loyalty.earning.rule"

    @api.model
    def _cron_birthdays(self):
        """Record who has their birthday today or had it in the last days, once a year.

        Each company that has such a rule of its own hears of its contacts and of those that belong
        to no company. A rule for all companies needs to hear of the latter only once: in one of
        those companies, else in the first one.
        """
        rules = self.search([("kind_code", "=", "birthday"), ("state", "=", "published")])
        heard = rules.company_id.filtered("active")
        companies = heard
        if rules.filtered(lambda rule: not rule.company_id):
            companies = companies.search([("active", "=", True)], order="id")
            heard = heard or companies[:1]
        if companies:
            self._record_birthdays(companies, heard)

    @api.model
    def _record_birthdays(self, companies, heard=None, days=3):
        """Record the birthdays of the last days in companies; what is recorded is not repeated.

        Looks back some days, so that a server that was down loses no birthday. What is told of
        late happened on its day all the same, as rules have their days and limits their years.

        :param companies: recordset of res.company whose contacts are told of
        :param heard: those that also tell of contacts without a company; default: all of them
        :param int days: to look back
        """
        heard = companies if heard is None else heard
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.id, day.day::date, place.company_id
                  FROM unnest(%(companies)s, %(todays)s::date[]) AS place(company_id, today)
                 CROSS JOIN generate_series(
                       place.today - %(days)s, place.today, interval '1 day') AS day
                  JOIN res_partner partner ON partner.active
                   AND (partner.company_id = place.company_id
                        OR partner.company_id IS NULL AND place.company_id = ANY(%(heard)s))
                   AND (partner.loyalty_birthday + make_interval(
                        years => (extract(year FROM day.day)
                                  - extract(year FROM partner.loyalty_birthday))::int)) = day.day
                 ORDER BY 2, 1, 3
                """,
                companies=companies.ids,
                todays=[company._relationship_today() for company in companies],
                days=days,
                heard=heard.ids,
            )
        )
        self.env["relationship.interaction"]._insert(
            [
                self._prepare_birthday(partner, day, companies.browse(company))
                for partner, day, company in rows
            ]
        )

    @api.model
    def _prepare_birthday(self, partner, day, company):
        """Return the interaction of a birthday: it happened as that day began in the company.

        :param int partner: id of the contact
        """
        began = datetime.combine(day, time.min, ZoneInfo(company._relationship_tz()))
        return {
            "kind": "birthday",
            "contact_id": partner,
            "company_id": company.id,
            "occurred_at": began.astimezone(ZoneInfo("UTC")).replace(tzinfo=None),
            "external_ref": f"res.partner,{partner},birthday,{day.year},{company.id}",
            "summary": self.env._("Birthday"),
        }
