"""What events earn, worked out by one statement: for a batch, and for the preview of a year.

Rooms of the caps lie within one another: a day in its month, the month in all that a member may
have, that in all the program may give. Filled in the order of the events, each room can be cut off
for itself, the innermost first: once an outer room is full, whatever comes later in it earns
nothing, so what an inner room counted too much of can't matter any more.
"""

import hashlib

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.relationship_crm.models.relationship_interaction import INTERNAL

#: documents that earn once by a rule, however often they are told of
ONCE = ("sale.order", "account.move", "crm.lead", "prm.deal", "survey.user_input")
#: most points for one event, and most that they are earned on, whatever another system says
MOST = 10**9
MOST_BASIS = 10**11

RULES = """
    SELECT rule.id, rule.kind_id, kind.code AS kind, rule.program_id, rule.company_id, rule.earner,
           rule.mode, rule.points, rule.per_amount, rule.per_units, rule.by_tier, rule.channel,
           rule.first_time, rule.valid_from, rule.valid_to, program.currency_id,
           program.loyalty_to_company AS to_company, rule.cap_event, rule.cap_day, rule.cap_month,
           rule.cap_card, rule.cap_program,
           (SELECT array_agg(below.id) FROM loyalty_earning_rule_category_rel rel
              JOIN product_category chosen ON chosen.id = rel.category_id
              JOIN product_category below ON starts_with(below.parent_path, chosen.parent_path)
             WHERE rel.rule_id = rule.id) AS categories,
           (SELECT array_agg(rel.segment_id) FROM loyalty_earning_rule_segment_rel rel
             WHERE rel.rule_id = rule.id) AS segments,
           (SELECT array_agg(rel.tier_id) FROM loyalty_earning_rule_tier_rel rel
             WHERE rel.rule_id = rule.id) AS tiers,
           (SELECT array_agg(source.name)
              FROM loyalty_earning_rule_relationship_interaction_source_rel rel
              JOIN relationship_interaction_source source
                ON source.id = rel.relationship_interaction_source_id
             WHERE rel.loyalty_earning_rule_id = rule.id AND source.trusted) AS sources
      FROM loyalty_earning_rule rule
      JOIN loyalty_program program ON program.id = rule.program_id
      JOIN relationship_interaction_kind kind ON kind.id = rule.kind_id
     WHERE rule.id = ANY(%(rules)s)
"""

#: who, and on which day; the row is called ``wanted``, as the document's SQL wants it
CANDIDATES = """
    SELECT rule.*, rule.id AS rule_id, event.id AS event_id,
           event.happened_at AS occurred_at, event.day,
           event.source, event.company_id AS event_company_id, event.partner_id AS customer_id,
           contact.id AS contact_id, event.amount AS told_amount,
           event.currency_id AS told_currency_id, event.payload, event.external_ref,
           CASE WHEN event.source = %(internal)s THEN event.res_model END AS res_model,
           CASE WHEN event.source = %(internal)s THEN event.res_id END AS res_id,
           event.feedback, event.order_round, sold.loyalty_former_entry AS former_entry,
           CASE rule.earner WHEN 'partner' THEN coalesce(sold.prm_partner_id, billed.prm_partner_id)
                ELSE CASE WHEN rule.to_company THEN contact.commercial_partner_id
                          ELSE contact.id END END AS holder_id
      FROM (%(rules)s) rule
      JOIN (%(events)s) event ON event.kind_id = rule.kind_id
      JOIN res_company company ON company.id = event.company_id
      LEFT JOIN res_partner contact ON contact.id = coalesce(event.contact_id, event.partner_id)
      LEFT JOIN sale_order sold ON event.source = %(internal)s AND event.res_model = 'sale.order'
       AND sold.id = event.res_id
      LEFT JOIN account_move billed ON event.source = %(internal)s
       AND event.res_model = 'account.move' AND billed.id = event.res_id
     WHERE (rule.company_id IS NULL OR rule.company_id = ANY(
                string_to_array(trim('/' FROM company.parent_path), '/')::int[]))
       AND (event.source = %(internal)s OR event.source = ANY(rule.sources))
       AND (rule.channel IS NULL OR rule.channel = event.channel)
       AND (%(any_day)s OR event.day BETWEEN rule.valid_from AND coalesce(rule.valid_to, event.day))
"""

#: what happened, and when; an order that was cancelled meanwhile: when it was confirmed anew
EVENTS = """
    SELECT event.*, anew.loyalty_round AS order_round, kind.kind_class = 'feedback' AS feedback,
           coalesce(anew.date_order, event.occurred_at) AS happened_at,
           (coalesce(anew.date_order, event.occurred_at)
            AT TIME ZONE 'UTC' AT TIME ZONE zone.name)::date AS day
      FROM relationship_interaction event
      LEFT JOIN sale_order anew ON event.source = %(internal)s AND event.res_model = 'sale.order'
       AND anew.id = event.res_id AND anew.loyalty_round > 0
      JOIN relationship_interaction_kind kind ON kind.id = event.kind_id
      JOIN unnest(%(companies)s, %(zones)s) AS zone(company_id, name)
        ON zone.company_id = event.company_id
     WHERE %(which)s
"""

