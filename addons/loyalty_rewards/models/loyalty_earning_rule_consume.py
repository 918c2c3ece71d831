"""Earning rules as one consumer of interactions: what happened becomes entries of the ledger."""

from collections import defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.tools import SQL

from ..lib import earning

INTERNAL = "odoo"
#: documents whose amount is read anew from their lines
DOCUMENTS = ("sale.order", "account.move")


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
        self.env["loyalty.ledger"]._post(postings, move=True)
        invoices = self._documents(interactions, "account.move")
        self._set_available(invoices)
        self._take_back(invoices | invoices.reversed_entry_id)

    # ------------------------------------------------------------ earn

    @api.model
    def _prepare_earnings(self, interactions):
        """Return the postings of all rules for these interactions."""
        rules = self.search(
            [
                ("kind_id", "in", interactions.kind_id.ids),
                ("program_id.active", "=", True),
                ("program_id.loyalty_earn_by", "=", "event"),
            ]
        )
        documents = self._document_of(interactions)
        pairs = [
            (rule, interaction, documents.get(interaction))
            for interaction in interactions
            for rule in rules
            if rule._applies(interaction) and rule._may_earn(documents.get(interaction))
        ]
        holders = {
            (rule, interaction): rule._holder(interaction, document)
            for rule, interaction, document in pairs
        }
        cards = self._cards(
            {(rule.program_id, holder) for (rule, _event), holder in holders.items() if holder}
        )
        postings, seen = [], self._earned_documents(pairs)
        for rule, interaction, document in pairs:
            holder = holders[rule, interaction]
            cause = (rule, document)
            if not holder or (document and cause in seen):
                continue
            posting = rule._prepare_earning(interaction, document, cards[rule.program_id, holder])
            if posting["points"]:
                postings.append(posting)
                seen.add(cause)
        return postings

    def _applies(self, interaction):
        """Whether an interaction falls under this rule."""
        day = self._day(interaction)
        return (
            interaction.kind_id == self.kind_id
            and self.company_id in (self.env["res.company"], interaction.company_id)
            and self.valid_from <= day <= (self.valid_to or day)
            and self._trusts(interaction.source)
        )

    def _trusts(self, source):
        """Whether events of this source earn: those of this database, and named trusted ones."""
        return source == INTERNAL or source in self.source_ids.filtered("trusted").mapped("name")

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
    def _document_of(self, interactions):
        """Return {interaction: the order or invoice behind it}, where there is one still."""
        own = interactions.filtered(lambda event: event.source == INTERNAL)
        found = {model: self._documents(own, model) for model in DOCUMENTS}
        return {
            event: self.env[event.res_model].browse(event.res_id)
            for event in own
            if event.res_model in found and event.res_id in found[event.res_model]._ids
        }

    def _may_earn(self, document):
        """Whether a document still stands: it was not cancelled or undone meanwhile."""
        if document is None:
            return True
        if document._name == "sale.order":
            return document.state == "sale"
        if self.kind_code == "invoice_paid":
            return document.state == "posted" and document.payment_state in ("paid", "in_payment")
        return document.state == "posted"

    def _holder(self, interaction, document):
        """Return whose card the points go to: a partner, or an empty recordset."""
        if self.earner == "partner":
            return document.prm_partner_id if document else self.env["res.partner"]
        partner = interaction.contact_id or interaction.partner_id
        return partner.commercial_partner_id if self.program_id.loyalty_to_company else partner

    @api.model
    def _earned_documents(self, pairs):
        """Return {(rule, document)} that have live points already: a document earns once."""
        rules = self.union(*(rule for rule, _event, document in pairs if document))
        documents = {(document._name, document.id) for _rule, _event, document in pairs if document}
        if not documents:
            return set()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT entry.rule_id, entry.origin_model, entry.origin_id
                  FROM loyalty_ledger_entry entry
                  LEFT JOIN loyalty_ledger_entry back
                    ON back.reverses_id = entry.id AND back.state = 'posted'
                 WHERE entry.rule_id = ANY(%s) AND entry.kind = 'earn'
                   AND entry.state IN ('pending', 'posted')
                   AND (entry.origin_model, entry.origin_id) IN %s
                 GROUP BY entry.id HAVING entry.points + coalesce(sum(back.points), 0) > 0
                """,
                rules.ids,
                tuple(documents),
            )
        )
        return {(self.browse(rule), self.env[model].browse(res)) for rule, model, res in rows}

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

    def _prepare_earning(self, interaction, document, card):
        """Return the posting of one interaction, pending or posted."""
        amount = self._base_amount(interaction, document)
        day = self._day(interaction)
        waits = self.pending_until == "paid" or self.pending_days
        return {
            "card_id": card.id,
            "kind": "earn",
            "points": self._points_for(amount),
            "state": "pending" if waits else "posted",
            "available_on": self._available_on(day) if waits else None,
            "expires_on": earning.add_months(day, self.expiry_months)
            if self.expiry_months
            else None,
            "origin_model": interaction.res_model,
            "origin_id": interaction.res_id,
            "interaction_id": interaction.id,
            "rule_id": self.id,
            "base_amount": amount,
            "key": f"rule,{self.id},{interaction.id}",
            "reason": self.name,
        }

    def _available_on(self, day):
        """Return the day on which points become usable; None while nobody paid."""
        return None if self.pending_until == "paid" else day + timedelta(days=self.pending_days)

    def _points_for(self, amount):
        """Return the points for an amount in the currency of the program."""
        if self.mode == "fixed":
            return self.points
        return earning.earned(amount, self.points, self.per_amount)

    def _base_amount(self, interaction, document):
        """Return the amount that earns, in the currency of the program."""
        if document is None:
            amount, currency = interaction.amount, interaction.currency_id
        else:
            amount, currency = document._loyalty_base_amount(), document.currency_id
        if not currency or currency == self.currency_id:
            return amount
        return currency._convert(
            amount, self.currency_id, interaction.company_id, self._day(interaction)
        )

    def _points_kept(self, entry, refunded_share):
        """Return the points of an earning that stay when a share (0 to 1) of it is refunded."""
        amount = entry.base_amount
        if self.mode == "fixed":
            return 0.0 if refunded_share >= 1 else self.points
        return earning.kept(amount, amount * refunded_share, self.points, self.per_amount)

    # ------------------------------------------------------------ release

    @api.model
    def _set_available(self, invoices):
        """Let points that wait for a payment become available, where all is paid now.

        Where a payment was undone meanwhile they wait again.
        """
        orders = invoices.line_ids.sale_line_ids.order_id
        paid = {order.id: order for order in orders if order._loyalty_paid()}
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
        self.env["loyalty.ledger"]._take_back(
            [(entry, entry._points_deserved()) for entry in entries]
        )
