from contextlib import contextmanager, nullcontext

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.relationship_crm.models.relationship_job import RETRIED

#: Rows of a company among which submissions that wait for their check are spread.
GATES = 64
#: How long a row that another transaction holds is waited for, by who does not want to wait.
AT_ONCE = "20ms"
#: How often a submission looks for a row of its own before it is run again.
PATIENCE = 5


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
            ("gate", "Waiting for the check"),
        ],
        required=True,
        readonly=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    seq = fields.Integer("Claims", readonly=True, help="How many times the key was claimed.")

    _key_unique = models.Constraint("UNIQUE (key)", "This claim key exists already.")

    def init(self):
        """Make the gates of the companies that are there; those of others come with them."""
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        companies.search([("id", "!=", False)])._make_deal_gates()

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
        # somebody who was faster is no mistake that belongs in the log
        self.env.cr.execute(self._bump_query(pairs, company), log_exceptions=False)
        rows = self.env.cr.fetchall()
        self.invalidate_model(["seq"], flush=False)
        return dict(rows)

    @contextmanager
    def _at_once(self):
        """Within it, a row that another transaction holds is an error at once.

        To be used within a savepoint, whose end in an error also takes back this setting.
        """
        self.env.cr.execute(SQL("SET LOCAL lock_timeout = %s", AT_ONCE))
        yield
        self.env.cr.execute("SET LOCAL lock_timeout TO DEFAULT")

    # ------------------------------------------------------------ who waits, who approves

    @api.model
    def _enter_gate(self, company):
        """Let approvals of this company meet a submission that bumps no key of its customer.

        To be called before the submission takes its number. Submissions don't meet each other
        here: each bumps one of many rows, that of its connection, or the next that is free.
        """
        self.env.cr.execute("SELECT pg_backend_pid()")
        [own] = self.env.cr.fetchone()
        keys = self._gate_keys(company)
        keys = [keys[(own + step) % GATES] for step in range(GATES)]
        # an approval keeps them all: then its end is waited for, and somebody may be faster again
        for _try in range(PATIENCE):
            if any(self._bump_alone(key, company) for key in keys):
                return
            if self._bump_alone(keys[0], company, wait=True):
                return
        self._bump([keys[0]], company)

    @api.model
    def _bump_alone(self, key, company, wait=False):
        """Bump one key if nobody else did since this transaction began.

        :param bool wait: wait for who is there
        :return: whether it is bumped
        """
        try:
            with self.env.cr.savepoint(flush=False), nullcontext() if wait else self._at_once():
                self._bump([key], company)
        except RETRIED:
            return False
        return True

    @api.model
    def _close_gate(self, company):
        """Keep submissions of this company from taking a number unseen, until the commit.

        Whoever entered the gate before is waited for. Who entered it since this transaction began
        is not to be seen in it: that is a serialization failure, which Odoo answers by a retry.
        """
        keys = [key for _kind, key in self._gate_keys(company)]
        self.env.cr.execute(
            SQL("SELECT key FROM prm_claim_key WHERE key = ANY(%s) ORDER BY key FOR SHARE", keys),
            log_exceptions=False,
        )
        missing = set(keys) - {key for [key] in self.env.cr.fetchall()}
        if missing:
            self._bump([("gate", key) for key in missing], company)

    @api.model
    def _gate_keys(self, company):
        return [("gate", f"{company.id}:gate:{number:02d}") for number in range(GATES)]

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
