"""The generated data is read by Odoo as its own, and comes out the same for the same seed."""

from odoo.tests import Form, TransactionCase, tagged

from bench.generator.bulk import Bulk
from bench.generator.context import Context
from bench.generator.engine import AS_OF, generate, note_of
from bench.generator.sizes import SIZES

TINY = SIZES["tiny"]

# What the rows say, without the ids, which depend on what the database held before.
FACTS = """
    SELECT 'partner', ref, concat_ws('|', name, vat, email, phone, city, customer_rank)
      FROM res_partner WHERE ref LIKE 'B0%'
    UNION ALL
    SELECT 'order', o.name, concat_ws('|', p.ref, o.state, o.date_order, o.amount_total)
      FROM sale_order o JOIN res_partner p ON p.id = o.partner_id WHERE p.ref LIKE 'B0%'
    UNION ALL
    SELECT 'move', c.name || m.name, concat_ws('|', p.ref, m.move_type, m.date,
           m.amount_total, m.amount_residual, m.payment_state)
      FROM account_move m JOIN res_partner p ON p.id = m.partner_id
      JOIN res_company c ON c.id = m.company_id WHERE p.ref LIKE 'B0%'
    UNION ALL
    SELECT 'lead', l.name, concat_ws('|', l.email_from, l.won_status, l.expected_revenue)
      FROM crm_lead l WHERE l.email_from LIKE '%-%'
"""

# Stored figures that Odoo derives from other fields, by model.
DERIVED = {
    "res.partner": "complete_name commercial_partner_id email_normalized partner_share",
    "sale.order": "amount_untaxed amount_tax amount_total currency_id currency_rate invoice_status",
    "sale.order.line": """price_subtotal price_tax price_total qty_invoiced qty_to_invoice
        untaxed_amount_invoiced untaxed_amount_to_invoice invoice_status""",
    "account.move": """amount_untaxed amount_tax amount_total amount_residual amount_untaxed_signed
        amount_tax_signed amount_total_signed amount_residual_signed payment_state
        commercial_partner_id sequence_number sequence_prefix made_sequence_gap""",
    "account.move.line": """amount_residual amount_residual_currency reconciled debit credit
        price_subtotal price_total display_type""",
    "crm.lead": "won_status email_normalized email_domain_criterion prorated_revenue",
}


