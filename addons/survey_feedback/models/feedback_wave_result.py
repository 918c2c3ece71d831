from odoo import api, fields, models

from ..lib.disclosure import LEAST
from ..lib.figures import Counts, change, figure, is_sure, top_boxes
from .feedback_wave import SENT

#: how the groupings are called and in which order they are shown
GROUPINGS = ("touchpoint", "segment", "tier", "role", "owner", "channel", "month")
#: earlier waves shown beside this one
TREND = 8
#: cells of one grouping
MOST_CELLS = 20


class FeedbackWave(models.Model):
    """The results of a wave: what came of the questions, the figures, and what they are made of."""

    _inherit = "feedback.wave"

    def get_results(self):
        """Return the results of this wave as far as the caller may see them.

        Of an identified wave the groupings hold the customers that the caller may read; of a
        confidential or anonymous one they hold what was fixed when the wave was closed, nothing
        about fewer than five people.

        :return: dict of ``funnel`` (list of code, label, count), ``state`` (``ready``, ``early``:
            sealed and not closed yet, ``few``: too few answers to show), ``measures`` (list of
            metric, dimension_id, label, unit, value, low, high, answers, and ``change`` to the wave
            before or None), ``slices`` (list of code, label, metric, rows), ``trend`` (list of id,
            name, value, low, high, answers), ``before`` (name of the wave before or False),
            ``note`` (text), ``weighting`` (text: whether figures are weighted), ``calls`` (list of
            code, label, value in percent: AAPOR rates, of a wave with calls)
        :raise AccessError: the caller may not read the wave
        """
        self.ensure_one()
        self.check_access("read")
        counts, before = self._counts(), self._before()
        earlier = before._counts().get((None, None), {}) if before else {}
        measures = self._result_measures(counts.get((None, None), {}), earlier)
        return {
            "state": self._results_state(counts),
            "funnel": self._result_funnel(),
            "measures": measures,
            "weighting": self._result_weighting(measures),
            "calls": self._result_calls(),
            "slices": self._result_slices(counts),
            "trend": self._result_trend(),
            "before": before.name if before else False,
            "note": self._result_note(),
        }

    # ------------------------------------------------------------ counts

    def _counts(self):
        """Return the counts of this wave that the caller may see, as ``_count_slices`` does."""
        if self.is_sealed:
            return self._unpack((self.sudo().sealed_results or {}).get("counts", []))
        scores = self.env["feedback.score"]
        domain = [("wave_id", "=", self.id)]
        counts = scores._count_slices(domain, self.company_id)
        # the figures of the whole wave are for everybody who may see the wave
        whole = scores.sudo()._count_whole(domain)
        return {**counts, (None, None): whole}

    def _work_out_sealed(self):
        """Return what may be shown of a sealed wave, to be kept as it is now.

        :return: dict of ``counts`` (list of grouping, cell, metric, dimension and the counts) and
            ``by_value`` (how often each recommendation from 0 to 10 was given; none of too few)
        """
        values = self._count_recommendations()
        by_value = [values.get((self.id, value), 0) for value in range(11)]
        counts = self.env["feedback.score"]._count_sealed(
            [("wave_id", "=", self.id)], self.company_id
        )
        return {
            "counts": [
                [grouping, cell, metric, dimension, *figures]
                for (grouping, cell), measures in counts.items()
                for (metric, dimension), figures in measures.items()
            ],
            "by_value": by_value if sum(by_value) >= LEAST else [],
        }

    @api.model
    def _unpack(self, rows):
        found = {}
        for grouping, cell, metric, dimension, *figures in rows:
            found.setdefault((grouping, cell), {})[metric, dimension] = Counts(*figures)
        return found

    def _before(self):
        """Return the wave that this one is compared with: the last of the program sent before."""
        if not self.sent_at:
            return self.browse()
        return self.search(
            [
                ("program_id", "=", self.program_id.id),
                ("sent_at", "<", self.sent_at),
                ("id", "!=", self.id),
            ],
            order="sent_at desc, id desc",
            limit=1,
        )

    # ------------------------------------------------------------ parts

    def _results_state(self, counts):
        if not self.is_sealed:
            return "ready" if counts.get((None, None)) else "few"
        if self.state != "closed":
            return "early"
        return "ready" if counts else "few"

    def _result_note(self):
        """Say what must be known to read the results."""
        if self.anonymity == "identified":
            return ""
        if self.state != "closed":
            return self.env._(
                "Figures are shown once the wave is closed, so that nobody can watch them change "
                "answer by answer."
            )
        return self.env._(
            "Groups of fewer than five people, and groups that would give them away, are shown "
            "together or not at all. Figures stay as they were when the wave was closed."
        )

    def _result_funnel(self):
        """From the people found to those who answered."""
        self.fetch(["population"])
        groups = (
            self.env["feedback.invitation"]
            .sudo()
            ._read_group([("wave_id", "=", self.id)], ["state"], ["__count"])
        )
        by_state = dict(groups)
        # whoever may see the wave sees all of its funnel; no invitation tells of anonymous answers
        anonymous = self.anonymity == "anonymous"
        answered = self.answered_count if anonymous else by_state.get("done", 0)
        asked = sum(by_state.get(state, 0) for state in SENT)
        steps = [
            ("population", self.env._("Found"), self.population),
            ("drawn", self.env._("Drawn"), sum(by_state.values()) - by_state.get("skipped", 0)),
            ("asked", self.env._("Asked"), asked),
            ("reached", self.env._("Reached"), asked - by_state.get("bounced", 0)),
            ("answered", self.env._("Answered"), answered),
        ]
        return [{"code": code, "label": label, "count": count} for code, label, count in steps]

    def _result_measures(self, now, earlier):
        """The figures of each measure and dimension, with the change since the wave before."""
        return [
            row
            for measure, counts in sorted(now.items(), key=self._measure_order)
            for row in self._measure_rows(measure, counts, earlier.get(measure))
        ]

    @api.model
    def _measure_rows(self, measure, counts, before):
        """The figure of a measure; of effort two, as its change is that of the best answers."""
        change = self._change(measure, counts, before)
        row = {**self._measure(measure), **self._figure(measure, counts), "change": change}
        if measure[0] != "ces":
            return [row]
        best = {"label": self.env._("Effort, two best answers"), "unit": "percent"}
        return [{**row, "change": None}, {**row, **top_boxes(counts)._asdict(), **best}]

    @api.model
    def _measure_order(self, item):
        metric, dimension = item[0]
        metrics = [code for code, _label in self.env["feedback.score"]._fields["metric"].selection]
        return metrics.index(metric), dimension or 0

    @api.model
    def _measure(self, measure):
        """Return how a measure is called, and what its figure is."""
        metric, dimension = measure
        short = {
            "nps": self.env._("NPS"),
            "csat": self.env._("Satisfaction"),
            "ces": self.env._("Effort"),
        }
        label = short.get(metric) or self.env["feedback.dimension"].sudo().browse(dimension).name
        unit = {"nps": "score", "ces": "mean"}.get(metric, "percent")
        return {"metric": metric, "dimension_id": dimension, "label": label, "unit": unit}

    @api.model
    def _figure(self, measure, counts):
        return figure(measure[0], counts)._asdict()

    @api.model
    def _change(self, measure, now, before):
        """Return the change since the wave before, and whether it is more than chance."""
        found = before and change(measure[0], now, before)
        return {**found._asdict(), "is_sure": is_sure(found)} if found else None

    def _result_slices(self, counts):
        """The figure of the first measure in each group of people."""
        whole = counts.get((None, None), {})
        if not whole:
            return []
        measure = min(whole.items(), key=self._measure_order)[0]
        return [
            found
            for grouping in GROUPINGS
            if (found := self._result_slice(grouping, measure, counts))
        ]

    def _result_slice(self, grouping, measure, counts):
        cells = {
            cell: measures[measure]
            for (name, cell), measures in counts.items()
            if name == grouping and measure in measures
        }
        if not [cell for cell in cells if cell]:
            return None
        labels = self.env["feedback.score"]._slice_labels(grouping, cells)
        rows = [
            {"label": labels.get(cell) or cell, "cell": cell, **self._figure(measure, found)}
            for cell, found in cells.items()
        ]
        by_time = grouping == "month"
        rows.sort(key=lambda row: (row["cell"] or "") if by_time else -row["answers"])
        return {
            **self._measure(measure),
            "measure": self._measure(measure)["label"],
            "code": grouping,
            "label": self._grouping_labels()[grouping],
            "rows": rows[:MOST_CELLS],
        }

    @api.model
    def _grouping_labels(self):
        return {
            "touchpoint": self.env._("Touchpoint"),
            "segment": self.env._("Segment"),
            "tier": self.env._("Tier"),
            "role": self.env._("Contact Role"),
            "owner": self.env._("Owner"),
            "channel": self.env._("Channel"),
            "month": self.env._("Month"),
        }

    def _result_trend(self):
        """The net promoter score of this wave and those before it, the oldest first."""
        waves = self.search(
            [
                ("program_id", "=", self.program_id.id),
                ("sent_at", "!=", False),
                ("sent_at", "<=", self.sent_at or fields.Datetime.now()),
            ],
            order="sent_at desc, id desc",
            limit=TREND,
        )
        return [
            {
                "id": wave.id,
                "name": wave.name,
                "value": wave.nps,
                "low": wave.nps_low,
                "high": wave.nps_high,
                "answers": wave.nps_answers,
            }
            for wave in reversed(waves)
            if wave.nps_answers
        ]

    def _results_rows(self):
        """Return the results as rows of a table, the first one with the names of the columns."""
        self.ensure_one()
        results = self.get_results()
        rows = [
            [
                self.env._("Group"),
                self.env._("Cell"),
                self.env._("Measure"),
                self.env._("Figure"),
                self.env._("Low End"),
                self.env._("High End"),
                self.env._("Answers"),
            ]
        ]
        rows += [
            [self.env._("Funnel"), step["label"], "", step["count"], "", "", ""]
            for step in results["funnel"]
        ]
        rows += [
            [self.env._("Calls (AAPOR)"), one["label"], "", round(one["value"], 2), "", "", ""]
            for one in results["calls"]
        ]
        rows += [
            [self.env._("All"), "", measure["label"], *self._row_figures(measure)]
            for measure in results["measures"]
        ]
        rows += [
            [one["label"], row["label"], one["measure"], *self._row_figures(row)]
            for one in results["slices"]
            for row in one["rows"]
        ]
        if results["weighting"]:
            rows.append([results["weighting"], "", "", "", "", "", ""])
        return rows

    @api.model
    def _row_figures(self, figures):
        return [round(figures[end], 2) for end in ("value", "low", "high")] + [figures["answers"]]
