"""How metrics are worked out: the registry of sources, one statement each, and the public call."""

from collections import defaultdict
from datetime import date
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..lib import windows as windows_lib
from ..lib.json_input import ids_mistake

#: partners of one call of ``compute``; more are asked for in several calls
MAX_PARTNERS = 5000


class RelationshipMetric(models.Model):
    _inherit = "relationship.metric"

    # ------------------------------------------------------------ public

    @api.model
    @api.readonly
    def compute(self, codes, partner_ids, date_from, date_to):
        """Work out metrics of some partners in the caller's company, ``env.company``.

        :param list codes: codes of metrics, as in the list of metrics
        :param list partner_ids: ids of partners, at most 5,000; a contact stands for its
            commercial partner; who may not be read is left out
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
        by_code = {metric.code: metric for metric in self.search([("code", "in", codes)])}
        unknown = [code for code in dict.fromkeys(codes) if code not in by_code]
        if unknown:
            raise ValidationError(self.env._("There is no metric %s.", ", ".join(unknown)))
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
        return readable.sudo().commercial_partner_id.sudo(False)._filtered_access("read")

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
        except (TypeError, ValueError):
            day = None
        if not isinstance(day, date):
            raise ValidationError(self.env._("A day must be written as YYYY-MM-DD."))
        return day

    # ------------------------------------------------------------ sources

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
    def _source_by_code(self):
        """{code: name of the source that supplies it}."""
        return {
            code: name
            for name, (_method, codes) in self._metric_sources().items()
            for code in codes
        }

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
        empty = self._empty_values(codes)
        found = defaultdict(empty.copy)
        for query, wanted in self._queries(codes, windows, company, partners):
            for partner, position, *values in self.env.execute_query(query):
                row = found[partner, windows[position][0]]
                row.update(
                    (code, value)
                    for code, value in zip(wanted, values, strict=True)
                    if value is not None
                )
        return dict(found)

    @api.model
    def _queries(self, codes, windows, company, partners):
        """Yield (query, codes of its columns after partner and window), one per source."""
        model = self.sudo()
        for _name, (method, supplied) in sorted(self._metric_sources().items()):
            wanted = [code for code in supplied if code in codes]
            if wanted:
                columns = SQL(", ").join(
                    SQL("%s::double precision", SQL.identifier(code)) for code in wanted
                )
                source = getattr(model, method)(windows, company, partners)
                yield (
                    SQL(
                        "SELECT partner_id, win, %s FROM (%s) source WHERE partner_id IS NOT NULL",
                        columns,
                        source,
                    ),
                    wanted,
                )

    @api.model
    def _empty_values(self, codes):
        """{code: value of a partner about whom nothing was found}: 0 or None.

        A code is 0 only if something supplies it: nobody knows the number of a metric without
        source.
        """
        supplied = self._source_by_code()
        metrics = self.sudo().with_context(active_test=False).search([("code", "in", list(codes))])
        zero = {metric.code for metric in metrics if metric.empty_is_zero}
        return {code: 0.0 if code in zero and code in supplied else None for code in codes}

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
        """Condition that a column lies in the span of all windows: what an index can use.

        :param SQL column: column of moments (UTC) or of days
        """
        zone = ZoneInfo(company._relationship_tz())
        bounds = [self._first_day(windows), max(end for _key, _start, end in windows)]
        if moments:
            bounds = [windows_lib.start_of_day(day, zone) if day else None for day in bounds]
        lower = SQL("%s >= %s AND ", column, bounds[0]) if bounds[0] else SQL()
        return SQL("%s%s < %s", lower, column, bounds[1])

    @api.model
    def _first_day(self, windows):
        """First day of all windows, None when one has no beginning."""
        starts = [start for _key, start, _end in windows]
        return None if None in starts else min(starts)

    @api.model
    def _of_partners(self, column, partners):
        """Condition that a column names a contact of these commercial partners (None: anybody)."""
        if partners is None:
            return SQL("TRUE")
        return SQL(
            "%s IN (SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s))",
            column,
            list(partners),
        )

    @api.model
    def _local_day(self, column, company):
        """The day a moment (UTC) falls on in the company's time zone."""
        return SQL(
            "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", column, company._relationship_tz()
        )