@tagged("post_install", "-at_install")
class TestGenerator(TransactionCase):
    """Size tiny, written inside the test's own transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cr.execute("SELECT coalesce(max(id), 0) FROM res_partner")
        cls.last_partner = cls.cr.fetchone()[0]
        savepoint = cls.cr.savepoint()
        list(generate(cls.cr, "tiny"))
        cls.first_facts = cls.facts()
        savepoint.close(rollback=True)
        cls.env.invalidate_all(flush=False)
        cls.env.registry.clear_all_caches()
        cls.figures = list(generate(cls.cr, "tiny"))
        cls.note = note_of(cls.cr)
        cls.companies = cls.env["res.company"].search([])
        cls.env = cls.env(context={"allowed_company_ids": cls.companies.ids})

    @classmethod
    def facts(cls):
        cls.cr.execute(FACTS)
        return sorted(cls.cr.fetchall(), key=str)

    def rows(self, query, *parameters):
        self.env.flush_all()
        self.cr.execute(query, parameters)
        return self.cr.fetchall()

    def made(self, model):
        """The generated records of a model."""
        base = self.note["bases"][model.replace(".", "_")]
        domain = [("id", ">", base)]
        if model == "account.move" or model == "account.move.line":
            domain = [("partner_id.ref", "=like", "B%")]
        return self.env[model].with_context(active_test=False).search(domain)

    def test_same_seed_same_rows(self):
        """Writing again with the same seed gives the same rows; every kind is there."""
        facts = self.facts()
        self.assertEqual(facts, self.first_facts)
        kinds = {kind for kind, _key, _value in facts}
        self.assertEqual(kinds, {"partner", "order", "move", "lead"})

    def test_another_seed_other_rows(self):
        """The seed reaches the drawn values: another one names other companies."""
        names = {}
        for seed in (1, 2):
            ctx = Context(self.cr, TINY, seed, AS_OF)
            ctx.prepare()
            [[names[seed]]] = self.rows(
                "SELECT array_agg(pg_temp.company_name(i)) FROM generate_series(1::bigint, 20) i"
            )
        self.assertNotEqual(names[1], names[2])

    def test_counts(self):
        """Each stage wrote what the size says; nothing failed silently."""
        partners = self.made("res.partner")
        self.assertEqual(len(partners), TINY.partners)
        self.assertEqual(len(partners.filtered("is_company")), TINY.companies)
        self.assertEqual(len(partners.filtered("grade_id")), TINY.resellers)
        self.assertEqual(len(self.made("loyalty.card")), TINY.loyalty_cards)
        lines = self.env["account.move.line"].search_count(
            [("move_id.move_type", "=", "out_invoice"), ("display_type", "=", "product"),
             ("partner_id.ref", "=like", "B%")]
        )  # fmt: skip
        self.assertAlmostEqual(lines / TINY.invoice_lines, 1, delta=0.15)
        skipped = {figures.stage for figures in self.figures if figures.skipped}
        self.assertEqual(skipped, {"deals"} - ({"deals"} if "prm.deal" in self.env else set()))

    def test_totals_by_orm_and_sql(self):
        """What Odoo sums is what SQL sums, by company."""
        self.assertEqual(len(self.companies), 3)
        orm = self.env["account.move"]._read_group(
            [("move_type", "in", ("out_invoice", "out_refund")), ("state", "=", "posted")],
            ["company_id"],
            ["amount_untaxed_signed:sum", "amount_residual_signed:sum", "__count"],
        )
        sql = self.rows(
            """SELECT m.company_id, round(-sum(balance), 2), count(DISTINCT move_id)
                 FROM account_move_line l JOIN account_move m ON m.id = l.move_id
                WHERE l.display_type = 'product' AND l.parent_state = 'posted'
                  AND m.move_type IN ('out_invoice', 'out_refund') GROUP BY 1"""
        )
        got = {company.id: (round(untaxed, 2), count) for company, untaxed, _open, count in orm}
        self.assertEqual(got, {company: (float(total), n) for company, total, n in sql})
        for company, _untaxed, residual, _count in orm:
            open_lines = self.env["account.move.line"]._read_group(
                [("company_id", "=", company.id), ("account_type", "=", "asset_receivable"),
                 ("parent_state", "=", "posted")], [], ["amount_residual:sum"],
            )  # fmt: skip
            self.assertAlmostEqual(open_lines[0][0], residual, 2)

    def test_moves_are_balanced(self):
        """Every entry's debit equals its credit, in both currencies."""
        wrong = self.rows(
            """SELECT move_id FROM account_move_line GROUP BY move_id
               HAVING sum(balance) <> 0 OR sum(amount_currency) <> 0 OR sum(debit - credit) <> 0"""
        )
        self.assertFalse(wrong)
        self.assertGreater(len(self.made("account.move")), TINY.partners)

    def test_stored_figures_are_those_odoo_computes(self):
        """Computing the stored figures anew changes none of them."""
        for model, names in DERIVED.items():
            records = self.made(model)
            self.assertTrue(records, model)
            for name in names.split():
                field = records._fields[name]
                before = {record.id: record[name] for record in records}
                self.env.add_to_compute(field, records)
                changed = {
                    record.id: (before[record.id], record[name])
                    for record in records
                    if record[name] != before[record.id]
                    and not (field.type in ("monetary", "float")
                             and abs(record[name] - before[record.id]) < 0.005)
                }  # fmt: skip
                self.assertFalse(changed, f"{model}.{name}")

    def test_core_reports_and_forms_read_it(self):
        """The figures and pages of core open on the data and agree with it."""
        biggest = self.env["account.move"]._read_group(
            [("move_type", "=", "out_invoice"), ("state", "=", "posted")],
            ["commercial_partner_id"], ["amount_untaxed_signed:sum"],
            order="amount_untaxed_signed:sum desc", limit=1,
        )[0][0]  # fmt: skip
        self.assertGreater(biggest.total_invoiced, 0)
        with Form(biggest) as form:
            self.assertEqual(form.name, biggest.name)
        invoiced = self.env["account.invoice.report"]._read_group(
            [("commercial_partner_id", "=", biggest.id), ("state", "=", "posted")], [],
            ["price_subtotal:sum"],
        )[0][0]  # fmt: skip
        # total_invoiced adds in the user's company's currency by a rate of its own
        self.assertAlmostEqual(invoiced / biggest.total_invoiced, 1, delta=0.02)
        for company in self.companies:
            domain = [("state", "=", "sale"), ("company_id", "=", company.id)]
            report = self.env["sale.report"]._read_group(domain, [], ["product_uom_qty:sum"])
            lines = self.env["sale.order.line"]._read_group(domain, [], ["product_uom_qty:sum"])
            self.assertEqual(report, lines)
        columns = self.env["crm.lead"].web_read_group(
            [("type", "=", "opportunity")], ["stage_id"], ["expected_revenue:sum"],
            auto_unfold=True, unfold_read_specification={"name": {}, "partner_id": {}},
        )  # fmt: skip
        self.assertGreater(sum(group["__count"] for group in columns["groups"]), 5)

    def test_odoo_goes_on_from_there(self):
        """New records get free ids and the next numbers."""
        partner = self.env["res.partner"].create({"name": "Comes after"})
        self.assertGreater(partner.id, self.note["bases"]["res_partner"] + TINY.partners)
        last = self.env["account.move"].search(
            [("move_type", "=", "out_invoice"), ("company_id", "=", self.companies[0].id),
             ("invoice_date", ">=", "2026-01-01"), ("state", "=", "posted")],
            order="sequence_number desc", limit=1,
        )  # fmt: skip
        product = self.env["product.product"].search([("default_code", "=", "BENCH-1")])
        order = self.env["sale.order"].create(
            {"partner_id": last.partner_id.id, "company_id": self.companies[0].id,
             "order_line": [(0, 0, {"product_id": product.id})]}
        )  # fmt: skip
        order.action_confirm()
        self.assertFalse(
            self.env["sale.order"].search_count([("name", "=", order.name), ("id", "!=", order.id)])
        )
        invoice = order._create_invoices()
        invoice.invoice_date = "2026-11-05"
        invoice.action_post()
        self.assertEqual(invoice.sequence_number, last.sequence_number + 1)

    def test_it_is_skewed_like_life(self):
        """Few buy much, weekends are quiet, refunds, part payments and currencies occur."""
        sums = sorted(
            (
                total
                for _p, total in self.env["account.move"]._read_group(
                    [("move_type", "=", "out_invoice")], ["partner_id"], ["amount_total_signed:sum"]
                )
            ),
            reverse=True,
        )
        self.assertGreater(sum(sums[: TINY.customers // 5]), 0.6 * sum(sums))
        days = dict(
            self.rows("SELECT extract(isodow FROM date_order), count(*) FROM sale_order GROUP BY 1")
        )
        self.assertGreater(min(days.get(day, 0) for day in (1, 2, 3)), 3 * days.get(7, 0))
        states = {state for [state] in self.rows("SELECT DISTINCT payment_state FROM account_move")}
        self.assertLessEqual({"paid", "partial", "not_paid", "reversed"}, states)
        currencies = self.rows(
            "SELECT count(DISTINCT currency_id), count(DISTINCT company_id) FROM account_move"
        )
        self.assertGreaterEqual(currencies[0][0], 4)
        self.assertEqual(currencies[0][1], 3)

    def test_planted_duplicates(self):
        """The truth names pairs that share something and are not the same card."""
        pairs = self.rows(
            """SELECT d.kind, a.name = b.name, a.vat = b.vat,
                      a.email_normalized = b.email_normalized, a.phone_sanitized = b.phone_sanitized
                 FROM bench_duplicate d JOIN res_partner a ON a.id = d.partner_id
                 JOIN res_partner b ON b.id = d.original_id"""
        )
        self.assertEqual(len(pairs), TINY.duplicate_companies + TINY.duplicate_persons)
        for kind, *shared in pairs:
            self.assertTrue(any(shared), kind)

    def test_deals_hold_their_customers(self):
        """Refused registrations are those whose customer an approved one holds."""
        if "prm.deal" not in self.env:
            self.skipTest("partner_portal is not installed")
        deals = self.env["prm.deal"].search([("name", "=like", "BENCH/%")])
        self.assertEqual(len(deals), TINY.deals)
        by_state = deals.grouped("state")
        self.assertEqual(by_state["rejected"]._claimed_by_others(), by_state["rejected"])
        self.assertFalse(by_state["approved"]._claimed_by_others())
        self.assertTrue(all(by_state["approved"].mapped("lead_id.partner_assigned_id")))
        for name in ("vat_key", "domain_key"):
            before = deals.mapped(name)
            self.env.add_to_compute(deals._fields[name], deals)
            self.assertEqual(deals.mapped(name), before)

    def test_stage_needs(self):
        """A stage whose table or column is not there is told apart."""
        ctx = Context(self.cr, TINY, 1, AS_OF)
        self.assertEqual(ctx.missing({"res_partner": ("name",)}), [])
        self.assertEqual(
            ctx.missing({"res_partner": ("no_column",), "no_table": ("x",)}),
            ["res_partner.no_column", "no_table"],
        )

    def test_indexes_and_keys_come_back(self):
        """What bulk loading takes away comes back under the same name and definition."""
        catalogue = """
            SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'crm_lead'
            UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
             WHERE conrelid = 'crm_lead'::regclass ORDER BY 1"""
        before = self.rows(catalogue)
        bulk = Bulk(self.cr, ["crm_lead"])
        bulk.take()
        self.assertLess(len(self.rows(catalogue)), len(before) / 2)
        bulk.give_back()
        self.assertEqual(self.rows(catalogue), before)

    def test_keys_are_those_that_partners_give(self):
        """Background work on the identity keys finds nothing to add or take away."""
        if "relationship.identity" not in self.env:
            self.skipTest("relationship_crm is not installed")
        partners = self.made("res.partner")
        made = self.rows(
            "SELECT partner_id, type, value FROM relationship_identity WHERE partner_id = ANY(%s)",
            partners.ids,
        )
        self.assertEqual(set(made), set(self.env["relationship.identity"]._own_keys(partners)))

    def test_interactions_are_those_the_hooks_record(self):
        """As many as the size says; what documents leave has the reference that the hook gives."""
        if "relationship.interaction" not in self.env:
            self.skipTest("relationship_crm is not installed")
        made = self.made("relationship.interaction")
        self.assertEqual(len(made), TINY.interactions)
        self.assertGreater(len(made.kind_id), 8)
        by_time = made.sorted(lambda row: (row.occurred_at, row.id))
        self.assertEqual(by_time.ids, sorted(made.ids))
        self.assertTrue(all(made.mapped("contact_id")))
        by_ref = {row.external_ref: row for row in made}
        orders = self.made("sale.order").filtered(lambda order: order.state == "sale")
        refunds = self.made("account.move").filtered(
            lambda move: move.move_type == "out_refund" and move.state == "posted"
        )
        paid = self.made("account.move").filtered(
            lambda move: move.move_type == "out_invoice" and move.payment_state == "paid"
        )
        partials = paid._newest_partials()
        expected = [order._prepare_interaction("order_confirmed") for order in orders]
        expected += [
            move._prepare_interaction("invoice_refunded", f"account.move,{move.id},refunded")
            for move in refunds
        ] + [
            move._prepare_interaction(
                "invoice_paid", f"account.move,{move.id},paid,{partials[move.id]}"
            )
            for move in paid
        ]
        self.assertGreater(len(expected), 50)
        for event in expected:
            row = by_ref[event["external_ref"]]
            self.assertEqual(
                (row.kind_id.code, row.company_id.id, row.contact_id.id, row.currency_id.id,
                 row.amount, row.payload),
                (event["kind"], event["company_id"], event["contact_id"], event["currency_id"],
                 event["amount"], event["payload"]),
            )  # fmt: skip

    def test_programs_consents_and_needs(self):
        """Resellers are enrolled in all states, sales go through them, people gave their word."""
        if "prm.enrollment" not in self.env:
            self.skipTest("relationship_crm is not installed")
        self.assertEqual(len(self.made("prm.enrollment")), TINY.resellers)
        for model in ("relationship.need", "relationship.consent"):
            self.assertGreater(len(self.made(model)), 4, model)
        for model in ("sale.order", "account.move"):
            documents = self.made(model)
            through = documents.mapped("prm_partner_id")
            self.assertTrue(through)
            self.assertEqual(through, through.filtered("prm_enrollment_ids"))
            self.assertTrue(documents.mapped("prm_end_customer_id"))
            self.assertFalse(documents.filtered(lambda d: d.prm_partner_id == d.partner_id))
