import json
from collections import defaultdict
from datetime import date
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

from ..lib.habits import FEWEST, habits
from ..sql_rows import array, rows_query

#: what "lately" means for purchases
MONTHS = 24
TOPIC = "profile"
#: whom to look at, with the days of the company
ASKED = {"partner_id": "int", "company_id": "int", "zone": "text", "today": "date", "since": "date"}
#: what goes into profiles beside what they know
FACT = {
    "partner_id": "int",
    "company_id": "int",
    "last_purchase_on": "date",
    "frequency": "int",
    "monetary": "numeric",
    "next_move_on": "date",
    "habits": "jsonb",
}


class Purchases(NamedTuple):
    """The purchases of a customer of a company; but for the last day, of the months."""

    partner_id: int
    company_id: int
    last_purchase_on: date
    frequency: int
    #: text of a number, exactly
    monetary: str | None
    next_move_on: date | None
    days: list[date] | None
    orders: list[int | None] | None


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
        self._run_job("refresh", 10000)

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
        purchases = self._read_purchases(pair)
        self._write_fresh(pair, purchases, self._find_habits(purchases))
        self.invalidate_model()

    # ------------------------------------------------------------ purchases

    def _read_purchases(self, pair):
        """Sum up the purchases of the pairs that a query gives.

        :return: list of :class:`Purchases`
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH pair AS (%(pair)s),
                purchase AS (%(purchase)s)
                SELECT partner_id, company_id, max(day), count(*) FILTER (WHERE day > since),
                       sum(amount) FILTER (WHERE day > since)::text,
                       (min(day) FILTER (WHERE day > since)
                           + make_interval(months => %(months)s))::date,
                       array_agg(day) FILTER (WHERE day > since),
                       array_agg(order_id) FILTER (WHERE day > since)
                  FROM purchase GROUP BY partner_id, company_id
                """,
                pair=pair,
                purchase=self._query_purchases(),
                months=MONTHS,
            )
        )
        return [Purchases(*row) for row in rows]

    def _write_fresh(self, pair, purchases, habits_found):
        """Insert or update the profiles of the pairs that a query gives, each row once.

        :param list purchases: as :meth:`_read_purchases` gives them
        :param dict habits_found: (partner id, company id) → habits
        """
        rows = [
            (*sums[:6], habit and json.dumps(habit))
            for sums in purchases
            for habit in [habits_found.get(sums[:2])]
        ]
        self.env.cr.execute(
            SQL(
                "WITH pair AS (%s), fact AS MATERIALIZED (%s), fresh AS (%s) %s",
                pair,
                rows_query(rows, FACT),
                self._query_fresh(),
                self._query_write_fresh(),
            )
        )

    def _query_write_fresh(self):
        """Statement that keeps the rows of ``fresh``; the write date follows what differs."""
        return SQL(
            """
                INSERT INTO relationship_profile AS old
                       (partner_id, company_id, kind, stage_id, stage_since, last_purchase_on,
                        frequency, monetary, rfm_code, next_move_on, habits,
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
                       habits = excluded.habits,
                       touched_at = excluded.touched_at,
                       write_uid = excluded.write_uid,
                       write_date = CASE
                           WHEN (old.kind, old.stage_id, old.stage_since, old.last_purchase_on,
                                 old.frequency, old.monetary, old.rfm_code, old.next_move_on,
                                 old.habits)
                                IS DISTINCT FROM
                                (excluded.kind, excluded.stage_id, excluded.stage_since,
                                 excluded.last_purchase_on, excluded.frequency,
                                 excluded.monetary, excluded.rfm_code, excluded.next_move_on,
                                 excluded.habits)
                           THEN excluded.write_date ELSE old.write_date END
            """,
            uid=self.env.uid,
        )

    def _query_pairs(self, pairs, days):
        """Query: commercial partner × company of each pair, with the company's zone and days.

        :param list days: as :meth:`_company_days` gives them
        """
        by_company = {row[0]: row for row in days}
        found = self.env.execute_query(
            SQL(
                "SELECT id, commercial_partner_id FROM res_partner WHERE id = ANY(%s)",
                array([*{partner for partner, _company in pairs}], "int"),
            )
        )
        heads = dict(found)
        asked = {
            (heads[partner], *by_company[one])
            for partner, company in pairs
            for one in ([company] if company else by_company)
            if partner in heads and one in by_company
        }
        return rows_query(sorted(asked, key=lambda row: row[:2]), ASKED)

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
        """Query on ``pair`` and ``fact``: the values, in the order inserted."""
        stage = self.env["relationship.stage"].sudo().search([("code", "=", "exploratory")])
        return SQL(
            """
            SELECT pair.partner_id, pair.company_id, kind.kind,
                   coalesce(known.stage_id, %(stage)s),
                   CASE WHEN known.stage_id IS NULL THEN pair.today ELSE known.stage_since END,
                   fact.last_purchase_on, coalesce(fact.frequency, 0),
                   round(coalesce(fact.monetary, 0), currency.decimal_places),
                   CASE WHEN fact.frequency > 0 THEN %(code)s END,
                   fact.next_move_on, fact.habits
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
                OR coalesce(%(facts)s)
            """,
            stage=stage[:1].id or None,
            code=self._sql_rfm_code(
                SQL("rfm.limits"),
                SQL("fact.last_purchase_on"),
                SQL("fact.frequency"),
                SQL("fact.monetary"),
            ),
            facts=SQL(", ").join(map(self._sql_some, self._query_facts())),
        )

    def _sql_some(self, fact):
        """Expression: true where a query on one ``pair`` finds a row, else null.

        The limit has it looked up pair by pair, and not at all where a former one was true.
        """
        return SQL("(SELECT TRUE FROM %s LIMIT 1)", fact)

    def _query_facts(self):
        """Tables and conditions, on ``pair``, of the facts beside purchases.

        They are looked at in this order until one has a row, the most usual first.
        """
        interactions = SQL(
            """
            relationship_interaction what
             WHERE what.partner_id = pair.partner_id AND what.company_id = pair.company_id
            """
        )
        needs = SQL(
            """
            relationship_need need
             WHERE need.partner_id = pair.partner_id AND need.company_id = pair.company_id
            """
        )
        leads = SQL(
            """
            res_partner contact JOIN crm_lead lead ON lead.partner_id = contact.id
             WHERE contact.commercial_partner_id = pair.partner_id
               AND (lead.company_id IS NULL OR lead.company_id = pair.company_id)
            """
        )
        invoices = SQL(
            """
            res_partner contact JOIN account_move move ON move.partner_id = contact.id
             WHERE contact.commercial_partner_id = pair.partner_id
               AND move.company_id = pair.company_id AND move.state = 'posted'
               AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
            """
        )
        return [interactions, needs, leads, invoices]

    # ------------------------------------------------------------ habits

    def _find_habits(self, purchases):
        """Return {(partner id, company id): habits} of those with enough purchases.

        :param list purchases: as :meth:`_read_purchases` gives them
        """
        regular = [sums for sums in purchases if sums.frequency >= FEWEST]
        if not regular:
            return {}
        categories, channels = defaultdict(dict), defaultdict(list)
        for *key, category, amount in self.env.execute_query(self._query_categories(regular)):
            categories[tuple(key)][category] = float(amount)
        for *key, channel in self.env.execute_query(self._query_channels(regular)):
            channels[tuple(key)].append(channel)
        return {
            sums[:2]: habits(sums.days, categories[sums[:2]], channels[sums[:2]])
            for sums in regular
        }

    def _query_categories(self, purchases):
        """Query: what each customer spent on each product category in these orders."""
        orders = [
            (order, partner, company)
            for (partner, company, *_sums, found) in purchases
            for order in found
            if order
        ]
        return SQL(
            """
            SELECT sold.partner_id, sold.company_id, template.categ_id,
                   sum(line.price_subtotal / coalesce(nullif(sale.currency_rate, 0), 1))
              FROM unnest(%s, %s, %s) AS sold(id, partner_id, company_id)
              JOIN sale_order sale ON sale.id = sold.id
              JOIN sale_order_line line ON line.order_id = sold.id AND line.display_type IS NULL
              JOIN product_product product ON product.id = line.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE template.categ_id IS NOT NULL
             GROUP BY sold.partner_id, sold.company_id, template.categ_id
            """,
            *(array([row[place] for row in orders], "int") for place in range(3)),
        )

    def _query_channels(self, purchases):
        """Query: the channels of the purchases of the months, as the interactions know them."""
        return SQL(
            """
            SELECT what.partner_id, what.company_id, what.channel
              FROM unnest(%s, %s, %s) AS pair(partner_id, company_id, since)
              JOIN relationship_interaction what ON what.partner_id = pair.partner_id
                                                AND what.company_id = pair.company_id
                                                AND what.occurred_at >= pair.since
              JOIN relationship_interaction_kind kind
                ON kind.id = what.kind_id AND kind.code = 'order_confirmed'
             WHERE what.channel IS NOT NULL
            """,
            array([sums.partner_id for sums in purchases], "int"),
            array([sums.company_id for sums in purchases], "int"),
            array([min(sums.days) for sums in purchases], "date"),
        )
