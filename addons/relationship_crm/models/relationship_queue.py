from odoo import api, fields, models
from odoo.tools import SQL

from ..sql_rows import array


class RelationshipQueue(models.Model):
    """Partners that wait for background work, one row each time something changed.

    A row is added in the transaction that changed the partner and deleted in the one that did the
    work. Rows are never merged on the way in: a worker deletes exactly the rows it could see, so a
    change that commits while it works keeps its own row and is worked on next.
    """

    _name = "relationship.queue"
    _description = "Waiting Work"
    _inherit = "relationship.job"
    _order = "id"
    _log_access = False
    _rec_name = "topic"

    topic = fields.Char(required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade", index=True)
    tries = fields.Integer(readonly=True)
    error = fields.Text(readonly=True)
    next_try = fields.Datetime(readonly=True)

    _topic_idx = models.Index("(topic, id)")

    @api.model
    def _queue_crons(self):
        """Hook: {topic: external id of the cron that works on it}."""
        return {}

    # ------------------------------------------------------------ in

    @api.model
    def _enqueue(self, topic, pairs):
        """Let partners wait for this topic; written once, when the transaction commits.

        :param str topic: a key of :meth:`_queue_crons`
        :param pairs: iterable of (partner id, company id or None)
        """
        pairs = set(pairs)
        if not pairs:
            return
        buffer = self.env.cr.precommit.data.setdefault("relationship.queue", {})
        if not buffer:
            self.env.cr.precommit.add(self.env(su=True)[self._name]._flush_queue)
        buffer.setdefault(topic, set()).update(pairs)

    @api.model
    def _flush_queue(self):
        """Write what waits in this transaction and wake the crons that work on it.

        The triggers are written by SQL, in the same statement, and not by ``ir.cron._trigger``:
        this runs in each transaction that saves a contact, and what it adds to core's time there
        has a limit (``bench``, tax_on_core_partners; a test pins its queries). So it does what
        ``_trigger_list`` of core does for "now" (an inactive cron gets none, ``_notifydb`` after
        the commit), and an override of ``_trigger_list`` or of ``ir.cron.trigger.create`` does
        not hear of it. All other places wake crons by :meth:`_wake`, which is core's way.
        """
        buffer = self.env.cr.precommit.data.pop("relationship.queue", {})
        rows = [(topic, *pair) for topic, pairs in buffer.items() for pair in pairs]
        if not rows:
            return
        crons = self._queue_crons()
        self.env.cr.execute(
            SQL(
                """
                WITH woken AS (
                    INSERT INTO ir_cron_trigger (cron_id, call_at, create_uid, write_uid,
                           create_date, write_date)
                    SELECT id, now.utc, %(uid)s, %(uid)s, now.utc, now.utc
                      FROM ir_cron, (SELECT now() AT TIME ZONE 'UTC' AS utc) now
                     WHERE id = ANY(%(crons)s) AND active
                )
                INSERT INTO relationship_queue (topic, partner_id, company_id)
                SELECT row.topic, partner.id, row.company
                  FROM unnest(%(topics)s, %(partners)s, %(companies)s)
                       AS row(topic, partner, company)
                  JOIN res_partner partner ON partner.id = row.partner
                """,
                uid=self.env.uid,
                crons=array([self._cron_id(crons[topic]) for topic in buffer], "int"),
                **dict(
                    zip(
                        ("topics", "partners", "companies"),
                        map(array, zip(*rows, strict=True), ("text", "int", "int")),
                        strict=True,
                    )
                ),
            )
        )
        self.env.cr.postcommit.add(self.env["ir.cron"]._notifydb)

    @api.model
    def _cron_id(self, xmlid):
        return self.env["ir.model.data"]._xmlid_to_res_id(xmlid)

    @api.model
    def _wake(self, xmlid):
        """Let a cron run as soon as this transaction is committed."""
        cron_id = self._cron_id(xmlid)
        if cron_id:
            self.env["ir.cron"].browse(cron_id)._trigger()

    # ------------------------------------------------------------ out

    @api.model
    def _work(self, topic, limit, act):
        """Take up to ``limit`` rows that nobody else works on, act on them, delete what is done.

        :param act: function of a list of (partner id, company id or None), each pair once
        :return: number of rows that could be taken next; 0 when none could be taken now
        """
        rows = self._claim(topic, limit)
        if not rows:
            return 0
        failed = self._settle(sorted(set(rows.values()), key=str), act)
        done = [row for row, pair in rows.items() if pair not in failed]
        self.env.cr.execute(
            SQL("DELETE FROM relationship_queue WHERE id = ANY(%s)", array(done, "int"))
        )
        self._postpone(
            self._table, {row: failed[pair] for row, pair in rows.items() if pair in failed}
        )
        return self._count_ready(topic)

    @api.model
    def _claim(self, topic, limit):
        """Lock rows of a topic for this transaction; {row id: (partner id, company id)}."""
        self.env.cr.execute(
            SQL(
                """
                SELECT id, partner_id, company_id FROM relationship_queue
                 WHERE topic = %s AND (next_try IS NULL OR next_try <= now() AT TIME ZONE 'UTC')
                 ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                """,
                topic,
                limit,
            )
        )
        return {row: (partner, company) for row, partner, company in self.env.cr.fetchall()}

    @api.model
    def _count_ready(self, topic):
        """Number of rows of a topic that are due, counted up to a thousand."""
        return self.search_count(
            [
                ("topic", "=", topic),
                "|",
                ("next_try", "=", False),
                ("next_try", "<=", fields.Datetime.now()),
            ],
            limit=1000,
        )

    def action_retry(self):
        """Let these rows be tried again at once."""
        self.check_access("write")
        rows = self.sudo()
        rows.write({"next_try": False})
        crons = self._queue_crons()
        for topic in set(rows.mapped("topic")) & set(crons):
            self._wake(crons[topic])
        return True
