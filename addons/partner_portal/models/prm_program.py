from odoo import fields, models


class PrmProgram(models.Model):
    _inherit = "prm.program"

    existing_customers = fields.Selection(
        [
            ("refuse", "Refuse"),
            ("new_category", "New Categories Only"),
            ("allow", "Allow"),
        ],
        string="Deals with Existing Customers",
        required=True,
        default="new_category",
        help="May partners register deals with customers that bought in the last 24 months? Refuse:"
        " refused at once, in neutral words. New Categories Only: a person looks at those for"
        " categories that the customer bought already, or for every product. Allow: it plays no"
        " part.",
    )
