"""What orders and invoices hold that earns, and what credit notes gave back of it, as SQL.

Everything here is one row for a pair of rule and document, so that the same statement serves one
event, a batch, or the events of a year.
"""

from odoo import api, models
from odoo.tools import SQL

#: programs whose rewards are means of payment: what they pay for counts in full
PAYMENT = "('gift_card', 'ewallet')"

#: a line: of which credit note (none: of the document itself), what it is worth, whether it earns,
#: whether it is an advance payment or settles one
ORDER_LINES = f"""
    SELECT NULL::int AS refund_id, line.price_subtotal AS amount,
           line.product_uom_qty * unit.factor / coalesce(base_unit.factor, unit.factor, 1) AS units,
           line.reward_id IS NULL AND line.price_subtotal > 0 AS earns, false AS advance,
           template.categ_id
      FROM sale_order_line line
      LEFT JOIN product_product product ON product.id = line.product_id
      LEFT JOIN product_template template ON template.id = product.product_tmpl_id
      LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
      LEFT JOIN uom_uom base_unit ON base_unit.id = template.uom_id
      LEFT JOIN loyalty_reward reward ON reward.id = line.reward_id
      LEFT JOIN loyalty_program given ON given.id = reward.program_id
     WHERE wanted.res_model = 'sale.order' AND line.order_id = wanted.res_id
       AND line.display_type IS NULL AND NOT coalesce(line.is_downpayment, false)
       AND coalesce(given.program_type, '') NOT IN {PAYMENT}
"""

#: lines of an invoice or credit note; ``move`` and what ties it to the document stand around it
MOVE_LINES = f"""
    SELECT line.price_subtotal AS amount,
           line.quantity * unit.factor / coalesce(base_unit.factor, unit.factor, 1) AS units,
           coalesce(sold.reward_id, 0) = 0 AND line.price_subtotal > 0
           AND NOT coalesce(line.is_downpayment, false) AS earns,
           coalesce(line.is_downpayment, false) AS advance, template.categ_id, sold.order_id
      FROM account_move_line line
      LEFT JOIN product_product product ON product.id = line.product_id
      LEFT JOIN product_template template ON template.id = product.product_tmpl_id
      LEFT JOIN uom_uom unit ON unit.id = line.product_uom_id
      LEFT JOIN uom_uom base_unit ON base_unit.id = template.uom_id
      LEFT JOIN LATERAL (
          SELECT max(sold.reward_id) AS reward_id, max(sold.order_id) AS order_id,
                 bool_or(given.program_type IN {PAYMENT}) AS payment
            FROM sale_order_line_invoice_rel link
            JOIN sale_order_line sold ON sold.id = link.order_line_id
            LEFT JOIN loyalty_reward reward ON reward.id = sold.reward_id
            LEFT JOIN loyalty_program given ON given.id = reward.program_id
           WHERE link.invoice_line_id = line.id
      ) sold ON true
     WHERE line.move_id = move.id AND line.display_type = 'product'
       AND line.loyalty_debt_card_id IS NULL AND NOT coalesce(sold.payment, false)
"""

#: credit notes of the document, posted or assumed to be (to see what would be); one made by hand
#: counts when it names the lines that were sold; those of earlier confirmations do not
REFUNDS = """
    SELECT move.id, move.currency_id, move.company_id, move.date
      FROM account_move move
     WHERE wanted.res_model = 'account.move' AND move.reversed_entry_id = wanted.res_id
       AND (move.state = 'posted' OR move.id = ANY(%(assumed)s))
     UNION
    SELECT move.id, move.currency_id, move.company_id, move.date
      FROM sale_order_line sold
      JOIN sale_order_line_invoice_rel link ON link.order_line_id = sold.id
      JOIN account_move_line line ON line.id = link.invoice_line_id
      JOIN account_move move ON move.id = line.move_id AND move.move_type = 'out_refund'
       AND (move.state = 'posted' OR move.id = ANY(%(assumed)s))
      JOIN sale_order document ON document.id = sold.order_id
       AND move.id > coalesce(document.loyalty_former_move, 0)
     WHERE wanted.res_model = 'sale.order' AND sold.order_id = wanted.res_id
"""

