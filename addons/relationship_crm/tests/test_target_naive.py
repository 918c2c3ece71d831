from collections import defaultdict
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.tests import tagged

from ..models.prm_target_sums import DOCUMENT_METRICS
from .metric_world import DAYS, FIRST_DAY, MetricWorld, companies, invoices, moments, orders

BOUNDED = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
DRAWN = st.fixed_dictionaries(
    {
        "orders": st.lists(orders, min_size=2, max_size=6),
        "invoices": st.lists(
            st.tuples(
                invoices,
                st.lists(st.integers(0, 2), min_size=1, max_size=2),
                st.none() | st.integers(0, 1),
                st.none() | st.integers(0, 5),
            ),
            min_size=2,
            max_size=6,
        ),
        "zones": st.tuples(*[st.sampled_from(["UTC", "Asia/Ho_Chi_Minh"])] * 2),
        "enrolled": st.lists(
            st.tuples(
                companies,
                st.sampled_from([0, 1, 4, 5]),
                st.sampled_from(["active", "active", "suspended", "ended"]),
            ),
            max_size=5,
            unique_by=lambda row: row[:2],
        ),
        "members": st.sets(st.sampled_from([0, 1, 4, 5])),
        "moment": moments,
        "day": st.integers(0, DAYS + 10).map(lambda number: FIRST_DAY + timedelta(days=number)),
    }
)
UTC = ZoneInfo("UTC")


