from ast import literal_eval
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

#: nobody is asked twice within this time, whatever the rules say
HARD_HOURS = 24


class FeedbackContactRule(models.Model):
    """How often a person may be asked, over all programs together."""

    _name = "feedback.contact.rule"
    _description = "Contact Rule"
    _order = "hours desc, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        ondelete="cascade",
        index=True,
        help="Company whose programs keep to the rule. Empty: every company's.",
    )
    hours = fields.Integer(
        string="Rest in Hours",
        required=True,
        default=90 * 24,
        help="After an invitation the person is left alone for this time, counted to the minute.",
    )
    domain = fields.Char(
        string="Contacts",
        required=True,
        default="[]",
        help="Who the rule is for. Empty: everybody.",
    )

    _hours_check = models.Constraint("CHECK (hours > 0)", "A rule needs a time of rest.")

    @api.constrains("domain")
    def _check_domain(self):
        # it is used as superuser, so whoever writes it must be able to use it themselves
        contacts = self.env["res.partner"].sudo(False)
        for rule in self:
            contacts._search(rule._contact_domain())

    def _contact_domain(self):
        """Return the domain of the contacts this rule is for.

        :raise ValidationError: it is not a domain over contacts
        """
        self.ensure_one()
        try:
            domain = Domain(literal_eval(self.domain or "[]"))
            self.env["res.partner"].sudo()._search(domain)
        except Exception as error:
            raise ValidationError(
                self.env._(
                    "“%(rule)s” is not a filter over contacts: %(error)s",
                    rule=self.name,
                    error=error,
                )
            ) from error
        return domain

    @api.model
    def _blocked(self, contact_ids, company, now):
        """Return who must not be asked now, with the rule that says so.

        :param list contact_ids: ids of contacts
        :param company: company that wants to ask
        :param datetime now: UTC
        :return: {contact id: name of the rule}
        """
        asked = self._last_asked(contact_ids, now)
        rules = self.sudo().search([("company_id", "in", (False, company.id))])
        hard = now - timedelta(hours=HARD_HOURS)
        blocked = {
            contact: self.env._("Asked within the last %s hours", HARD_HOURS)
            for contact, moment in asked.items()
            if moment > hard
        }
        for rule in rules:
            since = now - timedelta(hours=rule.hours)
            late = [contact for contact, moment in asked.items() if moment > since]
            domain = Domain("id", "in", late) & rule._contact_domain()
            for contact in self._matching(late, domain):
                blocked.setdefault(contact, rule.name)
        return blocked

    @api.model
    def _matching(self, contact_ids, domain):
        """Return those of the contacts that a domain holds for."""
        if not contact_ids:
            return []
        return self.env["res.partner"].sudo().with_context(active_test=False).search(domain).ids

    @api.model
    def _last_asked(self, contact_ids, now):
        """Return {contact id: when the person was last sent an invitation}, as far as one was."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT contact_id, max(sent_at) FROM feedback_invitation
                 WHERE contact_id = ANY(%s) AND sent_at IS NOT NULL AND sent_at <= %s
                 GROUP BY contact_id
                """,
                list(contact_ids),
                now,
            )
        )
        return dict(rows)
