from odoo import api, fields, models
from odoo.tools import SQL

from .prm_deal_decide import MAIL_LAYOUT
from .prm_deal_extend import HUMAN

#: Days before the last protected day on which both sides are reminded.
REMIND = (3, 14)
#: Days without anything happening after which both sides are warned.
STALE_DAYS = 30


class PrmDeal(models.Model):
    """What happens to registered deals while nobody looks: reminders, warnings, invoices."""

    _inherit = "prm.deal"

    reminded_days = fields.Integer(
        readonly=True, copy=False, help="Both sides were reminded so many days before the end."
    )
    stale_on = fields.Datetime(
        "Stale Since",
        readonly=True,
        copy=False,
        help="Both sides were warned that nothing happens. Empty again when something does.",
    )

    @api.model
    def _cron_life(self):
        """Every day: reminders before the end, warnings about deals on which nothing happens."""
        self._run_job("remind", 200)
        self._run_job("stale", 200)
        self._run_job("invoiced", 200)

    # ------------------------------------------------------------ reminders

    @api.model
    def _job_remind(self, limit):
        """Remind both sides of up to ``limit`` protections that end in 3 or 14 days.

        :return: number of deals that remain, counted up to a thousand
        """
        remaining = 0
        for days in REMIND:
            domain = self._remind_domain(days)
            deals = self.search(domain, limit=limit, order="protected_until")
            deals._remind(days)
            remaining += self.search_count(domain, limit=1000)
        return remaining

    @api.model
    def _remind_domain(self, days):
        """Registered deals that end within so many days, not yet reminded so late."""
        today = fields.Date.context_today(self)
        return [
            ("state", "=", "approved"),
            ("protected_until", ">=", today),
            ("protected_until", "<=", fields.Date.add(today, days=days)),
            "|",
            ("reminded_days", "=", 0),
            ("reminded_days", ">", days),
        ]

    def _remind(self, days):
        """Tell the partner by mail, and whoever looks after the deal by an activity."""
        self.write({"reminded_days": days})
        self._warn(
            "partner_portal.mail_template_deal_ending",
            self.env._("The protection ends. Is the deal still alive?"),
        )

    def _warn(self, template, summary):
        """One mail to each partner, one activity to each salesperson."""
        told = self.filtered(lambda deal: deal._decision_recipient().email)
        if told:
            self.env.ref(template).sudo().send_mail_batch(told.ids, email_layout_xmlid=MAIL_LAYOUT)
        for user, deals in self._keepers().items():
            deals.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=fields.Date.context_today(self),
                summary=summary,
                user_id=user.id,
            )

    def _keepers(self):
        """Who looks after which deals with us: the opportunity's salesperson, else a decider."""
        result = {}
        orphans = self.browse()
        for deal in self:
            user = deal.lead_id.user_id or deal.partner_id.user_id
            if user.active and deal.company_id in user.company_ids:
                result[user] = result.get(user, self.browse()) | deal
            else:
                orphans |= deal
        for user, deals in orphans._deciders().items():
            result[user] = result.get(user, self.browse()) | deals
        return result

    # ------------------------------------------------------------ stale

    @api.model
    def _job_stale(self, limit):
        """Warn about up to ``limit`` registered deals on which nothing happened for 30 days.

        :return: number of deals that remain
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE prm_deal deal SET stale_on = NULL FROM (%s) last"
                " WHERE last.id = deal.id AND deal.stale_on < last.moment",
                self._last_activity_query(SQL("deal.stale_on IS NOT NULL")),
            )
        )
        self.invalidate_model(["stale_on"])
        border = fields.Date.subtract(fields.Datetime.now(), days=STALE_DAYS)
        found = self.env.execute_query(
            SQL(
                "SELECT id FROM (%s) last WHERE moment < %s ORDER BY moment, id LIMIT %s",
                self._last_activity_query(SQL("deal.stale_on IS NULL")),
                border,
                limit + 1000,
            )
        )
        stale = self.browse([deal_id for [deal_id] in found[:limit]])
        stale.write({"stale_on": fields.Datetime.now()})
        stale._log_batch(self.env._("Nothing has happened for %s days.", STALE_DAYS))
        stale._warn(
            "partner_portal.mail_template_deal_stale",
            self.env._("Nothing happens on this deal. Ask the partner."),
        )
        return len(found) - len(stale)

    @api.model
    def _last_activity_query(self, condition):
        """When something last happened to each registered deal: columns id, moment."""
        return SQL(
            """
            SELECT deal.id, greatest(
                       deal.decided_on, deal.create_date, lead.date_last_stage_update,
                       (SELECT max(message.date) FROM mail_message message
                         WHERE message.message_type = ANY(%(human)s)
                           AND (message.model = 'crm.lead' AND message.res_id = deal.lead_id
                                OR message.model = 'prm.deal' AND message.res_id = deal.id)),
                       (SELECT max(sale.create_date) FROM sale_order sale
                         WHERE sale.opportunity_id = deal.lead_id)) AS moment
              FROM prm_deal deal
              LEFT JOIN crm_lead lead ON lead.id = deal.lead_id
             WHERE deal.state = 'approved' AND %(condition)s
            """,
            human=list(HUMAN),
            condition=condition,
        )

    # ------------------------------------------------------------ won and invoiced

    @api.model
    def _job_invoiced(self, limit):
        """End the protection of up to ``limit`` won deals whose orders are all invoiced.

        :return: number of deals that remain, counted up to a thousand
        """
        domain = [
            ("state", "=", "won"),
            ("is_protected", "=", True),
            ("lead_id.order_ids", "any", [("invoice_status", "=", "invoiced")]),
            ("lead_id.order_ids", "not any", self._open_orders()),
        ]
        deals = self.search(domain, limit=limit)
        deals._end_protection()
        deals._log_batch(self.env._("Invoiced: the protection is over."))
        return self.search_count(domain, limit=1000) if deals else 0

    @api.model
    def _open_orders(self):
        """Confirmed orders that are not invoiced in full."""
        return [("state", "=", "sale"), ("invoice_status", "not in", ("invoiced", "upselling"))]
