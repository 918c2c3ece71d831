from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import MissingError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, formatLang

MAX_ID = 2**31 - 1
#: points that expire within this many days are announced
SOON = 90
#: rows of a statement as a file
CSV_LIMIT = 10000

STATEMENT = """
    SELECT entry.id, entry.recorded_at, entry.kind, entry.state, entry.points, entry.reason,
           entry.available_on, entry.expires_on, entry.origin_model, entry.origin_id,
           coalesce(rule.pending_until = 'delivered', false) AS delivery,
           CASE WHEN entry.state = 'posted' THEN
                sum(entry.points) FILTER (WHERE entry.state = 'posted')
                    OVER (ORDER BY entry.posted_at NULLS LAST, entry.id) END AS balance
      FROM loyalty_ledger_entry entry
      LEFT JOIN loyalty_earning_rule rule ON rule.id = entry.rule_id
     WHERE entry.card_id = %s AND entry.state <> 'cancelled'
     ORDER BY coalesce(entry.posted_at, 'infinity') DESC, entry.id DESC
    OFFSET %s LIMIT %s
"""


class LoyaltyCard(models.Model):
    """What members see of their points in the portal.

    Portal users have no access to any model of the ledger. Every method takes the person from the
    current user and nothing else, runs as superuser on the cards of that person and of the company
    they belong to, and returns plain values.
    """

    _inherit = "loyalty.card"

    @api.model
    def _portal_domain(self):
        """The cards of the current user and of their company."""
        person = self.env.user.partner_id
        return (
            Domain("partner_id", "in", (person | person.sudo().commercial_partner_id).ids)
            & Domain("program_id.active", "=", True)
            & Domain("program_id.program_type", "in", ("loyalty", "ewallet"))
        )

    @api.model
    def _portal_count(self):
        """How many cards the current user sees."""
        return self.sudo().search_count(self._portal_domain())

    @api.model
    def _portal_browse(self, card_id):
        """The card with this id if the current user may see it, as superuser.

        :raise MissingError: there is none, or it is somebody else's
        """
        known = isinstance(card_id, int) and 0 < card_id <= MAX_ID
        domain = self._portal_domain() & Domain("id", "=", card_id)
        card = self.sudo().search(domain, limit=1) if known else self.browse()
        if not card:
            raise MissingError(self.env._("This card does not exist."))
        return card

    @api.model
    def _portal_list(self):
        """The cards of the current user, each as :meth:`_portal_values`."""
        cards = self.sudo().search(self._portal_domain(), order="program_id, id")
        return [card._portal_values() for card in cards]

    def _portal_values(self):
        """One card: dict of plain values.

        :return: ``id``, ``program``, ``holder`` (name of the company when the card is not the
            user's own, or False), ``code``, ``balance`` and ``pending`` (texts with the unit,
            pending False when there is none), ``expiring`` (list of dicts ``points`` and ``on``),
            ``rewards`` (list of dicts ``name``, ``cost``, ``missing`` (False when it can be had)),
            ``tier`` (see :meth:`_portal_tier`)
        """
        self.ensure_one()
        own = self.partner_id == self.env.user.partner_id
        return {
            "id": self.id,
            "program": self.program_id.name,
            "holder": not own and self.partner_id.name,
            "code": self.code,
            "balance": self._say_points(self.points),
            "pending": self.loyalty_pending and self._say_points(self.loyalty_pending),
            "expiring": self._portal_expiring(),
            "rewards": self._portal_rewards(),
            "tier": self._portal_tier(),
        }

    def _portal_expiring(self):
        """Points that expire soon, by day."""
        today = fields.Date.context_today(self)
        rows = self.env["loyalty.ledger.lot"]._read_group(
            [
                ("card_id", "=", self.id),
                ("remaining", ">", 0),
                ("expires_on", "<=", today + timedelta(days=SOON)),
            ],
            ["expires_on:day"],
            ["remaining:sum"],
        )
        return [
            {"points": self._say_points(points), "on": format_date(self.env, day)}
            for day, points in rows
        ]

    def _portal_rewards(self):
        """The rewards of the program, the cheapest first."""
        rewards = self.program_id.reward_ids.sorted("required_points")[:10]
        return [
            {
                "name": reward.description,
                "cost": self._say_points(reward.required_points),
                "missing": reward.required_points > self.points
                and self._say_points(reward.required_points - self.points),
            }
            for reward in rewards
        ]

    def _portal_entry_count(self):
        """How many lines the statement has."""
        return self.env["loyalty.ledger.entry"].search_count(
            [("card_id", "=", self.id), ("state", "!=", "cancelled")]
        )

    def _portal_statement(self, offset=0, limit=80):
        """Lines of the statement, the newest first; pending ones stand on top.

        :return: list of dicts with ``date``, ``kind`` (text), ``cause`` (text or False), ``url`` of
            the cause (or False), ``points`` (float, signed) and ``balance`` after it (float, None
            while pending), both also as ``…_text`` with the unit, ``pending`` (bool),
            ``delivery`` (bool: it waits for the delivery), ``available_on`` and ``expires_on``
            (date or None)
        """
        self.ensure_one()
        self.env["loyalty.ledger"]._flush_buffer()
        self.env.cr.execute(SQL(STATEMENT, self.id, offset, limit))
        rows = self.env.cr.dictfetchall()
        kinds = dict(
            self.env["loyalty.ledger.entry"]._fields["kind"]._description_selection(self.env)
        )
        causes = self._portal_causes(rows)
        return [
            {
                "date": row["recorded_at"],
                "kind": kinds[row["kind"]],
                "cause": causes.get((row["origin_model"], row["origin_id"]), (None,))[0]
                or row["reason"]
                or False,
                "url": causes.get((row["origin_model"], row["origin_id"]), (None, False))[1],
                "points": row["points"],
                "points_text": self._portal_signed(row["points"]),
                "balance": row["balance"],
                "balance_text": row["balance"] is not None and self._say_points(row["balance"]),
                "pending": row["state"] == "pending",
                "delivery": row["delivery"],
                "available_on": row["available_on"],
                "expires_on": row["expires_on"],
            }
            for row in rows
        ]

    def _say_points(self, points):
        """Return points with their unit, written as in the language of the reader."""
        self.ensure_one()
        if self.program_id.currency_id and self.point_name == self.program_id.currency_id.symbol:
            return self._format_points(points)
        number = formatLang(self.env, points, digits=0 if points == round(points) else 2)
        return f"{number} {self.point_name or ''}".strip()

    def _portal_signed(self, points):
        """Return points with their unit and sign."""
        return ("+" if points > 0 else "\u2212") + self._say_points(abs(points))

    def _portal_causes(self, rows):
        """Return {(model, id): (name, url)} of causes that are the member's own documents.

        An invoice to somebody else (sold through a partner) is not named.
        """
        causes = {}
        family = self.partner_id.commercial_partner_id
        for model in ("sale.order", "account.move"):
            ids = {row["origin_id"] for row in rows if row["origin_model"] == model}
            for document in self.env[model].browse(ids).exists():
                if document.partner_id.commercial_partner_id == family:
                    causes[model, document.id] = (document.name, document.get_portal_url())
        return causes
