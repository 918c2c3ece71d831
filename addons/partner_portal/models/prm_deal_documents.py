from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import verdicts

#: What was sold to the people of companies, or is meant for them, the last of each kind and way.
#: An invoice counts on the day of the invoice however long ago: who bought long ago is no customer.
SOLD = """
    SELECT asked.head, asked.company_id, sold.kind, through.commercial_partner_id, max(sold.day),
           max(sold.id)
      FROM unnest(%(heads)s::int[], %(companies)s::int[]) AS asked(head, company_id)
      JOIN res_partner person ON person.commercial_partner_id = asked.head
     CROSS JOIN LATERAL (
        SELECT CASE WHEN state = 'sale' THEN 'order' ELSE 'quotation' END AS kind, id,
               date_order::date AS day, prm_partner_id, company_id
          FROM sale_order WHERE partner_id = person.id AND state <> 'cancel'
         UNION ALL
        SELECT CASE WHEN state = 'sale' THEN 'order' ELSE 'quotation' END, id, date_order::date,
               coalesce(prm_partner_id, partner_id), company_id
          FROM sale_order WHERE prm_end_customer_id = person.id AND state <> 'cancel'
         UNION ALL
        SELECT 'invoice', id, coalesce(invoice_date, date), prm_partner_id, company_id
          FROM account_move
         WHERE partner_id = person.id AND move_type = 'out_invoice' AND state = 'posted'
         UNION ALL
        SELECT 'invoice', id, coalesce(invoice_date, date), coalesce(prm_partner_id, partner_id),
               company_id
          FROM account_move
         WHERE prm_end_customer_id = person.id AND move_type = 'out_invoice' AND state = 'posted'
        ) sold
      LEFT JOIN res_partner through ON through.id = sold.prm_partner_id
     WHERE sold.company_id = asked.company_id
     GROUP BY asked.head, asked.company_id, sold.kind, through.commercial_partner_id
"""

#: Deals for categories, or some below, that a company has bought lately.
BOUGHT = """
    SELECT DISTINCT asked.deal_id, asked.head
      FROM unnest(%(deals)s::int[], %(heads)s::int[], %(days)s::date[])
           AS asked(deal_id, head, since)
      JOIN prm_deal deal ON deal.id = asked.deal_id
      JOIN prm_deal_scope_rel scope ON scope.deal_id = asked.deal_id
      JOIN product_category category ON category.id = scope.category_id
      JOIN res_partner person ON person.commercial_partner_id = asked.head
     CROSS JOIN LATERAL (
        SELECT line.product_id
          FROM sale_order doc JOIN sale_order_line line ON line.order_id = doc.id
         WHERE person.id IN (doc.partner_id, doc.prm_end_customer_id) AND doc.state = 'sale'
           AND doc.company_id = deal.company_id AND doc.date_order >= asked.since
         UNION ALL
        SELECT line.product_id
          FROM account_move doc JOIN account_move_line line ON line.move_id = doc.id
         WHERE person.id IN (doc.partner_id, doc.prm_end_customer_id) AND doc.state = 'posted'
           AND doc.move_type = 'out_invoice' AND doc.company_id = deal.company_id
           AND doc.invoice_date >= asked.since AND line.product_id IS NOT NULL) bought
      JOIN product_product product ON product.id = bought.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
      JOIN product_category its ON its.id = template.categ_id
     WHERE starts_with(its.parent_path, category.parent_path)
"""

MODELS = {"order": "sale.order", "quotation": "sale.order", "invoice": "account.move"}