FITTING = """
    SELECT wanted.*, card.id AS card_id,
           CASE WHEN wanted.by_tier THEN coalesce(tier.multiplier, 1) ELSE 1 END AS multiplier
      FROM (%(candidates)s) wanted
      LEFT JOIN LATERAL (
          SELECT card.id, card.loyalty_tier_id FROM loyalty_card card
           WHERE card.program_id = wanted.program_id AND card.partner_id = wanted.holder_id
             AND card.active ORDER BY card.id LIMIT 1
      ) card ON true
      LEFT JOIN loyalty_tier tier ON tier.id = card.loyalty_tier_id
     WHERE wanted.holder_id IS NOT NULL AND %(stands)s
       AND (wanted.tiers IS NULL OR card.loyalty_tier_id = ANY(wanted.tiers))
       AND (wanted.segments IS NULL OR EXISTS (
               SELECT FROM relationship_segment_member member
                 JOIN res_partner holder ON holder.id = wanted.holder_id
                WHERE member.partner_id = holder.commercial_partner_id
                  AND member.segment_id = ANY(wanted.segments)
                  AND member.entered_on <= wanted.day
                  AND (member.left_on IS NULL OR member.left_on > wanted.day)))
       AND (NOT coalesce(wanted.first_time, false) OR NOT EXISTS (
               SELECT FROM relationship_interaction past
                WHERE past.partner_id = wanted.customer_id AND past.kind_id = wanted.kind_id
                  AND (wanted.to_company OR past.contact_id = wanted.contact_id)
                  AND (past.occurred_at, past.id) < (wanted.occurred_at, wanted.event_id)
                  AND (past.source = %(internal)s OR past.source = ANY(wanted.sources))
                  AND (past.res_model IS NULL OR wanted.res_model IS NULL
                       OR (past.res_model, past.res_id) <> (wanted.res_model, wanted.res_id))))
       AND %(unknown)s
"""

#: not given before: by its key, by its document, and for the first time by its member
UNKNOWN = """
    NOT EXISTS (SELECT FROM loyalty_ledger_entry entry WHERE entry.key = (%(key)s))
    AND NOT EXISTS (
        SELECT FROM loyalty_ledger_entry entry
         WHERE wanted.res_model = ANY(%(once)s) AND entry.rule_id = wanted.rule_id
           AND entry.origin_model = wanted.res_model AND entry.origin_id = wanted.res_id
           AND entry.kind = 'earn' AND entry.state IN ('pending', 'posted')
           AND entry.id > coalesce(wanted.former_entry, 0)
           AND entry.points + %(back)s > 0)
    AND NOT EXISTS (
        SELECT FROM loyalty_ledger_entry entry
         WHERE wanted.first_time AND entry.rule_id = wanted.rule_id
           AND entry.card_id = ANY(card.id || ARRAY(
                   SELECT id FROM loyalty_card WHERE loyalty_merged_into_id = card.id))
           AND entry.kind = 'earn' AND entry.state IN ('pending', 'posted')
           AND entry.points + %(back)s > 0)
"""

BACK = """
    coalesce((SELECT sum(back.points) FROM loyalty_ledger_entry back
               WHERE back.reverses_id = entry.id AND back.state = 'posted'), 0)
"""

#: one row for each thing that earns: told of twice, the first one counts
MEASURED = """
    SELECT wanted.*, (%(key)s) AS key,
           CASE WHEN %(lines)s THEN document.amount ELSE wanted.told_amount END AS amount,
           CASE WHEN %(lines)s THEN document.currency_id ELSE wanted.told_currency_id
           END AS own_currency_id,
           CASE WHEN %(lines)s THEN document.units
                WHEN jsonb_typeof(wanted.payload->'quantity') = 'number'
                THEN (wanted.payload->>'quantity')::numeric END AS units,
           coalesce(document.amount_back, 0) AS amount_back,
           coalesce(document.units_back, 0) AS units_back,
           row_number() OVER (
               PARTITION BY wanted.rule_id,
                   CASE WHEN wanted.first_time THEN wanted.holder_id END,
                   CASE WHEN wanted.first_time THEN NULL
                        WHEN wanted.res_model = ANY(%(once)s) THEN wanted.res_model END,
                   CASE WHEN wanted.first_time THEN NULL
                        WHEN wanted.res_model = ANY(%(once)s) THEN wanted.res_id
                        WHEN wanted.kind = 'birthday' THEN wanted.contact_id
                        ELSE wanted.event_id END,
                   CASE WHEN wanted.kind = 'birthday' THEN extract(year FROM wanted.day) END
               ORDER BY wanted.occurred_at, wanted.event_id) AS turn
      FROM (%(fitting)s) wanted
      LEFT JOIN LATERAL (%(document)s) document ON %(lines)s
"""

