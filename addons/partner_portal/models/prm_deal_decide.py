from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..lib.deal_states import UNDECIDED
from .prm_deal_submit import ACTIVITY_TYPE

MAIL_LAYOUT = "mail.mail_notification_light"


class PrmDeal(models.Model):
    """Deciding: approval with its lead, refusal, and what both mean for the others in the queue."""

    _inherit = "prm.deal"

    def action_approve(self):
        """Approve these submitted registrations. Batch safe: all or none.

        Where a rule asks for several approvals, the caller's is noted and the deal stays under
        review until the last of them. Then each gets an opportunity assigned to its partner; the
        partner is told by mail; waiting registrations of other partners for the same customers are
        refused in the same transaction, in neutral words.

        :return: True
        :raise UserError: one is not under review, was submitted by the caller, waits behind an
            earlier one of another partner, or its customer is registered already
        :raise AccessError: the caller is no channel manager
        """
        self._check_decider()
        own = self.filtered(lambda deal: self.env.user in deal.submitted_by | deal.create_uid)
        if own and not self.env.su:
            raise UserError(
                self.env._(
                    "Nobody approves a deal registration that they submitted themselves. Ask"
                    " a colleague to decide: %s",
                    own._names(),
                )
            )
        deals = self.sudo()
        deals._check_undecided()
        deals._check_answered()
        if self.env.su:
            deals._approve()
        else:
            deals._approve_as(self.env.user)
        return True

    def action_reject(self, reason=None, note=None):
        """Refuse these submitted registrations. Batch safe: all or none.

        A manager may also take back a mistaken approval: the customer becomes free, and the
        opportunity stays, with a note.

        :param str reason: what the partner reads; neutral, required
        :param str note: the internal reason, for staff only
        :return: True
        :raise UserError: one is not under review, or there is no reason
        :raise AccessError: the caller is no channel manager
        """
        self._check_decider()
        reason = reason.strip() if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Write the reason that the partner reads."))
        note = note.strip() if isinstance(note, str) else ""
        deals = self.sudo()
        deals._check_refusable()
        deals._check_before_deciding()
        deals._check_refusable()
        deals.filtered(lambda deal: deal.state == "approved")._release()
        deals._reject(deals._reasons_for_partners(reason), {deal.id: note for deal in deals})
        return True

    def action_open_reject(self):
        """Open the dialog that asks for the reasons of a refusal.

        :return: a window action
        """
        self._check_refusable()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "partner_portal.prm_deal_reject_action"
        )
        return {**action, "context": {"default_deal_ids": self.ids}}

    def _check_decider(self):
        """Refuse a caller who may not decide about deals."""
        self.check_access("write")
        decides = self.env.user.has_group("relationship_crm.group_channel_manager")
        if not (self.env.su or decides):
            raise AccessError(self.env._("Only a channel manager decides deal registrations."))

    def _check_undecided(self, states=UNDECIDED):
        """Refuse deals that are not waiting for a decision."""
        other = self.filtered(lambda deal: deal.state not in states)
        if other:
            raise UserError(
                self.env._(
                    "Only registrations under review can be decided. Not under review: %s",
                    other._names(),
                )
            )

    def _check_refusable(self):
        """Refuse deals that the caller can't refuse; a manager may refuse approved ones, too."""
        manages = self.env.user.has_group("relationship_crm.group_manager")
        approved = self.filtered(lambda deal: manages and deal.state == "approved")
        (self - approved)._check_undecided()

    def _release(self):
        """Free the customers of approved deals whose approval was a mistake."""
        for company, deals in self.grouped("company_id").items():
            keys = [(key.kind, key.key) for key in deals.claim_ids.key_id]
            self.env["prm.claim.key"]._bump(keys, company)
        self._annul_protection()
        self.lead_id._message_log_batch(
            {
                deal.lead_id.id: self.env._(
                    "The deal registration %s was taken back. Decide whether the partner stays"
                    " assigned.",
                    deal.name,
                )
                for deal in self
                if deal.lead_id
            }
        )

    def _approve(self, automatic=False):
        """Approve as the current user, in the order of the contract: claim, check, protect.

        :param bool automatic: nobody decided, a rule did
        """
        if not self:
            return
        deals = self.sorted("submit_no").with_context(mail_activity_quick_update=True)
        deals._refuse_unchecked(deals._check_earlier())
        deals._claim()
        deals._check_undecided()
        deals._check_answered()
        deals._check_keys()
        deals._check_again()
        deals._link_customers()
        peers = deals._check_first_in_queue()
        deals.write(deals._prepare_approve_vals(automatic))
        deals._protect()
        deals._create_leads()
        deals._log_batch(self.env._("Registered."))
        deals._close_decision("partner_portal.mail_template_deal_approved")
        peers._claimed_by_others()._refuse_automatically(deals)
        deals._update_verdicts()
        deals._record_event("deal_approved")

    def _check_answered(self):
        """Refuse to approve what waits for the partner's answer."""
        waiting = self.filtered(lambda deal: deal.state == "info_needed")
        if waiting:
            raise UserError(
                self.env._(
                    "These wait for the partner's answer. Take them back into review first: %s",
                    waiting._names(),
                )
            )

    def _check_first_in_queue(self):
        """Refuse to approve while another partner's registration is before one of these.

        :return: the other undecided registrations for the same customers
        """
        rows = self._rival_rows()
        lines = []
        for deal_id, rival_id, same_partner, earlier, *_key in rows:
            deal, rival = self.browse(deal_id), self.browse(rival_id)
            if not same_partner and (earlier or rival.state not in UNDECIDED):
                lines.append(self._queue_message(deal, rival))
        if lines:
            raise UserError("\n".join(dict.fromkeys(lines)))
        others = self.browse(dict.fromkeys(row[1] for row in rows)) - self
        return others.filtered(lambda deal: deal.state in UNDECIDED)

    def _queue_message(self, deal, rival):
        """Why a deal can't be approved because of another one, and what to do."""
        values = {"deal": deal.name, "rival": rival.name, "partner": rival.partner_id.display_name}
        if rival.state not in UNDECIDED:
            return self.env._(
                "%(deal)s can't be approved: %(partner)s has registered this customer"
                " with %(rival)s. Refuse it.",
                **values,
            )
        return self.env._(
            "%(deal)s can't be approved yet: %(rival)s of %(partner)s for the same customer was"
            " submitted earlier. Decide that one first.",
            **values,
        )

    def _prepare_approve_vals(self, automatic=False):
        """Values that approval writes on every deal."""
        return {
            "state": "approved",
            "decided_on": fields.Datetime.now(),
            "decided_by": False if automatic else self.env.uid,
        }

    def _refuse_automatically(self, winners=None):
        """Refuse deals whose customer another partner holds, in words that don't say so.

        :param winners: the deals just approved, for the internal reason
        """
        if not self:
            return
        rows = self._rival_rows(undecided=False)
        holders = {row[0]: self.browse(row[1]) for row in rows if not row[2]}
        notes = {
            deal.id: self.env._(
                "Automatic: the customer is registered by %(partner)s with %(deal)s.",
                partner=holders[deal.id].partner_id.display_name,
                deal=holders[deal.id].name,
            )
            for deal in self
            if deal.id in holders
        }
        self._reject(self._neutral_reasons(), notes, automatic=True)

    def _neutral_reasons(self):
        """The standing neutral answer, for each deal in its partner's language: {deal id: text}."""
        reason = self.env.ref("partner_portal.prm_deal_reason_unavailable").sudo()
        return {deal.id: reason.with_context(lang=deal._partner_lang()).name for deal in self}

    def _reasons_for_partners(self, text):
        """The reason for each deal; a ready answer in its partner's language: {deal id: text}."""
        ready = self.env["prm.deal.reason"].sudo().search([("name", "=", text)], limit=1)
        return {
            deal.id: ready.with_context(lang=deal._partner_lang()).name if ready else text
            for deal in self
        }

    def _partner_lang(self):
        """The language in which this deal's partner reads."""
        return self.contact_id.lang or self.partner_id.lang or self.env.lang

    def _decision_recipient(self):
        """Hook: who is told of the decision: the contact, or the company if they have no e-mail."""
        self.ensure_one()
        return self.contact_id if self.contact_id.email else self.partner_id

    def _decision_tz(self):
        """The time zone in which who is told reads a moment: their own, else the company's."""
        self.ensure_one()
        return self._decision_recipient().tz or self.company_id.partner_id.tz or "UTC"

    def _decision_sender(self):
        """The sender of every decision's mail: the company, so that it never tells who decided.

        A refusal by rule and one by a person must look the same.
        """
        self.ensure_one()
        bot = self.env.ref("base.partner_root").sudo()
        return self.company_id.sudo().email_formatted or bot.email_formatted

    def _reject(self, reasons, notes, automatic=False):
        """Refuse the deals.

        :param dict reasons: {deal id: what the partner reads}
        :param dict notes: {deal id: the internal reason}
        :param bool automatic: nobody decided, a rule did
        """
        if not self:
            return
        vals = self._prepare_reject_vals(automatic)
        texts = self.grouped(lambda deal: (reasons[deal.id], notes.get(deal.id, "")))
        for (reason, note), deals in texts.items():
            deals.write({**vals, "reject_reason": reason, "reject_note": note})
        self._message_log_batch(
            {
                deal.id: self.env._("Can't be registered. %s", deal.reject_note or "")
                for deal in self
            }
        )
        self._close_decision("partner_portal.mail_template_deal_rejected")
        self._update_verdicts()

    def _prepare_reject_vals(self, automatic):
        """Values that a refusal writes on every deal."""
        return {
            "state": "rejected",
            "decided_on": fields.Datetime.now(),
            "decided_by": False if automatic else self.env.uid,
        }

    def _close_decision(self, template):
        """Take the decided deals off the deciders' lists and tell their partners by mail."""
        self.activity_unlink([ACTIVITY_TYPE])
        told = self.filtered(lambda deal: deal._decision_recipient().email)
        if told:
            self.env.ref(template).sudo().send_mail_batch(told.ids, email_layout_xmlid=MAIL_LAYOUT)
