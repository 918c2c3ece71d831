from odoo import api, models

from ..lib.ingest import Mistake
from ..lib.newcomers import gather
from .relationship_interaction_ingest import TAUGHT

#: contacts are made without mails, followers and notes in their history
QUIET = {"tracking_disable": True, "mail_create_nosubscribe": True, "mail_create_nolog": True}


class RelationshipInteraction(models.Model):
    """Making contacts of people whom nobody knows yet."""

    _inherit = "relationship.interaction"

    @api.model
    def _ingest_newcomers(self, events, sources):
        """Make a contact for each person whom events of unknown people name and may create.

        :param list events: events that resolve to nobody, not recorded yet
        :param dict sources: {name: trusted}
        :return: list of (event, contact id, commercial partner id), list of the events that still
            nobody is known for, list of mistakes of the events that would make a contact that Odoo
            refuses
        """
        if not any(event.create for event in events):
            return [], events, []
        identity = self.env["relationship.identity"]
        shared = identity._shared_keys({key for event in events for key in event.keys})

        def usable(event, key):
            free = key[0] not in TAUGHT or self._may_teach(event, key, sources)
            return free and key not in shared

        people, rest = gather(events, usable)
        if not people:
            return [], rest, []
        self.env["relationship.identity.claim"].sudo()._claim(
            key for person in people for key in person.keys
        )
        partners, failed = self._create_newcomers(people)
        mistakes = [
            Mistake(event.place, "keys", message)
            for place, message in failed.items()
            for event in people[place].events
        ]
        made = [
            (event, partner.id, partner.id)
            for place, partner in partners.items()
            for event in people[place].events
        ]
        return made, rest, mistakes

    @api.model
    def _create_newcomers(self, people):
        """Make contacts, and write their keys so that the next call finds them.

        :param people: list of :class:`lib.newcomers.Newcomer`
        :return: {place in the list: contact}, {place in the list: why Odoo refuses it}
        """
        partners = {}
        countries = self.env["res.country"].search_fetch(
            [("code", "in", list({person.country for person in people}))], ["code"]
        )
        countries = {country.code: country.id for country in countries}

        def create(places):
            vals = [self._prepare_newcomer(people[place], countries) for place in places]
            made = self.env["res.partner"].sudo().with_context(**QUIET).create(vals)
            partners.update(zip(places, made, strict=True))

        identity = self.env["relationship.identity"].sudo()
        failed = identity._settle(list(range(len(people))), create)
        partners = {place: partners[place] for place in partners if place not in failed}
        self.env.flush_all()
        everybody = self.env["res.partner"].sudo().concat(*partners.values())
        identity._bring_up_to_date(everybody)
        identity._learn(
            [
                (partner.id, *key, people[place].source)
                for place, partner in partners.items()
                for key in people[place].keys
            ]
        )
        return partners, failed

    @api.model
    def _prepare_newcomer(self, person, countries):
        """Hook: the values of a new contact.

        :param person: :class:`lib.newcomers.Newcomer`
        :param dict countries: {code: id} of the countries of this call
        """
        return {
            "name": person.label(),
            "email": person.first("email") or False,
            "phone": person.first("phone") or False,
            "vat": person.first("vat") or False,
            "is_company": bool(person.first("vat")),
            "country_id": countries.get(person.country, False),
        }
