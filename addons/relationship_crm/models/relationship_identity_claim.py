from odoo import api, fields, models
from odoo.tools import SQL


class RelationshipIdentityClaim(models.Model):
    """Keys of contacts that are just being made.

    Two calls that both find nobody for a key must meet somewhere, or both make a contact: they meet
    in the row of the key here. The second waits for the first, fails to write, and is run again by
    Odoo; then it finds the contact.
    """

    _name = "relationship.identity.claim"
    _description = "Claimed Identity Key"
    _log_access = False
    _rec_name = "key"

    key = fields.Char(required=True, readonly=True)
    claimed_at = fields.Datetime(required=True, readonly=True)

    _key_unique = models.Constraint("UNIQUE (key)", "A key is claimed once.")

    @api.model
    def _claim(self, keys):
        """Take the rows of these keys until the end of the transaction, always in one order."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO relationship_identity_claim (key, claimed_at)
                SELECT key, now() AT TIME ZONE 'UTC' FROM unnest(%s) AS key ORDER BY key
                    ON CONFLICT (key) DO UPDATE SET claimed_at = excluded.claimed_at
                """,
                sorted({f"{kind}:{value}" for kind, value in keys}),
            ),
            log_exceptions=False,  # losing the race is no error
        )

    @api.autovacuum
    def _forget(self):
        """Delete claims of transactions that ended long ago."""
        self.env.cr.execute(
            "DELETE FROM relationship_identity_claim"
            " WHERE claimed_at < (now() AT TIME ZONE 'UTC') - interval '1 day'"
        )
