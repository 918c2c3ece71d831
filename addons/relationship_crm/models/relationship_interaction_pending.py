import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..lib.ingest import Event
from ..sql_rows import array

CRON = "relationship_crm.ir_cron_interaction_pending"


class RelationshipInteractionPending(models.Model):
    """An event of another system that nobody is known for yet; gone once somebody is."""

    _name = "relationship.interaction.pending"
    _description = "Pending Event"
    _inherit = "relationship.job"
    _order = "id desc"
    _log_access = False
    _rec_name = "external_ref"

    source = fields.Char(required=True, readonly=True)
    external_ref = fields.Char(string="Reference in the Source", required=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind_id = fields.Many2one(
        "relationship.interaction.kind", required=True, readonly=True, ondelete="restrict"
    )
    occurred_at = fields.Datetime(string="Date", required=True, readonly=True)
    received_at = fields.Datetime(required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", string="Sent By", readonly=True, ondelete="set null")
    summary = fields.Char(readonly=True)
    key_text = fields.Char(string="Keys", readonly=True, help="Whom it is about.")
    key_list = fields.Json(readonly=True)
    event = fields.Json(readonly=True)
    contact_id = fields.Many2one(
        "res.partner",
        string="Assign To",
        ondelete="set null",
        help="Choose whom it is about. The keys of the event then name this contact from now on.",
    )
    tries = fields.Integer(readonly=True)
    error = fields.Text(readonly=True)
    next_try = fields.Datetime(readonly=True, help="Empty: when one of its keys appears.")

    _source_unique = models.Constraint("UNIQUE (source, external_ref)", "This event waits already.")
    _keys_idx = models.Index("USING gin (key_list)")
    _next_try_idx = models.Index("(next_try, id) WHERE next_try IS NOT NULL")

    def write(self, vals):
        """Only whom an event is about is chosen by hand: the rest is what its system sent."""
        if not self.env.su and vals.keys() - {"contact_id"}:
            raise AccessError(self.env._("What another system sent is not edited."))
        return super().write(vals)

    # ------------------------------------------------------------ in and out

    @api.model
    def _keep(self, events):
        """Let events wait: one statement.

        :param events: list of :class:`lib.ingest.Event`
        :return: number of those that did not wait already
        """
        if not events:
            return 0
        lists = [[f"{kind}:{value}" for kind, value in event.keys] for event in events]
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO relationship_interaction_pending (source, external_ref, company_id,
                       kind_id, occurred_at, received_at, user_id, summary, key_text, key_list,
                       event)
                SELECT source, external_ref, %(company)s, kind_id, occurred_at,
                       now() AT TIME ZONE 'UTC', %(user)s, summary, keys, key_list, event
                  FROM unnest(%(sources)s, %(refs)s, %(kinds)s, %(moments)s, %(summaries)s,
                              %(keys)s, %(lists)s, %(events)s)
                       AS given(source, external_ref, kind_id, occurred_at, summary, keys,
                                key_list, event)
                 ORDER BY source, external_ref
                    ON CONFLICT (source, external_ref) DO NOTHING
                RETURNING id
                """,
                company=self.env.company.id,
                user=self.env.uid,
                sources=array([event.source for event in events], "text"),
                refs=array([event.external_ref for event in events], "text"),
                kinds=array([event.kind_id for event in events], "int"),
                moments=array([event.occurred_at for event in events], "timestamp"),
                summaries=array([event.summary for event in events], "text"),
                keys=array([", ".join([key[1] for key in event.keys]) for event in events], "text"),
                lists=array([json.dumps(keys) for keys in lists], "jsonb"),
                events=array([json.dumps(event._asdict()) for event in events], "jsonb"),
            )
        )
        return len(rows)

    @api.model
    def _let_go(self, events):
        """Delete events that are recorded now."""
        pairs = [(event.source, event.external_ref) for event in events]
        if not pairs:
            return
        sources, refs = zip(*pairs, strict=True)
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM relationship_interaction_pending pending
                 USING unnest(%s, %s) AS given(source, ref)
                 WHERE pending.source = given.source AND pending.external_ref = given.ref
                """,
                array(sources, "text"),
                array(refs, "text"),
            )
        )
        self.invalidate_model()

    # ------------------------------------------------------------ again

    @api.model
    def _key_appeared(self, keys):
        """Let the events that wait for one of these keys be tried again.

        :param keys: list of (type, value)
        """
        if not keys:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE relationship_interaction_pending SET next_try = now() AT TIME ZONE 'UTC'
                 WHERE key_list ?| %s AND next_try IS NULL
                """,
                [f"{kind}:{value}" for kind, value in keys],
            )
        )
        if self.env.cr.rowcount:
            self.invalidate_model(["next_try"], flush=False)
            self.env["relationship.queue"]._wake(CRON)

    @api.model
    def _cron_retry(self):
        """Try the events again whose keys appeared."""
        self._find_missed()
        self._run_job("retry", 500)

    @api.model
    def _find_missed(self):
        """Let events be tried again whose key appeared in the moment in which they came in."""
        self.env.cr.execute(
            """
            UPDATE relationship_interaction_pending pending
               SET next_try = now() AT TIME ZONE 'UTC'
             WHERE next_try IS NULL
               AND received_at > (now() AT TIME ZONE 'UTC') - interval '1 day'
               AND EXISTS (SELECT FROM jsonb_array_elements_text(pending.key_list) AS given(key)
                             JOIN relationship_identity held
                               ON held.type = split_part(given.key, ':', 1)
                              AND held.value = substr(given.key, strpos(given.key, ':') + 1)
                            WHERE held.shared IS NOT TRUE)
            """
        )

    @api.model
    def _job_retry(self, limit):
        """Try up to ``limit`` events again whose keys appeared.

        :return: number of events that could be taken next, counted up to a thousand
        """
        due = SQL("next_try <= now() AT TIME ZONE 'UTC'")
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM relationship_interaction_pending WHERE %s"
                " ORDER BY next_try, id LIMIT %s FOR UPDATE SKIP LOCKED",
                due,
                limit,
            )
        )
        if not rows:
            return 0
        self._postpone(self._table, self._settle([row[0] for row in rows], self._try_again))
        self.invalidate_model()
        [(count,)] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM (SELECT FROM relationship_interaction_pending"
                " WHERE %s LIMIT 1000) ready",
                due,
            )
        )
        return count

    @api.model
    def _try_again(self, ids):
        """Record those of the events that somebody is known for now; the others wait on."""
        pending = self.sudo().browse(ids)
        sources = self.env["relationship.interaction.source"].sudo().search([("name", "!=", False)])
        trust = {source.name: source.trusted for source in sources}
        for company, rows in pending.grouped("company_id").items():
            interaction = self.env["relationship.interaction"].sudo().with_company(company)
            interaction = interaction.with_context(allowed_company_ids=company.ids)
            events = [row._as_event() for row in rows]
            known, _unknown = interaction._ingest_resolve(events, trust)
            interaction._ingest_insert(known)
        self.env.cr.execute(
            "UPDATE relationship_interaction_pending SET next_try = NULL, error = NULL"
            " WHERE id = ANY(%s)",
            [ids],
        )

    def _as_event(self):
        """Return this row as the :class:`lib.ingest.Event` it was made of."""
        return Event(**{**self.event, "keys": [tuple(key) for key in self.event["keys"]]})

    def action_retry(self):
        """Try these events again at once."""
        self.check_access("write")
        self._try_again(self.ids)
        return True

    # ------------------------------------------------------------ by hand

    def action_assign(self):
        """Record these events for the contacts chosen by hand, and learn their keys.

        :raise UserError: nobody is chosen for one of them
        """
        self.check_access("write")
        if not all(row.contact_id for row in self):
            raise UserError(self.env._("First choose whom the event is about."))
        learned = []
        for company, rows in self.grouped("company_id").items():
            interaction = self.env["relationship.interaction"].sudo().with_company(company)
            known = [
                (row._as_event(), row.contact_id.id, row.contact_id.commercial_partner_id.id)
                for row in rows
            ]
            interaction._ingest_insert(known)
            learned += [
                (who, *key, "manual") for event, who, _family in known for key in event.keys
            ]
        self.env["relationship.identity"].sudo()._learn(learned)
        return True
