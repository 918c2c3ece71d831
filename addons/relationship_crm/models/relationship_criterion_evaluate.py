from odoo import fields, models
from odoo.tools import SQL

from ..lib import criteria as criteria_lib
from ..lib import windows as windows_lib


class RelationshipCriterion(models.Model):
    """Criteria at work: all windows of all criteria in one round over the sources."""

    _inherit = "relationship.criterion"

    def _evaluate(self, partner_ids, company, day):
        """Work out these criteria for some partners, as of a day.

        :param partner_ids: ids of commercial partners
        :param company: the one company, record of ``res.company``
        :param day: as of this date: what happened before it counts; criteria that do not hold on
            this date are left out
        :return: {partner id: {criterion id: (value, threshold, met)}}; value and threshold after
            the comparison is worked out, None where data is missing; ``met`` is then False, or
            True where the criterion says "left out"
        """
        partner_ids = list(partner_ids)
        valid = self._valid_on(day)
        values = valid._criterion_values(company, day, partner_ids)
        return {
            partner: {criterion.id: criterion._judge(values, partner) for criterion in valid}
            for partner in partner_ids
        }

    def _passing(self, company, day, partner_ids=None):
        """Return the set of ids of the commercial partners that pass all these criteria.

        Criteria with the same ``alternative`` are joined by "or". Without any criterion that
        holds on this day, nobody passes.

        :param company: the one company, record of ``res.company``
        :param day: as of this date, as in :meth:`_evaluate`
        :param partner_ids: look only at these commercial partners; None: at all active ones
        """
        valid = self._valid_on(day)
        if not valid or (partner_ids is not None and not partner_ids):
            return set()
        values = valid._criterion_values(company, day, partner_ids)
        seen = {partner for partner, _window in values.found}
        passing = {partner for partner in seen if valid._pass_together(values, partner)}
        if not valid._pass_together(values, None):
            return passing
        everybody = set(partner_ids) if partner_ids is not None else valid._everybody(company)
        return passing | (everybody - seen)

    def _valid_on(self, day):
        """Those of the criteria that hold on a day."""
        day = fields.Date.to_date(day)
        return self.filtered(
            lambda c: (
                (not c.valid_from or c.valid_from <= day) and (not c.valid_to or c.valid_to >= day)
            )
        )

    # ------------------------------------------------------------ values

    def _criterion_values(self, company, day, partner_ids):
        """All values that the criteria need, from one call of the metrics."""
        metric = self.env["relationship.metric"]
        day = fields.Date.to_date(day)
        needed = {criterion.id: criterion._needed_windows(day) for criterion in self}
        windows = {window for pair in needed.values() for window in pair if window}
        codes = {code for criterion in self.sudo() for code in criterion._needed_codes()}
        found = metric._values(
            codes, [(window, *window) for window in sorted(windows, key=str)], company, partner_ids
        )
        return _Values(found, metric._empty_values(codes), needed)

    def _needed_windows(self, day):
        """(window, window of the comparison or None) of this criterion as of a day."""
        window = windows_lib.window(*self._window_as_of(day))
        if self.compare_to == "times_metric":
            return window, window
        if self.compare_to == "constant":
            return window, None
        by = self.compare_lag or self.window_length
        return window, windows_lib.earlier(*self._window_as_of(day), by)

    def _window_as_of(self, day):
        return self.window_kind, day, self.window_length, self.lag

    def _needed_codes(self):
        codes = [self.metric_id.code]
        return [*codes, self.other_metric_id.code] if self.other_metric_id else codes

    # ------------------------------------------------------------ judgement

    def _judge(self, values, partner):
        """(value, threshold, met) of one partner; ``met`` True where it is left out."""
        value, threshold = self._compared(values, partner)
        met = criteria_lib.meets(value, threshold, self.operator)
        return value, threshold, self.when_missing == "ignore" if met is None else met

    def _compared(self, values, partner):
        code, *others = self.sudo()._needed_codes()
        window, other_window = values.needed[self.id]
        value = values.get(partner, window, code)
        other = values.get(partner, other_window, *(others or [code])) if other_window else None
        return criteria_lib.effective_threshold(self.compare_to, self.threshold, value, other)

    def _pass_together(self, values, partner):
        """Whether a partner (None: one about whom nothing is known) passes all the criteria."""
        verdicts = []
        for criterion in self:
            met = criteria_lib.meets(*criterion._compared(values, partner), criterion.operator)
            if met is None and criterion.when_missing == "fail":
                met = False
            verdicts.append((criterion.alternative, met))
        return criteria_lib.passes(verdicts)

    def _everybody(self, company):
        """Ids of all active commercial partners this company may see, but no company of ours."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id FROM res_partner p
                 WHERE p.active AND p.commercial_partner_id = p.id
                   AND (p.company_id IS NULL OR p.company_id = %s)
                   AND p.partner_share IS NOT FALSE
                   AND NOT EXISTS (SELECT FROM res_company c WHERE c.partner_id = p.id)
                """,
                company.id,
            )
        )
        return {partner for (partner,) in rows}


class _Values:
    """Values by partner, window and code, with what stands where nothing was found."""

    def __init__(self, found, empty, needed):
        self.found = found
        self.empty = empty
        self.needed = needed

    def get(self, partner, window, code):
        return self.found.get((partner, window), self.empty)[code]
