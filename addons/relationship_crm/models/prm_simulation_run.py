import json
from collections import Counter

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: rows of one INSERT
CHUNK = 5000
COLUMNS = {
    "enrollment_id": "int",
    "partner_id": "int",
    "from_grade_id": "int",
    "earned_grade_id": "int",
    "to_grade_id": "int",
    "outcome": "text",
    "points": "float",
    "evidence": "jsonb",
    "revenue": "numeric",
    "margin_effect": "numeric",
}


class PrmSimulation(models.Model):
    """Try the draft: judge the partners, work out the money, keep one line a partner."""

    _inherit = "prm.simulation"

    def action_run(self):
        """Try these drafts on the partners and sales of their periods.

        Only lines of the simulation are written.

        :raise UserError: a draft is published, or has no tiers
        """
        self.check_access("write")
        self._check_not_published()
        for one in self:
            if not one.tier_ids:
                raise UserError(
                    self.env._("%s has no tiers: give the program its tiers first.", one.name)
                )
            one._run()
        return True

    def _run(self):
        """Work out one draft; a bounded number of queries for any number of partners."""
        self.ensure_one()
        self.lock_for_update()
        self.env.flush_all()
        simulation = self.sudo().with_company(self.company_id)
        enrollments = simulation._enrollments()
        decisions = simulation.program_id._decide(
            enrollments, simulation.company_id, simulation._day(), simulation
        )
        rows = simulation._prepare_lines(enrollments, decisions)
        simulation.line_ids.unlink()
        simulation._insert_lines(rows)
        simulation.write(simulation._prepare_totals(rows))

    def _day(self):
        """The day of the review that is imitated: that after the period."""
        return fields.Date.add(self.date_to, days=1)

    def _enrollments(self):
        """The partners that a review would look at: active in the program and company."""
        return self.env["prm.enrollment"].search(
            [
                ("program_id", "=", self.program_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "active"),
            ]
        )

    def _prepare_lines(self, enrollments, decisions):
        """One dict a partner: column → value."""
        effects = self._margin_effects(enrollments, decisions)
        sold = self._sold(enrollments)
        rows = []
        for one in enrollments:
            decision = decisions[one.id]
            rows.append(
                {
                    "enrollment_id": one.id,
                    "partner_id": one.partner_id.id,
                    "from_grade_id": decision.current or None,
                    "earned_grade_id": decision.earned or None,
                    "to_grade_id": decision.to_tier or None,
                    "outcome": decision.outcome,
                    "points": round(decision.points, 1),
                    "evidence": json.dumps(decision.evidence),
                    "revenue": sold.get(one.partner_id.id, 0.0),
                    "margin_effect": effects.get(one.id, 0.0),
                }
            )
        return rows

    def _sold(self, enrollments):
        """{partner id: what it bought or sold through in the period, in company currency}."""
        code = "sold_revenue_ordered"
        window = (0, self.date_from, self._day())
        found = self.env["relationship.metric"]._values(
            [code], [window], self.company_id, enrollments.partner_id.ids
        )
        return {partner: row[code] for (partner, _win), row in found.items()}

    def _insert_lines(self, rows):
        """Write the lines, some thousand at a time."""
        columns = SQL(", ").join(SQL.identifier(name) for name in COLUMNS)
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            arrays = SQL(", ").join(
                SQL(f"%s::{kind}[]", [row[name] for row in part]) for name, kind in COLUMNS.items()
            )
            self.env.cr.execute(
                SQL(
                    "INSERT INTO prm_simulation_line (simulation_id, company_id, %s)"
                    " SELECT %s, %s, new.* FROM unnest(%s) AS new",
                    columns,
                    self.id,
                    self.company_id.id,
                    arrays,
                )
            )
        self.env["prm.simulation.line"].invalidate_model()
        self.invalidate_recordset(["line_ids"])

    def _prepare_totals(self, rows):
        """Values of a draft that was tried."""
        outcomes = Counter(row["outcome"] for row in rows)
        return {
            "state": "computed",
            "computed_at": fields.Datetime.now(),
            "rules_key": self._rules_key(),
            "partner_count": len(rows),
            "promote_count": outcomes["promote"],
            "keep_count": outcomes["keep"],
            "demote_count": outcomes["demote"],
            "revenue": sum(row["revenue"] for row in rows),
            "margin_effect": sum(row["margin_effect"] for row in rows),
        }

    # ------------------------------------------------------------ open

    def action_view_lines(self):
        """Open the partners of this simulation, those that change their tier first.

        :return: window action on ``prm.simulation.line``
        """
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "relationship_crm.prm_simulation_line_action"
        )
        return action | {"domain": [("simulation_id", "=", self.id)]}
