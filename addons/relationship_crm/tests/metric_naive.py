"""Every shipped metric once more, record by record in Python, from its description alone."""

import itertools
from collections import defaultdict
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")


class NaiveMetrics:
    """The metrics of one company and one window, by looping over all documents.

    :param made: {kind: recordset} of documents, as of ``MetricWorld.fill``
    :param start: first day or None, ``end`` day after the last
    """

    def __init__(self, made, company, start, end):
        self.made, self.company, self.start, self.end = made, company, start, end
        self.zone = ZoneInfo(company._relationship_tz())

    def values(self, partner):
        """{code: value} of one commercial partner."""
        ours = [order for order in self._orders() if self._day_in(self._day(order.date_order))]
        own = [order for order in ours if order.partner_id.commercial_partner_id == partner]
        sold = [order for order in ours if partner in self._sellers(order, order.partner_id)]
        return {
            **self._order_values(own),
            **self._first_values(partner),
            **self._sold_values(partner, sold),
            **self._invoice_values(partner),
            **self._lead_values(partner),
            **self._interaction_values(partner),
            "departments_engaged": self._teams(partner, own),
        }

    # ------------------------------------------------------------ days

    def _day(self, moment):
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()

    def _day_in(self, day):
        return (self.start is None or day >= self.start) and day < self.end

    # ------------------------------------------------------------ orders

    def _orders(self):
        return [
            o for o in self.made["orders"] if o.state == "sale" and o.company_id == self.company
        ]

    def _sellers(self, document, customer):
        return customer.commercial_partner_id | document.prm_partner_id.commercial_partner_id

    def _revenue(self, orders):
        return sum(order.amount_untaxed / order.currency_rate for order in orders)

    def _units(self, orders):
        return sum(
            line.product_uom_id._compute_quantity(
                line.product_uom_qty, line.product_id.uom_id, round=False
            )
            for order in orders
            for line in order.order_line
        )

    def _products(self, orders):
        return len(
            {
                line.product_id.product_tmpl_id
                for order in orders
                for line in order.order_line
                if line.product_uom_qty > 0
            }
        )

    def _order_values(self, orders):
        days = sorted({self._day(order.date_order) for order in orders})
        since = between = None
        if days:
            since = (self.end - days[-1]).days - 1
        if len(days) > 1:
            gaps = [(b - a).days for a, b in itertools.pairwise(days)]
            between = sum(gaps) / len(gaps)
        return {
            "revenue_ordered": self._revenue(orders),
            "orders": len(orders),
            "average_order": self._revenue(orders) / len(orders) if orders else None,
            "units_sold": self._units(orders),
            "products_sold": self._products(orders),
            "days_since_purchase": since,
            "repeat_rate": (100 if len(days) > 1 else 0) if days else None,
            "days_between_purchases": between,
            "next_purchase_on": None if between is None else between - since,
        }

    def _first_values(self, partner):
        orders = [
            self._day(order.date_order)
            for order in self._orders()
            if order.partner_id.commercial_partner_id == partner
        ]
        invoices = [
            move.invoice_date
            for move in self._moves("out_invoice", "out_receipt")
            if move.partner_id.commercial_partner_id == partner
        ]
        first = min((day for day in orders + invoices if day < self.end), default=None)
        ordered = min((day for day in orders if day < self.end), default=None)
        entered = self._day(partner.create_date)
        counts = ordered and self._day_in(ordered) and ordered >= entered
        return {
            "tenure_days": (self.end - first).days - 1 if first else None,
            "first_purchase_days": (ordered - entered).days if counts else None,
        }

    def _sold_values(self, partner, orders):
        customers = set()
        for order in orders:
            end = order.prm_end_customer_id or order.partner_id
            customers.add(end.commercial_partner_id)
        moves = [
            move
            for move in self._moves("out_invoice", "out_receipt", "out_refund")
            if self._day_in(move.invoice_date) and partner in self._sellers(move, move.partner_id)
        ]
        return {
            "sold_revenue_ordered": self._revenue(orders),
            "sold_orders": len(orders),
            "sold_units": self._units(orders),
            "sold_products": self._products(orders),
            "active_customers": len(customers - {partner}),
            "sold_revenue_invoiced": self._untaxed(moves),
        }

    # ------------------------------------------------------------ invoices

    def _moves(self, *types):
        return [
            move
            for move in self.made["invoices"]
            if move.state == "posted"
            and move.move_type in types
            and move.company_id == self.company
        ]

    def _untaxed(self, moves):
        """What the lines of some documents credit less what they debit, in company currency."""
        lines = [line for move in moves for line in move.invoice_line_ids]
        return -sum(line.balance for line in lines)

    def _invoice_values(self, partner):
        def of(*types):
            return [
                move
                for move in self._moves(*types)
                if move.partner_id.commercial_partner_id == partner
                and self._day_in(move.invoice_date)
            ]

        invoiced = self._untaxed(of("out_invoice", "out_receipt"))
        refunded = -self._untaxed(of("out_refund"))
        bills = of("in_invoice", "in_refund", "in_receipt")
        return {
            "revenue_invoiced": invoiced - refunded,
            "refund_rate": 100 * refunded / invoiced if invoiced > 0 else None,
            "payment_delay_days": self._delay(partner),
            "spend_invoiced": -self._untaxed(bills),
            "bill_disputes": sum(move.payment_state == "blocked" for move in bills),
        }

    def _delay(self, partner):
        """Bank entries are the only journal entries with a bank line."""
        paid = weighted = 0.0
        for move in self._moves("out_invoice", "out_receipt"):
            if move.partner_id.commercial_partner_id != partner:
                continue
            for part in move.line_ids.matched_credit_ids:
                entry = part.credit_move_id.move_id
                if "asset_cash" not in entry.line_ids.mapped("account_type"):
                    continue
                day = max(entry.date, move.date)
                if self._day_in(day):
                    paid += part.amount
                    weighted += part.amount * (day - move.invoice_date_due).days
        return weighted / paid if paid else None

    # ------------------------------------------------------------ opportunities

    def _leads(self, partner):
        return [
            lead
            for lead in self.made["leads"].with_context(active_test=False)
            if lead.type == "opportunity"
            and lead.company_id in (self.company, self.company.browse())
            and lead.partner_id.commercial_partner_id == partner
        ]

    def _lead_values(self, partner):
        leads = self._leads(partner)
        closed = [
            lead
            for lead in leads
            if lead.won_status != "pending" and self._day_in(self._day(lead.date_closed))
        ]
        won = [lead for lead in closed if lead.won_status == "won"]
        is_open = [
            lead
            for lead in leads
            if self._day(lead.create_date) < self.end
            and (lead.won_status == "pending" or self._day(lead.date_closed) >= self.end)
        ]
        return {
            "opportunities_won": len(won),
            "win_rate": 100 * len(won) / len(closed) if closed else None,
            "pipeline": sum(lead.expected_revenue for lead in is_open),
        }

    def _teams(self, partner, orders):
        teams = {order.team_id for order in orders}
        teams |= {
            lead.team_id
            for lead in self._leads(partner)
            if self._day_in(self._day(lead.create_date))
        }
        return sum(bool(team) for team in teams)

    # ------------------------------------------------------------ interactions

    def _interaction_values(self, partner):
        rows = [
            row
            for row in self.made["interactions"].sorted(lambda row: (row.occurred_at, row.id))
            if row.partner_id == partner and row.company_id == self.company
        ]
        within = [row for row in rows if self._day_in(self._day(row.occurred_at))]
        engaged = {row.contact_id for row in within if row.kind_id.direction in ("in", "mutual")}
        return {
            "interactions": len(within),
            "contacts_engaged": len(engaged),
            "response_hours": self._response(rows),
        }

    def _response(self, rows):
        """Walk through the mails: their first one opens the clock, our next one stops it."""
        hours, since = [], None
        for row in rows:
            if self._day(row.occurred_at) >= self.end:
                break
            if row.kind_id.code == "mail_in" and since is None:
                since = row.occurred_at
            elif row.kind_id.code == "mail_out" and since is not None:
                if self._day_in(self._day(since)):
                    hours.append((row.occurred_at - since).total_seconds() / 3600)
                since = None
        return sum(hours) / len(hours) if hours else None


def by_partner(partners, values):
    """{partner id: values(partner)} of commercial partners."""
    result = defaultdict(dict)
    for partner in partners:
        result[partner.id] = values(partner)
    return dict(result)