#: posted invoices of an order, less what was credited of them before it was confirmed anew
INVOICES = """
    SELECT DISTINCT move.id, move.currency_id, move.company_id, move.date,
           CASE WHEN move.move_type = 'out_invoice' THEN 1 ELSE -1 END AS sign
      FROM sale_order_line sold
      JOIN sale_order_line_invoice_rel link ON link.order_line_id = sold.id
      JOIN account_move_line line ON line.id = link.invoice_line_id
      JOIN sale_order document ON document.id = sold.order_id
      JOIN account_move move ON move.id = line.move_id AND move.state = 'posted'
       AND (move.move_type = 'out_invoice' OR move.move_type = 'out_refund'
            AND move.id <= coalesce(document.loyalty_former_move, 0))
     WHERE wanted.res_model = 'sale.order' AND sold.order_id = wanted.res_id
"""

#: Amount and units of lines that earn. A rule for some categories gets their share of what is left
#: after discounts on the whole; advance payments belong to no category.
SUMMED = """
    SELECT greatest(CASE WHEN wanted.categories IS NULL THEN sum(line.amount)
                ELSE sum(line.amount) FILTER (WHERE line.earns
                                                AND line.categ_id = ANY(wanted.categories))
                     * least(1, greatest(sum(line.amount) FILTER (WHERE NOT line.advance), 0)
                                / nullif(sum(line.amount) FILTER (WHERE line.earns), 0))
           END, 0) AS amount,
           coalesce(sum(line.units) FILTER (
               WHERE line.earns AND (wanted.categories IS NULL
                                     OR line.categ_id = ANY(wanted.categories))), 0) AS units
"""