#: what it earns on: an amount in the currency of the program, or units
BASED = """
    SELECT wanted.*, round(least(greatest(coalesce(
               CASE WHEN wanted.mode = 'unit' THEN wanted.units ELSE %(converted)s END,
               0), 0), %(most)s), 4) AS gross
      FROM (%(measured)s) wanted
     WHERE wanted.turn = 1 AND (wanted.categories IS NULL OR wanted.amount > 0)
"""

RAW = """
    SELECT room.rule_id, room.event_id, room.occurred_at, room.key, room.program_id, room.holder_id,
           room.card_id, room.day, room.gross, room.multiplier, room.feedback, room.res_model,
           room.res_id, room.cap_day, room.cap_month, room.cap_card, room.cap_program,
           least(room.earned, %(most)s, nullif(room.cap_event, 0)) AS points
      FROM (SELECT wanted.*, %(points)s AS earned FROM (%(based)s) wanted) room
"""

#: each room takes points until it is full
CUT = """
    SELECT room.rule_id, room.event_id, room.occurred_at, room.key, room.program_id, room.holder_id,
           room.card_id, room.day, room.gross, room.multiplier, room.feedback, room.res_model,
           room.res_id, room.cap_day, room.cap_month, room.cap_card, room.cap_program,
           CASE WHEN coalesce(room.%(cap)s, 0) = 0 THEN room.points
                ELSE least(room.points, greatest(
                    room.%(cap)s - coalesce(%(used)s, 0) - (sum(room.points) OVER taken
                                                            - room.points), 0))
           END AS points
      FROM (%(rooms)s) room %(join)s
    WINDOW taken AS (PARTITION BY %(within)s ORDER BY room.occurred_at, room.event_id
                     ROWS UNBOUNDED PRECEDING)
"""

#: what live entries of a rule have taken of a room of a member, with cards that were merged
TAKEN = """
    (SELECT sum(entry.points + %(back)s) FROM loyalty_ledger_entry entry
      WHERE entry.rule_id = room.rule_id AND %(within)s
        AND entry.card_id = ANY(room.card_id || ARRAY(
                SELECT id FROM loyalty_card WHERE loyalty_merged_into_id = room.card_id))
        AND entry.kind = 'earn' AND entry.state IN ('pending', 'posted'))
"""

#: and of the room of all
TAKEN_OF_ALL = """
    LEFT JOIN (
        SELECT entry.rule_id, sum(entry.points + %(back)s) AS points
          FROM loyalty_ledger_entry entry
         WHERE entry.rule_id = ANY(%(rules)s) AND entry.kind = 'earn'
           AND entry.state IN ('pending', 'posted')
         GROUP BY entry.rule_id
    ) everybody ON everybody.rule_id = room.rule_id
"""

#: the rooms, the innermost first: column → how the events and the entries are divided by it
ROOMS = {
    "cap_day": ("room.rule_id, room.holder_id, room.day", "entry.earned_on = room.day"),
    "cap_month": (
        "room.rule_id, room.holder_id, date_trunc('month', room.day)",
        "entry.earned_on >= date_trunc('month', room.day)::date AND entry.earned_on"
        " < (date_trunc('month', room.day) + interval '1 month')::date",
    ),
    "cap_card": ("room.rule_id, room.holder_id", "true"),
    "cap_program": ("room.rule_id", None),
}


