"""What our addons cost core's own work: orders, invoices, customers, messages.

The same code runs in two databases with the same data, one without our addons. After each piece of
work the cursor is flushed as a commit does: what waits for the end of the transaction (the buffer
of interactions, the queue of partners) is written once for each.
"""

from __future__ import annotations

from typing import Any

from bench.runner.case import Case, Goal, Probe

GOALS = (Goal("ours/ordinary", "<=", 1.10, ("S", "M", "L")), Goal("extra queries", "<=", 3))


class TaxOrders(Case):
    """Orders confirmed one by one, as people do."""

    name = "tax_on_core_orders"
    title = "confirm quotations of two lines, one by one, with and without our addons"
    goals = GOALS
    plain = True
    rounds = 5

    def units(self) -> int:
        return self.by_size(5, 20, 40, 100)

    def setup(self, env: Any) -> None:
        """Make the quotations, of customers and products spread over the data."""
        partner, product = self.note["bases"]["res_partner"], self.note["bases"]["product_product"]
        self.orders = env["sale.order"].create(
            [
                {
                    "partner_id": partner + 1 + 3 * n,
                    "client_order_ref": f"bench {n}",
                    "order_line": [
                        (0, 0, {"product_id": product + 1 + (n + line) % 40, "product_uom_qty": 2})
                        for line in range(2)
                    ],
                }
                for n in range(self.units())
            ]
        )

    def ours(self, env: Any, probe: Probe) -> Any:
        """Confirm each, written to the database before the next."""
        for order in self.orders:
            with probe.lap():
                order.action_confirm()
                env.cr.flush()
        return self.orders

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return state and total of each order."""
        return {o.client_order_ref: [o.state, o.amount_total, o.invoice_status] for o in outcome}


class TaxInvoices(Case):
    """Invoices posted and paid one by one, as people do."""

    name = "tax_on_core_invoices"
    title = "post invoices of two lines and register their payments, one by one"
    goals = (GOALS[0], Goal("extra queries", "<=", 6))  # of two transactions each
    plain = True
    rounds = 5

    def units(self) -> int:
        return self.by_size(5, 20, 40, 100)

    def setup(self, env: Any) -> None:
        """Make the drafts, of customers and products spread over the data."""
        partner, product = self.note["bases"]["res_partner"], self.note["bases"]["product_product"]
        self.invoices = env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": partner + 1 + 3 * n,
                    "ref": f"bench {n}",
                    "invoice_date": self.note["as_of"],
                    "invoice_line_ids": [
                        (0, 0, {"product_id": product + 1 + (n + line) % 40, "price_unit": 50})
                        for line in range(2)
                    ],
                }
                for n in range(self.units())
            ]
        )

    def ours(self, env: Any, probe: Probe) -> Any:
        """Post and pay each: two transactions, as two clicks are."""
        register = env["account.payment.register"]
        for invoice in self.invoices:
            with probe.lap():
                invoice.action_post()
                env.cr.flush()
                register.with_context(active_model="account.move", active_ids=invoice.ids).create(
                    {}
                )._create_payments()
                env.cr.flush()
        return self.invoices

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return what became of each invoice."""
        return {
            move.ref: [move.state, move.amount_total, move.amount_residual, move.payment_state]
            for move in outcome
        }


class TaxPartners(Case):
    """Contacts created one by one."""

    name = "tax_on_core_partners"
    title = "create companies one by one, with and without our addons"
    goals = GOALS
    plain = True
    rounds = 5

    def units(self) -> int:
        return self.by_size(10, 100, 200, 1000)

    def ours(self, env: Any, probe: Probe) -> Any:
        """Create each, written to the database before the next."""
        country = env.ref("base.de")
        made = env["res.partner"]
        for n in range(self.units()):
            with probe.lap():
                made |= env["res.partner"].create(
                    {
                        "name": f"Created {n} GmbH",
                        "ref": f"created-{n}",
                        "is_company": True,
                        "email": f"info@created-{n}.example.com",
                        "phone": f"+49 30 {100000 + n}",
                        "country_id": country.id,
                    }
                )
                env.cr.flush()
        return made

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return what Odoo derived for each."""
        return {
            p.ref: [
                p.display_name,
                p.email_normalized,
                p.phone_sanitized,
                p.commercial_partner_id == p,
            ]
            for p in outcome
        }


class TaxMessages(Case):
    """Messages posted one by one."""

    name = "tax_on_core_messages"
    title = "post messages on customers, one by one, with and without our addons"
    goals = GOALS
    plain = True
    rounds = 5

    def units(self) -> int:
        return self.by_size(10, 100, 200, 1000)

    def ours(self, env: Any, probe: Probe) -> Any:
        """Post each, written to the database before the next."""
        base = self.note["bases"]["res_partner"]
        messages = env["mail.message"]
        for n in range(self.units()):
            with probe.lap():
                partner = env["res.partner"].browse(
                    base + 1 + n % self.note["rows"]["bench_customers"]
                )
                messages |= partner.message_post(
                    body=f"Called, message {n}", message_type="comment"
                )
                env.cr.flush()
        return messages

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return author, kind and addressee of each."""
        return {
            m.body: [m.author_id.name, m.message_type, env["res.partner"].browse(m.res_id).ref]
            for m in outcome
        }
