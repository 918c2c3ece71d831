"""Orders that several metrics of many partners look at are read once."""

from odoo import api, models
from odoo.tools import SQL

#: partners from which a table of their orders is worth its making
MANY = 200
#: sources that look at orders of the partners and windows asked for, and at no others
OF_ORDERS = frozenset(("orders", "order_lines", "sold_orders", "sold_lines"))
KEY = "relationship_gathered_orders"


class Gathered:
    """Says in the context that the table is there; nobody outside can put one there."""


class RelationshipMetric(models.Model):
    """The orders that partners bought or sold, in a table that ends with the transaction.

    The planner knows how many they are, and each source joins only what it needs.
    """

    _inherit = "relationship.metric"

    @api.model
    def _gather_orders(self, needs, company, partners):
        """Gather what several sources look at, where it is worth it.

        :param needs: iterable of sets of (code, (first day or None, day after the last)), those
            of one source together
        :param partners: ids of commercial partners
        :return: this model; its :meth:`_values` of these needs and partners reads what was
            gathered, until the next call
        """
        source = self._source_by_code()
        asked = [some for some in needs if any(source.get(code) in OF_ORDERS for code, _w in some)]
        if len(asked) < 2 or len(partners) < MANY or self.env.cr.readonly:
            return self
        windows = [(window, *window) for window in {w for some in asked for _code, w in some}]
        self.env.flush_all()
        self.env.cr.execute("DROP TABLE IF EXISTS relationship_gathered_order")
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMP TABLE relationship_gathered_order ON COMMIT DROP AS
                SELECT true AS own, bought.* FROM (%s) bought
                UNION ALL SELECT false, sold.* FROM (%s) sold
                """,
                self.sudo()._order_rows(windows, company, partners),
                self.sudo()._through_order_rows(windows, company, partners),
            )
        )
        self.env.cr.execute("ANALYZE relationship_gathered_order")
        return self.with_context(**{KEY: Gathered()})

    @api.model
    def _has_gathered(self):
        return isinstance(self.env.context.get(KEY), Gathered)

    @api.model
    def _source_query(self, name, windows, company, partners=None):
        model = self if name in OF_ORDERS else self.with_context(**{KEY: None})
        return super(RelationshipMetric, model)._source_query(name, windows, company, partners)

    @api.model
    def _order_rows(self, windows, company, partners=None):
        if self._has_gathered():
            return SQL("SELECT g.* FROM relationship_gathered_order g WHERE g.own")
        return super()._order_rows(windows, company, partners)

    @api.model
    def _sold_order_rows(self, windows, company, partners=None):
        if self._has_gathered():
            return SQL("SELECT g.* FROM relationship_gathered_order g")
        return super()._sold_order_rows(windows, company, partners)
