from zoneinfo import ZoneInfo

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _relationship_tz(self):
        """Name of the time zone in which this company's days begin.

        That of the company's own contact, else of its working hours, else UTC.
        """
        self.ensure_one()
        company = self.sudo()
        return company.partner_id.tz or company.resource_calendar_id.tz or "UTC"

    def _relationship_today(self):
        """Today's date in this company."""
        now = fields.Datetime.now().replace(tzinfo=ZoneInfo("UTC"))
        return now.astimezone(ZoneInfo(self._relationship_tz())).date()
