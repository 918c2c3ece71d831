"""Earning rules as one consumer of interactions: what happened becomes entries of the ledger."""

from collections import defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.tools import SQL


class LoyaltyEarningRule(models.Model):
    _inherit = "loyalty.earning.rule"

    @api.model
    def _consume_interactions(self, interactions):
        """Give the points that these interactions earn, release and take back.

        Doing it again changes nothing: every posting carries a key, and what a refund or an undone
        payment takes back is worked out from the documents as they are now.

        :param interactions: recordset of relationship.interaction
        """
        self.env["loyalty.ledger"]._flush_buffer()
        postings = self._prepare_earnings(interactions)
        if postings:
            self.env["loyalty.ledger"]._post(postings, move=True)
        invoices = self._documents(interactions, "account.move")
        orders = self._documents(interactions, "sale.order")
        self._set_available(orders | invoices.line_ids.sale_line_ids.order_id)
        self._take_back(invoices | invoices.reversed_entry_id)

    # ------------------------------------------------------------ earn

    @api.model
    def _prepare_earnings(self, interactions):
        """Return the postings of all rules for these interactions.

        The caps hold because whoever gives points changes the row of the card, and that of a rule
        that has a limit for all: of two workers that gave the last points, one is run again.
        """
        rules = self._rules_for(interactions)
        if not rules:
            return []
        self.env.flush_all()
        which = SQL("event.id = ANY(%s)", interactions.ids)
        self.env.cr.execute(rules._query_earnings(which))
        rows = self.env.cr.dictfetchall()
        if rows:
            self._mark_used(rows)
        self._find_holders(rows)
        return [self.browse(row["rule_id"])._prepare_earning(row) for row in rows]

    @api.model
    def _rules_for(self, interactions):
        """Return the rules that could give points for some of these interactions."""
        return self.search(
            [
                ("kind_id", "in", interactions.kind_id.ids),
                ("state", "=", "published"),
                ("program_id.active", "=", True),
                ("program_id.loyalty_earn_by", "=", "event"),
            ]
        )

    @api.model
    def _mark_used(self, rows):
        """Mark the rules that give points now: their terms stay, their limits for all are taken."""
        self.env.cr.execute(
            SQL(
                "UPDATE loyalty_earning_rule SET used = true WHERE id IN (SELECT id"
                " FROM loyalty_earning_rule WHERE id = ANY(%s)"
                " AND (NOT coalesce(used, false) OR cap_program > 0) ORDER BY id FOR UPDATE)",
                sorted({row["rule_id"] for row in rows}),
            )
        )
        self.invalidate_model(["used"], flush=False)

    @api.model
    def _find_holders(self, rows):
        """Give members who earn for the first time a card."""
        programs, partners = self.env["loyalty.program"], self.env["res.partner"]
        pairs = {
            (row["program_id"], row["holder_id"]): (
                programs.browse(row["program_id"]),
                partners.browse(row["holder_id"]),
            )
            for row in rows
            if not row["card_id"]
        }
        cards = self._cards(set(pairs.values())) if pairs else {}
        for row in rows:
            if not row["card_id"]:
                row["card_id"] = cards[pairs[row["program_id"], row["holder_id"]]].id

    @api.model
    def _day(self, interaction):
        """The day something happened, in the time zone of its company."""
        zone = ZoneInfo(interaction.company_id._relationship_tz())
        moment = interaction.occurred_at.replace(tzinfo=ZoneInfo("UTC"))
        return moment.astimezone(zone).date()

    @api.model
    def _documents(self, interactions, model):
        """Return the documents of this model behind interactions, as far as they still exist."""
        ids = [event.res_id for event in interactions if event.res_model == model]
        return self.env[model].browse(dict.fromkeys(ids)).exists()

    @api.model
    def _cards(self, wanted):
        """Return {(program, partner): card}; cards that are missing are made.

        :param wanted: set of (program, partner)
        """
        cards = self._find_cards(wanted)
        missing = [pair for pair in wanted if pair not in cards]
        if not missing:
            return cards
        # Two workers would each make a card: let them meet on the row of the partner, and the
        # later one is run again.
        self.env.cr.execute(
            SQL(
                "UPDATE res_partner SET write_date = write_date WHERE id = ANY(%s)",
                sorted({partner.id for _program, partner in missing}),
            )
        )
        made = self.env["loyalty.card"].create(
            [{"program_id": program.id, "partner_id": partner.id} for program, partner in missing]
        )
        return cards | dict(zip(missing, made, strict=True))

    @api.model
    def _find_cards(self, wanted):
        """Return the first card of each (program, partner) that has one."""
        cards = self.env["loyalty.card"].search(
            [
                ("program_id", "in", [program.id for program, _partner in wanted]),
                ("partner_id", "in", [partner.id for _program, partner in wanted]),
            ],
            order="id desc",
        )
        found = {(card.program_id, card.partner_id): card for card in cards}
        return {pair: found[pair] for pair in wanted if pair in found}

    def _prepare_earning(self, row):
        """Return what an event earns by this rule as a posting, pending or posted.

        What somebody answered is not named: neither the entry nor its key leads to it.

        :param dict row: of :meth:`_query_earnings`
        """
        self.ensure_one()
        posting = {
            "card_id": row["card_id"],
            "kind": "earn",
            "points": float(row["points"]),
            "state": "pending" if self._waits() else "posted",
            "available_on": self._available_on(row["day"]),
            "expires_on": self._expires_on(row["day"]),
            "rule_id": self.id,
            "base_amount": float(row["gross"]),
            "multiplier": float(row["multiplier"]),
            "earned_on": row["day"],
            "key": row["key"],
            "reason": self.name,
        }
        if self.for_status:
            posting["status_points"] = posting["points"]
        if not row["feedback"]:
            posting |= {
                "origin_model": row["res_model"],
                "origin_id": row["res_id"],
                "interaction_id": row["event_id"],
            }
        return posting

    # ------------------------------------------------------------ release

    @api.model
    def _set_available(self, orders):
        """Let points of orders that wait for a payment become available, where all is paid now.

        Where a payment was undone meanwhile they wait again.
        """
        paid = {order.id: order for order in orders._loyalty_paid()}
        pending = self.env["loyalty.ledger.entry"].search(
            [
                ("state", "=", "pending"),
                ("origin_model", "=", "sale.order"),
                ("origin_id", "in", orders.ids),
                ("rule_id.pending_until", "=", "paid"),
            ]
        )
        unpaid = pending.filtered(lambda entry: entry.available_on and entry.origin_id not in paid)
        unpaid.write({"available_on": False})
        waiting = pending.filtered(lambda entry: not entry.available_on and entry.origin_id in paid)
        for (company, days), entries in waiting.grouped(
            lambda entry: (paid[entry.origin_id].company_id, entry.rule_id.pending_days)
        ).items():
            today = company._relationship_today()
            entries.write({"available_on": today + timedelta(days=days)})
        self.env.flush_all()

    # ------------------------------------------------------------ take back

    @api.model
    def _take_back(self, invoices):
        """Take back what no longer stands: refunded, cancelled, or no longer paid.

        Worked out from the documents as they are now, so any number of refunds, in any order,
        takes back exactly what was earned on them, once.
        """
        orders = invoices.line_ids.sale_line_ids.order_id
        documents = {("account.move", id_) for id_ in invoices.ids}
        documents |= {("sale.order", id_) for id_ in orders.ids}
        self._take_back_documents(documents)

    @api.model
    def _take_back_documents(self, documents):
        """Take back what earnings on these documents no longer deserve.

        :param documents: set of (model, id)
        """
        entries = self.env["loyalty.ledger.entry"]
        by_model = defaultdict(list)
        for model, res_id in documents:
            by_model[model].append(res_id)
        for model, ids in by_model.items():
            entries |= entries.search(
                [
                    ("origin_model", "=", model),
                    ("origin_id", "in", ids),
                    ("rule_id", "!=", False),
                    ("kind", "=", "earn"),
                    ("state", "in", ("pending", "posted")),
                ],
                order="id",
            )
        self.env["loyalty.ledger"]._take_back(list(entries._points_deserved().items()))
