from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo import fields, models
from odoo.tools import SQL

from ..lib import windows as windows_lib


class Steps(NamedTuple):
    """Where prices of some pricelists may change."""

    #: quantities (in the product's unit) from which another price may hold, ascending
    quantities: list[float]
    #: moments (UTC) from which another price may hold, ascending
    moments: list[datetime]


class PrmSimulation(models.Model):
    """What the quantities sold in the period would have brought under other pricelists.

    Σ over the lines of confirmed orders made out to the partner: quantity × (price under the new
    pricelist − price under the old one), without tax, in company currency. Prices are core's own
    (``product.pricelist._compute_price_rule``), asked for once for each product, step of quantity
    and span of time in which no rule begins or ends; the lines stay in the database. What a
    pricelist names in another currency counts at the rate of the first day of each month.

    What a partner sells through (the order of somebody else names it) keeps the prices of that
    customer. Sales prices and costs of products are those of today.
    """

    _inherit = "prm.simulation"

    def _margin_effects(self, enrollments, decisions):
        """{enrollment id: margin effect}, of those whose pricelist would be another one."""
        changes = self._pricelist_changes(enrollments, decisions)
        lists = {pricelist for pair in changes.values() for pricelist in pair}
        if not changes:
            return {}
        partners = {one.id: one.partner_id.id for one in enrollments if one.id in changes}
        steps = self._price_steps(self.env["product.pricelist"].union(*lists))
        self._gather_sold(changes, partners, steps)
        return self._sum_effects(self._prices(steps))

    # ------------------------------------------------------------ which pricelists

    def _pricelist_changes(self, enrollments, decisions):
        """{enrollment id: (old, new) pricelist}, where they differ.

        As a change of tier does it: the pricelist of the new tier is set; a tier without one
        takes away that of the former tier if it is still the one set. Who is priced by another
        enrollment that comes before this one keeps those prices.
        """
        drafted = {tier.grade_id.id: self._usable(tier.pricelist_id) for tier in self.tier_ids}
        live = {tier.id: self._usable(tier.default_pricelist_id) for tier in enrollments.grade_id}
        ordinary = self._ordinary_pricelists(enrollments.partner_id)
        elsewhere = self._elsewhere(enrollments)
        changes = {}
        for one in enrollments:
            partner, decision = one.partner_id, decisions[one.id]
            other = elsewhere.get(partner, enrollments.browse())
            if other and self._prices_before(other, one):
                continue
            theirs = self._usable(other.grade_id.default_pricelist_id)
            now = partner.specific_property_product_pricelist
            given = live.get(decision.current, theirs)
            stays = decision.to_tier == decision.current
            new = drafted.get(decision.to_tier, given if stays else theirs)
            if now != given and (stays or not new):
                new = now
            usual = ordinary[partner.id]
            if (new or usual) != (now or usual):
                changes[one.id] = (now or usual, new or usual)
        return changes

    def _elsewhere(self, enrollments):
        """{partner: the first of its other enrollments whose tier may price it in this company}."""
        run_here = [
            "|",
            ("program_id.company_ids", "=", False),
            ("program_id.company_ids", "in", self.company_id.ids),
        ]
        found = self.env["prm.enrollment"].search(
            [
                ("partner_id", "in", enrollments.partner_id.ids),
                ("id", "not in", enrollments.ids),
                ("state", "=", "active"),
                ("grade_id", "!=", False),
                *run_here,
            ]
        )
        found = found.sorted(lambda one: one._rank_for_price(self.company_id))
        return {partner: some[:1] for partner, some in found.grouped("partner_id").items()}

    def _usable(self, pricelist):
        """A pricelist where this company may use it, else none."""
        company = pricelist.company_id
        return pricelist if not company or company == self.company_id else pricelist.browse()

    def _prices_before(self, other, enrollment):
        """Whether another enrollment of the partner prices it, whatever the tier of this one."""
        company = self.company_id
        return other._rank_for_price(company) < enrollment._rank_for_price(company)

    def _ordinary_pricelists(self, partners):
        """{partner id: pricelist it has without one of its own}; empty: the sales price."""
        pricelist = self.env["product.pricelist"].sudo()
        if not self.env["res.groups"]._is_feature_enabled("product.group_product_pricelist"):
            return dict.fromkeys(partners.ids, pricelist)
        by_country = pricelist._get_country_pricelist_multi(partners.country_id.ids)
        return {partner.id: by_country[partner.country_id.id] for partner in partners}

    # ------------------------------------------------------------ prices

    def _price_steps(self, pricelists):
        """Where prices of these pricelists, and of those they are based on, may change."""
        every = pricelists
        while every.item_ids.base_pricelist_id - every:
            every |= every.item_ids.base_pricelist_id
        items = every.item_ids
        start, end = self._moments()
        moments = {item.date_start for item in items if item.date_start}
        moments |= {item.date_end + timedelta(seconds=1) for item in items if item.date_end}
        foreign = items.filtered(lambda item: item.currency_id != self.company_id.currency_id)
        if any(item._names_money() for item in foreign):
            moments |= set(self._months())
        return Steps(
            sorted({item.min_quantity for item in items if item.min_quantity > 0}),
            sorted(moment for moment in moments if start < moment < end),
        )

    def _moments(self):
        """The period as moments (UTC): its beginning and its end (exclusive)."""
        zone = ZoneInfo(self.company_id._relationship_tz())
        return tuple(windows_lib.start_of_day(day, zone) for day in (self.date_from, self._day()))

    def _months(self):
        """The first moments of the months of the period."""
        day = fields.Date.start_of(self.date_from, "month")
        while day <= self.date_to:
            yield datetime.combine(day, time())
            day = fields.Date.add(day, months=1)

    def _prices(self, steps):
        """Rows (pricelist id or 0, product id, step of quantity, span of time, price)."""
        products = self.env["product.product"].sudo().with_context(active_test=False)
        asked = {}
        for old, new, product, quantity, span in self._asked_prices():
            for pricelist in (old, new):
                asked.setdefault((pricelist, quantity, span), set()).add(product)
        rows = []
        for (pricelist, quantity, span), ids in asked.items():
            found = self._core_prices(pricelist, products.browse(ids), quantity, span, steps)
            rows += [(pricelist, product, quantity, span, price) for product, price in found]
        return rows

    def _asked_prices(self):
        """What has to be priced: (old, new, product, step, span), each once."""
        return self.env.execute_query(
            SQL("SELECT DISTINCT old, new, product_id, step, span FROM prm_simulation_sold")
        )

    def _core_prices(self, pricelist, products, step, span, steps):
        """Pairs (product id, price of one unit in company currency) in one pricelist."""
        currency = self.company_id.currency_id
        pricelist = self.env["product.pricelist"].sudo().browse(pricelist or [])
        own = pricelist.currency_id or currency
        moment = steps.moments[span - 1] if span else self._moments()[0]
        quantity = steps.quantities[step - 1] if step else min([1.0, *steps.quantities]) / 2
        found = pricelist._compute_price_rule(products, quantity, currency=own, date=moment)
        rate = own._get_conversion_rate(own, currency, self.company_id, moment.date())
        return [(product, price * rate) for product, (price, _rule) in found.items()]

    # ------------------------------------------------------------ lines

    def _gather_sold(self, changes, partners, steps):
        """Add the lines up, once, in a table that ends with the transaction."""
        self.env.cr.execute("DROP TABLE IF EXISTS prm_simulation_sold")
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMP TABLE prm_simulation_sold ON COMMIT DROP AS
                SELECT enrollment_id, old, new, product_id, step, span, sum(quantity) AS quantity
                  FROM (%s) line GROUP BY enrollment_id, old, new, product_id, step, span
                """,
                self._sold_lines(changes, partners, steps),
            )
        )
        self.env.cr.execute("ANALYZE prm_simulation_sold")

    def _sold_lines(self, changes, partners, steps):
        """The lines as a query: enrollment_id, old, new, product_id, step, span, quantity."""
        metric = self.env["relationship.metric"].sudo()
        windows = [(0, self.date_from, self._day())]
        ids = list(changes)
        return SQL(
            """
            SELECT m.enrollment_id, m.old, m.new, l.product_id,
                   width_bucket(l.product_uom_qty * coalesce(u.factor / pu.factor, 1)::numeric,
                                %(quantities)s::numeric[]) AS step,
                   width_bucket(r.date_order, %(moments)s::timestamp[]) AS span,
                   l.product_uom_qty * coalesce(u.factor / pu.factor, 1) AS quantity
              FROM (%(orders)s) r
              JOIN unnest(%(ids)s::int[], %(partners)s::int[], %(olds)s::int[], %(news)s::int[])
                   AS m(enrollment_id, partner_id, old, new) ON m.partner_id = r.partner_id
              JOIN %(windows)s ON r.date_order >= w.utc_from AND r.date_order < w.utc_to
              JOIN sale_order_line l ON l.order_id = r.id
              JOIN product_product pp ON pp.id = l.product_id
              JOIN product_template pt ON pt.id = pp.product_tmpl_id
              JOIN uom_uom pu ON pu.id = pt.uom_id
              LEFT JOIN uom_uom u ON u.id = l.product_uom_id
             WHERE l.display_type IS NULL AND l.is_downpayment IS NOT TRUE AND pt.type <> 'combo'
               AND l.product_uom_qty <> 0
            """,
            quantities=steps.quantities,
            moments=steps.moments,
            orders=metric._order_rows(windows, self.company_id, sorted(set(partners.values()))),
            ids=ids,
            partners=[partners[one] for one in ids],
            olds=[changes[one][0].id or 0 for one in ids],
            news=[changes[one][1].id or 0 for one in ids],
            windows=metric._windows_sql(windows, self.company_id),
        )

    def _sum_effects(self, prices):
        """{enrollment id: Σ quantity × (new price − old price)}."""
        if not prices:
            return {}
        lists, products, quantities, spans, amounts = (
            list(column) for column in zip(*prices, strict=True)
        )
        rows = self.env.execute_query(
            SQL(
                """
                WITH price AS (
                    SELECT * FROM unnest(%(lists)s::int[], %(products)s::int[],
                                         %(quantities)s::int[], %(spans)s::int[],
                                         %(amounts)s::float[])
                        AS price(pricelist, product_id, step, span, amount)
                )
                SELECT sold.enrollment_id, sum(sold.quantity * (new.amount - old.amount))
                  FROM prm_simulation_sold sold
                  JOIN price old ON old.pricelist = sold.old AND old.product_id = sold.product_id
                                AND old.step = sold.step AND old.span = sold.span
                  JOIN price new ON new.pricelist = sold.new AND new.product_id = sold.product_id
                                AND new.step = sold.step AND new.span = sold.span
                 GROUP BY sold.enrollment_id
                """,
                lists=lists,
                products=products,
                quantities=quantities,
                spans=spans,
                amounts=amounts,
            )
        )
        return {enrollment: float(effect) for enrollment, effect in rows}