class LoyaltyEarningRule(models.Model):
    _inherit = "loyalty.earning.rule"

    def _query_earnings(self, which, preview=False):
        """Return what events earn by these rules, as a SELECT.

        :param SQL which: condition on the events, called ``event``
        :param bool preview: count the rules as if they had counted on every day and nothing had
            been given before, less what was refunded since
        :return: SELECT of ``rule_id, event_id, key, program_id, holder_id, card_id, day, gross``
            (amount in program currency, or units), ``multiplier, points, feedback`` and the
            document (``res_model, res_id``), in the order in which it happened
        """
        rooms = self._sql_raw(which, preview)
        for cap in ROOMS:
            if any(self.mapped(cap)):
                rooms = self._sql_cut(rooms, cap, preview)
        return SQL(
            "SELECT * FROM (%s) room WHERE room.points > 0"
            " ORDER BY room.occurred_at, room.event_id, room.rule_id",
            rooms,
        )

    def _sql_fitting(self, which, preview):
        """Return the pairs of rules and events that fit, with their member and card."""
        companies = self.env["res.company"].sudo().search([("active", "=", True)])
        events = SQL(
            EVENTS,
            internal=INTERNAL,
            companies=companies.ids,
            zones=[company._relationship_tz() for company in companies],
            which=which,
        )
        rules = SQL(RULES, rules=self.ids)
        unknown = SQL(UNKNOWN, key=self._sql_key(), once=list(ONCE), back=SQL(BACK))
        return SQL(
            FITTING,
            candidates=SQL(
                CANDIDATES, rules=rules, events=events, internal=INTERNAL, any_day=preview
            ),
            stands=self._sql_stands(),
            internal=INTERNAL,
            unknown=SQL("true") if preview else unknown,
        )

    def _sql_raw(self, which, preview):
        """Return what each event earns before the rooms of days, months, members and all."""
        measured = SQL(
            MEASURED,
            key=self._sql_key(),
            fitting=self._sql_fitting(which, preview),
            document=self._sql_document_kept() if preview else self._sql_document(),
            once=list(ONCE),
            lines=SQL("wanted.res_model IN ('sale.order', 'account.move')"),
        )
        converted = self._sql_converted(
            *map(
                SQL,
                (
                    "wanted.amount",
                    "wanted.own_currency_id",
                    "wanted.currency_id",
                    "wanted.event_company_id",
                    "wanted.day",
                ),
            )
        )
        based = SQL(BASED, measured=measured, converted=converted, most=MOST_BASIS)
        points = self._sql_kept() if preview else self._sql_points("wanted.gross")
        return SQL(RAW, based=based, points=points, most=MOST)

    @api.model
    def _sql_points(self, basis):
        """Return the points for an amount or a number of units, rounded down to two decimals.

        It looks at the terms and the multiplier of ``wanted``.

        :param str basis: the amount or number, as SQL
        """
        return SQL(
            """
            CASE wanted.mode
                 WHEN 'fixed' THEN trunc(wanted.points * wanted.multiplier, 4)
                 WHEN 'amount' THEN div(
                     (%(basis)s) * wanted.points * wanted.multiplier * 100, wanted.per_amount) / 100
                 ELSE div(
                     (%(basis)s) * wanted.points * wanted.multiplier * 100, wanted.per_units) / 100
            END
            """,
            basis=SQL(basis),
        )

    @api.model
    def _sql_kept(self):
        """Return the points that stay after refunds: for what was not given back, worked out anew.

        It looks at ``wanted.gross``, and ``amount_back`` and ``units_back``, shares from 0 to 1.
        """
        return SQL(
            """
            CASE WHEN wanted.mode = 'fixed' AND wanted.amount_back >= 1 THEN 0 ELSE %s END
            """,
            self._sql_points(
                "round(wanted.gross * (1 - CASE WHEN wanted.mode = 'unit'"
                " THEN wanted.units_back ELSE wanted.amount_back END), 4)"
            ),
        )

    def _sql_cut(self, rooms, cap, preview):
        """Return the points that are left when those of one kind of room are cut off."""
        within, taken = ROOMS[cap]
        used, join = SQL("0"), SQL()
        if not preview and taken:
            used = SQL(TAKEN, back=SQL(BACK), within=SQL(taken))
        elif not preview:
            capped = [rule.id for rule in self if rule[cap]]
            used, join = SQL("everybody.points"), SQL(TAKEN_OF_ALL, back=SQL(BACK), rules=capped)
        return SQL(
            CUT, cap=SQL.identifier(cap), used=used, join=join, rooms=rooms, within=SQL(within)
        )

    @api.model
    def _sql_key(self):
        """Return the key of an earning.

        For answers and reviews it is a digest that only this database can make: nobody finds the
        answer behind the points, and an answer told of twice still earns once; of an anonymous
        survey, where all name the one wave, each person earns. A birthday is
        that person's of that year, whoever tells of it and in how many companies. An order that
        was cancelled and is confirmed anew earns anew.
        """
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret") or ""
        salt = hashlib.sha256(f"loyalty,{secret}".encode()).hexdigest()
        return SQL(
            """
            'rule,' || wanted.rule_id || ',' || CASE WHEN wanted.feedback THEN encode(sha256(
                convert_to(concat_ws(',', %s, wanted.rule_id, wanted.source, wanted.contact_id,
                    coalesce(wanted.res_model || ',' || wanted.res_id, wanted.external_ref)),
                    'UTF8')), 'hex')
            WHEN wanted.kind = 'birthday'
            THEN concat_ws(',', 'birthday', wanted.contact_id, extract(year FROM wanted.day))
            ELSE wanted.event_id || coalesce(',' || nullif(wanted.order_round, 0), '') END
            """,
            salt,
        )
