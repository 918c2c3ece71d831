from odoo import api, fields, models
from odoo.tools import SQL

# Months are added to the last activity, so that the 31st of January and one month is the last day
# of February.
IDLE = """
    SELECT card.id, sum(lot.remaining)
      FROM loyalty_program program
      JOIN loyalty_card card ON card.program_id = program.id
      JOIN loyalty_ledger_lot lot ON lot.card_id = card.id AND lot.remaining > 0
     WHERE program.loyalty_idle_months > 0
       AND NOT EXISTS (
           SELECT FROM loyalty_ledger_entry entry
            WHERE entry.card_id = card.id AND entry.state = 'posted'
              AND (entry.kind IN ('open', 'earn', 'redeem')
                   OR (entry.kind IN ('adjust', 'transfer', 'merge') AND entry.points > 0))
              AND (entry.posted_at::date + make_interval(months => program.loyalty_idle_months))
                  >= %(today)s
       )
     GROUP BY card.id ORDER BY card.id LIMIT %(limit)s
"""


class LoyaltyProgram(models.Model):
    _inherit = "loyalty.program"

    loyalty_idle_months = fields.Integer(
        string="Points Expire Without Activity After",
        help="Months without earning or spending after which all points of a card expire; "
        "0: they do not. A month's end stays a month's end.",
    )

    _idle_months_check = models.Constraint(
        "CHECK (coalesce(loyalty_idle_months, 0) BETWEEN 0 AND 600)",
        "Points expire without activity after 0 to 600 months.",
    )


class LoyaltyLedger(models.AbstractModel):
    """Points of cards with which nothing happens any more."""

    _inherit = "loyalty.ledger"

    @api.model
    def _cron_expire(self):
        res = super()._cron_expire()
        self._run_job("lapse", 500)
        return res

    @api.model
    def _job_lapse(self, limit):
        """Take away all points of up to ``limit`` idle cards; return how many may remain."""
        today = self.env["loyalty.earning.rule"]._today()
        self._write_down()
        self.env["loyalty.program"].flush_model(["loyalty_idle_months"])
        rows = self.env.execute_query(SQL(IDLE, today=today, limit=limit))
        self._post(
            [
                {
                    "card_id": card,
                    "kind": "expire",
                    "points": -points,
                    "reason": self.env._("No activity"),
                }
                for card, points in rows
            ],
            move=True,
        )
        return len(rows) if len(rows) == limit else 0
