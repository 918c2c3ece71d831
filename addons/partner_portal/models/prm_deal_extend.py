from psycopg2.errors import ExclusionViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, mute_logger

from ..lib.claims import clean_text

MOST = 2
REASON_LIMIT = 2000
#: Messages that people write, as against notes of the system.
HUMAN = ("comment", "email")


class PrmDeal(models.Model):
    """Longer protection: at most twice, and only for an opportunity on which something happens."""

    _inherit = "prm.deal"

    protection_days = fields.Integer(
        "Protected Days", readonly=True, copy=False, help="From the approval, extensions included."
    )
    extension_ids = fields.One2many("prm.deal.extension", "deal_id", "Extensions", readonly=True)
    extension_count = fields.Integer("Extended", compute="_compute_extensions")
    extension_requested = fields.Boolean(
        compute="_compute_extensions", search="_search_extension_requested"
    )

    @api.depends("extension_ids.state")
    def _compute_extensions(self):
        for deal in self:
            states = deal.extension_ids.mapped("state")
            deal.extension_count = states.count("granted")
            deal.extension_requested = "requested" in states

    def _search_extension_requested(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("extension_ids.state", "=", "requested")]

    # ------------------------------------------------------------ actions

    def action_extend(self, reason=None):
        """Extend the protection of these deals by the length that their tier gives.

        Grants the partner's request where there is one. Batch safe: all or none.

        :param str reason: why; the partner's words are kept where it asked itself
        :return: True
        :raise UserError: one is not registered and protected, was extended twice, nothing happened
            on its opportunity, or another registration protects the customer from then on
        :raise AccessError: the caller is no channel manager
        """
        self._check_decider()
        reason = clean_text(reason if isinstance(reason, str) else "")[:REASON_LIMIT]
        for deal in self.sudo():
            deal._extend(reason)
        return True

    def action_refuse_extension(self, reason=None):
        """Refuse the partners' requests for a longer protection. Batch safe: all or none.

        :param str reason: what the partner reads; required
        :return: True
        :raise UserError: there is no request, or no reason
        :raise AccessError: the caller is no channel manager
        """
        self._check_decider()
        reason = clean_text(reason if isinstance(reason, str) else "")[:REASON_LIMIT]
        if not reason:
            raise UserError(self.env._("Write the reason that the partner reads."))
        requests = self.sudo().extension_ids.filtered(lambda one: one.state == "requested")
        if len(requests) < len(self):
            raise UserError(self.env._("There is no request to refuse."))
        requests.write(self._prepare_extension_decision("refused"))
        requests.flush_recordset()  # another request may follow at once
        for deal in requests.deal_id._in_partners_words():
            deal._tell_partner(deal.env._("The protection is not extended. %s", reason))
        return True

    def action_open_extend(self):
        """Open the dialog that extends the protection.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "partner_portal.prm_deal_extend_action"
        )
        return {**action, "context": {"default_deal_id": self.id}}

    # ------------------------------------------------------------ request, grant

    def _request_extension(self, reason):
        """The partner asks: evidence is looked for at once, a person decides.

        :return: the request
        """
        self.ensure_one()
        evidence = self._check_extendable()
        if self.extension_requested:
            raise UserError(self.env._("You have asked for this already. We will answer soon."))
        request = self.env["prm.deal.extension"].create(
            {
                "deal_id": self.id,
                "reason": reason,
                "evidence": "\n".join(evidence),
                "requested_by": self.env.uid,
            }
        )
        self._log_batch(self.env._("The partner asks for a longer protection: %s", reason))
        self._schedule_decision(self.env._("Decide the longer protection"))
        return request

    def _extend(self, reason):
        """Grant one more length of the tier, from the present end."""
        self.ensure_one()
        evidence = self._check_extendable()
        request = self.extension_ids.filtered(lambda one: one.state == "requested")
        if not (request or reason):
            raise UserError(self.env._("Write why the protection is extended."))
        days = self._protection_lengths()[self]
        self._lengthen(days)
        vals = {
            **self._prepare_extension_decision("granted"),
            "number": self.extension_count + 1,
            "evidence": "\n".join(evidence),
            "days": days,
            "until": self.protected_until,
        }
        if request:
            request.write(vals)
        else:
            author = {"deal_id": self.id, "reason": reason, "requested_by": self.env.uid}
            self.env["prm.deal.extension"].create({**vals, **author})
        self.write({"protection_days": self.protection_days + days, "reminded_days": 0})
        self.activity_unlink(["partner_portal.mail_activity_type_decide"])
        for deal in self._in_partners_words():
            day = format_date(deal.env, deal.protected_until)
            deal._tell_partner(deal.env._("The protection is extended until %s.", day))

    def _lengthen(self, days):
        """Move the end of the running protections."""
        today = self._company_day()
        rows = self.protection_ids.filtered(
            lambda row: row.live and row.date_from <= today < row.date_until
        )
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                for row in rows:
                    row.date_until = fields.Date.add(row.date_until, days=days)
                rows.flush_recordset()
        except ExclusionViolation as error:
            raise UserError(
                self.env._(
                    "%s can't be extended: another registration protects the customer from its"
                    " last day on.",
                    self.name,
                )
            ) from error

    def _prepare_extension_decision(self, state):
        return {
            "state": state,
            "decided_by": self.env.uid,
            "decided_on": fields.Datetime.now(),
        }

    def _check_extendable(self):
        """Refuse what can't be extended; return the evidence, a list of lines."""
        _ = self.env._
        if self.state != "approved" or not self.is_protected:
            raise UserError(_("%s is not protected, so there is nothing to extend.", self.name))
        if self.extension_count >= MOST:
            raise UserError(_("%s was extended twice already.", self.name))
        evidence = self._extension_evidence()
        if not evidence:
            raise UserError(
                _(
                    "Nothing has happened on the opportunity of %s. Move it on, write a message or"
                    " plan a meeting there, then ask again.",
                    self.name,
                )
            )
        return evidence

    def _extension_evidence(self):
        """What happened on the opportunity since its approval or its last extension.

        :return: list of lines for staff, empty when nothing happened
        """
        self.ensure_one()
        granted = self.extension_ids.filtered(lambda one: one.state == "granted")
        since = max([self.decided_on, *granted.mapped("decided_on")])
        lead = self.lead_id
        if not lead:
            return []
        _ = self.env._
        lines = []
        messages = self.env["mail.message"].search_count(
            [
                ("model", "=", "crm.lead"),
                ("res_id", "=", lead.id),
                ("message_type", "in", HUMAN),
                ("date", ">", since),
            ]
        )
        if messages:
            lines.append(_("%s messages on the opportunity", messages))
        if lead.date_last_stage_update and lead.date_last_stage_update > since:
            lines.append(_("Moved to the stage %s", lead.stage_id.name))
        orders = lead.order_ids.filtered(lambda order: order.create_date > since)
        if orders:
            lines.append(_("Quotations: %s", ", ".join(orders.mapped("name"))))
        meetings = lead.calendar_event_ids.filtered(lambda event: event.create_date > since)
        if meetings:
            lines.append(_("%s meetings", len(meetings)))
        return lines

    def _in_partners_words(self):
        """These deals one by one, each in the language in which its partner reads."""
        return [deal.with_context(lang=deal._partner_lang()) for deal in self]

    def _tell_partner(self, text):
        """Write to the partner in the thread of the deal, which also reaches them by mail.

        :param str text: in the partner's language, see :meth:`_in_partners_words`
        """
        for deal in self:
            recipient = deal._decision_recipient()
            deal.message_post(
                body=text,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                author_id=deal.company_id.sudo().partner_id.id,
                email_from=deal._decision_sender(),
                partner_ids=recipient.ids if recipient.email else [],
            )
