from odoo import models


class MailMessage(models.Model):
    _inherit = "mail.message"

    #: the harvest reads what arrived lately; ``date`` is the sender's and may be anything
    _relationship_arrival_idx = models.Index("(create_date)")
