from odoo import api, fields, models
from odoo.tools import SQL

WAYS = [("sell_in", "Bought by the Partner"), ("sell_through", "Sold Through the Partner")]


class PrmReport(models.Model):
    """What partners sold, one row per line of an invoice and partner it counts for.

    A line counts for the partner that bought it (sell-in) and for the partner that it was sold
    through (sell-through), once for a partner that is both. Amounts are in company currency at the
    rate of the document; for each partner they add up to the metric ``sold_revenue_invoiced``.
    """

    _name = "prm.report"
    _description = "Partner Report"
    _auto = False
    _rec_name = "partner_id"
    _order = "date desc, id desc"

    partner_id = fields.Many2one("res.partner", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(readonly=True)
    program_id = fields.Many2one("prm.program", readonly=True)
    grade_id = fields.Many2one("res.partner.grade", string="Tier", readonly=True)
    manager_id = fields.Many2one("res.users", string="Channel Manager", readonly=True)
    way = fields.Selection(WAYS, string="How", readonly=True)
    customer_id = fields.Many2one(
        "res.partner",
        string="End Customer",
        readonly=True,
        help="Who uses it; the customer of the invoice where nobody else is named.",
    )
    country_id = fields.Many2one("res.country", string="Customer Country", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    product_categ_id = fields.Many2one("product.category", readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    revenue = fields.Monetary(
        string="Sold", readonly=True, help="Invoiced without taxes, less credit notes."
    )
    quantity = fields.Float(
        readonly=True, digits="Product Unit", help="In the product's own unit, less returns."
    )

    _depends = {
        "account.move": [
            "company_id",
            "invoice_date",
            "move_type",
            "partner_id",
            "prm_end_customer_id",
            "prm_partner_id",
            "state",
        ],
        "account.move.line": [
            "balance",
            "display_type",
            "move_id",
            "product_id",
            "product_uom_id",
            "quantity",
            "tax_repartition_line_id",
        ],
        "prm.enrollment": [
            "company_id",
            "grade_id",
            "manager_id",
            "partner_id",
            "program_id",
            "state",
        ],
        "prm.program": ["sequence"],
        "product.product": ["product_tmpl_id"],
        "product.template": ["categ_id", "uom_id"],
        "res.company": ["currency_id"],
        "res.partner": ["commercial_partner_id", "country_id"],
        "uom.uom": ["factor"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            WITH enrolled AS (%(enrollments)s)
            SELECT 2 * line.id::bigint + sale.through AS id,
                   sale.partner_id, sale.company_id, company.currency_id, sale.date, sale.move_id,
                   CASE sale.through WHEN 1 THEN 'sell_through' ELSE 'sell_in' END AS way,
                   enrolled.program_id, enrolled.grade_id, enrolled.manager_id,
                   sale.customer_id, customer.country_id,
                   line.product_id, template.categ_id AS product_categ_id,
                   -line.balance AS revenue,
                   sale.sign * line.quantity * coalesce(unit.factor / own.factor, 1) AS quantity
              FROM (%(sales)s) sale
              JOIN account_move_line line ON line.move_id = sale.move_id
              JOIN res_company company ON company.id = sale.company_id
              JOIN res_partner customer ON customer.id = sale.customer_id
              LEFT JOIN enrolled
                ON enrolled.partner_id = sale.partner_id AND enrolled.company_id = sale.company_id
              LEFT JOIN product_product product ON product.id = line.product_id
              LEFT JOIN product_template template ON template.id = product.product_tmpl_id
              LEFT JOIN uom_uom own ON own.id = template.uom_id
              LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
             WHERE line.display_type = 'product'
                OR (line.display_type = 'rounding' AND line.tax_repartition_line_id IS NULL)
            """,
            enrollments=self._enrollments(),
            sales=self._sales(),
        )

    @api.model
    def _enrollments(self):
        """The one enrollment of each partner in a company that its sales are shown under.

        The live one whose program comes first, as for the tier that the contact shows; else the
        latest that ended.
        """
        return SQL(
            """
            SELECT DISTINCT ON (enrollment.partner_id, enrollment.company_id)
                   enrollment.partner_id, enrollment.company_id, enrollment.program_id,
                   enrollment.grade_id, enrollment.manager_id
              FROM prm_enrollment enrollment
              JOIN prm_program program ON program.id = enrollment.program_id
             ORDER BY enrollment.partner_id, enrollment.company_id, enrollment.state = 'ended',
                      enrollment.state = 'active' DESC, program.sequence, enrollment.id DESC
            """
        )

    @api.model
    def _sales(self):
        """Invoices and the partner they count for: sell-in of the enrolled, and sell-through."""
        return SQL(
            """
            SELECT %(columns)s, 0 AS through, buyer.commercial_partner_id AS partner_id
              FROM %(documents)s
              JOIN enrolled ON enrolled.partner_id = buyer.commercial_partner_id
               AND enrolled.company_id = move.company_id
             WHERE %(posted)s
            UNION ALL
            SELECT %(columns)s, 1, seller.commercial_partner_id
              FROM %(documents)s
              JOIN res_partner seller ON seller.id = move.prm_partner_id
             WHERE %(posted)s AND seller.commercial_partner_id <> buyer.commercial_partner_id
            """,
            columns=SQL(
                "move.id AS move_id, move.company_id, move.invoice_date AS date,"
                " CASE move.move_type WHEN 'out_refund' THEN -1 ELSE 1 END AS sign,"
                " coalesce(client.commercial_partner_id, buyer.commercial_partner_id)"
                " AS customer_id"
            ),
            documents=SQL(
                "account_move move"
                " JOIN res_partner buyer ON buyer.id = move.partner_id"
                " LEFT JOIN res_partner client ON client.id = move.prm_end_customer_id"
            ),
            posted=SQL(
                "move.state = 'posted'"
                " AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')"
            ),
        )

    def action_open_record(self):
        """Open the 360 view of the row's partner."""
        return self.partner_id.action_relationship_360()
