import json
from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

from ..lib.habits import FEWEST, habits

#: what "lately" means for purchases
MONTHS = 24
TOPIC = "profile"


class RelationshipProfile(models.Model):
    """Bring profiles up to date with orders, invoices, leads, interactions and needs.

    A purchase is a confirmed sales order of the commercial partner or one of its contacts. Its day
    is that of the order in the company's time zone, its amount the one without taxes in the
    company's currency at the rate stored on the order.
    """

    _inherit = "relationship.profile"

    # ------------------------------------------------------------ in

    @api.model
    def _touch(self, pairs):
        """Let profiles be refreshed within a minute of the commit.

        :param pairs: iterable of (partner id, company id), or None for every company
        """
        self.env["relationship.queue"]._enqueue(TOPIC, pairs)

    @api.model
    def _consume_profile(self, interactions):
        """Consumer of interactions: whoever had one has to be looked at."""
        self._touch(
            {
                (interaction.partner_id.id, interaction.company_id.id)
                for interaction in interactions
                if interaction.partner_id
            }
        )

    # ------------------------------------------------------------ jobs

    @api.model
    def _cron_refresh(self):
        """Refresh the profiles that wait."""
        self._run_job("refresh", 2000)

    @api.model
    def _job_refresh(self, limit):
        """Refresh up to ``limit`` profiles that wait."""
        return self.env["relationship.queue"]._work(TOPIC, limit, self._refresh)

    @api.model
    def _refresh(self, pairs):
        """Compute profiles again, in a number of statements that does not depend on how many.

        Makes the profile of a customer with facts; writes only what differs, and when it looked.

        :param list pairs: (partner id, company id), or None for every company
        """
        self.env.flush_all()
        pair = self._query_pairs(pairs, self._company_days())
        self._refresh_habits(pair, self._refresh_purchases(pair))
        self.invalidate_model()

    # ------------------------------------------------------------ purchases

    def _refresh_purchases(self, pair):
        """Insert or update the profiles of the pairs that a query gives.

        :return: list of (partner id, company id, days, order ids) of the purchases of the months,
            for customers with enough of them to have habits
        """
        return self.env.execute_query(
            SQL(
                """
                WITH pair AS (%(pair)s),
                purchase AS (%(purchase)s),
                fact AS (
                    SELECT partner_id, company_id, max(day) AS last_purchase_on,
                           count(*) FILTER (WHERE day > since) AS frequency,
                           sum(amount) FILTER (WHERE day > since) AS monetary,
                           (min(day) FILTER (WHERE day > since)
                               + make_interval(months => %(months)s))::date AS next_move_on,
                           array_agg(day) FILTER (WHERE day > since) AS days,
                           array_agg(order_id) FILTER (WHERE day > since) AS orders
                      FROM purchase GROUP BY partner_id, company_id
                ),
                newcomer AS MATERIALIZED (
                    SELECT partner_id, company_id FROM pair
                    EXCEPT SELECT partner_id, company_id FROM fact
                    EXCEPT SELECT partner_id, company_id FROM relationship_profile
                            WHERE partner_id IN (SELECT partner_id FROM pair)
                ),
                contact AS MATERIALIZED (
                    SELECT id, commercial_partner_id FROM res_partner
                     WHERE commercial_partner_id IN (SELECT partner_id FROM newcomer)
                ),
                fresh AS (%(fresh)s),
                written AS (
                    %(write)s
                )
                SELECT partner_id, company_id, days, orders FROM fact
                 WHERE frequency >= %(fewest)s
                """,
                pair=pair,
                purchase=self._query_purchases(),
                fresh=self._query_fresh(),
                write=self._query_write_fresh(),
                months=MONTHS,
                fewest=FEWEST,
            )
        )

    def _query_write_fresh(self):
        """Statement that keeps the rows of ``fresh``; the write date follows what differs."""
        return SQL(
            """
                INSERT INTO relationship_profile AS old
                       (partner_id, company_id, kind, stage_id, stage_since, last_purchase_on,
                        frequency, monetary, rfm_code, next_move_on,
                        touched_at, create_uid, write_uid, create_date, write_date)
                SELECT fresh.*, moment.utc, %(uid)s, %(uid)s, moment.utc, moment.utc
                  FROM fresh, (SELECT now() AT TIME ZONE 'UTC' AS utc) moment
                 ORDER BY partner_id, company_id
                    ON CONFLICT (partner_id, company_id) DO UPDATE
                   SET kind = excluded.kind, stage_id = excluded.stage_id,
                       stage_since = excluded.stage_since,
                       last_purchase_on = excluded.last_purchase_on,
                       frequency = excluded.frequency, monetary = excluded.monetary,
                       rfm_code = excluded.rfm_code, next_move_on = excluded.next_move_on,
                       touched_at = excluded.touched_at,
                       write_uid = excluded.write_uid,
                       write_date = CASE
                           WHEN (old.kind, old.stage_id, old.stage_since, old.last_purchase_on,
                                 old.frequency, old.monetary, old.rfm_code, old.next_move_on)
                                IS DISTINCT FROM
                                (excluded.kind, excluded.stage_id, excluded.stage_since,
                                 excluded.last_purchase_on, excluded.frequency,
                                 excluded.monetary, excluded.rfm_code, excluded.next_move_on)
                           THEN excluded.write_date ELSE old.write_date END
            """,
            uid=self.env.uid,
        )

    def _query_pairs(self, pairs, days):
        """Query: commercial partner × company of each pair, with the company's zone and days.

        :param list days: as :meth:`_company_days` gives them
        """
        partners, companies = (list(column) for column in zip(*pairs, strict=True))
        return SQL(
            """
            SELECT DISTINCT partner.commercial_partner_id AS partner_id, company.id AS company_id,
                   company.zone, company.today, company.since
              FROM unnest(%(partners)s::int[], %(companies)s::int[]) AS asked(partner, company)
              JOIN res_partner partner ON partner.id = asked.partner
              JOIN unnest(%(ids)s::int[], %(zones)s::text[], %(todays)s::date[], %(sinces)s::date[])
                   AS company(id, zone, today, since)
                ON company.id = asked.company OR asked.company IS NULL
            """,
            partners=partners,
            companies=companies,
            ids=[row[0] for row in days],
            zones=[row[1] for row in days],
            todays=[row[2] for row in days],
            sinces=[row[3] for row in days],
        )

    @api.model
    def _company_days(self):
        """Give (company id, time zone, today there, last day that is out of the months)."""
        rows = []
        for company in self.env["res.company"].sudo().search([("active", "in", (True, False))]):
            today = company._relationship_today()
            since = today - relativedelta(months=MONTHS)
            rows.append((company.id, company._relationship_tz(), today, since))
        return rows

    def _query_purchases(self):
        """Query on ``pair``: one row for each purchase.

        An integrator adds purchases of other kinds by UNION ALL of the same columns; their
        ``order_id`` is null, their products are no part of the habits.
        """
        return SQL(
            """
            SELECT pair.partner_id, pair.company_id, pair.since, sale.id AS order_id,
                   (sale.date_order AT TIME ZONE 'UTC' AT TIME ZONE pair.zone)::date AS day,
                   (sale.amount_untaxed / coalesce(nullif(sale.currency_rate, 0), 1))::numeric
                       AS amount
              FROM pair
              JOIN res_partner contact ON contact.commercial_partner_id = pair.partner_id
              JOIN sale_order sale
                ON sale.partner_id = contact.id AND sale.company_id = pair.company_id
             WHERE sale.state = 'sale'
            """
        )

    def _query_fresh(self):
        """Query on ``pair``, ``fact`` and ``newcomer``: the values, in the order inserted."""
        stage = self.env["relationship.stage"].sudo().search([("code", "=", "exploratory")])
        return SQL(
            """
            SELECT pair.partner_id, pair.company_id, kind.kind,
                   coalesce(known.stage_id, %(stage)s),
                   CASE WHEN known.stage_id IS NULL THEN pair.today ELSE known.stage_since END,
                   fact.last_purchase_on, coalesce(fact.frequency, 0),
                   round(coalesce(fact.monetary, 0), currency.decimal_places),
                   CASE WHEN fact.frequency > 0 THEN %(code)s END,
                   fact.next_move_on
              FROM pair
              JOIN res_partner partner ON partner.id = pair.partner_id
              JOIN res_company company ON company.id = pair.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
              LEFT JOIN fact ON fact.partner_id = pair.partner_id
                            AND fact.company_id = pair.company_id
              LEFT JOIN relationship_profile known ON known.partner_id = pair.partner_id
                                                  AND known.company_id = pair.company_id
             CROSS JOIN LATERAL (
                   SELECT CASE WHEN known.kind_fixed AND known.kind IS NOT NULL THEN known.kind
                               WHEN partner.is_company THEN 'b2b' ELSE 'b2c' END AS kind
                   ) kind
              LEFT JOIN LATERAL (
                   SELECT limits FROM relationship_rfm_limit rfm
                    WHERE rfm.company_id = pair.company_id AND rfm.kind = kind.kind
                    ORDER BY month DESC LIMIT 1
                   ) rfm ON fact.frequency > 0
             WHERE known.id IS NOT NULL OR fact.partner_id IS NOT NULL
                OR (pair.partner_id, pair.company_id) IN (%(facts)s)
            """,
            stage=stage[:1].id or None,
            code=self._sql_rfm_code(
                SQL("rfm.limits"),
                SQL("fact.last_purchase_on"),
                SQL("fact.frequency"),
                SQL("fact.monetary"),
            ),
            facts=SQL(" UNION ALL ").join(self._query_facts()),
        )

    def _query_facts(self):
        """Queries on ``newcomer``: (partner, company) of those who have facts beside purchases."""
        invoices = SQL(
            """
            SELECT contact.commercial_partner_id, move.company_id
              FROM contact
              JOIN account_move move ON move.partner_id = contact.id
             WHERE move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND move.state = 'posted'
            """
        )
        leads = SQL(
            """
            SELECT newcomer.partner_id, newcomer.company_id
              FROM newcomer
              JOIN contact ON contact.commercial_partner_id = newcomer.partner_id
              JOIN crm_lead lead ON lead.partner_id = contact.id
             WHERE coalesce(lead.company_id, newcomer.company_id) = newcomer.company_id
            """
        )
        interactions = SQL(
            """
            SELECT newcomer.partner_id, newcomer.company_id
              FROM newcomer
             CROSS JOIN LATERAL (
                   SELECT FROM relationship_interaction what
                    WHERE what.partner_id = newcomer.partner_id
                      AND what.company_id = newcomer.company_id LIMIT 1
                   ) one
            """
        )
        needs = SQL(
            """
            SELECT need.partner_id, need.company_id
              FROM newcomer
              JOIN relationship_need need ON need.partner_id = newcomer.partner_id
            """
        )
        return [invoices, leads, interactions, needs]

    # ------------------------------------------------------------ habits

    def _refresh_habits(self, pair, purchases):
        """Write the habits of these pairs where they differ.

        :param list purchases: as :meth:`_refresh_purchases` gives them
        """
        days = {(partner, company): found for partner, company, found, _orders in purchases}
        categories, channels = defaultdict(dict), defaultdict(list)
        if purchases:
            for *key, category, amount in self.env.execute_query(self._query_categories(purchases)):
                categories[tuple(key)][category] = float(amount)
            for *key, channel in self.env.execute_query(self._query_channels(purchases)):
                channels[tuple(key)].append(channel)
        found = {key: habits(days[key], categories[key], channels[key]) for key in days}
        self._write_habits(pair, found)

    def _query_categories(self, purchases):
        """Query: what each customer spent on each product category in these orders."""
        orders = [
            (order, partner, company)
            for partner, company, _days, found in purchases
            for order in found
            if order
        ]
        return SQL(
            """
            SELECT sold.partner_id, sold.company_id, template.categ_id,
                   sum(line.price_subtotal / coalesce(nullif(sale.currency_rate, 0), 1))
              FROM unnest(%s::int[], %s::int[], %s::int[]) AS sold(id, partner_id, company_id)
              JOIN sale_order sale ON sale.id = sold.id
              JOIN sale_order_line line ON line.order_id = sold.id AND line.display_type IS NULL
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE template.categ_id IS NOT NULL
             GROUP BY sold.partner_id, sold.company_id, template.categ_id
            """,
            *([row[place] for row in orders] for place in range(3)),
        )

    def _query_channels(self, purchases):
        """Query: the channels of the purchases of the months, as the interactions know them."""
        return SQL(
            """
            SELECT what.partner_id, what.company_id, what.channel
              FROM unnest(%s::int[], %s::int[], %s::date[]) AS pair(partner_id, company_id, since)
              JOIN relationship_interaction what ON what.partner_id = pair.partner_id
                                                AND what.company_id = pair.company_id
                                                AND what.occurred_at >= pair.since
              JOIN relationship_interaction_kind kind
                ON kind.id = what.kind_id AND kind.code = 'order_confirmed'
             WHERE what.channel IS NOT NULL
            """,
            [row[0] for row in purchases],
            [row[1] for row in purchases],
            [min(row[2]) for row in purchases],
        )

    def _write_habits(self, pair, found):
        """Write the habits found, and take them from the other pairs."""
        keys = list(found)
        self.env.cr.execute(
            SQL(
                """
                WITH pair AS (%(pair)s)
                UPDATE relationship_profile old
                   SET habits = fresh.habits, write_date = now() AT TIME ZONE 'UTC'
                  FROM pair
                  LEFT JOIN unnest(%(partners)s::int[], %(companies)s::int[], %(habits)s::jsonb[])
                       AS fresh(partner_id, company_id, habits) USING (partner_id, company_id)
                 WHERE old.partner_id = pair.partner_id AND old.company_id = pair.company_id
                   AND old.habits IS DISTINCT FROM fresh.habits
                """,
                pair=pair,
                partners=[partner for partner, _company in keys],
                companies=[company for _partner, company in keys],
                habits=[json.dumps(found[key]) for key in keys],
            )
        )