class PrmDeal(models.Model):
    """What was sold to the companies that may be a deal's customer, and the program's rule."""

    _inherit = "prm.deal"

    def _matching_documents(self, heads):
        """Quotations, orders and invoices of the contacts found, else the contacts themselves.

        :param dict heads: {deal id: {commercial partner id: list of reasons}}
        """
        sold = self._sold({(h, d.company_id.id) for d in self for h in heads[d.id]})
        partners = self.env["res.partner"].sudo().browse({h for f in heads.values() for h in f})
        partners.fetch(["name", "customer_rank"])
        names = self._document_names(sold)
        free = self._free_of_rule(heads, sold)
        result = []
        for deal in self:
            for head in partners.browse(heads[deal.id]).with_prefetch(partners._prefetch_ids):
                result += deal._prepare_sold_matches(
                    head,
                    heads[deal.id][head.id],
                    sold[head.id, deal.company_id.id],
                    names,
                    (deal.id, head.id) in free,
                )
        return result

    def _sold(self, asked):
        """What was sold to companies: {(head, company): [(kind, through, last day, document)]}."""
        sold = defaultdict(list)
        if asked:
            self.env["sale.order"].flush_model()
            self.env["account.move"].flush_model()
            heads, companies = (list(column) for column in zip(*asked, strict=True))
            rows = self.env.execute_query(SQL(SOLD, heads=heads, companies=companies))
            for head, company, *facts in rows:
                sold[head, company].append(tuple(facts))
        return sold

    def _document_names(self, sold):
        """The references of the documents: {(model, id): text}."""
        ids = defaultdict(set)
        for rows in sold.values():
            for kind, _through, _day, document in rows:
                ids[MODELS[kind]].add(document)
        return {
            (model, record.id): record.name
            for model, found in ids.items()
            for record in self.env[model].sudo().search_fetch([("id", "in", list(found))], ["name"])
        }

    def _prepare_sold_matches(self, head, reasons, sold, names, free):
        """Matches of this deal with what one company bought, or is offered.

        :param head: the company
        :param reasons: what it has in common with the deal's customer
        :param sold: list of (kind, through, last day, document)
        :param names: {(model, id): reference}
        :param bool free: the program lets partners register this customer
        """
        result = []
        for kind, through, day, document in sold:
            if kind == "quotation" or day >= self._since():
                model = MODELS[kind]
                result.append(
                    self._prepare_match(
                        kind,
                        self.env[model].browse(document),
                        reasons,
                        self._whose(kind, through, free),
                        name=names.get((model, document), ""),
                        customer_name=head.name,
                        partner_id=through,
                        date=day,
                        earlier=True,
                    )
                )
        if not result:
            # one that is marked as a customer and has no invoice here was invoiced elsewhere
            elsewhere = head.customer_rank and all(kind != "invoice" for kind, *_facts in sold)
            verdict = "existing_customer" if elsewhere and not free else "clear"
            result.append(
                self._prepare_match(
                    "customer", head, reasons, verdict, name=head.name, customer_name=head.name
                )
            )
        return result

    def _whose(self, kind, through, free):
        """The verdict of a sale: of which partner, or of nobody's but ours."""
        if through == self.partner_id.id:
            return "same_partner"
        if kind == "quotation":
            return "other_partner" if through else "direct"
        return "clear" if free else "existing_customer"

    # ------------------------------------------------------------ the program's rule

    def _customer_rule(self):
        """What the deal's program says about existing customers: refuse, new_category or allow."""
        return self.program_id.existing_customers or "new_category"

    def _free_of_rule(self, heads, sold):
        """Customers that the program lets the partner register though they bought lately.

        :return: set of (deal id, commercial partner id)
        """
        free, asked = set(), []
        for deal in self.filtered(lambda one: heads[one.id]):
            rule = deal._customer_rule()
            pairs = [(deal.id, head) for head in heads[deal.id]]
            if rule == "allow":
                free.update(pairs)
            elif rule == "new_category" and deal.scope_ids:
                asked += [(*pair, deal._since()) for pair in pairs]
        if asked:
            deals, companies, days = (list(column) for column in zip(*asked, strict=True))
            self.flush_model(["scope_ids"])
            self.env["product.template"].flush_model(["categ_id"])
            self.env["sale.order.line"].flush_model()
            self.env["account.move.line"].flush_model()
            bought = self.env.execute_query(SQL(BOUGHT, deals=deals, heads=companies, days=days))
            free.update({(deal, head) for deal, head, _day in asked} - set(bought))
        return free

    def _check_again(self):
        """Check before an approval, when nobody else can claim the customers any more.

        :raise UserError: the program refuses existing customers, and one of these is one
        """
        self._update_verdicts()
        existing = self.filtered(
            lambda deal: (
                deal._customer_rule() == "refuse"
                and any(
                    match.verdict == "existing_customer" and match.level == "conflict"
                    for match in deal.match_ids
                )
            )
        )
        if existing:
            raise UserError(
                self.env._(
                    "The program refuses deals with existing customers: %s. Refuse them, or change"
                    " the program.",
                    existing._names(),
                )
            )

    def _refuse_existing_customers(self):
        """Refuse, in neutral words, deals with existing customers where their program says so."""
        strict = self.filtered(lambda deal: deal._customer_rule() == "refuse")
        if not strict:
            return
        heads = strict._customers_alike(strict._names_alike())
        existing = {
            match["deal_id"]
            for match in strict._matching_documents(heads)
            if match["verdict"] == "existing_customer" and match["score"] >= verdicts.CONFLICT
        }
        refused = self.filtered(lambda deal: deal.id in existing)
        note = self.env._("Automatic: an existing customer, which the program refuses.")
        refused._reject(refused._neutral_reasons(), dict.fromkeys(refused.ids, note), True)
