"""How metrics are worked out: the registry of sources, one statement each, and the public call."""

from collections import defaultdict
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ..lib import windows as windows_lib
from ..lib.json_input import ids_mistake, mistake
from ..sql_rows import array

#: partners of one call of ``compute``; more are asked for in several calls
MAX_PARTNERS = 5000
#: who sees the figures of every customer, others those of their own
SEES_ALL = "relationship_crm.group_channel_manager,relationship_crm.group_auditor"


class Facts(NamedTuple):
    """What working a metric out needs to know of its record."""

    #: whether nothing found is 0, else no value
    empty_is_zero: bool
    #: whether its past is only known from snapshots
    kept_only: bool
    #: id of the record of a custom metric, 0 for one of an app
    custom_id: int


class RelationshipMetric(models.Model):
    _inherit = "relationship.metric"

    # ------------------------------------------------------------ public

    @api.model
    @api.readonly
    def compute(self, codes, partner_ids, date_from, date_to):
        """Work out metrics of some partners in the caller's company, ``env.company``.

        :param list codes: codes of metrics, as in the list of metrics
        :param list partner_ids: ids of partners, at most 5,000; a contact stands for its
            commercial partner; who may not be read is left out, and so, for a user, are customers
            of others, whose profiles the user may not read either
        :param date_from: first day, ``YYYY-MM-DD``; False for everything before ``date_to``
        :param date_to: day after the last one, ``YYYY-MM-DD``
        :return: list of ``{"partner_id": id, code: number or None, …}``, one per commercial
            partner, in the order given. Money is in the company's currency, days begin in the
            company's time zone. None: too little data, or nothing supplies the metric.
        :raise ValidationError: unknown codes, ids or dates that are none
        """
        self.check_access("read")
        metrics = self._check_codes(codes)
        partners = self._check_partners(partner_ids)
        start, end = self._check_days(date_from, date_to)
        window = (0, start, end)
        codes = metrics.mapped("code")
        values = self._values(codes, [window], self.env.company, partners.ids)
        empty = self._empty_values(codes)
        return [
            {"partner_id": partner.id, **values.get((partner.id, 0), empty)} for partner in partners
        ]

    @api.model
    def _check_codes(self, codes):
        """Return the metrics of these codes in their order; refuse codes that no metric has."""
        if not isinstance(codes, (list, tuple)) or not all(isinstance(c, str) for c in codes):
            raise ValidationError(self.env._("The codes of the metrics must be a list of texts."))
        # all of them are read: PostgreSQL stumbles over texts that are none, such as "\0"
        by_code = {metric.code: metric for metric in self.search([])}
        unknown = [code for code in dict.fromkeys(codes) if code not in by_code]
        if unknown:
            # what can't be sent back in the answer is not repeated in it
            told = [code for code in unknown[:10] if not mistake("char", code)]
            raise ValidationError(self.env._("There is no metric %s.", ", ".join(told)))
        return self.browse(by_code[code].id for code in dict.fromkeys(codes))

    @api.model
    def _check_partners(self, partner_ids):
        """Return the commercial partners of these ids that the caller may read, each once."""
        wrong = ids_mistake(partner_ids)
        if wrong:
            raise ValidationError(self.env._("The partners are not understood: %s.", wrong))
        if len(partner_ids) > MAX_PARTNERS:
            raise ValidationError(
                self.env._("Ask for at most %s partners in one call.", MAX_PARTNERS)
            )
        given = self.env["res.partner"].browse(dict.fromkeys(partner_ids)).exists()
        readable = given._filtered_access("read")
        heads = readable.sudo().commercial_partner_id.sudo(False)._filtered_access("read")
        return self._own_customers(heads)

    @api.model
    def _own_customers(self, partners):
        """Those of these commercial partners that the caller works with, as in the record rules.

        That is: their salesperson is the caller, somebody of the caller's team or nobody, or the
        caller is in their account team. Other roles than the user's work with all.
        """
        if self.env.su or self.env.user.has_groups(SEES_ALL):
            return partners
        mine = ("=", self.env.uid)
        team = ("sales_user_id", "marketing_user_id", "service_user_id", "finance_user_id")
        own = (
            Domain("user_id", "in", (self.env.uid, False))
            | Domain("user_id.sale_team_id.crm_team_member_ids.user_id", *mine)
            | Domain("relationship_profile_ids", "any", Domain.OR(Domain(n, *mine) for n in team))
        )
        every = partners.sudo().with_context(active_test=False)
        found = set(every.search(Domain("id", "in", partners.ids) & own)._ids)
        return partners.filtered(lambda partner: partner.id in found)

    @api.model
    def _check_days(self, date_from, date_to):
        """Return both days as dates, the first None for "everything before"."""
        start = self._check_day(date_from) if date_from else None
        end = self._check_day(date_to)
        if start and start >= end:
            raise ValidationError(self.env._("The first day must lie before the end."))
        return start, end

    @api.model
    def _check_day(self, value):
        try:
            day = fields.Date.to_date(value)
        except (KeyError, TypeError, ValueError):  # KeyError: an object, from Python 3.12 on
            day = None
        if not isinstance(day, date):
            raise ValidationError(self.env._("A day must be written as YYYY-MM-DD."))
        return day

    # ------------------------------------------------------------ sources

    @api.model
    @ormcache()
    def _facts(self):
        """{code: :class:`Facts`} of every metric; forgotten when a metric is written."""
        metrics = self.sudo().with_context(active_test=False).search([("code", "!=", False)])
        return {
            metric.code: Facts(
                metric.empty_is_zero,
                metric.as_of == "snapshot",
                metric.id if metric.is_custom and metric.active else 0,
            )
            for metric in metrics
        }

    @api.model
    def _metric_sources(self):
        """Hook: {source name: (method name, [codes])}; extend with ``super()``.

        The method is ``_source_<name>(windows, company, partners=None)`` of this model. It returns
        an ``SQL`` query with the columns ``partner_id`` (commercial partner), ``win`` (position of
        the window, from :meth:`_windows_sql`) and one column per code, named by it. It scans its
        core table once for all windows, runs as superuser and looks at this company only.
        """
        return {}

    @api.model
    def _codes_by_source(self):
        """{source name: [codes]}, of code and of custom metrics (each its own source)."""
        sources = {name: list(codes) for name, (_method, codes) in self._metric_sources().items()}
        custom = [code for code, facts in self._facts().items() if facts.custom_id]
        return {**sources, **{f"custom.{code}": [code] for code in custom}}

    @api.model
    def _source_by_code(self):
        """{code: name of the source that supplies it}."""
        return {code: name for name, codes in self._codes_by_source().items() for code in codes}

    @api.model
    def _codes_in_code(self):
        """Codes that an app supplies."""
        return {code for _method, codes in self._metric_sources().values() for code in codes}

    @api.model
    def _source_query(self, name, windows, company, partners=None):
        """The query of a source by its name: partner_id, win, one column per code."""
        model = self.sudo()
        kind, _dot, code = name.partition(".")
        if kind == "custom":
            metric = model.browse(self._facts()[code].custom_id)
            return metric._custom_query(windows, company, partners)
        method, _codes = self._metric_sources()[name]
        return getattr(model, method)(windows, company, partners)

    # ------------------------------------------------------------ values

    @api.model
    def _values(self, codes, windows, company, partners=None):
        """Work out metrics of many partners in many windows, one statement per source.

        Internal: as superuser, nothing is narrowed to the caller.

        :param codes: codes of metrics; one that nothing supplies gives None
        :param windows: list of (key, first day or None, day after the last), keys hashable
        :param company: the one company, record of ``res.company``
        :param partners: ids of commercial partners, None for all
        :return: {(partner id, key): {code: float or None}}; who has no row is missing, and stands
            at :meth:`_empty_values`
        """
        if not windows or not codes or (partners is not None and not partners):
            return {}
        self.env.flush_all()
        found = defaultdict(self._empty_values(codes).copy)
        for query, wanted, positions in self._queries(codes, windows, company, partners):
            for partner, position, *values in self.env.execute_query(query):
                row = found[partner, positions[position][0]]
                for code, value in zip(wanted, values, strict=True):
                    if value is not None:
                        row[code] = value
        return dict(found)

    @api.model
    def _queries(self, codes, windows, company, partners):
        """Yield (query, codes of its columns after partner and window, its windows)."""
        past, current = self._split_windows(windows, company)
        kept = self._kept_codes(codes) if past else set()
        if kept:
            yield self._kept_query(sorted(kept), past, company, partners), sorted(kept), past
        for name, supplied in sorted(self._codes_by_source().items()):
            for wanted, asked in self._asked(supplied, codes, kept, windows, current):
                columns = SQL(", ").join(
                    SQL("%s::double precision", SQL.identifier(code)) for code in wanted
                )
                source = self._source_query(name, asked, company, partners)
                yield (
                    SQL(
                        "SELECT partner_id, win, %s FROM (%s) s WHERE partner_id IS NOT NULL",
                        columns,
                        source,
                    ),
                    wanted,
                    asked,
                )

    @api.model
    def _asked(self, supplied, codes, kept, windows, current):
        """Parts of a source's work, usually one: (codes, windows to ask them for)."""
        exact = [code for code in supplied if code in codes and code not in kept]
        live = [code for code in supplied if code in kept]
        return [part for part in ((exact, windows), (live, current)) if all(part)]

    @api.model
    def _empty_values(self, codes):
        """{code: value of a partner about whom nothing was found}: 0 or None.

        A code is 0 only if something supplies it: nobody knows the number of a metric without
        source.
        """
        supplied = self._source_by_code()
        facts = self._facts()
        zero = {code for code in supplied if code in facts and facts[code].empty_is_zero}
        return {code: 0.0 if code in zero else None for code in codes}

    # ------------------------------------------------------------ month ends

    @api.model
    def _split_windows(self, windows, company):
        """(windows that end before today, the others)."""
        today = company._relationship_today()
        past = [window for window in windows if window[2] < today]
        return past, [window for window in windows if window[2] >= today]

    @api.model
    def _kept_codes(self, codes):
        """Those of the codes whose past is only known from snapshots."""
        facts = self._facts()
        return {code for code in codes if code in facts and facts[code].kept_only}

    @api.model
    def _kept_query(self, codes, windows, company, partners):
        """The last month end kept before the end of each window, one column per code."""
        columns = SQL(", ").join(
            SQL("max(v.value) FILTER (WHERE m.code = %s) AS %s", code, SQL.identifier(code))
            for code in codes
        )
        whose = SQL("TRUE") if partners is None else SQL("x.partner_id = ANY(%s)", list(partners))
        return SQL(
            """
            SELECT v.partner_id, v.win, %(columns)s
              FROM (SELECT DISTINCT ON (w.win, x.metric_id, x.partner_id)
                           w.win, x.metric_id, x.partner_id,
                           CASE WHEN x.missing IS NOT TRUE THEN x.value END AS value
                      FROM relationship_metric_value x
                      JOIN relationship_metric m ON m.id = x.metric_id AND m.code IN %(codes)s
                      JOIN %(windows)s ON x.month < w.date_to
                     WHERE x.company_id = %(company)s AND %(whose)s
                     ORDER BY w.win, x.metric_id, x.partner_id, x.month DESC) v
              JOIN relationship_metric m ON m.id = v.metric_id
             GROUP BY v.partner_id, v.win
            """,
            columns=columns,
            codes=tuple(codes),
            windows=self._windows_sql(windows, company),
            company=company.id,
            whose=whose,
        )

    # ------------------------------------------------------------ parts of a source

    @api.model
    def _windows_sql(self, windows, company):
        """The windows as a table ``w``: win, date_from, date_to, utc_from, utc_to (exclusive).

        Moments are compared with ``utc_…``, days with ``date_…``; both fall on the midnights of
        the company's time zone.
        """
        zone = ZoneInfo(company._relationship_tz())
        rows = []
        for position, (_key, start, end) in enumerate(windows):
            moments = [windows_lib.start_of_day(day, zone) if day else None for day in (start, end)]
            rows.append(
                SQL(
                    "(%s, coalesce(%s::date, '-infinity'::date), %s::date,"
                    " coalesce(%s::timestamp, '-infinity'::timestamp), %s::timestamp)",
                    position,
                    start,
                    end,
                    *moments,
                )
            )
        return SQL(
            "(VALUES %s) AS w(win, date_from, date_to, utc_from, utc_to)", SQL(", ").join(rows)
        )

    @api.model
    def _within(self, column, windows, company, moments=True):
        """Condition that a column lies in any of the windows: what an index can use.

        :param SQL column: column of moments (UTC) or of days
        """
        zone = ZoneInfo(company._relationship_tz())
        spans = []
        for span in windows_lib.merged((start, end) for _key, start, end in windows):
            if moments:
                span = [day and windows_lib.start_of_day(day, zone) for day in span]
            lower = SQL("%s >= %s AND ", column, span[0]) if span[0] else SQL()
            spans.append(SQL("%s%s < %s", lower, column, span[1]))
        return spans[0] if len(spans) == 1 else SQL("(%s)", SQL(" OR ").join(spans))

    @api.model
    def _first_day(self, windows):
        """First day of all windows, None when one has no beginning."""
        starts = [start for _key, start, _end in windows]
        return None if None in starts else min(starts)

    @api.model
    def _among(self, column, partners):
        """Condition that a column holds one of these ids (None: any at all).

        Of the contact that is joined anyway; :meth:`_of_partners` where none is.
        """
        if partners is None:
            return SQL("TRUE")
        return SQL("%s = ANY(%s)", column, array(list(partners), "int"))

    @api.model
    def _of_partners(self, column, partners):
        """Condition that a column names a contact of these commercial partners (None: anybody)."""
        if partners is None:
            return SQL("TRUE")
        return SQL(
            "%s IN (SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s))",
            column,
            array(list(partners), "int"),
        )

    @api.model
    def _local_day(self, column, company):
        """The day a moment (UTC) falls on in the company's time zone."""
        return SQL(
            "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", column, company._relationship_tz()
        )
