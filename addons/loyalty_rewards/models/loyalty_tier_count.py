from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import models
from odoo.tools import SQL

from odoo.addons.relationship_crm.lib import windows

#: What takes an earning back counts on the day of the earning: a late refund of a purchase that no
#: longer counts takes nothing away. What cards that were merged have earned counts for the card
#: that stays, on its days.
STATUS = """
    SELECT coalesce(card.loyalty_merged_into_id, card.id) AS card_id,
           sum(entry.status_points) AS value
      FROM loyalty_ledger_entry entry
      JOIN loyalty_card card ON card.id = entry.card_id
      LEFT JOIN loyalty_ledger_entry origin ON origin.id = entry.reverses_id
     WHERE entry.program_id = %(program)s AND entry.state = 'posted' AND entry.status_points <> 0
       AND coalesce(origin.posted_at, entry.posted_at) >= %(begin)s AND %(cards)s
     GROUP BY 1
"""

#: What was paid of invoices (without taxes, in the currency of the company) less credit notes. The
#: card of a company counts what all its contacts bought.
SPEND = """
    SELECT card.id AS card_id, sum(move.value) AS value
      FROM loyalty_card card
      JOIN res_partner holder ON holder.id = card.partner_id
     CROSS JOIN LATERAL (
           SELECT move.amount_untaxed_signed
                  * CASE WHEN move.move_type = 'out_refund' THEN 1
                         ELSE coalesce(1 - move.amount_residual / nullif(move.amount_total, 0), 0)
                    END AS value
             FROM account_move move
            WHERE move.commercial_partner_id = holder.commercial_partner_id
              AND (holder.id = holder.commercial_partner_id OR move.partner_id = holder.id)
              AND move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
              AND move.state = 'posted' AND move.company_id = ANY(%(companies)s)
              AND move.invoice_date >= %(day)s
           ) move
     WHERE card.program_id = %(program)s AND %(cards)s
     GROUP BY card.id
"""


class LoyaltyProgram(models.Model):
    """What the cards of a program have that counts for their tier."""

    _inherit = "loyalty.program"

    def _tier_company(self):
        """The company whose days and time zone count."""
        self.ensure_one()
        return self.company_id or self.env.ref("base.main_company")

    def _tier_begin(self, today):
        """The first day that counts as of today, today included; None: all days."""
        self.ensure_one()
        kind = {"year": "year", "ever": "ever"}.get(self.loyalty_tier_window, "rolling")
        months = self.loyalty_tier_months or 1 if kind == "rolling" else 1
        return windows.window(kind, today + timedelta(days=1), months)[0]

    def _query_tier_values(self, today, cards=None):
        """Query: card_id and value of the cards of this program that have any.

        :param cards: only of these cards; None: of all
        """
        self.ensure_one()
        day = self._tier_begin(today)
        zone = ZoneInfo(self._tier_company()._relationship_tz())
        begin = str(windows.start_of_day(day, zone)) if day else "-infinity"
        spend = self.loyalty_tier_basis == "spend"
        column = SQL("card.id") if spend else SQL("entry.card_id")
        return SQL(
            SPEND if spend else STATUS,
            program=self.id,
            begin=begin,
            day=str(day) if day else "-infinity",
            companies=self._tier_companies().ids,
            cards=SQL("TRUE")
            if cards is None
            else SQL("%s = ANY(%s)", column, cards._with_merged().ids),
        )

    def _tier_companies(self):
        """The companies whose invoices count: those of the program that share its currency."""
        self.ensure_one()
        companies = self.company_id or self.env["res.company"].sudo().search(
            [("active", "=", True)]
        )
        return companies.filtered(
            lambda one: self.company_id or one.currency_id == self.currency_id
        )

    def _tier_values(self, today, cards):
        """What these cards of this program have that counts, by card; one query.

        :return: dict of card → float
        """
        self.env.flush_all()
        rows = dict(self.env.execute_query(self._query_tier_values(today, cards)))
        return {card: float(rows.get(card.id, 0)) for card in cards}
