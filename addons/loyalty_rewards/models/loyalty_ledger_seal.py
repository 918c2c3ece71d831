from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: hours after the end of a day (UTC) at which nothing can be posted on it any more
MARGIN = 3
#: the seal of the first day continues this
FIRST = "0" * 64

# Each day's entries, 10,000 at a time in the order of their ids, a line each; SHA-256 of each part,
# then of the former day's seal and those of the parts.
DIGESTS = """
    WITH line AS (
        SELECT posted_at::date AS day, id,
               (row_number() OVER (PARTITION BY posted_at::date ORDER BY id) - 1) / 10000 AS part,
               concat_ws('|', id, coalesce(card_code, ''), points, coalesce(status_points, 0), kind,
                         key, to_char(posted_at, 'YYYY-MM-DD HH24:MI:SS')) AS text
          FROM loyalty_ledger_entry
         WHERE state = 'posted' AND posted_at >= %(begin)s AND posted_at < %(end)s
    ),
    part AS (
        SELECT day, part, count(*) AS entries, max(id) AS last_id,
               encode(sha256(convert_to(string_agg(text, E'\\n' ORDER BY id), 'UTF8')), 'hex')
                   AS digest
          FROM line GROUP BY day, part
    )
    SELECT day, sum(entries)::int AS entries, max(last_id) AS last_id,
           string_agg(digest, '' ORDER BY part) AS parts
      FROM part GROUP BY day ORDER BY day
"""


class LoyaltyLedgerSeal(models.Model):
    """What a day's entries were when the day was over: whoever changes one later is found out.

    The digest is SHA-256 over the former seal's digest and those of the day's entries, so that no
    day can be altered without altering all that follow.
    """

    _name = "loyalty.ledger.seal"
    _description = "Seal of the Points Ledger"
    _order = "day desc"
    _rec_name = "day"
    _log_access = False

    day = fields.Date(required=True, readonly=True, help="In UTC.")
    entries = fields.Integer(readonly=True, required=True)
    last_entry = fields.Integer(readonly=True, required=True)
    digest = fields.Char(required=True, readonly=True, help="SHA-256, hexadecimal.")
    previous_id = fields.Many2one("loyalty.ledger.seal", readonly=True, ondelete="restrict")
    sealed_at = fields.Datetime(string="Sealed", required=True, readonly=True)

    _day_unique = models.Constraint("UNIQUE (day)", "A day has one seal.")
    _previous_unique = models.Constraint("UNIQUE (previous_id)", "The seals are one chain.")

    @api.model_create_multi
    def create(self, vals_list):
        """Refused: the nightly work makes them."""
        if vals_list:
            raise UserError(self.env._("Seals are not made by hand."))
        return super().create(vals_list)

    def write(self, vals):
        if self and vals:
            raise UserError(self.env._("Seals are not edited."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Seals are not deleted."))

    @api.model
    def _last(self):
        """Return the newest seal."""
        return self.search([], limit=1)

    @api.model
    def _seal_days(self):
        """Seal the days that are over and not sealed yet; return how many there were."""
        last = self._last()
        begin = last.day + timedelta(days=1) if last else datetime.min.date()
        end = (fields.Datetime.now() - timedelta(hours=MARGIN)).date()
        rows = self._digests(begin, end)
        digest, previous = last.digest or FIRST, last.id or None
        for row in rows:
            digest = self._chained(digest, row["parts"])
            [(previous,)] = self.env.execute_query(
                SQL(
                    """
                    INSERT INTO loyalty_ledger_seal
                           (day, entries, last_entry, digest, previous_id, sealed_at)
                    VALUES (%s, %s, %s, %s, %s, date_trunc('second', now() AT TIME ZONE 'UTC'))
                    RETURNING id
                    """,
                    row["day"],
                    row["entries"],
                    row["last_id"],
                    digest,
                    previous,
                )
            )
        self.invalidate_model(flush=False)
        return len(rows)

    @api.model
    def _digests(self, begin, end):
        """Return dicts ``day, entries, last_id, parts`` of the days with entries, the first first.

        :param date begin: first day
        :param date end: the day after the last
        """
        self.env["loyalty.ledger.entry"].flush_model()
        first = datetime.combine(begin, time())
        return self.env.execute_query_dict(
            SQL(DIGESTS, begin=first, end=datetime.combine(end, time()))
        )

    @api.model
    def _chained(self, former, parts):
        """Return the digest of a day: SHA-256 over the former day's and those of its parts."""
        return self.env.execute_query(
            SQL("SELECT encode(sha256(convert_to(%s, 'UTF8')), 'hex')", former + parts)
        )[0][0]

    @api.model
    def _broken(self):
        """Return the days (dates) whose entries, or whose place in the chain, are not as sealed."""
        seals = self.search([("day", "!=", False)], order="day")
        if not seals:
            return []
        end = seals[-1].day + timedelta(days=1)
        found = {row["day"]: row for row in self._digests(datetime.min.date(), end)}
        broken, former, before = [], FIRST, self
        for seal in seals:
            row = found.pop(seal.day, None)
            good = row and seal.digest == self._chained(former, row["parts"])
            if not good or seal.previous_id != before:
                broken.append(seal.day)
            former, before = seal.digest, seal
        return sorted({*broken, *found})
