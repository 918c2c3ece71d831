from odoo import api, models
from odoo.tools import SQL


class LoyaltyLedger(models.AbstractModel):
    """Status points: what counts for the tier beside the points that can be spent."""

    _inherit = "loyalty.ledger"

    @api.model
    def _resolve_undone(self, postings):
        """Give each earning its status points, and take them back with what takes it back.

        A posting that names ``status_points`` keeps them, and a rule says whether it gives any.
        Otherwise an earned point is a status point, and a reversal takes the share that it takes of
        the points.
        """
        rows = super()._resolve_undone(postings)
        for row in rows:
            plain = row["kind"] == "earn" and not row.get("rule_id")
            if plain and row.get("status_points") is None:
                row["status_points"] = row["points"]
        back = [row for row in rows if row.get("reverses_id") and row.get("status_points") is None]
        if back:
            self._share_status(back)
        return rows

    @api.model
    def _share_status(self, rows):
        """Set what reversals take of the status points of what they take back."""
        known = dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, status_points / points FROM loyalty_ledger_entry"
                    " WHERE id = ANY(%s) AND status_points <> 0 AND points <> 0",
                    [row["reverses_id"] for row in rows],
                )
            )
        )
        for row in rows:
            row["status_points"] = round(row["points"] * float(known.get(row["reverses_id"], 0)), 4)
