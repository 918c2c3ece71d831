from odoo import api, fields, models
from odoo.tools import SQL


class FeedbackContactLock(models.Model):
    """The row that whoever is about to ask a person changes first.

    Two programs that ask at once read the same history; without a row that both must change, both
    would find nothing and both would send. The second to change it waits for the first, is refused
    by the database, begins anew, and then sees the invitation of the first.
    """

    _name = "feedback.contact.lock"
    _description = "Contact Lock"
    _log_access = False
    _rec_name = "contact_id"

    contact_id = fields.Many2one("res.partner", required=True, readonly=True, ondelete="cascade")
    asked = fields.Integer(string="Times Taken", readonly=True)

    _contact_unique = models.Constraint("UNIQUE (contact_id)", "One row for each contact.")

    @api.model
    def _bump(self, contact_ids):
        """Take the rows of these contacts for this transaction, always in the same order."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO feedback_contact_lock AS mine (contact_id, asked)
                SELECT contact, 1 FROM unnest(%s) AS contact ORDER BY contact
                    ON CONFLICT (contact_id) DO UPDATE SET asked = mine.asked + 1
                """,
                sorted(set(contact_ids)),
            )
        )

    @api.model
    def _merge_partners(self, src, dst):
        """Keep one row for the merged contact."""
        self.env.cr.execute(
            "DELETE FROM feedback_contact_lock WHERE contact_id = ANY(%s)", [src.ids]
        )
