from odoo import api, fields, models
from odoo.tools import SQL

from ..models.relationship_interaction import CHANNELS
from ..models.relationship_profile import KINDS

FACTS = [("invoice", "Invoice"), ("order", "Order"), ("interaction", "Interaction")]
THROUGH = [("direct", "Direct"), ("partner", "Through a Partner")]
ROUTES = [*THROUGH, ("to_partner", "Bought by a Partner")]
ACQUIRED = [("us", "Us"), ("partner", "A Partner")]
PURCHASES = [("first", "First Purchase"), ("returned", "Returned")]


class RelationshipReport(models.Model):
    """What happened with customers, one row per invoice, order and interaction.

    Amounts are in company currency at the rate of the document, days in the company's time zone;
    revenue is that of the metric ``revenue_invoiced``, orders are those of ``revenue_ordered``.
    """

    _name = "relationship.report"
    _description = "Customer Report"
    _auto = False
    _rec_name = "partner_id"
    _order = "date desc, id desc"

    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(readonly=True)
    fact = fields.Selection(FACTS, string="What", readonly=True)
    kind = fields.Selection(KINDS, string="Customer Kind", readonly=True)
    stage_id = fields.Many2one("relationship.stage", readonly=True)
    country_id = fields.Many2one("res.country", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    sold_through = fields.Selection(THROUGH, readonly=True)
    prm_partner_id = fields.Many2one("res.partner", string="Selling Partner", readonly=True)
    route = fields.Selection(
        ROUTES,
        readonly=True,
        help="Through a partner, to a partner who sells it on, or direct to the customer.",
    )
    acquired_by = fields.Selection(
        ACQUIRED,
        readonly=True,
        help="Who made the customer's first invoiced sale: us, or a partner.",
    )
    acquired_partner_id = fields.Many2one("res.partner", string="Acquiring Partner", readonly=True)
    purchase = fields.Selection(
        PURCHASES,
        readonly=True,
        help="Whether the customer bought on the day of the first invoice, or came back later.",
    )
    channel = fields.Selection(CHANNELS, readonly=True, help="By which a contact was made.")
    revenue_invoiced = fields.Monetary(
        string="Invoiced", readonly=True, help="Without taxes, less credit notes."
    )
    revenue_ordered = fields.Monetary(string="Ordered", readonly=True, help="Without taxes.")
    orders = fields.Integer(readonly=True)
    interactions = fields.Integer(readonly=True)

    _depends = {
        "account.move": [
            "amount_untaxed_signed",
            "company_id",
            "invoice_date",
            "move_type",
            "partner_id",
            "prm_partner_id",
            "state",
        ],
        "sale.order": [
            "amount_untaxed",
            "company_id",
            "currency_rate",
            "date_order",
            "partner_id",
            "prm_partner_id",
            "state",
        ],
        "prm.enrollment": ["company_id", "partner_id", "state"],
        "relationship.interaction": ["channel", "company_id", "occurred_at", "partner_id"],
        "relationship.profile": ["company_id", "kind", "partner_id", "stage_id"],
        "res.company": ["currency_id"],
        "res.partner": ["commercial_partner_id", "country_id", "user_id"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT fact.id, fact.fact, fact.partner_id, fact.company_id, fact.date,
                   fact.prm_partner_id, fact.channel, fact.revenue_invoiced,
                   fact.revenue_ordered, fact.orders, fact.interactions,
                   CASE WHEN fact.fact = 'interaction' THEN NULL
                        WHEN fact.prm_partner_id IS NULL THEN 'direct' ELSE 'partner'
                    END AS sold_through,
                   CASE WHEN fact.fact = 'interaction' THEN NULL
                        WHEN fact.prm_partner_id <> fact.partner_id THEN 'partner'
                        WHEN enrolled.partner_id IS NOT NULL THEN 'to_partner' ELSE 'direct'
                    END AS route,
                   CASE WHEN fact.fact = 'interaction' OR first.id IS NULL THEN NULL
                        WHEN first.seller_id IS NULL THEN 'us' ELSE 'partner'
                    END AS acquired_by,
                   CASE WHEN fact.fact <> 'interaction' THEN first.seller_id
                    END AS acquired_partner_id,
                   CASE WHEN fact.fact = 'interaction' THEN NULL
                        WHEN first.date < fact.date THEN 'returned' ELSE 'first'
                    END AS purchase,
                   company.currency_id, profile.kind, profile.stage_id,
                   partner.country_id, partner.user_id
              FROM (%(facts)s) fact
              JOIN res_company company ON company.id = fact.company_id
              JOIN res_partner partner ON partner.id = fact.partner_id
              LEFT JOIN relationship_profile profile
                ON profile.partner_id = fact.partner_id AND profile.company_id = fact.company_id
              LEFT JOIN (%(firsts)s) first
                ON first.customer_id = fact.partner_id AND first.company_id = fact.company_id
              LEFT JOIN (%(enrolled)s) enrolled
                ON enrolled.partner_id = fact.partner_id AND enrolled.company_id = fact.company_id
            """,
            facts=SQL(" UNION ALL ").join(self._facts()),
            firsts=self._first_sales(),
            enrolled=self._enrolled(),
        )

    @api.model
    def _first_sales(self):
        """The first invoice of each customer in a company and the partner who made that sale.

        One row a key: PostgreSQL leaves it out where no column of it is asked for.
        """
        return SQL(
            """
            SELECT DISTINCT ON (buyer.commercial_partner_id, move.company_id)
                   buyer.commercial_partner_id AS customer_id, move.company_id, move.id,
                   move.invoice_date AS date,
                   nullif(seller.commercial_partner_id, buyer.commercial_partner_id) AS seller_id
              FROM account_move move
              JOIN res_partner buyer ON buyer.id = move.partner_id
              LEFT JOIN res_partner seller ON seller.id = move.prm_partner_id
             WHERE move.move_type IN ('out_invoice', 'out_receipt') AND move.state = 'posted'
             ORDER BY buyer.commercial_partner_id, move.company_id, move.invoice_date, move.id
            """
        )

    @api.model
    def _enrolled(self):
        """Partners of a program that has not ended for them, one row a partner and company."""
        return SQL(
            """
            SELECT DISTINCT partner_id, company_id FROM prm_enrollment WHERE state <> 'ended'
            """
        )

    @api.model
    def _facts(self):
        """Hook: list of queries with the same columns, each row with an ``id`` of its own.

        Their ids are kept apart by the rest after division by ten: 0 invoices, 1 orders, 2
        interactions; another addon takes the next one.
        """
        return [self._invoice_facts(), self._order_facts(), self._interaction_facts()]

    @api.model
    def _invoice_facts(self):
        """Posted customer invoices, receipts and credit notes, as ``revenue_invoiced`` does."""
        return SQL(
            """
            SELECT 10 * move.id::bigint AS id, 'invoice' AS fact,
                   contact.commercial_partner_id AS partner_id, move.company_id,
                   move.invoice_date AS date, seller.commercial_partner_id AS prm_partner_id,
                   NULL::varchar AS channel, move.amount_untaxed_signed AS revenue_invoiced,
                   NULL::numeric AS revenue_ordered, 0 AS orders, 0 AS interactions
              FROM account_move move
              JOIN res_partner contact ON contact.id = move.partner_id
              LEFT JOIN res_partner seller ON seller.id = move.prm_partner_id
             WHERE move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND move.state = 'posted'
            """
        )

    @api.model
    def _order_facts(self):
        """Confirmed orders, as ``revenue_ordered`` does."""
        return SQL(
            """
            SELECT 10 * orders.id::bigint + 1, 'order', contact.commercial_partner_id,
                   orders.company_id, %(day)s, seller.commercial_partner_id, NULL, NULL::numeric,
                   orders.amount_untaxed / coalesce(nullif(orders.currency_rate, 0), 1), 1, 0
              FROM sale_order orders
              JOIN res_partner contact ON contact.id = orders.partner_id
              LEFT JOIN res_partner seller ON seller.id = orders.prm_partner_id
             WHERE orders.state = 'sale'
            """,
            day=self._local_day(SQL("orders.date_order"), SQL("orders.company_id")),
        )

    @api.model
    def _interaction_facts(self):
        """Interactions of known customers."""
        return SQL(
            """
            SELECT 10 * interaction.id::bigint + 2, 'interaction', interaction.partner_id,
                   interaction.company_id, %(day)s, NULL::int, interaction.channel, NULL::numeric,
                   NULL::numeric, 0, 1
              FROM relationship_interaction interaction
             WHERE interaction.partner_id IS NOT NULL
            """,
            day=self._local_day(SQL("interaction.occurred_at"), SQL("interaction.company_id")),
        )

    @api.model
    def _local_day(self, moment, company):
        """Return the day of a moment (UTC) in the time zone of its company, as SQL."""
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        zones = [
            SQL("WHEN %s THEN %s", record.id, record._relationship_tz())
            for record in companies.search([("id", "!=", False)])
        ]
        return SQL(
            "(%s AT TIME ZONE 'UTC' AT TIME ZONE CASE %s %s END)::date",
            moment,
            company,
            SQL(" ").join(zones),
        )

    def action_open_record(self):
        """Open the 360 view of the row's customer."""
        return self.partner_id.action_relationship_360()
