from odoo import api, fields, models


class RelationshipJobFailure(models.Model):
    """A batch of background work that fails again and again; gone once the job succeeds."""

    _name = "relationship.job.failure"
    _description = "Failed Job"
    _order = "write_date desc, id desc"
    _rec_name = "job"

    job = fields.Char(required=True, readonly=True)
    tries = fields.Integer(readonly=True, default=1)
    error = fields.Text(readonly=True)

    _job_unique = models.Constraint("UNIQUE (job)", "A job has one line.")

    @api.model
    def _note(self, model, name, error):
        """Keep that a job failed, and how often.

        :param error: an exception, or a text
        """
        text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        self.env.cr.execute(
            """
            INSERT INTO relationship_job_failure AS old
                   (job, tries, error, create_uid, write_uid, create_date, write_date)
            VALUES (%(job)s, 1, %(error)s, %(uid)s, %(uid)s,
                    now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
            ON CONFLICT (job) DO UPDATE SET tries = old.tries + 1, error = excluded.error,
                   write_date = excluded.write_date
            """,
            {
                "job": f"{model}.{name}",
                "error": text[:2000],
                "uid": self.env.uid,
            },
        )
        self.env.invalidate_all(flush=False)

    @api.model
    def _clear(self, model, name, hours=0):
        """Forget the failures of a job that succeeded; only those older than so many hours."""
        self.env.cr.execute(
            "DELETE FROM relationship_job_failure WHERE job = %s"
            " AND write_date <= now() AT TIME ZONE 'UTC' - make_interval(hours => %s)",
            [f"{model}.{name}", hours],
        )
