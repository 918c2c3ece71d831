import json
from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..sql_rows import rows_query

CHANNELS = [
    ("email", "E-mail"),
    ("phone", "Phone"),
    ("sms", "SMS"),
    ("web", "Web"),
    ("portal", "Portal"),
    ("pos", "Till"),
    ("in_person", "In Person"),
    ("event", "Event"),
    ("post", "Post"),
    ("chat", "Chat"),
    ("api", "Other System"),
]
#: source of what happened in this database
INTERNAL = "odoo"
#: clocks of other systems may be ahead of ours by this much
AHEAD = timedelta(minutes=5)
#: the buffer of a transaction
BUFFER = "relationship.interaction"
#: what a statement that inserts gives, with the types PostgreSQL reads it as
COLUMNS = {
    "company_id": "int",
    "partner_id": "int",
    "contact_id": "int",
    "kind_id": "int",
    "channel": "text",
    "occurred_at": "timestamp",
    "amount": "numeric",
    "currency_id": "int",
    "res_model": "text",
    "res_id": "int",
    "source": "text",
    "external_ref": "text",
    "payload": "jsonb",
    "summary": "text",
}


class RelationshipInteraction(models.Model):
    """Something that happened between us and a person or company; never edited.

    Rows come from :meth:`_record` (once a transaction), :meth:`_insert` (at once) and the
    harvesters, all through one statement that also lets the interested consumers know.
    """

    _name = "relationship.interaction"
    _description = "Interaction"
    _order = "occurred_at desc, id desc"
    _log_access = False
    _rec_name = "summary"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        ondelete="set null",
        help="The company (or the person who stands for themselves) on that day.",
    )
    contact_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")
    pseudonym = fields.Char(
        readonly=True, help="Stands for the person once their data has been erased."
    )
    kind_id = fields.Many2one(
        "relationship.interaction.kind",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    kind_class = fields.Selection(related="kind_id.kind_class", string="Class")
    direction = fields.Selection(related="kind_id.direction")
    channel = fields.Selection(CHANNELS, readonly=True)
    occurred_at = fields.Datetime(string="Date", required=True, readonly=True)
    recorded_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    amount = fields.Monetary(readonly=True, help="Without taxes, in the currency of the document.")
    currency_id = fields.Many2one("res.currency", readonly=True, ondelete="restrict")
    res_model = fields.Char(string="Document Model", readonly=True)
    res_id = fields.Many2oneReference(string="Document", model_field="res_model", readonly=True)
    source = fields.Char(required=True, readonly=True)
    external_ref = fields.Char(string="Reference in the Source", required=True, readonly=True)
    payload = fields.Json(readonly=True)
    details = fields.Text(compute="_compute_details", help="The payload, one line a fact.")
    summary = fields.Char(readonly=True)

    _source_unique = models.Constraint(
        "UNIQUE (source, external_ref)", "The source has reported this interaction already."
    )
    _summary_check = models.Constraint(
        "CHECK (length(summary) <= 250)", "A summary has at most 250 characters."
    )
    _amount_check = models.Constraint(
        "CHECK (amount IS NULL OR currency_id IS NOT NULL)", "An amount needs a currency."
    )
    # 16 KB of JSON, which ingest asks for, never take more as PostgreSQL keeps it
    _payload_check = models.Constraint(
        "CHECK (pg_column_size(payload) <= 131072)", "The details are too long."
    )
    _partner_idx = models.Index("(partner_id, occurred_at DESC, id DESC)")
    _contact_idx = models.Index("(contact_id) WHERE contact_id IS NOT NULL")
    _occurred_idx = models.Index("(occurred_at, id)")

    @api.depends("kind_id", "summary")
    def _compute_display_name(self):
        for interaction in self:
            parts = (interaction.kind_id.sudo().name, interaction.summary)
            interaction.display_name = " · ".join(part for part in parts if part)

    @api.depends("payload")
    def _compute_details(self):
        for interaction in self:
            facts = interaction.payload if isinstance(interaction.payload, dict) else {}
            interaction.details = "\n".join(
                f"{name}: {fact}"
                for name, fact in facts.items()
                if fact not in (None, "", False) and not name.endswith("_id")
            )

    def action_open_document(self):
        """Return the action that opens the document this came from.

        :raise UserError: when it is gone
        """
        self.ensure_one()
        self.check_access("read")
        model = self.res_model
        if model not in self.env or not self.env[model].browse(self.res_id).exists():
            raise UserError(self.env._("The document does not exist any more."))
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------ never edited

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Record at once; a repeat (same source and reference) is refused."""
        if not vals_list:
            return self.browse()
        self.browse().check_access("create")
        ids = self._insert(vals_list)
        if None in ids:
            raise ValidationError(self.env._("The source has reported this interaction already."))
        return self.browse(ids)

    def write(self, vals):
        if self and vals:
            self.check_access("write")
            raise UserError(self.env._("What happened is not edited. Record what happened since."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What happened is not deleted."))

    # ------------------------------------------------------------ in

    @api.model
    def _record(self, events):
        """Record events when this transaction commits, all of it in one statement.

        Made for what people wait for: it costs no query now, and the same few at the commit
        however many events there are. Undone with the savepoint or transaction it belongs to.

        :param list events: as for :meth:`_insert`
        """
        if not events:
            return
        buffer = self.env.cr.precommit.data.setdefault(BUFFER, [])
        if not buffer:
            self.env.cr.precommit.add(self.env(su=True)[self._name]._flush_buffer)
        defaults = {"company_id": self.env.company.id, "occurred_at": fields.Datetime.now()}
        buffer.extend(defaults | event for event in events)

    @api.model
    def _flush_buffer(self):
        """Insert what this transaction recorded."""
        self._insert(self.env.cr.precommit.data.pop(BUFFER, []))

    @api.model
    def _insert(self, events):
        """Record events at once and let the interested consumers know.

        :param list events: dicts with ``kind`` (code) or ``kind_id``, ``source`` (default: this
            database), ``external_ref``, ``occurred_at`` (UTC; default: now), ``company_id``
            (default: the current one), ``contact_id``, ``partner_id`` (commercial partner; default:
            the contact's), ``channel``, ``amount`` with ``currency_id``, ``res_model``, ``res_id``,
            ``payload`` (a dict), ``summary``. Events of an archived kind are left out.
        :return: list of the new id of each event; None for what was recorded before or left out
        :raise ValidationError: for an unknown kind or a time in the future
        """
        kinds = self.env["relationship.interaction.kind"]._id_by_code()
        now = fields.Datetime.now()
        rows = [self._prepare_row(event, kinds, now) for event in events]
        rows = [row for row in rows if row["kind_id"]]
        if not rows:
            return [None] * len(events)
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        given = rows_query([tuple(row.values()) for row in rows], COLUMNS)
        new = {(source, ref): row for row, source, ref in self._insert_select(given)}
        return [
            new.pop((event.get("source") or INTERNAL, event["external_ref"]), None)
            for event in events
        ]

    @api.model
    def _prepare_row(self, event, kinds, now):
        """Return an event as a row of the statement that inserts: the values of ``COLUMNS``.

        :param dict kinds: code → id, None of an archived one
        :param now: the present moment
        """
        get = event.get
        row = {name: get(name) or None for name in COLUMNS}
        row["kind_id"] = row["kind_id"] or self._kind_id(event, kinds)
        row["company_id"] = row["company_id"] or self.env.company.id
        row["source"] = row["source"] or INTERNAL
        row["amount"] = get("amount") if row["currency_id"] else None
        moment = row["occurred_at"]
        if not isinstance(moment, datetime):
            moment = fields.Datetime.to_datetime(moment) or now
        if moment > now + AHEAD:
            raise ValidationError(self.env._("What is recorded lies in the past: %s", moment))
        row["occurred_at"] = moment
        row["payload"] = row["payload"] and json.dumps(row["payload"], ensure_ascii=False)
        row["summary"] = row["summary"] and row["summary"][:250]
        return row

    @api.model
    def _kind_id(self, event, kinds):
        """Return the id of the kind an event names; None when it is archived."""
        if event.get("kind") not in kinds:
            raise ValidationError(
                self.env._("There is no kind of interaction %s.", event.get("kind"))
            )
        return kinds[event["kind"]]

    @api.model
    def _insert_select(self, given):
        """Insert what a SELECT gives, one todo row per interested consumer, and wake them.

        :param SQL given: a SELECT with all of ``COLUMNS``, by name
        :return: list of (id, source, external_ref) of the rows that were not there before
        """
        self.env["relationship.interaction.consumer"].flush_model(["active"])
        rows = self.env.execute_query(
            SQL(INSERT, given=given, columns=SQL(", ").join(map(SQL.identifier, COLUMNS)))
        )
        if rows and rows[0][3]:
            self.env["relationship.queue"]._wake("relationship_crm.ir_cron_interaction_consume")
        return [row[:3] for row in rows]


#: Of the same moment, what was given first gets the lower id.
#: Contacts deleted since (in the same transaction) leave the row without them.
INSERT = """
    WITH given AS (SELECT *, row_number() OVER () AS place FROM (%(given)s) AS rows),
    inserted AS (
        INSERT INTO relationship_interaction (%(columns)s, recorded_at)
        SELECT given.company_id, coalesce(partner.id, contact.commercial_partner_id), contact.id,
               given.kind_id, given.channel, given.occurred_at, given.amount, given.currency_id,
               given.res_model, given.res_id, given.source, given.external_ref, given.payload,
               given.summary, date_trunc('second', now() AT TIME ZONE 'UTC')
          FROM given
          LEFT JOIN res_partner partner ON partner.id = given.partner_id
          LEFT JOIN res_partner contact ON contact.id = given.contact_id
         ORDER BY given.occurred_at, given.place
            ON CONFLICT (source, external_ref) DO NOTHING
        RETURNING id, kind_id, source, external_ref
    ),
    waiting AS (
        INSERT INTO relationship_interaction_todo (interaction_id, consumer_id)
        SELECT inserted.id, consumer.id
          FROM inserted
          JOIN (SELECT consumer.id, rel.kind_id
                  FROM relationship_interaction_consumer consumer
                  LEFT JOIN relationship_interaction_consumer_kind_rel rel
                    ON rel.consumer_id = consumer.id
                 WHERE consumer.active) consumer
            ON consumer.kind_id = inserted.kind_id OR consumer.kind_id IS NULL
         ORDER BY inserted.id
        RETURNING id
    )
    SELECT id, source, external_ref, EXISTS (SELECT FROM waiting) FROM inserted
"""
