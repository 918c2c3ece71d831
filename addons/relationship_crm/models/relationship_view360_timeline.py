import re
from collections import defaultdict
from datetime import date, datetime
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..lib.json_input import mistake
from ..lib.windows import start_of_day

PAGE_LIMIT = 100
CURSOR = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?),(\d{1,19})")
COLUMNS = (
    "id",
    "occurred_at",
    "kind_id",
    "channel",
    "contact_id",
    "summary",
    "amount",
    "currency_id",
    "res_model",
    "res_id",
)


class RelationshipView360(models.AbstractModel):
    """The timeline: interactions of one customer, newest first, page by page."""

    _inherit = "relationship.view360"

    @api.model
    @api.readonly
    def get_timeline(
        self,
        partner_id,
        kinds=None,
        channels=None,
        before=None,
        limit=40,
        classes=None,
        date_from=None,
        date_to=None,
    ):
        """Return one page of what happened, newest first, of what the caller may read.

        A page costs the same however long the history is: it starts at a key, not at an offset.

        :param int partner_id: a contact; the timeline is of its commercial partner, in
            ``env.company``
        :param list kinds: codes of kinds to keep; None keeps all
        :param list channels: channels to keep; None keeps all
        :param str before: ``next`` of the page before; None for the first page
        :param int limit: rows of a page, 1 to 100
        :param list classes: classes of kinds to keep; None keeps all
        :param str date_from: first day to keep, as 2026-01-31, in the company's time zone
        :param str date_to: day from which on nothing is kept
        :return: dict with ``next`` (str to give as ``before``, or False at the end) and ``rows``:
            list of dicts with ``id``, ``occurred_at`` (str, UTC), ``kind`` (code), ``kind_name``,
            ``class``, ``direction``, ``channel``, ``channel_name``, ``contact`` (dict with ``id``
            and ``name``, or False), ``summary`` (str), ``amount`` (float or False) in
            ``currency_id``, and ``record`` (dict with ``model``, ``id``, ``name``, or False where
            there is none or the caller may not read it)
        :raise AccessError: the caller has no role that opens the app, or may not read the contact
        :raise UserError: a value is of a wrong type or out of range
        """
        partner = self._view360_partner(partner_id)
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= PAGE_LIMIT:
            raise UserError(self.env._("A page has 1 to %s rows.", PAGE_LIMIT))
        domain = Domain("partner_id", "=", partner.id)
        domain &= Domain("company_id", "=", self.env.company.id)
        domain &= self._timeline_kinds(kinds, classes)
        if channels is not None:
            domain &= Domain("channel", "in", self._timeline_words("channels", channels))
        domain &= self._timeline_period(date_from, date_to)
        rows = self._timeline_page(domain, self._timeline_cursor(before), limit + 1)
        page = rows[:limit]
        return {
            "rows": self._timeline_rows(page),
            "next": self._timeline_next(page[-1]) if len(rows) > limit else False,
        }

    @api.model
    @api.readonly
    def get_timeline_filters(self):
        """Return what the timeline can be narrowed to.

        :return: dict with ``classes``: list of dicts with ``code`` and ``name``; ``kinds``: list
            of dicts with ``code``, ``name`` and ``class``; ``channels``: list of dicts with
            ``code`` and ``name``
        :raise AccessError: the caller has no role that opens the app
        """
        self._check_view360_access()
        kinds = self.env["relationship.interaction.kind"].search([("active", "=", True)])
        return {
            "classes": self._timeline_options("relationship.interaction.kind", "kind_class"),
            "kinds": [
                {"code": kind.code, "name": kind.name, "class": kind.kind_class} for kind in kinds
            ],
            "channels": self._timeline_options("relationship.interaction", "channel"),
        }

    # ------------------------------------------------------------ the query

    @api.model
    def _timeline_page(self, domain, cursor, limit):
        """Return the rows (dicts of ``COLUMNS``) of a domain that stand before the cursor."""
        interactions = self.env["relationship.interaction"]
        query = interactions._search(domain, order="occurred_at DESC, id DESC", limit=limit)
        if query.is_empty():
            return []
        table = query.table
        key = SQL("%s, %s", SQL.identifier(table, "occurred_at"), SQL.identifier(table, "id"))
        if cursor:
            query.add_where("(%s) < (%s::timestamp, %s)", (key, *cursor))
        rows = self.env.execute_query(
            query.select(*(SQL.identifier(table, column) for column in COLUMNS))
        )
        return [dict(zip(COLUMNS, row, strict=True)) for row in rows]

    @api.model
    def _timeline_next(self, row):
        """Return the cursor of the page after this row, exact to the microsecond."""
        return f"{row['occurred_at'].isoformat(sep=' ')},{row['id']}"

    @api.model
    def _timeline_cursor(self, before):
        """Return (time as text, id) of a cursor, or None."""
        if before is None or before is False:
            return None
        found = CURSOR.fullmatch(before) if isinstance(before, str) else None
        try:
            datetime.fromisoformat(found[1])
        except (TypeError, ValueError):
            raise UserError(
                self.env._("Give “before” as the former page gave it in “next”.")
            ) from None
        return found[1], min(int(found[2]), 2**63 - 1)

    # ------------------------------------------------------------ filters

    @api.model
    def _timeline_kinds(self, kinds, classes):
        """Return the domain of kinds, looked up once: the index does the rest."""
        wanted = Domain.TRUE
        if kinds is not None:
            wanted &= Domain("code", "in", self._timeline_words("kinds", kinds))
        if classes is not None:
            wanted &= Domain("kind_class", "in", self._timeline_words("classes", classes))
        if wanted.is_true():
            return Domain.TRUE
        model = self.env["relationship.interaction.kind"].with_context(active_test=False)
        return Domain("kind_id", "in", model.search(wanted).ids)

    @api.model
    def _timeline_words(self, name, words):
        """Return the words of a filter; refuse anything but a list of texts."""
        texts = isinstance(words, (list, tuple)) and all(isinstance(w, str) for w in words)
        if not texts or any(mistake("char", word) for word in words):
            raise UserError(self.env._("Give “%s” as a list of texts.", name))
        return list(words)

    @api.model
    def _timeline_period(self, date_from, date_to):
        """Return the domain of a period of days in the company's time zone."""
        domain = Domain.TRUE
        if date_from:
            domain &= Domain("occurred_at", ">=", self._timeline_midnight("date_from", date_from))
        if date_to:
            domain &= Domain("occurred_at", "<", self._timeline_midnight("date_to", date_to))
        return domain

    @api.model
    def _timeline_midnight(self, name, day):
        """Return when a day begins for the company, in UTC."""
        try:
            zone = ZoneInfo(self.env.company._relationship_tz())
            return start_of_day(date.fromisoformat(day), zone)
        except (TypeError, ValueError, OverflowError):
            raise UserError(self.env._("Give “%s” as a day like 2026-01-31.", name)) from None

    @api.model
    def _timeline_options(self, model, name):
        """Return the values of a selection field with their names."""
        pairs = self.env[model].fields_get([name], ["selection"])[name]["selection"]
        return [{"code": code, "name": label} for code, label in pairs]

    # ------------------------------------------------------------ what a row says

    @api.model
    def _timeline_rows(self, rows):
        """Return rows of the query as plain values, names read in sets."""
        kinds = self.env["relationship.interaction.kind"].browse({r["kind_id"] for r in rows})
        kinds = {kind.id: kind for kind in kinds.sudo()}
        contacts = self._timeline_names("res.partner", {r["contact_id"] for r in rows})
        records = self._timeline_records(rows)
        channels = {o["code"]: o["name"] for o in self._channel_options()} if rows else {}
        return [
            {
                "id": row["id"],
                "occurred_at": fields.Datetime.to_string(row["occurred_at"]),
                "kind": kinds[row["kind_id"]].code,
                "kind_name": kinds[row["kind_id"]].name,
                "class": kinds[row["kind_id"]].kind_class,
                "direction": kinds[row["kind_id"]].direction,
                "channel": row["channel"] or False,
                "channel_name": channels.get(row["channel"], False),
                "contact": contacts.get(row["contact_id"], False),
                "summary": row["summary"] or "",
                "amount": False if row["amount"] is None else float(row["amount"]),
                "currency_id": row["currency_id"] or False,
                "record": records.get((row["res_model"], row["res_id"]), False),
            }
            for row in rows
        ]

    @api.model
    def _channel_options(self):
        """Return the channels of interactions with their names."""
        return self._timeline_options("relationship.interaction", "channel")

    @api.model
    def _timeline_records(self, rows):
        """Return {(model, id): record as plain values} of those that the caller may read.

        A row that names the contact as its document has none beside it.
        """
        pairs = {(r["res_model"], r["res_id"]) for r in rows if r["res_model"] and r["res_id"]}
        pairs = {pair for pair in pairs if pair[0] != "res.partner"}
        ids_of = defaultdict(set)
        for model, id_ in pairs:
            ids_of[model].add(id_)
        return {
            (model, id_): {"model": model, **value}
            for model, ids in ids_of.items()
            for id_, value in self._timeline_names(model, ids).items()
        }

    @api.model
    def _timeline_names(self, model, ids):
        """Return {id: {id, name}} of the records that exist and that the caller may read.

        A contact goes by its own name: the page says of which company.
        """
        ids = {id_ for id_ in ids if id_}
        records = self.env.get(model)
        if not ids or records is None or records._abstract or not records.has_access("read"):
            return {}
        records = records.browse(ids).exists()._filtered_access("read")
        name = "name" if model == "res.partner" else "display_name"
        return {
            record.id: {"id": record.id, "name": record[name] or record.display_name}
            for record in records
        }
