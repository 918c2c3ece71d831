from odoo import api, fields, models
from odoo.tools import SQL


class RelationshipInteractionTodo(models.Model):
    """An interaction that a consumer has not acted upon yet.

    Written by the statement that inserts the interaction, deleted in the transaction in which the
    consumer acted. There is no watermark: rows become visible in the order of the commits, not of
    their numbers, and a watermark would step over those that commit late.
    """

    _name = "relationship.interaction.todo"
    _description = "Waiting Interaction"
    _inherit = "relationship.job"
    _order = "id"
    _log_access = False
    _rec_name = "interaction_id"

    interaction_id = fields.Many2one(
        "relationship.interaction", required=True, readonly=True, ondelete="cascade"
    )
    consumer_id = fields.Many2one(
        "relationship.interaction.consumer", required=True, readonly=True, ondelete="cascade"
    )
    tries = fields.Integer(readonly=True)
    error = fields.Text(readonly=True)
    next_try = fields.Datetime(readonly=True)

    _pair_unique = models.Constraint(
        "UNIQUE (interaction_id, consumer_id)", "An interaction waits once for each consumer."
    )

    @api.model
    def _cron_consume(self):
        """Let the consumers act on what waits for them."""
        self._run_job("consume", 500)

    @api.model
    def _job_consume(self, limit):
        """Let the consumer that waits longest act on up to ``limit`` interactions.

        :return: number of rows that could be taken next, counted up to a thousand; 0 when none
            could be taken now
        """
        self.env.flush_all()
        consumer, rows = self._claim(limit)
        if not rows:
            return 0
        failed = self._settle(list(rows), consumer._consume)
        done = [row for interaction, row in rows.items() if interaction not in failed]
        self.env.cr.execute("DELETE FROM relationship_interaction_todo WHERE id = ANY(%s)", [done])
        self._postpone(self._table, {rows[key]: error for key, error in failed.items()})
        self.env.invalidate_all()
        return self._count_ready()

    @api.model
    def _claim(self, limit):
        """Lock rows of the consumer that waits longest, as far as nobody else works on them.

        :return: the consumer and {interaction id: todo id}, in the order they were recorded
        """
        first = self.env.execute_query(
            SQL(
                "SELECT todo.consumer_id FROM %s ORDER BY todo.id LIMIT 1"
                " FOR UPDATE OF todo SKIP LOCKED",
                self._due(),
            )
        )
        if not first:
            return self.env["relationship.interaction.consumer"], {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT todo.interaction_id, todo.id FROM relationship_interaction_todo todo
                 WHERE todo.consumer_id = %s
                   AND (todo.next_try IS NULL OR todo.next_try <= now() AT TIME ZONE 'UTC')
                 ORDER BY todo.id LIMIT %s FOR UPDATE SKIP LOCKED
                """,
                first[0][0],
                limit,
            )
        )
        return self.env["relationship.interaction.consumer"].browse(first[0][0]), dict(rows)

    @api.model
    def _due(self):
        """Return the rows that active consumers could take now, as SQL."""
        return SQL(
            """
            relationship_interaction_todo todo
            JOIN relationship_interaction_consumer consumer ON consumer.id = todo.consumer_id
             AND consumer.active
            WHERE todo.next_try IS NULL OR todo.next_try <= now() AT TIME ZONE 'UTC'
            """
        )

    @api.model
    def _count_ready(self):
        """Number of rows that could be taken now, counted up to a thousand."""
        [(count,)] = self.env.execute_query(
            SQL("SELECT count(*) FROM (SELECT FROM %s LIMIT 1000) ready", self._due())
        )
        return count

    def action_retry(self):
        """Let these rows be tried again at once."""
        self.check_access("write")
        self.sudo().write({"next_try": False})
        self.env["relationship.queue"]._wake("relationship_crm.ir_cron_interaction_consume")
        return True
