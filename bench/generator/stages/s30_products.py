"""Products in a tree of categories."""

from __future__ import annotations

from .. import words
from ..context import Context
from ..engine import Stage
from ..functions import _array


class Products(Stage):
    """Goods and services, prices from 5 to 20 000, a few of them sold far more than the rest."""

    name = "products"
    bulk = False
    needs = {"product_template": ("categ_id",), "product_product": ()}
    tables = ("product_category", "product_template", "product_product", "product_taxes_rel")

    def run(self, ctx: Context) -> None:
        """Write categories by Odoo (their paths matter), products by SQL."""
        categories = self._categories(ctx)
        count = ctx.size.products
        template = ctx.reserve("product_template", count)
        product = ctx.reserve("product_product", count)
        ctx.plan(
            "bench_product",
            """SELECT i, %(template)s + i AS template_id, %(product)s + i AS product_id,
                      (%(categories)s::int[])[1 + pg_temp.pick(i, 'category', %(count)s)]
                          AS categ_id,
                      (ARRAY[5, 12, 20, 35, 49, 75, 99, 149, 250, 400, 890, 2500, 7900, 20000])
                          [1 + pg_temp.pick(i, 'price', 14)]::numeric AS price,
                      pg_temp.u(i, 'service') < 0.2 AS is_service
                 FROM generate_series(1::bigint, %(products)s) AS i""",
            {
                "template": template,
                "product": product,
                "categories": categories,
                "count": len(categories),
                "products": count,
            },
        )
        self._insert(ctx)

    def _categories(self, ctx: Context) -> list[int]:
        model = ctx.env["product.category"]
        leaves: list[int] = []
        for parent, children in words.CATEGORIES.items():
            top = model.create({"name": f"Bench {parent}"})
            leaves += model.create([{"name": name, "parent_id": top.id} for name in children]).ids
        ctx.env.flush_all()
        return leaves

    def _insert(self, ctx: Context) -> None:
        unit = ctx.env.ref("uom.product_uom_unit").id
        goods = _array(words.GOODS, "text")
        stamp = "%(start)s::timestamp"
        ctx.insert(
            "product_template",
            {
                "id": "p.template_id",
                "name": f"jsonb_build_object('en_US', {goods}[1 + pg_temp.pick(p.i, 'good', "
                f"{len(words.GOODS)})] || ' ' || p.i)",
                "default_code": "'BENCH-' || p.i",
                "categ_id": "p.categ_id",
                "list_price": "p.price",
                "uom_id": "%(unit)s",
                "type": "CASE WHEN p.is_service THEN 'service' ELSE 'consu' END",
                "service_tracking": "'no'",
                "service_type": "'manual'",
                "invoice_policy": "'order'",
                "expense_policy": "'no'",
                "sale_ok": "true",
                "purchase_ok": "false",
                "active": "true",
                "sequence": "1",
            },
            "bench_product p ORDER BY p.i",
            {"unit": unit, "start": ctx.start},
            stamp=stamp,
        )
        ctx.insert(
            "product_product",
            {
                "id": "p.product_id",
                "product_tmpl_id": "p.template_id",
                "default_code": "'BENCH-' || p.i",
                "combination_indices": "''",
                "active": "true",
            },
            "bench_product p ORDER BY p.i",
            {"start": ctx.start},
            stamp=stamp,
        )
        ctx.insert(
            "product_taxes_rel",
            {"prod_id": "p.template_id", "tax_id": "c.tax_id"},
            "bench_product p JOIN bench_company c ON c.tax_id IS NOT NULL",
        )
