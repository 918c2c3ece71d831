from odoo import api, models
from odoo.exceptions import MissingError, UserError
from odoo.tools import html2plaintext, plaintext2html
from odoo.tools.misc import format_duration

from ..lib.claims import clean_line, clean_text
from ..lib.deal_states import UNDECIDED
from .prm_deal_extend import HUMAN, MOST

TEXT_LIMIT = 5000
#: Files of one message: how many, and bytes of each.
FILES_MOST, FILE_BYTES = 5, 10 * 1024 * 1024
#: Messages shown on the page of a deal.
MESSAGES_SHOWN = 100


class PrmDeal(models.Model):
    """What a partner does with a submitted registration: write, answer, extend, withdraw."""

    _inherit = "prm.deal"

    @api.model
    def _portal_withdraw(self, deal_id):
        """Withdraw a registration of the partner that is not decided.

        :raise MissingError: it is not a deal of the current user's partner
        :raise UserError: it is not under review
        """
        deal = self._portal_browse(deal_id)
        deal._withdraw(self.env._("Withdrawn by the partner."))

    @api.model
    def _portal_extend(self, deal_id, text=""):
        """Ask for a longer protection.

        :param str text: why
        :raise MissingError: it is not a deal of the current user's partner
        :raise UserError: there is no reason, no evidence, or it was extended twice
        """
        deal = self._portal_browse(deal_id)
        deal._request_extension(self._portal_text(text))

    @api.model
    def _portal_post(self, deal_id, text="", files=()):
        """Write a message with files; the answer to a question brings the deal back into review.

        :param str text: the message
        :param files: list of (name, bytes)
        :raise MissingError: it is not a deal of the current user's partner
        :raise UserError: it says nothing, is too long, or the files are too many or too large
        """
        deal = self._portal_browse(deal_id)
        if deal.state == "draft":
            raise UserError(self.env._("Submit the registration first."))
        files = [(clean_line(name)[:200] or "file", content) for name, content in files if content]
        text = self._portal_text(text, required=not files)
        self._portal_check_files(files)
        message = deal.message_post(
            body=plaintext2html(text),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.env.user.partner_id.id,
            attachments=files,
        )
        if deal.state == "info_needed":
            deal._back_to_review()
        else:
            deal._notify_keeper()
        return message.id

    def _notify_keeper(self):
        """Let who decides, or looks after the opportunity, know that the partner wrote."""
        for user, deals in (
            self._deciders() if self.state in UNDECIDED else self._keepers()
        ).items():
            deals.message_subscribe(partner_ids=user.partner_id.ids)

    @api.model
    def _portal_text(self, text, required=True):
        """A cleaned text of a form.

        :raise UserError: it is empty though required, or too long
        """
        text = clean_text(text if isinstance(text, str) else "").strip()
        if required and not text:
            raise UserError(self.env._("Write something first."))
        if len(text) > TEXT_LIMIT:
            raise UserError(self.env._("At most %s characters.", TEXT_LIMIT))
        return text

    @api.model
    def _portal_check_files(self, files):
        if len(files) > FILES_MOST:
            raise UserError(self.env._("At most %s files.", FILES_MOST))
        if any(len(content) > FILE_BYTES for _name, content in files):
            raise UserError(self.env._("A file may have 10 MB at most."))

    # ------------------------------------------------------------ read

    def _portal_messages(self):
        """The messages between both sides, oldest first, as plain values.

        Notes of staff are never among them. Who wrote is named only for the partner's own people.
        """
        self.ensure_one()
        comment = self.env.ref("mail.mt_comment")
        found = self.env["mail.message"].search(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("message_type", "in", HUMAN),
                ("subtype_id", "=", comment.id),
                ("is_internal", "=", False),
            ],
            order="id desc",
            limit=MESSAGES_SHOWN,
        )
        return [self._portal_message(message) for message in reversed(found)]

    def _portal_message(self, message):
        own = message.author_id.commercial_partner_id == self.partner_id
        return {
            "own": own,
            "author": message.author_id.name if own else self.company_id.name,
            "date": self._portal_day(message.date),
            "text": html2plaintext(message.body or "").strip(),
            "files": [(file.id, file.name) for file in message.attachment_ids],
        }

    @api.model
    def _portal_file(self, deal_id, file_id):
        """A file of a message on the partner's deal.

        :return: `ir.attachment`, as superuser
        :raise MissingError: it is not a deal of the partner, or not a file of its messages
        """
        deal = self._portal_browse(deal_id)
        known = {file for message in deal._portal_messages() for file, _name in message["files"]}
        if file_id not in known:
            raise MissingError(self.env._("This file does not exist."))
        return self.env["ir.attachment"].sudo().browse(file_id)

    def _portal_clock(self):
        """Until when we decide, or the partner answers: plain values, empty when neither is due."""
        self.ensure_one()
        waits = self.state in UNDECIDED
        return {
            "question": self.info_question or "" if self.state == "info_needed" else "",
            "answer_until": self._portal_moment(self.info_until if waits else False),
            "decide_until": self._portal_moment(self.decision_due if waits else False),
            "late": self.is_late,
            "hours_left": format_duration(self.clock_left) if self.state == "info_needed" else "",
            "can_withdraw": waits,
            "can_extend": self.is_protected
            and self.state == "approved"
            and self.extension_count < MOST
            and not self.extension_requested,
            "extension_requested": self.extension_requested,
        }