@tagged("post_install", "-at_install")
class TestTargetNaive(MetricWorld):
    """What targets add up equals a loop over the documents, for every kind of subject."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_dimensions()
        cls.targets = cls.env["prm.target"].create(list(cls._all_targets()))

    @classmethod
    def _make_dimensions(cls):
        category = cls.env["product.category"]
        cls.top = category.create({"name": "Top"})
        cls.below = category.create({"name": "Below", "parent_id": cls.top.id})
        cls.products[0].product_tmpl_id.categ_id = cls.below
        cls.products[2].product_tmpl_id.categ_id = cls.top
        cls.france = cls.env.ref("base.fr")
        (cls.partners[0] + cls.partners[4]).country_id = cls.france
        cls.program = cls.env["prm.program"].create({"name": "All", "company_ids": False})
        cls.tier = cls.env["res.partner.grade"].create(
            {"name": "T", "prm_program_id": cls.program.id, "company_id": False}
        )
        cls.segments = cls.env["relationship.segment"].create(
            [{"name": "S", "company_id": company.id, "kind": "manual"} for company in cls.companies]
        )

    @classmethod
    def _all_targets(cls):
        metrics = cls.env["relationship.metric"].search([("code", "in", list(DOCUMENT_METRICS))])
        for place, company in enumerate(cls.companies):
            subjects = [
                {"subject": "partner", "partner_id": cls.partners[0].id},
                {"subject": "partner", "partner_id": cls.partners[4].id},
                {"subject": "tier", "grade_id": cls.tier.id},
                {"subject": "segment", "segment_id": cls.segments[place].id},
                {"subject": "team", "team_id": cls.teams[0].id},
                {"subject": "company"},
            ]
            for subject in subjects:
                for metric in metrics:
                    for categ in (False, cls.top.id, cls.below.id):
                        for country in (False, cls.france.id):
                            yield {
                                **subject,
                                "company_id": company.id,
                                "metric_id": metric.id,
                                "product_categ_id": categ,
                                "country_id": country,
                                "period": "quarter",
                                "date_from": date(2025, 1, 1),
                                "goal": 100,
                            }

    def test_every_kind_is_there(self):
        self.assertEqual(len(self.targets), 2 * 6 * 8 * 3 * 2)

    @BOUNDED
    @given(drawn=DRAWN)
    def test_sums_equal_naive(self, drawn):
        with self.env.cr.savepoint() as savepoint:
            made = self._fill(drawn)
            for company in self.companies:
                some = self.targets.filtered(lambda one, own=company: one.company_id == own)
                few = some.filtered("partner_id")
                found = some._sums(company, drawn["day"])
                found_few = few._sums(company, drawn["day"])
                naive = Naive(self.env, made, company, drawn["day"])
                for target in some:
                    self._same(found.get(target.id, {}), naive.sums(target), target)
                for target in few:
                    self.assertEqual(found_few.get(target.id), found.get(target.id))
            savepoint.rollback()
        self.env.invalidate_all()

    def _same(self, found, expected, target):
        what = (
            target.display_name,
            target.metric_id.code,
            target.product_categ_id.name,
            target.country_id.code,
        )
        for month in found.keys() | expected.keys():
            value, wanted = found.get(month, 0), expected.get(month, 0)
            self.assertAlmostEqual(value, wanted, delta=1e-5 * max(1, abs(wanted)), msg=what)

    # ------------------------------------------------------------ what is drawn

    def _fill(self, drawn):
        for company, zone in zip(self.companies, drawn["zones"], strict=True):
            company.partner_id.tz = zone
        for place, partner, state in drawn["enrolled"]:
            self.env["prm.enrollment"].create(
                {
                    "partner_id": self.partners[partner].id,
                    "program_id": self.program.id,
                    "company_id": self.companies[place].id,
                    "grade_id": self.tier.id,
                    "state": state,
                }
            )
        for segment in self.segments:
            members = self.env["relationship.segment.member"].create(
                [
                    {"segment_id": segment.id, "partner_id": self.partners[place].id}
                    for place in sorted(drawn["members"])
                ]
            )
            members[:1].left_on = members[:1].entered_on
        self.drawn_invoices = {id(row[0]): row[1:] for row in drawn["invoices"]}
        made = {
            "orders": self._make_orders(drawn["orders"]),
            "invoices": self._make_invoices([row[0] for row in drawn["invoices"]]),
        }
        self.env.flush_all()
        self.env.invalidate_all()
        return made

    def _crediting(self, fact, former):
        changed = super()._crediting(fact, former)
        self.drawn_invoices[id(changed)] = self.drawn_invoices[id(fact)]
        self.kept = [*getattr(self, "kept", []), changed]  # ids of objects stay theirs
        return changed

    def _invoice_vals(self, fact):
        products, team, end = self.drawn_invoices[id(fact)]
        vals = super()._invoice_vals(fact)
        account = vals["invoice_line_ids"][0][2]["account_id"]
        return {
            **vals,
            "team_id": self.teams[team].id if team is not None else False,
            "prm_end_customer_id": self._partner(end),
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": self.products[product].id,
                        "price_unit": fact["amount"],
                        "account_id": account,
                        "tax_ids": [Command.clear()],
                    }
                )
                for product in products
            ],
        }


class Naive:
    """The sums of a target by looping over documents, from its description alone."""

    def __init__(self, env, made, company, day):
        self.env, self.made, self.company, self.day = env, made, company, day
        self.zone = ZoneInfo(company._relationship_tz())

    def sums(self, target):
        sums, counted = defaultdict(float), defaultdict(set)
        for document in self._documents(target):
            day = self._day(document)
            if day > self.day or day > target.date_to or not self._counts(target, document):
                continue
            month = day.replace(day=1)
            lines = self._lines(target, document)
            if lines is None or lines:
                counted[month].add(document)
            sums[month] += self._amount(target, document, lines)
        kind = DOCUMENT_METRICS[target.metric_id.code]
        if kind.measure == "count":
            return {month: len(documents) for month, documents in counted.items()}
        return sums

    def _documents(self, target):
        if DOCUMENT_METRICS[target.metric_id.code].documents == "orders":
            return [
                o for o in self.made["orders"] if o.state == "sale" and o.company_id == self.company
            ]
        return [
            m
            for m in self.made["invoices"]
            if m.state == "posted"
            and m.company_id == self.company
            and m.move_type in ("out_invoice", "out_refund", "out_receipt")
        ]

    def _day(self, document):
        if document._name == "account.move":
            return document.invoice_date
        return document.date_order.replace(tzinfo=UTC).astimezone(self.zone).date()

    def _counts(self, target, document):
        buyer = document.partner_id.commercial_partner_id
        seller = document.prm_partner_id.commercial_partner_id - buyer
        sold = DOCUMENT_METRICS[target.metric_id.code].sold
        client = document.prm_end_customer_id.commercial_partner_id or buyer
        if target.country_id and client.country_id != target.country_id:
            return False
        if target.subject in ("team", "company"):
            enrolled = self.env["prm.enrollment"].search(
                [("partner_id", "=", buyer.id), ("company_id", "=", self.company.id)]
            )
            ours = target.subject == "company" or document.team_id == target.team_id
            return ours and (not sold or bool(seller) or bool(enrolled))
        parties = buyer | seller if sold else buyer
        return bool(parties & self._members(target))

    def _members(self, target):
        if target.subject == "partner":
            return target.partner_id
        if target.subject == "tier":
            enrollments = self.env["prm.enrollment"].search([("company_id", "=", self.company.id)])
            return enrollments.filtered(
                lambda one: one.grade_id == target.grade_id and one.state == "active"
            ).partner_id
        members = self.env["relationship.segment.member"].search([])
        return members.filtered(
            lambda one: one.segment_id == target.segment_id and not one.left_on
        ).partner_id

    def _lines(self, target, document):
        """Lines of the category, None for all of the document."""
        lines = document.order_line if document._name == "sale.order" else document.invoice_line_ids
        if not target.product_categ_id:
            return None
        below = self.env["product.category"].search(
            [("id", "child_of", target.product_categ_id.id)]
        )
        return lines.filtered(lambda line: line.product_id.categ_id in below)

    def _amount(self, target, document, lines):
        order = document._name == "sale.order"
        if DOCUMENT_METRICS[target.metric_id.code].measure == "units":
            return sum(
                line.product_uom_id._compute_quantity(
                    line.product_uom_qty, line.product_id.uom_id, round=False
                )
                for line in (document.order_line if lines is None else lines)
            )
        if lines is None:
            if order:
                return document.amount_untaxed / document.currency_rate
            return document.amount_untaxed_signed
        if order:
            return sum(line.price_subtotal for line in lines) / document.currency_rate
        return -sum(line.balance for line in lines)
