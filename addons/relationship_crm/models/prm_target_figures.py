"""How targets stand: kept on the target and its months, for lists, pivots and graphs."""

import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, formatLang

from ..lib import criteria as criteria_lib
from ..lib import targets as targets_lib
from ..lib.windows import add_months
from .prm_target import STANDINGS

#: percent of what the plan asks for so far from which a target counts as on track
ON_TRACK = 95.0
#: targets that one batch of the background work brings up to date
BATCH = 2000
#: days after its end in which a target still moves: late invoices, corrections
SETTLING = 62
#: hours after which the figures of a target are worked out again
EVERY_HOURS = 3

#: fields that are worked out
FIGURES = frozenset(
    (
        "attainment",
        "expected",
        "forecast",
        "forecast_high",
        "forecast_low",
        "former",
        "has_forecast",
        "has_pace",
        "has_value",
        "line_ids",
        "pace",
        "refreshed_at",
        "seasonal",
        "standing",
        "value",
    )
)


class PrmTarget(models.Model):
    _inherit = "prm.target"

    value = fields.Float(string="Reached", readonly=True, copy=False, digits=(16, 2))
    has_value = fields.Boolean(readonly=True, copy=False)
    former = fields.Float(
        string="A Year Earlier",
        readonly=True,
        copy=False,
        digits=(16, 2),
        help="What the same period brought a year earlier, the whole of it.",
    )
    attainment = fields.Float(
        string="Attained (%)",
        readonly=True,
        copy=False,
        digits=(16, 1),
        aggregator="avg",
        help="What is reached, in percent of the target.",
    )
    expected = fields.Float(
        string="Planned So Far",
        readonly=True,
        copy=False,
        digits=(16, 2),
        help="The part of the target that the plan asks for up to today.",
    )
    pace = fields.Float(
        string="Pace (%)",
        readonly=True,
        copy=False,
        digits=(16, 1),
        aggregator="avg",
        help="What is reached, in percent of what the plan asks for up to today.",
    )
    has_pace = fields.Boolean(readonly=True, copy=False)
    forecast = fields.Float(
        readonly=True,
        copy=False,
        digits=(16, 2),
        help="What the whole period will bring: what is reached, and for the months to come last "
        "year's season at the rate of the last six months. From six months of history on.",
    )
    forecast_low = fields.Float(
        string="Forecast, Low",
        readonly=True,
        copy=False,
        digits=(16, 2),
        help="Four times in five the period ends between low and high, as wrong as forecasts of "
        "past months were.",
    )
    forecast_high = fields.Float(string="Forecast, High", readonly=True, copy=False, digits=(16, 2))
    has_forecast = fields.Boolean(readonly=True, copy=False)
    seasonal = fields.Boolean(
        string="Spread by Season",
        readonly=True,
        copy=False,
        help="The target is spread over its months as last year's sales were. Otherwise evenly: "
        "last year isn't known in full.",
    )
    standing = fields.Selection(
        STANDINGS, string="Status", readonly=True, copy=False, default="upcoming", index=True
    )
    refreshed_at = fields.Datetime(string="As Of", readonly=True, copy=False)

    # ------------------------------------------------------------ changes

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._without_figures(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._without_figures(vals))

    @api.model
    def _without_figures(self, vals):
        """These values without what is worked out, which nobody writes but the work itself."""
        return vals if self.env.su else {name: vals[name] for name in vals if name not in FIGURES}

    # ------------------------------------------------------------ background

    @api.model
    def _cron_targets(self):
        """Bring the figures of running targets up to date."""
        self._run_job("targets", BATCH)

    @api.model
    def _job_targets(self, limit):
        """Bring up to ``limit`` targets up to date; return how many remain."""
        now, today = fields.Datetime.now(), fields.Date.today()
        domain = [
            ("date_from", "<=", today + timedelta(days=1)),
            ("date_to", ">=", today - timedelta(days=SETTLING)),
            "|",
            ("refreshed_at", "=", False),
            ("refreshed_at", "<", now - timedelta(hours=EVERY_HOURS)),
        ]
        due = self.sudo().search(domain, limit=limit, order="refreshed_at, id")
        due._refresh()
        return self.sudo().search_count(domain, limit=1000)

    def action_refresh(self):
        """Work these targets out now."""
        self.check_access("read")
        self._refresh()
        return True

    def _refresh(self):
        """Work these targets out as of today and keep what changed."""
        targets = self.sudo().with_context(tracking_disable=True)
        for company, some in targets.grouped("company_id").items():
            day = company._relationship_today()
            stands = some._stands(day)
            some._write_figures(stands, day)
            some._write_lines(stands)

    # ------------------------------------------------------------ figures

    def _stands(self, day):
        """How these targets of one company stand at the end of a day.

        As superuser, a bounded number of queries.

        :return: {target id: dict of ``standing`` (``lib.targets.Standing``), ``plan``, ``sums``,
            ``former`` (dicts of month → number) and ``seasonal``}
        """
        targets = self.sudo()
        company = targets.company_id
        adding = targets.filtered("metric_id.adds_up")
        sums = adding._sums(company, day)
        return {one.id: one._stand(sums.get(one.id, {}), day) for one in adding} | (
            targets - adding
        )._level_stands(company, day)

    def _stand(self, sums, day):
        """One target on a metric that adds up."""
        months = targets_lib.months(self.date_from, self.date_to)
        first = min(sums, default=None)
        former = {month: sums.get(add_months(month, -targets_lib.YEAR), 0.0) for month in months}
        known = first is not None and first <= add_months(months[0], -targets_lib.YEAR)
        parts = targets_lib.spread(self.goal, list(former.values()) if known else None, len(months))
        plan = dict(zip(months, parts, strict=True))
        return {
            "standing": targets_lib.stand(self.goal, plan, sums, first, day),
            "plan": plan,
            "sums": sums,
            "former": former,
            "seasonal": known and sum(max(value, 0) for value in former.values()) > 0,
        }

    def _level_stands(self, company, day):
        """Targets on metrics that don't add up: what the metric is over the period so far."""
        windows = {
            one: (one.date_from, max(min(one.date_to, day), one.date_from) + timedelta(days=1))
            for one in self
        }
        codes = sorted(set(self.metric_id.mapped("code")))
        metric = self.env["relationship.metric"].sudo()
        values = metric._values(
            codes,
            [(window, *window) for window in sorted(set(windows.values()))],
            company,
            self.partner_id.ids,
        )
        empty = metric._empty_values(codes)
        stands = {}
        for one, window in windows.items():
            row = values.get((one.partner_id.id, window), empty)
            stands[one.id] = one._level_stand(row[one.metric_id.code])
        return stands

    def _level_stand(self, value):
        attained = None
        if value is not None:
            attained = 100 * value / self.goal
            if not self.metric_id.higher_is_better:
                attained = 100 * criteria_lib.attainment(value, self.goal, False)
        standing = targets_lib.Standing(value, attained, 0.0, None, None)
        return {"standing": standing, "plan": {}, "sums": {}, "former": {}, "seasonal": False}

    # ------------------------------------------------------------ kept

    def _write_figures(self, stands, day):
        """Keep how these targets stand, all of them by one statement."""
        rows = [{"id": one.id, **one._prepare_figures(stands[one.id], day)} for one in self]
        names = sorted(rows[0].keys() - {"id"}) if rows else []
        if not rows:
            return
        types = {name: self._fields[name].column_type[1] for name in names}
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE prm_target target SET refreshed_at = %s, %s
                  FROM jsonb_to_recordset(%s::jsonb) AS v(id int, %s)
                 WHERE target.id = v.id
                """,
                fields.Datetime.now(),
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), SQL.identifier("v", name))
                    for name in names
                ),
                json.dumps(rows),
                SQL(", ").join(
                    SQL("%s %s", SQL.identifier(name), SQL(types[name])) for name in names
                ),
            )
        )
        self.invalidate_recordset([*names, "refreshed_at"], flush=False)
        self.modified(names)

    def _prepare_figures(self, stand, day):
        """Values of the kept fields of one target."""
        standing = stand["standing"]
        forecast = standing.forecast or targets_lib.Forecast(0.0, 0.0, 0.0)
        return {
            "value": round(standing.value or 0.0, 2),
            "has_value": standing.value is not None,
            "former": round(sum(stand["former"].values()), 2),
            "attainment": round(standing.attainment or 0.0, 1),
            "expected": round(standing.expected, 2),
            "pace": round(standing.pace or 0.0, 1),
            "has_pace": standing.pace is not None,
            "forecast": round(forecast.value, 2),
            "forecast_low": round(forecast.low, 2),
            "forecast_high": round(forecast.high, 2),
            "has_forecast": standing.forecast is not None,
            "seasonal": stand["seasonal"],
            "standing": self._standing_of(standing, day),
        }

    def _standing_of(self, standing, day):
        """Key of ``standing`` on a day."""
        if day < self.date_from:
            return "upcoming"
        if standing.value is None:
            return "no_data"
        if standing.attainment >= 100:
            return "reached"
        if day > self.date_to:
            return "missed"
        if not self.metric_id.adds_up:
            return "behind"
        # where the plan asks for nothing yet, nothing is missing
        return "on_track" if standing.pace is None or standing.pace >= ON_TRACK else "behind"

    def _standing_text(self):
        """What is attained and the pace, in a few words."""
        self.ensure_one()
        if not self.has_value:
            return ""
        attained = self.env._("%s %% attained", formatLang(self.env, self.attainment, digits=0))
        if not self.has_pace:
            return attained
        pace = self.env._("pace %s %%", formatLang(self.env, self.pace, digits=0))
        return f"{attained}, {pace}"

    def _write_lines(self, stands):
        """Keep the months of these targets by one statement, which writes what differs."""
        rows = [row for one in self for row in one._prepare_months(stands[one.id])]
        self.env["prm.target.line"]._keep(self, rows)

    def _prepare_months(self, stand):
        """Values of the months of one target, rounded so that they add up to it."""
        self.ensure_one()
        rows, so_far = [], 0.0
        for month, planned in stand["plan"].items():
            before, so_far = so_far, so_far + planned
            rows.append(
                {
                    "target_id": self.id,
                    "month": fields.Date.to_string(month),
                    "planned": round(round(so_far, 2) - round(before, 2), 2),
                    "actual": round(stand["sums"].get(month, 0.0), 2),
                    "former": round(stand["former"][month], 2),
                }
            )
        return rows
