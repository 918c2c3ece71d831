from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    prm_single_person = fields.Boolean(related="company_id.prm_single_person", readonly=False)
