from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib import claims

ACTIVITY_TYPE = "partner_portal.mail_activity_type_decide"


class PrmDeal(models.Model):
    """Submitting: the claim, the place in the queue, the check, the word to who decides."""

    _inherit = "prm.deal"

    def action_submit(self):
        """Submit these drafts for a decision.

        Each gets its place in the queue and is `in_review`, or `rejected` at once when an approved
        registration of another partner protects its customer. Where another transaction is at the
        same customer in this moment they are `submitted`, and checked a moment later (see
        `prm_deal_wait.py`). Batch safe: all or none.

        :return: True
        :raise UserError: one is not a draft, or lacks what identifies its customer
        :raise AccessError: the caller may not write deal registrations
        """
        self.check_access("write")
        self.sudo()._submit()
        return True

    def _submit(self):
        """Submit as the current user, without looking at access rights.

        :raise UserError: one is more than its partner may register
        """
        if not self:
            return
        deals = self.sorted("id")
        deals._check_submittable()
        if deals._must_wait() or not deals._submit_at_once():
            deals._wait_for_check()

    def _submit_within_limits(self):
        """Submit those of these deals that their partners may register.

        :return: the others, which are left as they are: dict {deal: message}
        """
        deals = self.sorted("id")
        deals._check_submittable()
        over = deals._line_up()
        deals.filtered(lambda deal: deal not in over)._enter_queue()
        return over

    def _line_up(self):
        """Claim the customers of these deals, before anything about them is checked.

        :return: which of them are more than their partners may register: dict {deal: message}
        """
        self._bump_partners()
        self._claim()
        return self._over_limits()

    def _enter_queue(self):
        """Take the places in the queue, check, and tell who decides.

        The order is the contract: claim the keys, then take the place in the queue, then check.
        """
        if not self:
            return
        self._take_submit_numbers()
        self.write(self._prepare_submit_vals())
        self._check_conflicts(self.env._("Submitted."))

    def _check_conflicts(self, body, by_rule=None):
        """Check these submitted deals, which claim their customers, and tell who decides.

        :param str body: the note in their chatter
        :param by_rule: those of them that are approved at once if a rule says so; default all
        """
        self._write_name_tokens()
        self._claimed_by_others()._refuse_automatically()
        self.filtered(lambda deal: deal.state == "submitted")._refuse_existing_customers()
        waiting = self.filtered(lambda deal: deal.state == "submitted")
        waiting.write({"state": "in_review"})
        waiting.filtered(lambda deal: not deal.decision_due)._start_clock()
        waiting._update_verdicts()
        self._log_batch(body)
        self._record_event("deal_submitted")
        (waiting if by_rule is None else waiting & by_rule)._approve_by_rule()
        waiting.filtered(lambda deal: deal.state == "in_review")._schedule_decision()

    def _check_submittable(self):
        """Refuse what can't be submitted, naming every deal and what to do."""
        started = self.filtered(lambda deal: deal.state != "draft")
        if started:
            raise UserError(
                self.env._("Only drafts can be submitted. Not drafts: %s", started._names())
            )
        self._raise_mistakes({deal: deal._submit_mistakes() for deal in self})

    def _raise_mistakes(self, mistakes):
        """Raise one error for all deals that have mistakes.

        :param dict mistakes: {deal: list of messages}
        """
        lines = [f"{deal.name}: {' '.join(found)}" for deal, found in mistakes.items() if found]
        if lines:
            raise UserError("\n".join(lines[:10]))

    def _submit_mistakes(self):
        """Hook: what keeps this draft from being submitted, as a list of messages."""
        self.ensure_one()
        return self._customer_mistakes() + self._key_mistakes()

    def _key_mistakes(self):
        """Hook: why this deal's customer can't be compared with others, as a list of messages."""
        self.ensure_one()
        mistakes = []
        code = self.customer_country_id.code or ""
        if claims.needs_country(self.customer_vat, code):
            mistakes.append(
                self.env._(
                    "Choose the customer's country, or write the VAT number with its country"
                    " prefix."
                )
            )
        elif claims.other_country(self.customer_vat, code):
            mistakes.append(
                self.env._(
                    "The VAT number %(vat)s is not of %(country)s. Correct one of them.",
                    vat=self.customer_vat,
                    country=self.customer_country_id.name,
                )
            )
        if not self._strong_keys():
            mistakes.append(
                self.env._("Enter the customer's VAT number or website: one of them names it.")
            )
        return mistakes

    def _check_keys(self):
        """Refuse deals whose customer can't be compared with others, naming every one."""
        self._raise_mistakes({deal: deal._key_mistakes() for deal in self})

    def _take_submit_numbers(self):
        """Give each deal its place in the queue, in the order of this recordset."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE prm_deal SET submit_no = place.number
                  FROM (SELECT id, nextval('prm_deal_submit_no_seq') AS number
                          FROM unnest(%s::int[]) WITH ORDINALITY AS deal(id, rank)
                      ORDER BY rank) place
                 WHERE place.id = prm_deal.id
                """,
                self.ids,
            )
        )
        self.invalidate_recordset(["submit_no"], flush=False)

    def _prepare_submit_vals(self):
        """Values that submitting writes on every deal."""
        return {
            "state": "submitted",
            "submitted_on": fields.Datetime.now(),
            "submitted_by": self.env.uid,
        }

    def _schedule_decision(self, summary=None):
        """Give whoever decides an activity for each deal; a file's deals are left to its list.

        One deal, as a partner submits it, is also told by core's notice; of many at once the list
        tells, since core would write a mail for each.
        """
        deals = self.filtered(lambda deal: deal.source != "import")
        tomorrow = fields.Date.add(fields.Date.context_today(self), days=1)
        for user, assigned in deals._deciders().items():
            quiet = assigned.with_context(mail_activity_quick_update=len(assigned) > 1)
            quiet.activity_schedule(
                ACTIVITY_TYPE,
                date_deadline=tomorrow,
                summary=summary or self.env._("Decide the deal registration"),
                user_id=user.id,
            )

    def _deciders(self):
        """Who is asked to decide which deals.

        The partner's salesperson if that is a channel manager, else the first channel manager of
        the company; never who submitted the deal, unless there is nobody else.

        :return: dict {user: deals}
        """
        group_id = self.env["ir.model.data"]._xmlid_to_res_id(
            "relationship_crm.group_channel_manager"
        )
        managers = self.env["res.users"].search(
            [("all_group_ids", "in", group_id), ("company_ids", "in", self.company_id.ids)]
        )
        rules = self._rules()
        result = {}
        several = len(self.company_id) > 1
        for deal in self:
            fit = managers.filtered(
                lambda user, c=deal.company_id: not several or c in user.company_ids
            )
            if deal in rules:
                fit = (fit & rules[deal]._deciders(deal._company_day())) or fit
            fit = (fit - deal.submitted_by - deal.approval_ids.user_id) or fit
            user = (deal.partner_id.user_id & fit) or fit[:1]
            if user:
                result[user] = result.get(user, self.browse()) | deal
        return result

    def _log_batch(self, body):
        """Note the same text in the chatter of each deal, by one insert."""
        self._message_log_batch({deal.id: body for deal in self})
