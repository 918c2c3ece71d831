from datetime import datetime

import babel.dates

from odoo import api, fields, models
from odoo.exceptions import MissingError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, format_date, format_datetime, get_lang
from odoo.tools.misc import babel_locale_parse, posix_to_ldml

from ..lib.bidi import isolated
from ..lib.deal_states import UNDECIDED

MAX_ID = 2**31 - 1
SEARCH_LIMIT = 100
#: protections listed on the partner's page
SOONEST = 5
SORTINGS = {
    "date": "id desc",
    "customer": "customer_name, id desc",
    "close": "expected_close, id desc",
    "state": "id desc",  # after the state, see `_portal_found`
}
#: what a row of the list is made of
ROW = [
    "name",
    "state",
    "customer_name",
    "amount",
    "currency_id",
    "submitted_on",
    "expected_close",
]
SEARCH_FIELDS = {
    "all": ("name", "customer_name", "customer_vat", "customer_domain"),
    "customer": ("customer_name",),
    "reference": ("name",),
}


class PrmDeal(models.Model):
    """What a partner's people read and do in the portal.

    Portal users have no access to this model. Every method takes the partner from the current user
    and nothing else, runs as superuser on that partner's records only, and returns plain values
    from a fixed list: no other partner, no customer of ours, no internal note is ever among them.
    """

    _inherit = "prm.deal"

    @api.model
    def _portal_partner(self):
        """The partner company for which the current user registers deals, or an empty record.

        That takes a portal member with the role Sales, and a company with a tier.
        """
        partner = self.env["prm.member"]._portal_member("sales").partner_id
        return partner if partner.grade_id else partner.browse()

    @api.model
    def _portal_is_partner(self):
        """Whether the current user registers deals for a partner company."""
        return bool(self._portal_partner())

    @api.model
    def _portal_check_role(self):
        """Refuse a person of a partner who has not the role: for them there is no such page.

        :raise MissingError: the current user is a member without the role Sales
        """
        members = self.env["prm.member"]
        if members._portal_is_member() and not members._portal_member("sales"):
            raise MissingError(self.env._("This page does not exist."))

    @api.model
    def _portal_domain(self):
        """The deals of the current user's partner, and no others."""
        return Domain("partner_id", "=", self._portal_partner().id)

    @api.model
    def _portal_browse(self, deal_id):
        """The deal with this id if it belongs to the current user's partner, as superuser.

        :raise MissingError: there is none, or it is another partner's
        """
        known = isinstance(deal_id, int) and 0 < deal_id <= MAX_ID and self._portal_is_partner()
        domain = self._portal_domain() & Domain("id", "=", deal_id)
        deal = self.sudo().search(domain, limit=1) if known else self.browse()
        if not deal:
            raise MissingError(self.env._("This deal registration does not exist."))
        return deal.with_context(mail_create_nosubscribe=True)

    @api.model
    def _portal_count(self, state=None, search="", search_in="all"):
        """How many deals the partner has, narrowed as in :meth:`_portal_list`."""
        partner = self._portal_partner()
        if not partner:
            return 0
        domain = self._portal_search_domain(partner, state, search, search_in)
        return self.sudo().search_count(domain)

    @api.model
    def _portal_list(
        self, state=None, search="", search_in="all", sortby="date", offset=0, limit=80
    ):
        """A page of the partner's deals.

        :param state: a state, or None for all
        :param search: words to look for, at most 100 characters of them
        :param search_in: a key of ``SEARCH_FIELDS``
        :param sortby: a key of ``SORTINGS``
        :return: list of dicts, see :meth:`_portal_rows`
        """
        partner = self._portal_partner()
        if not partner:
            return []
        domain = self._portal_search_domain(partner, state, search, search_in)
        return self.sudo()._portal_found(domain, sortby, offset, limit)._portal_rows()

    @api.model
    def _portal_found(self, domain, sortby, offset, limit):
        """One page of the deals in a domain, with what its rows show.

        Sorted by state they come in the order of their life, all that is undecided as one.
        """
        order = SORTINGS.get(sortby, SORTINGS["date"])
        query = self._search(domain, offset=offset, limit=limit, order=order)
        if sortby == "state":
            query.order = SQL("%s, %s", self._portal_place_in_life(query), query.order)
        return self._fetch_query(query, [self._fields[name] for name in ROW])

    @api.model
    def _portal_place_in_life(self, query):
        """The place of a deal's state, as its partner is told it, among all: SQL of a number."""
        return SQL(
            "array_position(%(states)s::text[],"
            " CASE WHEN %(state)s = ANY(%(undecided)s) THEN %(shown)s ELSE %(state)s::text END)",
            states=self._fields["state"].get_values(self.env),
            state=self._field_to_sql(self._table, "state", query),
            undecided=list(UNDECIDED),
            shown=self._portal_state(UNDECIDED[0]),
        )

    @api.model
    def _portal_search_domain(self, partner, state, search, search_in):
        domain = Domain("partner_id", "=", partner.id)
        if state in UNDECIDED:
            domain &= Domain("state", "in", UNDECIDED)
        elif state in dict(self._fields["state"].selection):
            domain &= Domain("state", "=", state)
        text = (search or "").replace("\0", "").strip()[:SEARCH_LIMIT]
        if text:
            names = SEARCH_FIELDS.get(search_in, SEARCH_FIELDS["all"])
            domain &= Domain.OR([Domain(name, "ilike", text) for name in names])
        return domain

    @api.model
    def _portal_read(self, deal_id):
        """One deal with what happened to it.

        :return: dict of :meth:`_portal_values`, with ``events``, ``messages`` and ``clock``
        :raise MissingError: it is not a deal of the current user's partner
        """
        deal = self._portal_browse(deal_id)
        return {
            **deal._portal_values(),
            "events": deal._portal_events(),
            "messages": deal._portal_messages(),
            "clock": deal._portal_clock(),
        }

    @api.model
    def _portal_counts(self, partner):
        """How many deals the partner has in each state: list of (state, label, count)."""
        found = {}
        for state, count in self._read_group(
            [("partner_id", "=", partner.id)], ["state"], ["__count"]
        ):
            shown = self._portal_state(state)
            found[shown] = found.get(shown, 0) + count
        labels = self._fields["state"]._description_selection(self.env)
        return [(state, label, found[state]) for state, label in labels if state in found]

    @api.model
    def _portal_state(self, state):
        """The state that a partner is told: all that is undecided is under review."""
        return "in_review" if state in UNDECIDED else state

    @api.model
    def _portal_ending(self, partner):
        """The partner's protected deals whose protection ends next, plain values."""
        domain = [("partner_id", "=", partner.id), ("is_protected", "=", True)]
        found = self.search(domain, order="protected_until, id", limit=SOONEST)
        return [deal._portal_values() for deal in found]

    @api.model
    def _portal_submit(self, deal_id):
        """Submit a draft of the partner.

        :raise MissingError: it is not a deal of the current user's partner
        :raise UserError: it is no draft, or lacks something
        """
        self._portal_browse(deal_id)._submit()

    @api.model
    def _portal_delete(self, deal_id):
        """Delete a draft of the partner.

        :raise MissingError: it is not a deal of the current user's partner
        :raise UserError: it is no draft
        """
        self._portal_browse(deal_id).unlink()

    def _portal_rows(self):
        """Hook: what a list shows of the partner's own deals: some of :meth:`_portal_values`."""
        states = dict(self._fields["state"]._description_selection(self.env))
        day = self._portal_day_writer()
        return [
            {
                "id": deal.id,
                "reference": deal.name,
                "state": self._portal_state(deal.state),
                "state_label": states[self._portal_state(deal.state)],
                "customer_name": deal.customer_name,
                "amount": deal.amount,
                "amount_text": format_amount(self.env, deal.amount, deal.currency_id),
                "submitted_on": day(deal.submitted_on),
                "expected_close": day(deal.expected_close),
            }
            for deal in self
        ]

    def _portal_day_writer(self):
        """Return what does :meth:`_portal_day` for many: language and form are looked up once."""
        lang = get_lang(self.env)
        locale = babel_locale_parse(lang.code)
        form = posix_to_ldml(lang.date_format, locale=locale)
        here = self.browse()

        def write(moment):
            if not moment:
                return ""
            if isinstance(moment, datetime):
                moment = fields.Datetime.context_timestamp(here, moment)
            return babel.dates.format_date(moment, format=form, locale=locale)

        return write

    def _portal_values(self):
        """Hook: what the partner may read of its own deal, as plain values ready to show."""
        self.ensure_one()
        states = dict(self._fields["state"]._description_selection(self.env))
        return {
            "id": self.id,
            "reference": self.name,
            "state": self._portal_state(self.state),
            "state_label": states[self._portal_state(self.state)],
            "customer_name": self.customer_name,
            "customer_vat": self.customer_vat or "",
            "customer_domain": self.customer_domain or "",
            "customer_country": self.customer_country_id.name or "",
            "customer_contact": self._portal_contact(),
            "discount": f"{self.discount:g} %" if self.discount else "",
            "amount": self.amount,
            "amount_text": format_amount(self.env, self.amount, self.currency_id),
            "description": self.description or "",
            "external_ref": self.external_ref or "",
            "expected_close": self._portal_day(self.expected_close),
            "created_on": self._portal_day(self.create_date),
            "submitted_on": self._portal_day(self.submitted_on),
            "decided_on": self._portal_day(self.decided_on),
            "protected_until": self._portal_day(self.protected_until),
            "scope": ", ".join(self.scope_ids.mapped("name")),
            "reason": self.reject_reason or "",
        }

    def _portal_contact(self):
        """The customer's person, address and phone as the partner typed them, on one line.

        Each keeps its own direction of writing, whatever that of the page.
        """
        parts = (self.customer_contact, self.customer_email, self.customer_phone)
        return " · ".join(isolated(part) for part in parts if part)

    def _portal_events(self):
        """What happened to the deal, in order: list of dicts with ``label``, ``date``, ``kind``."""
        self.ensure_one()
        _ = self.env._
        outcome = {
            "won": _("Won"),
            "lost": _("Lost"),
            "expired": _("Protection ended"),
            "withdrawn": _("Withdrawn"),
        }
        events = [
            {
                "kind": "created",
                "label": _("Draft made"),
                "date": self._portal_day(self.create_date),
            }
        ]
        if self.submitted_on:
            day = self._portal_day(self.submitted_on)
            events.append({"kind": "submitted", "label": _("Submitted for review"), "date": day})
        if self.decided_on:
            refused = self.state == "rejected"
            label = _("Can't be registered") if refused else _("Registered")
            kind = "rejected" if refused else "approved"
            day = self._portal_day(self.decided_on)
            events.append({"kind": kind, "label": label, "date": day})
        if self.state in outcome:
            day = self._portal_day(self.closed_on)
            events.append({"kind": self.state, "label": outcome[self.state], "date": day})
        return events

    def _portal_moment(self, moment):
        """A moment in the reader's time zone, as text in the reader's language."""
        return format_datetime(self.env, moment, dt_format="short") if moment else ""

    def _portal_day(self, moment):
        """A date, or a moment in the reader's time zone, as text in the reader's language."""
        if not moment:
            return ""
        if isinstance(moment, datetime):
            moment = fields.Datetime.context_timestamp(self, moment).date()
        return format_date(self.env, moment)
