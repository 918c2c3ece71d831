from odoo import api, fields, models
from odoo.exceptions import UserError

from ..lib.deal_states import UNDECIDED
from .prm_deal_clock import ANSWER_HOURS
from .prm_deal_decide import MAIL_LAYOUT
from .prm_deal_submit import ACTIVITY_TYPE


class PrmDeal(models.Model):
    """Between submitting and deciding: questions to the partner, their lapse, withdrawal."""

    _inherit = "prm.deal"

    info_question = fields.Text("Question to the Partner", readonly=True, copy=False)
    info_asked_on = fields.Datetime("Asked On", readonly=True, copy=False)
    info_until = fields.Datetime(
        "Answer By",
        readonly=True,
        copy=False,
        help="Five working days after the question. Without an answer the registration lapses.",
    )

    # ------------------------------------------------------------ questions

    def action_ask_info(self, question=None):
        """Ask the partners of these registrations for what is missing. Batch safe: all or none.

        The clock of the decision stops until they answer. Without an answer within five working
        days the registration lapses to `withdrawn`, which frees the next in the queue.

        :param str question: what the partner reads; required
        :return: True
        :raise UserError: one is not under review, or there is no question
        :raise AccessError: the caller is no channel manager
        """
        self._check_decider()
        question = question.strip() if isinstance(question, str) else ""
        if not question:
            raise UserError(self.env._("Write what the partner should tell us."))
        self.sudo()._ask_info(question)
        return True

    def action_open_ask(self):
        """Open the dialog that asks for the question.

        :return: a window action
        """
        self._check_undecided(("submitted", "in_review"))
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_portal.prm_deal_ask_action")
        return {**action, "context": {"default_deal_ids": self.ids}}

    def action_back_to_review(self):
        """Take registrations that wait for an answer back into review. Batch safe: all or none.

        :return: True
        :raise UserError: one waits for no answer
        :raise AccessError: the caller is no channel manager
        """
        self._check_decider()
        self._check_undecided(("info_needed",))
        self.sudo()._back_to_review()
        return True

    def _ask_info(self, question):
        """Ask as the current user: state, clock, activity, mail."""
        self._check_undecided(("submitted", "in_review"))
        self._refuse_unchecked(self._check_before_deciding())
        self._check_undecided(("in_review",))
        now = fields.Datetime.now()
        self._pause_clock()
        for company, deals in self.grouped("company_id").items():
            deals.write(
                {
                    "state": "info_needed",
                    "info_question": question,
                    "info_asked_on": now,
                    "info_until": self._due_after(company, now, ANSWER_HOURS),
                }
            )
        self._log_batch(self.env._("Asked the partner: %s", question))
        self._close_decision("partner_portal.mail_template_deal_info")

    def _back_to_review(self):
        """The partner has answered: the clock goes on, the decider is asked again."""
        self.write({"state": "in_review", "info_until": False})
        self._resume_clock()
        self._log_batch(self.env._("Back in review."))
        self._schedule_decision()

    @api.model
    def _job_lapse(self, limit):
        """Withdraw up to ``limit`` registrations whose question was not answered in time.

        :return: number of registrations that remain, counted up to a thousand
        """
        domain = [("state", "=", "info_needed"), ("info_until", "<", fields.Datetime.now())]
        deals = self.search(domain, limit=limit, order="submit_no")
        deals._withdraw(self.env._("Lapsed: the question was not answered in time."))
        told = deals.filtered(lambda deal: deal._decision_recipient().email)
        if told:
            template = self.env.ref("partner_portal.mail_template_deal_lapsed").sudo()
            template.send_mail_batch(told.ids, email_layout_xmlid=MAIL_LAYOUT)
        return self.search_count(domain, limit=1000)

    # ------------------------------------------------------------ withdrawal

    def action_withdraw(self):
        """Withdraw these registrations for their partners. Batch safe: all or none; final.

        :return: True
        :raise UserError: one is not under review
        :raise AccessError: the caller is no channel manager
        """
        self._check_decider()
        self.sudo()._withdraw(self.env._("Withdrawn."))
        return True

    def _withdraw(self, body):
        """Withdraw undecided deals, which frees those that wait behind them.

        :param str body: the note in their chatter
        """
        self._check_undecided(UNDECIDED)
        peers = self._same_customer()
        self.write({"state": "withdrawn", "closed_on": fields.Datetime.now(), "info_until": False})
        self.activity_unlink([ACTIVITY_TYPE])
        self._log_batch(body)
        self._update_verdicts()
        peers._note_first_in_queue()

    def _note_first_in_queue(self):
        """Tell staff of those that nothing stands before any more."""
        behind = {row[0] for row in self._rival_rows() if row[3] and not row[2]}
        first = self.filtered(lambda deal: deal.id not in behind)
        first._log_batch(self.env._("It is the first for its customer now."))
