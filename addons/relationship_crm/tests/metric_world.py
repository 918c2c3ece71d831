"""A small world of two companies, three currencies and six partners, filled with any documents.

``MetricWorld.fill(facts)`` makes the documents that ``FACTS`` (a hypothesis strategy) describes.
"""

from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from odoo import Command
from odoo.tests import TransactionCase

FIRST_DAY = date(2025, 1, 1)
DAYS = 45
#: few days, so that documents and the ends of windows often fall on the same or the next day
DRAWN = [FIRST_DAY + timedelta(days=number) for number in (0, 1, 2, 14, 15, 30, 31, 32, DAYS)]
ZONES = ["UTC", "Asia/Ho_Chi_Minh", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu"]
MOVE_TYPES = ["out_invoice", "out_invoice", "out_refund", "out_receipt", "in_invoice", "in_refund"]

days = st.sampled_from(DRAWN)
#: near the midnights of the zones above, seen from UTC
moments = st.builds(
    lambda day, hour, minute: datetime(day.year, day.month, day.day, hour, minute),
    days,
    st.sampled_from([0, 7, 8, 9, 10, 16, 17, 18, 23]),
    st.sampled_from([0, 14, 15, 59]),
)
companies = st.integers(0, 1)
currencies = st.integers(0, 2)
partners = st.integers(0, 5)
perhaps_partner = st.none() | partners
amounts = st.integers(0, 100_000).map(lambda cents: cents / 100)

order_lines = st.lists(
    st.fixed_dictionaries(
        {
            "product": st.integers(0, 2),
            "dozen": st.booleans(),
            "quantity": st.sampled_from([0, 1, 2.5, 7, -1]),
            "price": amounts,
        }
    ),
    min_size=1,
    max_size=2,
)
orders = st.fixed_dictionaries(
    {
        "company": companies,
        "partner": partners,
        "currency": currencies,
        "moment": moments,
        "state": st.sampled_from(["sale", "sale", "sale", "draft", "cancel"]),
        "through": perhaps_partner,
        "end": perhaps_partner,
        "team": st.none() | st.integers(0, 1),
        "lines": order_lines,
    }
)
invoices = st.fixed_dictionaries(
    {
        "company": companies,
        "partner": partners,
        "currency": currencies,
        "day": days,
        "due": st.integers(0, 20),
        "type": st.sampled_from(MOVE_TYPES),
        "amount": amounts,
        "state": st.sampled_from(["posted", "posted", "posted", "draft", "cancel"]),
        "through": perhaps_partner,
        "blocked": st.booleans(),
        "payments": st.lists(
            st.tuples(st.sampled_from([-5, 0, 1, 14, 25]), st.sampled_from([0.25, 0.5])), max_size=2
        ),
        "credits_former": st.booleans(),
    }
)
leads = st.fixed_dictionaries(
    {
        "company": st.none() | companies,
        "partner": perhaps_partner,
        "type": st.sampled_from(["opportunity", "opportunity", "lead"]),
        "created": moments,
        "closed": moments,
        "outcome": st.sampled_from(["won", "lost", "pending"]),
        "revenue": amounts,
        "team": st.none() | st.integers(0, 1),
    }
)
interactions = st.fixed_dictionaries(
    {
        "company": companies,
        "contact": st.sampled_from([0, 2, 4]),
        "kind": st.sampled_from(["mail_in", "mail_in", "mail_out", "mail_out", "call", "letter"]),
        "moment": moments,
    }
)
FACTS = st.fixed_dictionaries(
    {
        "zones": st.tuples(st.sampled_from(ZONES), st.sampled_from(ZONES)),
        "entered": st.lists(moments, min_size=6, max_size=6),
        "orders": st.lists(orders, min_size=1, max_size=6),
        "invoices": st.lists(invoices, min_size=2, max_size=6),
        "leads": st.lists(leads, max_size=4),
        "interactions": st.lists(interactions, min_size=2, max_size=10),
        "windows": st.lists(
            st.tuples(st.none() | days, days).filter(lambda pair: not pair[0] or pair[0] < pair[1]),
            min_size=1,
            max_size=3,
            unique=True,
        ),
    }
)


class MetricWorld(TransactionCase):
    """Companies with an account plan of their own, rates that change, partners with contacts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context=dict(cls.env.context, tracking_disable=True, mail_notrack=True, lang="en_US")
        )
        cls.currencies = cls._make_currencies()
        cls.companies = cls.env["res.company"]
        for name, currency in zip(("One", "Two"), cls.currencies, strict=False):
            cls.companies += cls._make_company(name, currency)
        cls.env.user.write({"company_ids": [Command.link(company.id) for company in cls.companies]})
        cls.env = cls.env(
            context=dict(cls.env.context, allowed_company_ids=cls.companies.ids),
        )
        cls.accounts = [cls._make_accounts(company) for company in cls.companies]
        cls.partners = cls._make_partners()
        cls.products = cls._make_products()
        cls.teams = cls.env["crm.team"].create(
            [{"name": name, "company_id": False} for name in ("North", "South")]
        )
        cls.pricelists = cls.env["product.pricelist"].create(
            [
                {"name": currency.name, "currency_id": currency.id, "company_id": False}
                for currency in cls.currencies
            ]
        )

    # ------------------------------------------------------------ what is always there

    @classmethod
    def _make_currencies(cls):
        return cls.env["res.currency"].create(
            [
                {"name": "XA1", "symbol": "A", "rounding": 0.01},
                {"name": "XB2", "symbol": "B", "rounding": 0.01},
                {"name": "XC3", "symbol": "C", "rounding": 1},
            ]
        )

    @classmethod
    def _make_company(cls, name, currency):
        company = cls.env["res.company"].create({"name": name, "currency_id": currency.id})
        cls.env["res.currency.rate"].create(
            [
                {
                    "company_id": company.id,
                    "currency_id": other.id,
                    "name": FIRST_DAY + timedelta(days=step - 10),
                    "rate": (0.5, 1.3, 24.0)[place] * (1 + step / 100),
                }
                for place, other in enumerate(cls.currencies)
                if other != currency
                for step in range(0, DAYS + 60, 7)
            ]
        )
        return company

    @classmethod
    def _make_accounts(cls, company):
        """Accounts and journals of a company, the least with which it can invoice."""
        kinds = {
            "receivable": ("asset_receivable", True),
            "payable": ("liability_payable", True),
            "income": ("income", False),
            "expense": ("expense", False),
            "bank": ("asset_cash", False),
        }
        accounts = {
            kind: cls.env["account.account"].create(
                {
                    "name": kind,
                    "code": f"{number}00000",
                    "account_type": account_type,
                    "reconcile": reconcile,
                    "company_ids": [Command.set(company.ids)],
                }
            )
            for number, (kind, (account_type, reconcile)) in enumerate(kinds.items(), 1)
        }
        journals = {
            kind: cls.env["account.journal"].create(
                {
                    "name": kind,
                    "code": f"X{kind[:4]}",
                    "type": kind,
                    "company_id": company.id,
                    "default_account_id": account.id if account else False,
                }
            )
            for kind, account in (
                ("sale", accounts["income"]),
                ("purchase", accounts["expense"]),
                ("general", None),
            )
        }
        company.write(
            {
                "currency_exchange_journal_id": journals["general"].id,
                "income_currency_exchange_account_id": accounts["income"].id,
                "expense_currency_exchange_account_id": accounts["expense"].id,
            }
        )
        return {**accounts, **{f"{kind}_journal": journal for kind, journal in journals.items()}}

    @classmethod
    def _make_partners(cls):
        """Six: two companies, a contact of each, and two persons who stand for themselves."""
        partner = cls.env["res.partner"]
        firms = partner.create([{"name": name, "is_company": True} for name in ("Ant", "Bee")])
        contacts = partner.create([{"name": f"At {f.name}", "parent_id": f.id} for f in firms])
        partners = firms + contacts + partner.create([{"name": "Cat"}, {"name": "Dog"}])
        for company, accounts in zip(cls.companies, map(dict, cls.accounts), strict=True):
            partners.with_company(company).write(
                {
                    "property_account_receivable_id": accounts["receivable"].id,
                    "property_account_payable_id": accounts["payable"].id,
                }
            )
        return partners

    @classmethod
    def _make_products(cls):
        """Three: two variants of one product kept in units, one kept in dozens."""
        attribute = cls.env["product.attribute"].create(
            {"name": "Size", "value_ids": [Command.create({"name": n}) for n in ("S", "L")]}
        )
        sized, dozens = cls.env["product.template"].create(
            [
                {
                    "name": "Sized",
                    "attribute_line_ids": [
                        Command.create(
                            {
                                "attribute_id": attribute.id,
                                "value_ids": [Command.set(attribute.value_ids.ids)],
                            }
                        )
                    ],
                },
                {"name": "Dozens", "uom_id": cls.env.ref("uom.product_uom_dozen").id},
            ]
        )
        (sized + dozens).write({"taxes_id": [Command.clear()]})
        return sized.product_variant_ids + dozens.product_variant_ids

    # ------------------------------------------------------------ what is drawn

    def fill(self, facts):
        """Make the documents that some facts describe; return {kind: recordset}."""
        for company, zone in zip(self.companies, facts["zones"], strict=True):
            company.partner_id.tz = zone
        self._set_dates("res_partner", self.partners, {"create_date": facts["entered"]})
        made = {
            "orders": self._make_orders(facts["orders"]),
            "invoices": self._make_invoices(facts["invoices"]),
            "leads": self._make_leads(facts["leads"]),
            "interactions": self._make_interactions(facts["interactions"]),
        }
        self.env.flush_all()
        self.env.invalidate_all()
        return made

    def _set_dates(self, table, records, columns):
        """Write columns that Odoo sets itself."""
        self.env.flush_all()
        for column, values in columns.items():
            for record, value in zip(records, values, strict=True):
                self.env.cr.execute(
                    f'UPDATE {table} SET "{column}" = %s WHERE id = %s',
                    [value, record.id],
                )
        self.env.invalidate_all()

    def _partner(self, place):
        return self.partners[place].id if place is not None else False

    def _make_orders(self, facts):
        orders = self.env["sale.order"]
        for fact in facts:
            company = self.companies[fact["company"]]
            order = orders.with_company(company).create(
                {
                    "company_id": company.id,
                    "partner_id": self._partner(fact["partner"]),
                    "pricelist_id": self.pricelists[fact["currency"]].id,
                    "date_order": fact["moment"],
                    "team_id": self.teams[fact["team"]].id if fact["team"] is not None else False,
                    "prm_partner_id": self._partner(fact["through"]),
                    "prm_end_customer_id": self._partner(fact["end"]),
                    "order_line": [self._order_line(line) for line in fact["lines"]],
                }
            )
            order.write({"state": fact["state"]})
            orders += order
        return orders

    def _order_line(self, fact):
        unit = self.env.ref(f"uom.product_uom_{'dozen' if fact['dozen'] else 'unit'}")
        return Command.create(
            {
                "product_id": self.products[fact["product"]].id,
                "product_uom_id": unit.id,
                "product_uom_qty": fact["quantity"],
                "price_unit": fact["price"],
                "tax_ids": [Command.clear()],
            }
        )

    def _make_invoices(self, facts):
        moves = self.env["account.move"]
        for place, fact in enumerate(facts):
            fact = self._crediting(fact, facts[:place])
            company = self.companies[fact["company"]]
            move = moves.with_company(company).create(self._invoice_vals(fact))
            if fact["state"] != "draft":
                move._post(soft=False)
            if fact["state"] == "cancel":
                move.button_draft()
                move.button_cancel()
            if move.state == "posted":
                self._settle_invoice(move, fact, moves)
            moves += move
        return moves

    def _crediting(self, fact, former):
        """The fact of a credit note that credits a former invoice, made to fit that."""
        invoices = [f for f in former if f["type"] == "out_invoice" and f["state"] == "posted"]
        if fact["type"] != "out_refund" or not fact["credits_former"] or not invoices:
            return fact
        return {**fact, **{key: invoices[0][key] for key in ("company", "partner", "currency")}}

    def _invoice_vals(self, fact):
        accounts = self.accounts[fact["company"]]
        bill = fact["type"].startswith("in_")
        return {
            "move_type": fact["type"],
            "journal_id": accounts["purchase_journal" if bill else "sale_journal"].id,
            "partner_id": self._partner(fact["partner"]),
            "currency_id": self.currencies[fact["currency"]].id,
            "invoice_date": fact["day"],
            "date": fact["day"],
            "invoice_date_due": fact["day"] + timedelta(days=fact["due"]),
            "invoice_payment_term_id": False,
            "prm_partner_id": self._partner(fact["through"]),
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": "Something",
                        "price_unit": fact["amount"],
                        "account_id": accounts["expense" if bill else "income"].id,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
        }

    def _settle_invoice(self, move, fact, former):
        """Pay an invoice in parts, credit a former one, or block a bill."""
        if fact["type"] in ("out_invoice", "out_receipt"):
            for after, share in fact["payments"]:
                self._pay(move, fact["day"] + timedelta(days=after), share)
        elif fact["type"] == "out_refund" and fact["credits_former"]:
            invoices = former.filtered(
                lambda m: (
                    m.state == "posted"
                    and m.move_type == "out_invoice"
                    and (m.company_id, m.currency_id, m.commercial_partner_id)
                    == (move.company_id, move.currency_id, move.commercial_partner_id)
                )
            )
            self._open_lines(invoices[:1] + move).reconcile()
        elif (
            fact["type"].startswith("in_") and fact["blocked"] and move.payment_state == "not_paid"
        ):
            move.action_toggle_block_payment()

    def _open_lines(self, moves):
        return moves.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )

    def _pay(self, move, day, share):
        """Match a bank entry of a share of the invoice's total with the invoice."""
        amount = move.currency_id.round(move.amount_total * share)
        if move.currency_id.is_zero(amount) or not self._open_lines(move):
            return
        accounts = self.accounts[list(self.companies).index(move.company_id)]
        balance = move.currency_id._convert(
            amount, move.company_id.currency_id, move.company_id, day
        )
        entry = (
            self.env["account.move"]
            .with_company(move.company_id)
            .create(
                {
                    "move_type": "entry",
                    "journal_id": accounts["general_journal"].id,
                    "date": day,
                    "line_ids": [
                        Command.create(
                            {
                                "account_id": account.id,
                                "partner_id": move.commercial_partner_id.id,
                                "currency_id": move.currency_id.id,
                                "amount_currency": sign * amount,
                                "debit": balance if sign > 0 else 0,
                                "credit": balance if sign < 0 else 0,
                            }
                        )
                        for account, sign in ((accounts["bank"], 1), (accounts["receivable"], -1))
                    ],
                }
            )
        )
        entry._post(soft=False)
        self._open_lines(move + entry).reconcile()

    def _make_leads(self, facts):
        leads = self.env["crm.lead"]
        for fact in facts:
            company = fact["company"]
            lead = leads.create(
                {
                    "name": "Lead",
                    "type": fact["type"],
                    "partner_id": self._partner(fact["partner"]),
                    "expected_revenue": fact["revenue"],
                    "user_id": False,
                    "team_id": self.teams[fact["team"]].id if fact["team"] is not None else False,
                }
            )
            if fact["outcome"] == "won":
                lead.action_set_won()
            elif fact["outcome"] == "lost":
                lead.action_set_lost()
            columns = {
                "create_date": [fact["created"]],
                "company_id": [None if company is None else self.companies[company].id],
            }
            if fact["outcome"] != "pending":
                columns["date_closed"] = [max(fact["created"], fact["closed"])]
            self._set_dates("crm_lead", lead, columns)
            leads += lead
        return leads

    def _make_interactions(self, facts):
        kinds = {kind.code: kind for kind in self.env["relationship.interaction.kind"].search([])}
        former = self.env["relationship.interaction"].search_count(
            [("external_ref", "=like", "world,%")]
        )
        numbers = self.env["relationship.interaction"]._insert(
            [
                {
                    "kind": fact["kind"],
                    "partner_id": self.partners[fact["contact"]].commercial_partner_id.id,
                    "contact_id": self._partner(fact["contact"]),
                    "company_id": self.companies[fact["company"]].id,
                    "occurred_at": fact["moment"],
                    "source": "odoo",
                    "external_ref": f"world,{number}",
                }
                for number, fact in enumerate(facts, former)
            ]
        )
        assert all(fact["kind"] in kinds for fact in facts)
        return self.env["relationship.interaction"].browse(numbers)
