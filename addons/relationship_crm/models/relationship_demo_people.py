from datetime import timedelta

from odoo import api, fields, models

from ..lib import demo_company as company
from ..lib import demo_story as story
from ..lib import demo_year

#: what a case goes through
STEPS = ("contacted", "action", "verified", "closed")


class RelationshipDemo(models.AbstractModel):
    """What the people of the story said, wished, refused and complained of."""

    _inherit = "relationship.demo"

    @api.model
    def _build_contacts(self):
        """Record the contacts of the story, and a year's usual ones with everybody else."""
        names = tuple(name for name, buyer in company.BUYERS.items() if buyer.taste != "home")
        people = self._people(names)
        told = [
            (self._partner(contact), days_ago, kind, summary)
            for contact, days_ago, kind, summary in story.CONTACTS
        ]
        usual = [
            (people[talk.customer], talk.days_ago, talk.kind, talk.summary)
            for talk in demo_year.talks(fields.Date.today(), names)
        ]
        self.env["relationship.interaction"].sudo()._insert(
            [
                {
                    "kind": kind,
                    "contact_id": contact.id,
                    "channel": story.CHANNELS[kind],
                    "occurred_at": self._moment(days_ago, hour=8 + number % 9),
                    "external_ref": f"demo,{number}",
                    "summary": summary,
                }
                for number, (contact, days_ago, kind, summary) in enumerate(told + usual)
            ]
        )

    @api.model
    def _people(self, names):
        """Return {name of a customer: its first person, or itself}."""
        people = {}
        for name in names:
            customer = self._partner(name)
            people[name] = customer.child_ids[:1] or customer
        return people

    @api.model
    def _build_needs(self):
        self.env["relationship.need"].create([self._prepare_need(row) for row in story.NEEDS])

    @api.model
    def _prepare_need(self, row):
        customer, contact, topic, kind, importance, state, days_ago, source = row
        return {
            "partner_id": self._partner(customer).id,
            "user_id": (self._partner(customer).user_id or self._user("manager")).id,
            "contact_id": contact and self._partner(contact).id,
            "topic": topic,
            "kind": kind,
            "importance": importance,
            "state": state,
            "closed_on": state != "open" and self._day(days_ago),
            "confirmed_on": self._day(days_ago),
            "source": source,
        }

    @api.model
    def _build_consents(self):
        self.env["relationship.consent"].create(
            [
                {
                    "contact_id": self._partner(contact).id,
                    "purpose": purpose,
                    "channel": channel,
                    "state": state,
                    "date": self._moment(days_ago),
                    "source": source,
                }
                for contact, purpose, channel, state, days_ago, source in story.CONSENTS
            ]
        )

    # ------------------------------------------------------------ cases

    @api.model
    def _build_cases(self):
        """Open the cases of the story and let them take their steps, all in the past."""
        cases = self.env["relationship.case"].create(
            [self._prepare_case(row) for row in story.CASES]
        )
        taken = [row[7] for row in story.CASES]
        for number, state in enumerate(STEPS):
            cases.browse(
                case.id for case, steps in zip(cases, taken, strict=True) if steps > number
            ).write({"state": state})
        moments = {}
        for case, row in zip(cases, story.CASES, strict=True):
            moments["relationship.case", case.id] = case.opened_at
            if case.contacted_at:
                case.contacted_at = case.opened_at + timedelta(hours=5)
            if case.closed_at:
                case.closed_at = case.opened_at + timedelta(days=3, hours=row[7])
        self._date_interactions(moments)

    @api.model
    def _prepare_case(self, row):
        customer, contact, subject, kind, channel, priority, days_ago, _steps, done = row
        partner = self._partner(customer)
        return {
            "name": subject,
            "partner_id": partner.id,
            "contact_id": contact and self._partner(contact).id,
            "user_id": (partner.user_id or self._user("user")).id,
            "kind": kind,
            "channel": channel,
            "priority": priority,
            "opened_at": self._moment(days_ago),
            "resolution": done,
        }

    # ------------------------------------------------------------ activities

    @api.model
    def _build_activities(self):
        """Let salespeople have something to do with their opportunities."""
        leads = self.env["crm.lead"].search([("name", "in", [row[0] for row in story.ACTIVITIES])])
        for title, kind, summary, days in story.ACTIVITIES:
            for lead in leads.filtered(lambda one, title=title: one.name == title):
                lead.activity_schedule(
                    f"mail.mail_activity_data_{kind}",
                    date_deadline=self._day(-days),
                    summary=summary,
                    user_id=lead.user_id.id,
                )
