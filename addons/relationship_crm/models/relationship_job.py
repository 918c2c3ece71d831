import logging
from contextlib import suppress

from psycopg2 import errors

from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: PostgreSQL's answers that mean "somebody was faster, try again on a fresh transaction"
RETRIED = (errors.SerializationFailure, errors.DeadlockDetected, errors.LockNotAvailable)
TRIES = 3
#: what one step of a statement over whole tables may take before it goes to disk
WORK_MEM = "64MB"
#: minutes until the next try of a failing row, by how often it failed; then always the last
BACKOFF = (1, 5, 30, 120, 480)


class RelationshipJob(models.AbstractModel):
    """Background work in batches.

    A job is a method ``_job_<name>(limit)`` of a model that inherits this one: it does one batch
    and returns how much remains that could be done now (0 when it found nothing to take). Only
    ``_cron_<name>`` loops, through :meth:`_run_job`.
    """

    _name = "relationship.job"
    _description = "Background Work"

    @api.model
    def _run_job(self, name, limit):
        """Do batches of ``_job_<name>`` until nothing remains or the time of the cron is over.

        Each batch is committed. One that lost a race is done again on a fresh transaction; one
        that fails otherwise is rolled back, listed under Failed Jobs, and ends the run.
        """
        progress = self.env["ir.cron"]
        while True:
            try:
                remaining = self._run_batch(name, limit)
            except Exception as error:
                self.env.cr.rollback()
                _logger.exception("job %s of %s failed", name, self._name)
                self.env["relationship.job.failure"]._note(self._name, name, error)
                progress._commit_progress()
                return
            self.env["relationship.job.failure"]._clear(self._name, name)
            if not progress._commit_progress(limit, remaining=remaining) or not remaining:
                return

    @api.model
    def _run_batch(self, name, limit):
        """Do one batch, up to three times more when it loses a race."""
        for _retry in range(TRIES):
            with suppress(*RETRIED):
                return self._do_batch(name, limit)
            self.env.cr.rollback()
        return self._do_batch(name, limit)

    @api.model
    def _do_batch(self, name, limit):
        remaining = getattr(self, f"_job_{name}")(limit)
        self.env.cr.flush()
        return remaining

    @api.model
    def _take_memory(self):
        """Let the statements of this transaction sort and join whole tables in memory."""
        self.env.cr.execute(SQL("SET LOCAL work_mem = %s", WORK_MEM))

    @api.model
    def _know_size(self, table):
        """Let PostgreSQL look at a table that grew to twice what it knows of.

        It does so by itself a minute later; until then the first night of many customers would be
        planned as if there were none.
        """
        self.env.cr.execute(
            "SELECT pg_relation_size(oid) > 2 * 8192 * greatest(relpages, 10) FROM pg_class"
            " WHERE oid = %s::regclass",
            [table],
        )
        if self.env.cr.fetchone()[0]:
            self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))

    @api.model
    def _settle(self, rows, act):
        """Act on rows together; when that fails, on ever smaller parts, until who fails is alone.

        :param list rows: whatever ``act`` takes a list of
        :param act: function of a list of rows; runs within a savepoint
        :return: dict of row → error text, of the rows that failed; all others are done
        """
        if not rows:
            return {}
        try:
            with self.env.cr.savepoint():
                act(rows)
            return {}
        except RETRIED:
            raise
        except Exception as error:  # noqa: BLE001 - whatever failed, the others go on
            if len(rows) == 1:
                return {rows[0]: f"{type(error).__name__}: {error}"[:500]}
        middle = len(rows) // 2
        return self._settle(rows[:middle], act) | self._settle(rows[middle:], act)

    @api.model
    def _list_failed(self, name, failed, hours=0):
        """List the rows that a job could not do under Failed Jobs, until none fails any more.

        :param str name: of the job ``_job_<name>``
        :param dict failed: row id → error text, as :meth:`_settle` gives it
        :param int hours: how long rows are left alone after they failed: the list stays so long
        """
        failures, job = self.env["relationship.job.failure"], f"{name}, some of them"
        if failed:
            rows = self.browse(failed).sudo()
            lines = [f"{row.display_name} ({row.id}): {failed[row.id]}" for row in rows]
            self.env.flush_all()  # the note forgets what is not written yet
            failures._note(self._name, job, "\n".join(lines))
        else:
            failures._clear(self._name, job, hours)

    @api.model
    def _postpone(self, table, failed):
        """Keep failed rows of a work table with their error and the time of the next try.

        :param str table: table with the columns ``id``, ``tries``, ``error``, ``next_try``
        :param dict failed: row id → error text
        """
        if not failed:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE %(table)s work
                   SET tries = coalesce(work.tries, 0) + 1, error = failed.error,
                       next_try = (now() AT TIME ZONE 'UTC') + make_interval(mins =>
                           (%(backoff)s)[least(coalesce(work.tries, 0) + 1, %(most)s)])
                  FROM unnest(%(ids)s, %(errors)s) AS failed(id, error)
                 WHERE work.id = failed.id
                """,
                table=SQL.identifier(table),
                backoff=list(BACKOFF),
                most=len(BACKOFF),
                ids=list(failed),
                errors=list(failed.values()),
            )
        )