class LoyaltyEarningRule(models.Model):
    _inherit = "loyalty.earning.rule"

    @api.model
    def _sql_document(self):
        """Return what a document holds, as SQL to be joined LATERAL.

        It looks at ``wanted.res_model``, ``wanted.res_id`` (of an order or invoice) and
        ``wanted.categories`` (ids of product categories, NULL: all).

        :return: SELECT of ``amount``, ``currency_id``, ``units``, what posted credit notes gave
            back of both (``back_amount``, ``back_units``), and as shares from 0 to 1:
            ``amount_back``, ``units_back``
        """
        return SQL(
            """
            SELECT own.amount, own.units, own.currency_id,
                   coalesce(back.amount, 0) AS back_amount, coalesce(back.units, 0) AS back_units,
                   CASE WHEN back.amount > 0 AND own.amount > 0
                        THEN least(back.amount / own.amount, 1)
                        WHEN back.amount > 0 THEN 1 ELSE 0 END AS amount_back,
                   CASE WHEN back.units > 0 AND own.units > 0 THEN least(back.units / own.units, 1)
                        WHEN back.units > 0 THEN 1 ELSE 0 END AS units_back
              FROM (%(own)s) own
              LEFT JOIN LATERAL (%(back)s) back ON true
            """,
            own=self._sql_own(),
            back=self._sql_moves(
                SQL(REFUNDS, assumed=self.env["account.move"]._loyalty_assumed()),
                SQL("own.currency_id"),
                SQL("1"),
            ),
        )

    @api.model
    def _sql_billed(self):
        """Return what posted invoices have billed of an order, as SQL to be joined LATERAL.

        It looks at what :meth:`_sql_document` does, and ``document.currency_id`` of that.

        :return: SELECT of ``amount`` (in that currency) and ``units``, one row
        """
        return self._sql_moves(SQL(INVOICES), SQL("document.currency_id"), SQL("made.sign"))

    @api.model
    def _sql_document_kept(self):
        """Return what a document holds, as :meth:`_sql_document`, with shares of what it holds now.

        What a credit note gave back and the order was then lowered by is not given back twice: as
        long as invoices less credit notes come to what an order holds, nothing of it came back.
        """
        return SQL(
            """
            SELECT document.amount, document.units, document.currency_id,
                   document.back_amount, document.back_units,
                   CASE WHEN follows.amount IS NULL THEN document.amount_back
                        WHEN document.amount > 0
                        THEN least(greatest(document.back_amount - follows.amount, 0)
                                   / document.amount, 1)
                        ELSE 1 END AS amount_back,
                   CASE WHEN follows.units IS NULL THEN document.units_back
                        WHEN document.units > 0
                        THEN least(greatest(document.back_units - follows.units, 0)
                                   / document.units, 1)
                        ELSE 1 END AS units_back
              FROM (%(document)s) document
              LEFT JOIN LATERAL (
                  SELECT CASE WHEN billed.amount > document.amount
                              THEN billed.amount - document.amount END AS amount,
                         CASE WHEN billed.units > document.units
                              THEN billed.units - document.units END AS units
                    FROM (%(billed)s) billed
              ) follows ON wanted.res_model = 'sale.order'
            """,
            document=self._sql_document(),
            billed=self._sql_billed(),
        )

    @api.model
    def _sql_moves(self, moves, currency, sign):
        """Return the sums of amount, in a currency, and units of moves of a document.

        :param SQL moves: SELECT of their id, currency, company and date, called ``made``
        :param SQL sign: of a move, 1 or -1
        """
        return SQL(
            """
            SELECT sum(%(sign)s * %(converted)s) AS amount, sum(%(sign)s * part.units) AS units
              FROM (%(moves)s) made
             CROSS JOIN LATERAL (%(part)s) part
            """,
            moves=moves,
            sign=sign,
            part=SQL(
                "%s FROM (SELECT line.* FROM account_move move CROSS JOIN LATERAL (%s) line"
                " WHERE move.id = made.id AND (wanted.res_model <> 'sale.order'"
                " OR line.order_id IS NULL OR line.order_id = wanted.res_id)) line",
                SQL(SUMMED),
                SQL(MOVE_LINES),
            ),
            converted=self._sql_converted(
                SQL("part.amount"),
                SQL("made.currency_id"),
                currency,
                SQL("made.company_id"),
                SQL("made.date"),
            ),
        )

    @api.model
    def _sql_own(self):
        """Return amount and units of the document itself, as SQL."""
        return SQL(
            """
            SELECT summed.*, document.currency_id FROM sale_order document
             CROSS JOIN LATERAL (%(summed)s FROM (%(order)s) line) summed
             WHERE wanted.res_model = 'sale.order' AND document.id = wanted.res_id
             UNION ALL
            SELECT summed.*, move.currency_id FROM account_move move
             CROSS JOIN LATERAL (%(summed)s FROM (%(move)s) line) summed
             WHERE wanted.res_model = 'account.move' AND move.id = wanted.res_id
            """,
            summed=SQL(SUMMED),
            order=SQL(ORDER_LINES),
            move=SQL(MOVE_LINES),
        )

    @api.model
    def _sql_converted(self, amount, source, target, company, day):
        """Return an amount of one currency in another, rounded as that one is.

        As core converts: by the last rate until the day, else the first one, else 1.
        """
        return SQL(
            """
            CASE WHEN %(source)s IS NULL OR %(source)s = %(target)s THEN %(amount)s
                 ELSE round((%(amount)s * %(target_rate)s / %(source_rate)s) / (%(rounding)s))
                      * (%(rounding)s) END
            """,
            amount=amount,
            source=source,
            target=target,
            target_rate=self._sql_rate(target, company, day),
            source_rate=self._sql_rate(source, company, day),
            rounding=SQL("SELECT rounding FROM res_currency WHERE id = %s", target),
        )

    @api.model
    def _sql_rate(self, currency, company, day):
        """Return the rate of a currency in a company on a day."""
        rates = SQL(
            """
            SELECT rate.rate FROM res_currency_rate rate
             WHERE rate.currency_id = %s
               AND (rate.company_id IS NULL OR rate.company_id = (
                    SELECT split_part(owner.parent_path, '/', 1)::int FROM res_company owner
                     WHERE owner.id = %s))
            """,
            currency,
            company,
        )
        return SQL(
            "coalesce((%s AND rate.name <= %s ORDER BY rate.company_id, rate.name DESC LIMIT 1),"
            " (%s ORDER BY rate.company_id, rate.name LIMIT 1), 1)",
            rates,
            day,
            rates,
        )

    @api.model
    def _sql_stands(self):
        """Return whether a document still stands: it was not cancelled or undone meanwhile.

        It looks at ``wanted.res_model``, ``wanted.res_id`` and ``wanted.kind`` (a code).
        """
        return SQL(
            """
            CASE wanted.res_model
                 WHEN 'sale.order' THEN EXISTS (
                     SELECT FROM sale_order WHERE id = wanted.res_id AND state = 'sale')
                 WHEN 'account.move' THEN EXISTS (
                     SELECT FROM account_move
                      WHERE id = wanted.res_id AND state = 'posted'
                        AND (wanted.kind <> 'invoice_paid'
                             OR payment_state IN ('paid', 'in_payment')))
                 ELSE true END
            """
        )
