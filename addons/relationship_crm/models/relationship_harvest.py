from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .relationship_interaction import COLUMNS, INTERNAL


class RelationshipHarvest(models.AbstractModel):
    """Interactions that nobody waits for, gathered from core's tables every few minutes.

    Each source is one ``INSERT … SELECT`` that reads the last hours again; what was gathered
    before is dropped by its reference. So a message that commits late is still found, as long as
    its transaction took less time than is read again (two hours; each night two days).
    """

    _name = "relationship.harvest"
    _description = "Gathering of Interactions"
    _inherit = "relationship.job"

    @api.model
    def _harvest_sources(self):
        """Hook: names of the sources; each has a method ``_harvest_<name>(since)``."""
        sources = ["mail_in", "mail_out", "activity_done", "portal_login"]
        return [*sources, "sms_out"] if "sms.sms" in self.env else sources

    @api.model
    def _harvest_documents(self):
        """Hook: {model: column that leads to its partner} of what activities are done on."""
        return {
            "res.partner": "id",
            "crm.lead": "partner_id",
            "sale.order": "partner_id",
            "account.move": "partner_id",
        }

    @api.model
    def _cron_harvest(self, hours=2):
        """Gather what happened within these hours and was not gathered yet."""
        self._run_job("harvest", hours)

    @api.model
    def _job_harvest(self, hours):
        """Gather from every source; one that fails stops no other.

        :return: 0, nothing remains
        :raise UserError: what failed, once the others are done
        """
        since = fields.Datetime.now() - timedelta(hours=hours)
        failed = self._settle(
            self._harvest_sources(),
            lambda sources: [self._harvest(name, since) for name in sources],
        )
        if failed:
            self.env["ir.cron"]._commit_progress()
            raise UserError("\n".join(f"{name}: {error}" for name, error in failed.items()))
        return 0

    @api.model
    def _harvest(self, source, since):
        """Gather from one source what happened since then (UTC); return how many were new."""
        given = getattr(self, f"_harvest_{source}")(since)
        return len(self.env["relationship.interaction"]._insert_select(given)) if given else 0

    # ------------------------------------------------------------ sources

    @api.model
    def _harvest_mail_in(self, since):
        """Return the e-mails that people outside sent to us since then, as SQL."""
        return self._harvest_select(
            "mail_in",
            SQL("mail_message message JOIN res_partner person ON person.id = message.author_id"),
            SQL(
                "message.create_date >= %s AND message.message_type = 'email' AND %s",
                since,
                self._outside(),
            ),
            channel=SQL("'email'"),
            external_ref=SQL("'mail.message,' || message.id || ',in'"),
            **self._message_columns(),
        )

    @api.model
    def _harvest_mail_out(self, since):
        """Return the e-mails that reached people outside since then, one each, as SQL."""
        return self._harvest_notifications("mail_out", "email", since)

    @api.model
    def _harvest_sms_out(self, since):
        """Return the SMS that reached people outside since then, one each, as SQL."""
        return self._harvest_notifications("sms_out", "sms", since)

    @api.model
    def _harvest_notifications(self, kind, channel, since):
        """Return what was sent by this channel (``email``, ``sms``) since then, as SQL."""
        return self._harvest_select(
            kind,
            SQL(
                """
                mail_message message
                JOIN mail_notification notification ON notification.mail_message_id = message.id
                JOIN res_partner person ON person.id = notification.res_partner_id
                """
            ),
            SQL(
                "message.create_date >= %s AND notification.notification_type = %s"
                " AND notification.notification_status IN ('sent', 'pending')"
                " AND notification.res_partner_id IS DISTINCT FROM message.author_id AND %s",
                since,
                channel,
                self._outside(),
            ),
            channel=SQL("%s", channel),
            external_ref=SQL("'mail.notification,' || notification.id || ',sent'"),
            **self._message_columns(),
        )

    @api.model
    def _harvest_activity_done(self, since):
        """Return the activities done since then on documents that lead to a partner, as SQL."""
        documents = [
            SQL(
                "LEFT JOIN %(table)s %(name)s ON message.model = %(model)s"
                " AND %(name)s.id = message.res_id",
                table=SQL.identifier(self.env[model]._table),
                name=SQL.identifier(f"of_{self.env[model]._table}"),
                model=model,
            )
            for model in self._harvest_documents()
        ]
        partners = [
            SQL.identifier(f"of_{self.env[model]._table}", column)
            for model, column in self._harvest_documents().items()
        ]
        return self._harvest_select(
            "activity_done",
            SQL(
                "mail_message message"
                " JOIN mail_activity_type type ON type.id = message.mail_activity_type_id"
                " %s JOIN res_partner person ON person.id = coalesce(%s)",
                SQL(" ").join(documents),
                SQL(", ").join(partners),
            ),
            SQL("message.create_date >= %s AND %s", since, self._outside()),
            channel=SQL(
                "CASE type.category WHEN 'phonecall' THEN 'phone'"
                " WHEN 'meeting' THEN 'in_person' END"
            ),
            external_ref=SQL("'mail.message,' || message.id || ',done'"),
            **self._message_columns()
            | {"summary": SQL("coalesce(type.name->>%s, type.name->>'en_US')", self._language())},
        )

    @api.model
    def _harvest_portal_login(self, since):
        """Return the logins of portal users since then, as SQL."""
        return self._harvest_select(
            "portal_login",
            SQL(
                """
                res_users_log login JOIN res_users member ON member.id = login.create_uid
                JOIN res_partner person ON person.id = member.partner_id
                """
            ),
            SQL("login.create_date >= %s AND member.share", since),
            company_id=SQL("member.company_id"),
            channel=SQL("'portal'"),
            occurred_at=SQL("login.create_date"),
            external_ref=SQL("'res.users.log,' || login.id"),
        )

    # ------------------------------------------------------------ parts of a SELECT

    @api.model
    def _harvest_select(self, kind, tables, where, **columns):
        """Return a SELECT of interactions of a kind, one for each row of ``tables``.

        :param str kind: code; nothing is gathered of an archived kind (``None`` is returned)
        :param SQL tables: FROM clause in which ``person`` is the contact
        :param SQL where: condition
        :param SQL columns: expression by column of the interaction
        """
        kind_id = self.env["relationship.interaction.kind"]._id_by_code().get(kind)
        if not kind_id:
            return None
        columns = {
            "company_id": SQL("%s", self.env.company.id),
            "contact_id": SQL("person.id"),
            "kind_id": SQL("%s", kind_id),
            "source": SQL("%s", INTERNAL),
            **columns,
        }
        expressions = [
            SQL("(%s)::%s AS %s", columns.get(name, SQL("NULL")), SQL(kind), SQL.identifier(name))
            for name, kind in COLUMNS.items()
        ]
        return SQL("SELECT %s FROM %s WHERE %s", SQL(", ").join(expressions), tables, where)

    @api.model
    def _message_columns(self):
        """Return what an interaction takes from ``message``: {column: SQL}.

        The date of an incoming e-mail is the sender's; it may lie in the future.
        """
        return {
            "company_id": SQL(
                "coalesce(message.record_company_id, person.company_id, %s)", self.env.company.id
            ),
            "occurred_at": SQL("least(coalesce(message.date, message.create_date), %s)", _now()),
            "res_model": SQL("CASE WHEN message.res_id <> 0 THEN message.model END"),
            "res_id": SQL("CASE WHEN message.model IS NOT NULL THEN nullif(message.res_id, 0) END"),
            "summary": SQL("left(message.subject, 250)"),
        }

    @api.model
    def _outside(self):
        """Return the condition that ``person`` is nobody of our own, as SQL."""
        return SQL(
            "NOT EXISTS (SELECT FROM res_users ours WHERE ours.partner_id = person.id"
            " AND NOT ours.share)"
        )

    @api.model
    def _language(self):
        return self.env.company.partner_id.lang or "en_US"


def _now():
    return SQL("now() AT TIME ZONE 'UTC'")
