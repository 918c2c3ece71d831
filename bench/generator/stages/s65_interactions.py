"""Interactions: what orders, invoices and opportunities left, and everyday contact beside them."""

from __future__ import annotations

from ..context import Context
from ..curves import quantiles
from ..engine import Stage
from ..functions import _array
from .s40_tiers import customer_of

SLOTS = 1000
# Everyday contact: kind, share, channel. A kind that the database lacks is left out.
KINDS = (
    ("mail_out", 34, "email"),
    ("mail_in", 22, "email"),
    ("activity_done", 12, "phone"),
    ("call", 10, "phone"),
    ("portal_login", 10, "portal"),
    ("sms_out", 4, "sms"),
    ("visit", 3, "in_person"),
    ("profile_confirmed", 2, "portal"),
    ("need_confirmed", 2, "phone"),
    ("letter", 1, "post"),
)
# What the documents left: one row for each, as the hooks on orders, invoices and leads write it.
DOCUMENTS = """
    SELECT 'order_confirmed' AS kind, s.company_id, s.partner_id, s.partner_id AS contact_id,
           NULL AS channel, s.day + s.hour * interval '1 hour' AS moment, s.untaxed AS amount,
           s.untaxed + s.tax_total AS total, s.currency_id, 'sale.order' AS res_model,
           %(order)s + s.order_no AS res_id, 'confirmed' AS event
      FROM bench_sale s WHERE s.order_state = 'sale'
    UNION ALL
    SELECT 'invoice_paid', d.company_id, d.partner_id, d.partner_id, NULL,
           m.day + interval '15 hours', d.untaxed, d.untaxed + d.tax, d.currency_id,
           'account.move', d.move_id, 'paid,' || (%(partial)s + m.no)
      FROM bench_document d
      JOIN (SELECT k, max(day) AS day, max(no) AS no FROM bench_match GROUP BY k) m ON m.k = d.k
     WHERE d.sign = 1 AND d.payment_state = 'paid'
    UNION ALL
    SELECT 'invoice_refunded', d.company_id, d.partner_id, d.partner_id, NULL,
           d.day + interval '16 hours', d.untaxed, d.untaxed + d.tax, d.currency_id,
           'account.move', d.move_id, 'refunded'
      FROM bench_document d WHERE d.sign = -1
    UNION ALL
    SELECT 'opportunity_' || l.status, l.company_id, l.partner_id, l.partner_id, NULL,
           l.day + l.lag + interval '15 hours', l.revenue, NULL, c.currency_id, 'crm.lead',
           %(lead)s + l.no,
           l.status || ',' || date_part('epoch', l.day + l.lag + interval '15 hours')
      FROM bench_lead l JOIN res_company c ON c.id = l.company_id
     WHERE l.known AND l.status IN ('won', 'lost')"""

# Few customers have most of the contact; with companies it is one of their people.
EVERYDAY = """
    SELECT h.kind, co.company_id, c.partner_id,
           coalesce(p.contact_id, CASE WHEN NOT c.is_company THEN c.partner_id END) AS contact_id,
           (%(channels)s::text[])[array_position(%(kinds)s::text[], h.kind)] AS channel,
           GREATEST(h.day, c.since)
               + (8 + pg_temp.pick(h.n, 'contact hour', 10)) * interval '1 hour'
               + pg_temp.pick(h.n, 'contact second', 3600) * interval '1 second' AS moment,
           NULL::numeric AS amount, NULL::numeric AS total, NULL::int AS currency_id,
           NULL AS res_model, NULL::bigint AS res_id, 'bench:' || h.n AS event
      FROM (SELECT n, pg_temp.zipf(n, 'contacted', %(customers)s) AS rank,
                   pg_temp.sales_day((n - 0.5) / %(everyday)s) AS day,
                   {kinds}[1 + pg_temp.pick(n, 'contact kind', {slots})] AS kind
              FROM generate_series(1::bigint, %(everyday)s) AS n OFFSET 0) h
      JOIN bench_customer c ON c.i = {customer}
      JOIN bench_country k ON k.number = c.country
      JOIN bench_company co ON co.number = k.company
      LEFT JOIN bench_people a ON a.company = c.partner_id AND a.n = 1
      LEFT JOIN bench_people p ON p.company = c.partner_id
           AND p.n = 1 + pg_temp.pick(h.n, 'person', a.people)"""


