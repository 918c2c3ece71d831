from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

from ..lib import demo_story as story
from ..lib import demo_year

#: what becomes of an order → days from the order to the invoice, from there to the payment
PAID_AFTER = {"paid": (3, 21), "refunded": (3, 20), "late": (4, 68)}
INVOICED = ("invoiced", "overdue", *PAID_AFTER)
#: days that a customer has to pay
TERM = 30


class RelationshipDemo(models.AbstractModel):
    """The sales of the story: orders, invoices, payments and opportunities, in the past."""

    _inherit = "relationship.demo"

    # ------------------------------------------------------------ orders

    @api.model
    def _build_sales(self):
        """Make the orders of the story and of the year; {(model, id): when it happened}."""
        told = [
            demo_year.Sale(customer, days_ago, ((product, quantity),), through, outcome)
            for customer, days_ago, product, quantity, through, outcome in story.SALES
        ]
        return self._make_sales(told + demo_year.year(fields.Date.today()))

    @api.model
    def _make_sales(self, sales, known=None):
        """Make orders with their invoices and payments, in sets; {(model, id): when}.

        :param list sales: ``demo_year.Sale``, of customers and products by their demo names
        :param dict known: name of a customer who is no demo record → values of its orders
        """
        orders = self.env["sale.order"].create(
            [self._prepare_order(sale, (known or {}).get(sale.customer)) for sale in sales]
        )
        rows = list(zip(orders, sales, strict=True))
        sold = orders.browse(row.id for row, sale in rows if sale.outcome != "quoted")
        sold.action_confirm()
        moments = {("sale.order", row.id): self._moment(sale.days_ago) for row, sale in rows}
        for row, _sale in rows:
            row.date_order = moments["sale.order", row.id]
        orders.browse(row.id for row, sale in rows if sale.outcome == "cancelled")._action_cancel()
        orders.browse(row.id for row, sale in rows if sale.outcome == "quoted").state = "sent"
        self._date_created("sale_order", {row.id: sale.days_ago + 4 for row, sale in rows})
        won = self._make_won([(row, sale) for row, sale in rows if sale.outcome in INVOICED])
        return moments | won | self._make_invoices(rows)

    @api.model
    def _prepare_order(self, sale, known):
        if not known:
            partner = self._partner(sale.customer)
            known = {"partner_id": partner.id, "user_id": partner.user_id.id}
        return {
            **known,
            "prm_partner_id": sale.through and self._partner(sale.through).id,
            "validity_date": self._day(sale.days_ago - 30),
            "order_line": [
                Command.create(
                    {
                        "product_id": self._ref("product_product", product).id,
                        "product_uom_qty": quantity,
                    }
                )
                for product, quantity in sale.lines
            ],
        }

    @api.model
    def _date_created(self, table, days):
        """Let rows of a table have been made some days ago: {id: days}."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE %(table)s made SET create_date = given.moment
                  FROM unnest(%(ids)s::int[], %(moments)s::timestamp[]) AS given(id, moment)
                 WHERE made.id = given.id
                """,
                table=SQL.identifier(table),
                ids=list(days),
                moments=[self._moment(day, hour=8) for day in days.values()],
            )
        )
        self.env.invalidate_all(flush=False)

    # ------------------------------------------------------------ invoices

    @api.model
    def _make_invoices(self, rows):
        """Invoice the orders some days later, pay and refund what the story says."""
        journals = self.env["account.journal"]
        company = self.env.company
        if not all(
            journals.search_count([("type", "=", kind), ("company_id", "=", company.id)], limit=1)
            for kind in ("sale", "bank")
        ):
            return {}  # no chart of accounts: the orders tell enough
        sales = {order: sale for order, sale in rows if sale.outcome in INVOICED}
        invoices = self.env["sale.order"].union(*sales)._create_invoices(grouped=True)
        due = {}
        for invoice in invoices:
            sale = sales[invoice.line_ids.sale_line_ids.order_id]
            wait, pay = PAID_AFTER.get(sale.outcome, (3, None))
            days_ago = max(sale.days_ago - wait, 0)
            day = self._day(days_ago)
            invoice.write(
                {"invoice_date": day, "invoice_date_due": fields.Date.add(day, days=TERM)}
            )
            if pay is not None:
                due[invoice] = max(days_ago - pay - invoice.id % 9, 0)
        invoices.action_post()
        moments = self._make_payments(due)
        back = {
            move: days
            for move, days in due.items()
            if sales[move.line_ids.sale_line_ids.order_id].outcome == "refunded"
        }
        return moments | self._make_refunds(back)

    @api.model
    def _make_refunds(self, due):
        """Credit invoices in full five days after they were paid, and pay back; {…: when}."""
        if not due:
            return {}
        invoices = self.env["account.move"].union(*due)
        days = {invoice: max(days_ago - 5, 0) for invoice, days_ago in due.items()}
        refunds = invoices._reverse_moves(
            [
                {"invoice_date": self._day(days[invoice]), "ref": "Licences not needed"}
                for invoice in invoices
            ]
        )
        refunds.action_post()
        back = {refund: days[refund.reversed_entry_id] for refund in refunds}
        self._make_payments(back)
        return {
            ("account.move", refund.id): self._moment(day, hour=15) for refund, day in back.items()
        }

    @api.model
    def _make_payments(self, due):
        """Pay documents some days ago, in sets; {(model, id): when}.

        :param dict due: invoice or refund → days ago
        """
        documents = list(due)
        payments = self.env["account.payment"].create(
            [self._prepare_payment(document, due[document]) for document in documents]
        )
        payments.action_post()
        types = payments._get_valid_payment_account_types()
        plan = []
        for document, payment in zip(documents, payments, strict=True):
            document.matched_payment_ids += payment
            lines = (document.line_ids + payment.move_id.line_ids).filtered(
                lambda line: line.account_type in types and not line.reconciled
            )
            if payment.move_id:
                plan.append(lines)
        self.env["account.move.line"]._reconcile_plan(plan)
        return {
            ("account.move", document.id): self._moment(days, hour=11)
            for document, days in due.items()
        }

    @api.model
    def _prepare_payment(self, document, days_ago):
        inbound = document.move_type == "out_invoice"
        return {
            "date": self._day(days_ago),
            "amount": document.amount_residual,
            "payment_type": "inbound" if inbound else "outbound",
            "partner_type": "customer",
            "partner_id": document.commercial_partner_id.id,
            "currency_id": document.currency_id.id,
            "memo": document.name,
        }

    # ------------------------------------------------------------ opportunities

    @api.model
    def _make_won(self, rows):
        """Let an opportunity have come before each large order; {(model, id): when won}."""
        large = [
            (order, sale)
            for order, sale in rows
            if sale.amount >= demo_year.LARGE and not order.opportunity_id
        ]
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": order.order_line[:1].product_id.name,
                    "type": "opportunity",
                    "partner_id": order.partner_id.id,
                    "user_id": order.user_id.id,
                    "expected_revenue": order.amount_untaxed,
                }
                for order, _sale in large
            ]
        )
        if not leads:
            return {}
        for lead, (order, _sale) in zip(leads, large, strict=True):
            order.opportunity_id = lead
        leads.action_set_won()
        days = {lead: sale.days_ago for lead, (_order, sale) in zip(leads, large, strict=True)}
        return self._date_leads(days, begun=40)

    @api.model
    def _build_opportunities(self):
        """Make open, won and lost opportunities; {(model, id): when decided}."""
        leads = self.env["crm.lead"].create(
            [self._prepare_lead(row) for row in story.OPPORTUNITIES]
        )
        states = [row[4] for row in story.OPPORTUNITIES]
        rows = list(zip(leads, states, strict=True))
        leads.browse(lead.id for lead, state in rows if state == "won").action_set_won()
        self._lose([lead for lead, state in rows if state == "lost"])
        days = {lead: row[5] for lead, row in zip(leads, story.OPPORTUNITIES, strict=True)}
        self._spread_stages([lead for lead, state in rows if state == "open"])
        self._date_created(
            "crm_lead", {lead.id: 12 + abs(days[lead]) % 60 for lead, s in rows if s == "open"}
        )
        return self._date_leads(
            {lead: days[lead] for lead, state in rows if state != "open"}, begun=50
        )

    @api.model
    def _prepare_lead(self, row):
        user, customer, title, amount, state, days = row
        return {
            "name": title,
            "type": "opportunity",
            "partner_id": self._partner(customer).id,
            "user_id": self._user(user).id,
            "expected_revenue": amount,
            "date_deadline": state == "open" and self._day(-days),
        }

    @api.model
    def _lose(self, leads):
        """Let opportunities be lost, by one reason after the other."""
        for number, reason in enumerate(story.LOST_BY):
            part = self.env["crm.lead"].union(*leads[number :: len(story.LOST_BY)])
            found = self.env.ref(f"crm.{reason}", False)
            part.action_set_lost(**({"lost_reason_id": found.id} if found else {}))

    @api.model
    def _spread_stages(self, leads):
        """Put open opportunities in the stages of the pipeline, in turn."""
        stages = self.env["crm.stage"].search([("is_won", "=", False), ("team_ids", "=", False)])
        for number, lead in enumerate(leads):
            if stages:
                lead.stage_id = stages[number % len(stages)]

    @api.model
    def _date_leads(self, days, begun):
        """Let decided opportunities have begun and ended in the past; {(model, id): when}.

        :param dict days: lead → days since it was decided
        :param int begun: days from its beginning to the decision
        """
        self._date_created("crm_lead", {lead.id: day + begun for lead, day in days.items()})
        moments = {}
        for lead, day in days.items():
            moments["crm.lead", lead.id] = lead.date_closed = self._moment(day, hour=14)
        return moments

    # ------------------------------------------------------------ what they recorded

    @api.model
    def _date_interactions(self, moments):
        """Let what the documents recorded lie in the past, like the documents.

        :param dict moments: (model, id, kind), (model, id) or the reference of an event → when
        """
        self.env["relationship.interaction"].sudo()._flush_buffer()
        rows = [
            (*(*key, None)[:3], None, moment)
            if isinstance(key, tuple)
            else (None, None, None, key, moment)
            for key, moment in moments.items()
        ]
        self.env.cr.execute(
            """
            UPDATE relationship_interaction event SET occurred_at = past.moment
              FROM unnest(%s::text[], %s::int[], %s::text[], %s::text[], %s::timestamp[])
                   AS past(model, id, kind, ref, moment),
                   relationship_interaction_kind kind
             WHERE kind.id = event.kind_id AND event.source = 'odoo'
               AND (event.external_ref = past.ref
                    OR (event.res_model = past.model AND event.res_id = past.id
                        AND kind.code = coalesce(past.kind, kind.code)))
            """,
            [list(column) for column in zip(*rows, strict=True)] or [[]] * 5,
        )
        self.env["relationship.interaction"].invalidate_model()
