from odoo import api, fields, models
from odoo.tools import SQL


class PrmClaimKey(models.Model):
    """One row per fact that names an end customer, which racing registrations must share.

    Odoo runs transactions at REPEATABLE READ, where a check that only reads can be passed by two
    racers. So whoever submits or approves first *bumps* the rows of the customer's keys: the second
    racer waits for the first to commit, then fails with a serialization error, is run again and
    sees the truth.
    """

    _name = "prm.claim.key"
    _description = "Claim Key"
    _rec_name = "key"
    _order = "key"

    key = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        [
            ("vat", "VAT number"),
            ("domain", "Website"),
            ("customer", "Linked customer"),
            ("email", "E-mail"),
            ("phone", "Phone"),
            ("name", "Name"),
            ("partner", "Submitting partner"),
            ("import", "File import"),
        ],
        required=True,
        readonly=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    seq = fields.Integer("Claims", readonly=True, help="How many times the key was claimed.")

    _key_unique = models.Constraint("UNIQUE (key)", "This claim key exists already.")

    @api.model
    def _bump(self, keys, company):
        """Claim the keys for this transaction: lock their rows, making those that don't exist.

        Rows are taken in sorted order, so that two racers never wait for each other in a circle.
        A racer that comes second gets a serialization failure, which Odoo answers by a retry.

        :param keys: iterable of (kind, key) from :func:`lib.claims.strong_keys`
        :param company: the company of all of them
        :return: dict {key: id}
        """
        pairs = sorted(set(keys), key=lambda pair: pair[1])
        if not pairs:
            return {}
        rows = self.env.execute_query(self._bump_query(pairs, company))
        self.invalidate_model(["seq"], flush=False)
        return dict(rows)

    @api.model
    def _bump_query(self, pairs, company):
        """One statement for all keys; ORDINALITY keeps the order in which rows are locked."""
        return SQL(
            """
            INSERT INTO prm_claim_key (key, kind, company_id, seq,
                                       create_uid, create_date, write_uid, write_date)
                 SELECT pair.key, pair.kind, %(company)s, 1, %(uid)s, %(now)s, %(uid)s, %(now)s
                   FROM unnest(%(kinds)s, %(keys)s) WITH ORDINALITY AS pair(kind, key, place)
               ORDER BY pair.place
            ON CONFLICT (key) DO UPDATE
                    SET seq = prm_claim_key.seq + 1,
                        write_uid = EXCLUDED.write_uid,
                        write_date = EXCLUDED.write_date
              RETURNING key, id
            """,
            kinds=[kind for kind, _key in pairs],
            keys=[key for _kind, key in pairs],
            company=company.id,
            uid=self.env.uid,
            now=self.env.cr.now(),
        )