class Interactions(Stage):
    """As many as the size says: those of the documents, then everyday contact until it is full.

    Numbered by time, as in life; nobody waits for them any more (no rows to be consumed).
    """

    name = "interactions"
    needs = {
        "relationship_interaction": ("kind_id", "occurred_at", "source", "external_ref"),
        "relationship_interaction_kind": ("code",),
        "sale_order": (),
        "bench_duplicate": (),
    }
    tables = ("relationship_interaction",)

    def run(self, ctx: Context) -> None:
        """Plan the documents' rows, then the everyday ones, and write them by time."""
        ctx.cr.execute("SELECT code FROM relationship_interaction_kind WHERE active")
        there = {code for (code,) in ctx.cr.fetchall()}
        everyday = [kind for kind in KINDS if kind[0] in there]
        params: dict[str, object] = {
            "order": ctx.bases.get("sale_order", 0),
            "lead": ctx.bases.get("crm_lead", 0),
            "partial": ctx.bases["account_partial_reconcile"],
            "customers": ctx.size.customers,
            "kinds": [code for code, _share, _channel in everyday],
            "channels": [channel for _code, _share, channel in everyday],
            "as_of": ctx.as_of,
        }
        self._people(ctx)
        documents = ctx.plan("bench_event", DOCUMENTS, params)
        params["everyday"] = max(ctx.size.interactions - documents, 0)
        codes = quantiles(params["kinds"], [share for _code, share, _channel in everyday], SLOTS)
        query = EVERYDAY.format(
            kinds=_array(codes, "text"), slots=SLOTS, customer=customer_of(ctx, "h")
        )
        ctx.cr.execute(f"INSERT INTO bench_event {query}", params)
        self._insert(ctx, documents + ctx.cr.rowcount)

    def _people(self, ctx: Context) -> None:
        """Number the people of each company."""
        ctx.plan(
            "bench_people",
            """SELECT p.parent_id AS company, p.id AS contact_id,
                      row_number() OVER (PARTITION BY p.parent_id ORDER BY p.id) AS n,
                      (count(*) OVER (PARTITION BY p.parent_id))::int AS people
                 FROM res_partner p
                WHERE p.id BETWEEN %(base)s + 1 AND %(base)s + %(partners)s
                  AND p.parent_id IS NOT NULL AND p.active""",
            {"base": ctx.bases["res_partner"], "partners": ctx.size.partners},
        )
        ctx.cr.execute("CREATE INDEX ON bench_people (company, n)")

    def _insert(self, ctx: Context, count: int) -> None:
        ctx.insert(
            "relationship_interaction",
            {
                "id": "%(base)s + e.no",
                "company_id": "e.company_id",
                "partner_id": "e.partner_id",
                "contact_id": "e.contact_id",
                "kind_id": "k.id",
                "channel": "e.channel",
                "occurred_at": "e.moment",
                "recorded_at": "e.moment",
                "amount": "e.amount",
                "currency_id": "e.currency_id",
                "res_model": "e.res_model",
                "res_id": "e.res_id",
                "source": "'odoo'",
                "external_ref": "CASE WHEN e.res_id IS NULL THEN e.event "
                "ELSE concat_ws(',', e.res_model, e.res_id, e.event) END",
                "payload": "CASE WHEN e.total IS NOT NULL "
                "THEN jsonb_build_object('total', e.total) END",
                "summary": "replace(e.kind, '_', ' ')",
            },
            """(SELECT *, row_number() OVER (ORDER BY moment, kind, event, res_id) AS no
                  FROM bench_event) e
               JOIN relationship_interaction_kind k ON k.code = e.kind
               ORDER BY e.no""",
            {"base": ctx.reserve("relationship_interaction", count)},
        )
