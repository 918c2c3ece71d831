from psycopg2.errors import ExclusionViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger

from ..lib.scopes import overlap, scope_of

#: A range type over paths of categories, compared byte by byte whatever the database's language.
PATH_RANGE = """
    DO $$ BEGIN
        IF to_regtype('prm_path_range') IS NULL THEN
            CREATE TYPE prm_path_range AS RANGE (subtype = text, collation = "C");
        END IF;
    END $$
"""


class PrmDealProtection(models.Model):
    """One partner's protection of a customer in a product category, for a span of days.

    The exclusion constraint is the promise: no customer has two protections of overlapping
    categories on one day, whoever asks for them and however many at once.
    """

    _name = "prm.deal.protection"
    _description = "Deal Protection"
    _order = "date_until desc, id desc"
    _rec_name = "customer_id"
    _check_company_auto = True

    deal_id = fields.Many2one(
        "prm.deal",
        "Deal Registration",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="deal_id.partner_id")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    customer_id = fields.Many2one(
        "res.partner", required=True, readonly=True, index=True, ondelete="restrict"
    )
    category_id = fields.Many2one(
        "product.category",
        "Product Category",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="With all below it. Empty: every product.",
    )
    scope_low = fields.Char(readonly=True)
    scope_high = fields.Char(readonly=True)
    date_from = fields.Date("From", required=True, readonly=True)
    date_until = fields.Date(
        "Free From", required=True, readonly=True, help="The first day that is not protected."
    )
    live = fields.Boolean(
        default=True, readonly=True, help="Off when the protection was annulled from its start."
    )

    _days_in_order = models.Constraint(
        "CHECK (date_until >= date_from)", "A protection can't end before it begins."
    )
    _one_at_a_time = models.Constraint(
        """EXCLUDE USING gist (
            int4range(company_id, company_id, '[]') WITH &&,
            int4range(customer_id, customer_id, '[]') WITH &&,
            prm_path_range(scope_low, scope_high) WITH &&,
            daterange(date_from, date_until) WITH &&
        ) WHERE (live)""",
        "This customer is protected for another deal registration already.",
    )
    _ending = models.Index("(date_until) WHERE live")

    def _auto_init(self):
        """The constraint needs the type, which is made here on installation and on any update."""
        self.env.cr.execute(PATH_RANGE)
        return super()._auto_init()

    # ------------------------------------------------------------ ending

    def _end(self, day):
        """End these protections: their first free day is ``day``, if that is earlier.

        One that had not begun is annulled.
        """
        running = self.filtered(lambda row: row.live and row.date_until > day)
        running.filtered(lambda row: row.date_from <= day).write({"date_until": day})
        running.filtered(lambda row: row.date_from > day).write({"live": False})

    # ------------------------------------------------------------ moved categories

    @api.model
    def _follow_categories(self, categories):
        """Rewrite the scopes of categories whose place in the tree has changed.

        :raise UserError: two protections of one customer would overlap; names them
        """
        below = categories.search([("id", "child_of", categories.ids)])
        rows = self.search([("category_id", "in", below.ids), ("live", "=", True)])
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                for row in rows:
                    low, high = scope_of(row.category_id.parent_path)
                    row.write({"scope_low": low, "scope_high": high})
                rows.flush_recordset()
        except ExclusionViolation as error:
            raise UserError(self._clash_message(rows)) from error

    def _clash_message(self, rows):
        """Which deals stand in the way of moving a category."""
        clashing = rows._overlapping() or rows
        return self.env._(
            "The category can't be moved there: these protected deal registrations of one"
            " customer would then cover the same products: %s",
            clashing.deal_id._names(),
        )

    def _overlapping(self):
        """These and the live protections that would be in each other's way, in one recordset."""
        paths = {row: scope_of(row.category_id.parent_path or "") for row in self}
        if not paths:
            return self
        found = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT unnest(ARRAY[mine.id, other.id])
                  FROM unnest(%s::int[], %s::text[], %s::text[]) AS moved(id, low, high)
                  JOIN prm_deal_protection mine ON mine.id = moved.id
                  JOIN prm_deal_protection other
                    ON other.live AND other.id != mine.id
                   AND other.company_id = mine.company_id AND other.customer_id = mine.customer_id
                   AND daterange(other.date_from, other.date_until)
                       && daterange(mine.date_from, mine.date_until)
                   AND prm_path_range(other.scope_low, other.scope_high)
                       && prm_path_range(moved.low, moved.high)
                """,
                [row.id for row in paths],
                [low for low, _high in paths.values()],
                [high for _low, high in paths.values()],
            )
        )
        return self.browse([row_id for [row_id] in found])

    # ------------------------------------------------------------ merged customers

    @api.model
    def _merge_partners(self, src, dst):
        """Carry the protections of merged customers to the one that stays.

        Where two meet, that of the deal submitted first stays. The other is annulled, and its deal
        tells staff; another protection of the same partner begins when the first ends.

        :param src: customers that are merged away
        :param dst: the customer that stays
        """
        rows = self.search([("customer_id", "in", (src | dst).ids), ("live", "=", True)])
        kept = self.browse()
        for row in rows.sorted(lambda row: (row.deal_id.submit_no, row.date_from, row.id)):
            first = kept.filtered(row._meets)
            if not first or (first.partner_id == row.partner_id and row._follow(first)):
                kept |= row
            else:
                row.live = False
                rival = first.filtered(lambda one, p=row.partner_id: one.partner_id != p)
                if rival:
                    row.deal_id._note_lost_customer(rival[0].deal_id)
        self.flush_model()
        rows.write({"customer_id": dst.id})
        self.flush_model()

    def _follow(self, first):
        """Begin when other protections of the partner end, if any days are left then."""
        free = max(first.mapped("date_until"))
        if free < self.date_until:
            self.date_from = free
        return free == self.date_from

    def _meets(self, other):
        """Whether this protection has a company, a day and a product in common with another."""
        return (
            self.company_id == other.company_id
            and max(self.date_from, other.date_from) < min(self.date_until, other.date_until)
            and overlap(self._scope(), other._scope())
        )

    def _scope(self):
        return self.scope_low or None, self.scope_high or None
