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
        """Record who has their birthday today or had it in the last days, once a year."""
        rules = self.search([("kind_code", "=", "birthday"), ("state", "=", "published")])
        companies = rules.company_id
        if rules.filtered(lambda rule: not rule.company_id):
            companies = companies.search([("active", "=", True)])
        for company in companies:
            self._record_birthdays(company)

    @api.model
    def _record_birthdays(self, company, days=3):
        """Record the birthdays of the last days in a company; what is recorded is not repeated.

        Looks back some days, so that a server that was down loses no birthday.
        """
        today = company._relationship_today()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.id, day.day::date
                  FROM generate_series(%(today)s::date - %(days)s, %(today)s::date, '1 day') AS day
                  JOIN res_partner partner ON partner.active
                   AND (partner.company_id IS NULL OR partner.company_id = %(company)s)
                   AND (partner.loyalty_birthday + make_interval(
                        years => (extract(year FROM day.day)
                                  - extract(year FROM partner.loyalty_birthday))::int)) = day.day
                 ORDER BY 2, 1
                """,
                today=today,
                days=days,
                company=company.id,
            )
        )
        self.env["relationship.interaction"]._insert(
            [
                {
                    "kind": "birthday",
                    "contact_id": partner,
                    "company_id": company.id,
                    "external_ref": f"res.partner,{partner},birthday,{day.year},{company.id}",
                    "summary": self.env._("Birthday"),
                }
                for partner, day in rows
            ]
        )
