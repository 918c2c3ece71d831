from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.relationship_crm.models.relationship_job import RETRIED

#: Minutes after which a check that failed is tried again.
AGAIN = 30
#: Checks in one transaction: few, since each keeps the keys of its customer until the end.
BATCH = 10


class PrmDeal(models.Model):
    """Submitting while others are at the same customer: taken in at once, checked a moment later.

    Racers that bump the same keys would have to be run again, each after a pause, until some give
    up. So who finds a key in use does not wait for it: the registration gets its place in the queue
    and stays `submitted`, which to its partner is under review like the rest. A job does the check
    in the order of the places. It has no claims until then, so no other check finds it. Therefore
    an approval first checks those that wait before it, and meets those that are just coming in at
    the gate (see `prm.claim.key`).
    """

    _inherit = "prm.deal"

    check_again_on = fields.Datetime(
        "Next Check",
        readonly=True,
        copy=False,
        help="The check for conflicts failed, which is listed under Failed Jobs. It is tried again"
        " then.",
    )

    _waiting = models.Index("(company_id, submit_no) WHERE state = 'submitted'")

    # ------------------------------------------------------------ in

    def _must_wait(self):
        """Whether others wait for their check, out of whose turn these would be served."""
        waiting = Domain("state", "=", "submitted") & Domain("check_again_on", "=", False)
        waiting &= Domain("company_id", "in", self.company_id.ids)
        if not self.search_count(waiting, limit=1):
            return False
        keys = {"vat_key": self.mapped("vat_key"), "domain_key": self.mapped("domain_key")}
        same = Domain.OR(
            Domain(name, "in", [key for key in found if key]) for name, found in keys.items()
        )
        # an approval has to check all others first
        return self._by_turns() or bool(self.search_count(waiting & same, limit=1))

    def _submit_at_once(self):
        """Submit and check these drafts, unless another transaction is at the same customers.

        :return: whether that was done; if not, it is as if it had not been tried
        :raise UserError: one is more than its partner may register
        """
        try:
            with self.env.cr.savepoint():
                with self.env["prm.claim.key"]._at_once():
                    over = self._line_up()
                self._refuse_over(over)
                self._enter_queue()
        except RETRIED:
            return False
        return True

    def _refuse_over(self, over):
        """Refuse what is more than the partners may register.

        :param dict over: {deal: message}
        """
        if over:
            raise UserError("\n".join(dict.fromkeys(over.values())))

    def _wait_for_check(self):
        """Take these drafts in: they have their places in the queue and wait for their check.

        :raise UserError: one is more than its partner may register, as far as can be seen now
        """
        self._refuse_over(self._over_daily_limit() | self._over_live_cap())
        for company in self.company_id.sorted("id"):
            self.env["prm.claim.key"]._enter_gate(company)
        self._take_submit_numbers()
        self.write(self._prepare_submit_vals())
        self._start_clock()
        self._log_batch(self.env._("Submitted; waits for the check."))
        self.env.ref("partner_portal.ir_cron_deal_check").sudo()._trigger()

    # ------------------------------------------------------------ the check

    @api.model
    def _cron_check_submitted(self):
        """As soon as some wait: check them, in the order in which they came."""
        self._run_job("check_submitted", BATCH)

    @api.model
    def _job_check_submitted(self, limit):
        """Check up to ``limit`` registrations that wait for it; who fails is tried again later.

        :return: number of registrations that remain, counted up to a thousand
        """
        waiting = Domain("state", "=", "submitted")
        again = Domain("check_again_on", "!=", False)
        now = fields.Datetime.now()
        due = waiting & (~again | Domain("check_again_on", "<=", now))
        deals = self.search(due, limit=limit, order="submit_no")
        failed = deals._check_in_turn()
        later = fields.Datetime.add(now, minutes=AGAIN)
        self.browse(failed).write({"check_again_on": later})
        # who failed before and waits for the next try stays listed
        if failed or not self.search_count(waiting & again, limit=1):
            self._list_failed("check_submitted", failed)
        return self.search_count(due, limit=1000)

    def _check_in_turn(self, asked=None):
        """Check those of these deals that wait for it, in the order of their places.

        :param asked: those about which a person decides now, and no rule
        :return: dict {deal id: error} of those whose check failed
        """
        if not self:
            return {}
        self._lock_in_turn()
        waiting = self.filtered(lambda deal: deal.state == "submitted").sorted("submit_no")

        def check(ids):
            deals = self.browse(ids)
            for some in deals if deals._by_turns() else (deals,):
                some._check_waiting(by_rule=some - (asked or self.browse()))
            self.env.flush_all()

        return self._settle(waiting.ids, check)

    def _by_turns(self):
        """Whether the check of one of these may approve it, which the next has to see."""
        at_once = [("approve_at_once", "=", True), ("company_id", "in", self.company_id.ids)]
        return bool(self.env["prm.deal.rule"].sudo().search_count(at_once, limit=1))

    def _check_waiting(self, by_rule):
        """Do with waiting deals what is done with others when they are submitted.

        Where some are more than their partners may register it takes one after the other, as they
        came.

        :param by_rule: those of them about which a rule may decide
        """
        deals = self.with_context(mail_create_nosubscribe=True)
        if len(self) == 1:
            deals = deals.with_context(lang=self._partner_lang())
        with self.env.cr.savepoint() as attempt:
            over = deals._line_up()
            if over:
                attempt.close()  # without the claim
            else:
                self._check_conflicts(self.env._("Checked."), by_rule)
        if over and len(self) > 1:
            for deal in self:
                deal._check_waiting(by_rule & deal)
        elif over:
            self._send_back(over[deals])

    def _send_back(self, message):
        """Make it a draft again, as if whoever submitted it had been told at once, and tell them.

        :param str message: why, in the partner's language
        """
        vals = dict.fromkeys(self._prepare_submit_vals(), False)
        self.write({**vals, "state": "draft", "submit_no": False, "decision_due": False})
        for deal in self._in_partners_words():
            deal._tell_partner(deal.env._("Not submitted, it is a draft again. %s", message))

    # ------------------------------------------------------------ before a decision

    def _check_earlier(self):
        """Check, before an approval of these, all that came before them and wait for it.

        :return: dict {deal id: error} of those whose check failed
        """
        last = max(self.mapped("submit_no"))
        for company in self.company_id.sorted("id"):
            self.env["prm.claim.key"]._close_gate(company)
        earlier = self.search(
            [
                ("state", "=", "submitted"),
                ("company_id", "in", self.company_id.ids),
                ("submit_no", "<=", last),
            ],
            order="submit_no",
        )
        return earlier._check_in_turn(asked=self)

    def _check_before_deciding(self):
        """Check those of these deals that wait for it.

        :return: dict {deal id: error} of those whose check failed
        """
        return self.filtered(lambda deal: deal.state == "submitted")._check_in_turn(asked=self)

    @api.model
    def _refuse_unchecked(self, failed):
        """Refuse a decision because the check of earlier registrations failed.

        :param dict failed: {deal id: error}
        """
        if failed:
            raise UserError(
                self.env._(
                    "These were submitted earlier, and their check for conflicts fails (see Failed"
                    " Jobs). Until it is mended, refuse or withdraw them first: %s",
                    self.browse(failed)._names(),
                )
            )
