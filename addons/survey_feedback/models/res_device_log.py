import re

from odoo import api, models

#: pages on which somebody answers; what core keeps of a device there would tell who, and when
ANSWERING = re.compile(r"^/(?:feedback|survey)/")


class ResDeviceLog(models.Model):
    _inherit = "res.device.log"

    @api.model
    def _update_device(self, request):
        """Log no device on the pages of surveys.

        Core writes the row in the transaction of the page: beside an anonymous answer, with the
        name of the user and the second. The next page that is no survey logs the device.
        """
        if ANSWERING.match(request.httprequest.path):
            return None
        return super()._update_device(request)
