from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: differences that a proof lists; one is already too many
LISTED = 200
KEPT_DAYS = 400
CHECKS = [
    ("card", "Card and its Entries"),
    ("lots", "Card and its Lots"),
    ("lot", "Lot and its Uses"),
    ("entry", "Entry and its Lots"),
    ("seal", "Seal of a Day"),
]

# check, id of the record, card, what it should be, what it is
DIFFERENT = """
    WITH entries AS (
        SELECT card_id, sum(points) AS points FROM loyalty_ledger_entry
         WHERE state = 'posted' AND card_id IS NOT NULL GROUP BY card_id
    ),
    lots AS (
        SELECT card_id, sum(remaining) AS points FROM loyalty_ledger_lot
         WHERE card_id IS NOT NULL GROUP BY card_id
    ),
    made AS (SELECT entry_id, sum(initial) AS points FROM loyalty_ledger_lot GROUP BY entry_id),
    used AS (SELECT entry_id, sum(points) AS points FROM loyalty_ledger_allocation GROUP BY 1),
    taken AS (SELECT lot_id, sum(points) AS points FROM loyalty_ledger_allocation GROUP BY 1),
    covered AS (
        SELECT card.id, coalesce(card.points, 0) AS points
          FROM loyalty_card card JOIN loyalty_program program
            ON program.id = card.program_id AND %(covered)s
    )
    SELECT * FROM (
        SELECT 'card' AS kind, card.id AS res_id, card.id AS card_id,
               coalesce(entries.points, 0) AS expected, card.points AS found
          FROM covered card LEFT JOIN entries ON entries.card_id = card.id
         UNION ALL
        SELECT 'lots', card.id, card.id, card.points, coalesce(lots.points, 0)
          FROM covered card LEFT JOIN lots ON lots.card_id = card.id
         UNION ALL
        SELECT 'lot', lot.id, lot.card_id, lot.initial - coalesce(taken.points, 0), lot.remaining
          FROM loyalty_ledger_lot lot LEFT JOIN taken ON taken.lot_id = lot.id
         UNION ALL
        SELECT 'entry', entry.id, entry.card_id,
               CASE WHEN entry.state = 'posted' THEN entry.points ELSE 0 END,
               coalesce(made.points, 0) - coalesce(used.points, 0)
          FROM loyalty_ledger_entry entry
          LEFT JOIN made ON made.entry_id = entry.id
          LEFT JOIN used ON used.entry_id = entry.id
    ) checked
     WHERE expected <> found
     ORDER BY kind, res_id LIMIT %(limit)s
"""


class LoyaltyLedgerProof(models.Model):
    """One night's proof that all points are where the ledger says."""

    _name = "loyalty.ledger.proof"
    _description = "Proof of the Points Ledger"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "create_date"

    create_date = fields.Datetime(string="Proved", readonly=True)
    state = fields.Selection(
        [("good", "All Agrees"), ("bad", "Differences")], required=True, readonly=True
    )
    cards = fields.Integer(string="Cards Proved", readonly=True)
    entries = fields.Integer(readonly=True)
    sealed_until = fields.Date(readonly=True)
    difference_count = fields.Integer(string="Differences", readonly=True)
    line_ids = fields.One2many("loyalty.ledger.proof.line", "proof_id", readonly=True)

    @api.model
    def _prove(self):
        """Prove the ledger as it is now; tell people when something differs. Return the proof."""
        self.env["loyalty.ledger"]._flush_buffer()
        self.env["loyalty.ledger"]._write_down()
        lines = self._differences() + self._broken_seals()
        proof = self.sudo().create(
            {
                "state": "bad" if lines else "good",
                "difference_count": len(lines),
                "sealed_until": self.env["loyalty.ledger.seal"]._last().day,
                **self._prepare_size(),
                "line_ids": [(0, 0, line) for line in lines],
            }
        )
        if lines:
            proof._alert()
        return proof

    @api.model
    def _differences(self):
        """Return what differs, as values of lines: cards, lots, entries."""
        rows = self.env.execute_query_dict(
            SQL(DIFFERENT, covered=self.env["loyalty.program"]._covered(), limit=LISTED)
        )
        return [
            {**row, "expected": float(row["expected"]), "found": float(row["found"])}
            for row in rows
        ]

    @api.model
    def _broken_seals(self):
        """Return the days whose seals are broken, as values of lines."""
        days = self.env["loyalty.ledger.seal"]._broken()
        return [{"kind": "seal", "day": day} for day in days[:LISTED]]

    @api.model
    def _prepare_size(self):
        """Return how much was proved."""
        [(cards, entries)] = self.env.execute_query(
            SQL(
                "SELECT (SELECT count(*) FROM loyalty_card card JOIN loyalty_program program"
                " ON program.id = card.program_id AND %s),"
                " (SELECT count(*) FROM loyalty_ledger_entry)",
                self.env["loyalty.program"]._covered(),
            )
        )
        return {"cards": cards, "entries": entries}

    def _alert(self):
        """Tell the managers by an activity, and them and the auditors by mail."""
        self.ensure_one()
        text = self.env._(
            "The proof of the points ledger found %s differences. Somebody changed figures past "
            "the ledger; look at them before points are given or taken.",
            self.difference_count,
        )
        managers = self.env.ref("relationship_crm.group_manager").all_user_ids
        auditors = self.env.ref("relationship_crm.group_auditor").all_user_ids
        for user in managers.filtered(lambda user: user.active and not user.share)[:5]:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=self.env._("Points do not agree with their ledger"),
                note=text,
            )
        people = (managers | auditors).filtered("active")
        addresses = dict.fromkeys(address for address in people.mapped("email") if address)
        self.env["mail.mail"].sudo().create(
            [
                {
                    "subject": self.env._("Points do not agree with their ledger"),
                    "body_html": text,
                    "email_to": address,
                    "model": self._name,
                    "res_id": self.id,
                }
                for address in addresses
            ]
        )

    def action_prove_again(self):
        """Prove the ledger now, and open the new proof."""
        self.check_access("read")
        proof = self.sudo()._prove()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": proof.id,
            "views": [(False, "form")],
        }

    @api.autovacuum
    def _gc_proofs(self):
        """Delete good proofs of more than a year ago; those with differences stay."""
        before = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search([("create_date", "<", before), ("state", "=", "good")], limit=1000).unlink()


class LoyaltyLedger(models.AbstractModel):
    _inherit = "loyalty.ledger"

    @api.model
    def _cron_prove(self):
        """Seal the days that are over, and prove the ledger."""
        self._run_job("prove", 1)

    @api.model
    def _job_prove(self, _limit):
        """Seal and prove once; nothing remains."""
        self.env["loyalty.ledger.seal"].sudo()._seal_days()
        self.env["loyalty.ledger.proof"].sudo()._prove()
        return 0
