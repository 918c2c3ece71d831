from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

from ..lib.ingest import MOST, Reader, without_repeats
from ..lib.resolve import choose
from ..sql_rows import array, rows_query
from .relationship_identity import normal_phone
from .relationship_interaction import CHANNELS, COLUMNS

#: who may send events
SENDERS = "relationship_crm.group_integration,relationship_crm.group_manager"
#: keys that an event may teach of a contact it is known to be about
TAUGHT = ("external", "card", "device")


class RelationshipInteraction(models.Model):
    """Events that other systems send: read, matched to contacts and recorded in sets."""

    _inherit = "relationship.interaction"

    @api.model
    def ingest(self, events):
        """Record events of another system, in the current company.

        Each event is an object with

        - ``kind`` (code of an interaction kind), ``source`` (one that the caller may send for),
          ``external_ref`` (text, up to 250 characters; unique in its source: a repeat is skipped),
          ``occurred_at`` (ISO 8601; UTC when it has no offset; not in the future),
        - ``keys``: whom it is about, as for ``relationship.identity.resolve``,
        - and, where it has them, ``channel``, ``amount`` (number) with ``currency`` (code; default:
          the company's), ``summary`` (up to 250 characters), ``payload`` (object, up to 16 KB),
        - ``create_unknown`` (true: make a contact when nobody is known by these keys and one of
          them is an external id, e-mail address, phone number or VAT number) and ``name`` for it.

        What is wrong with one event does not keep the others. What nobody is known for waits under
        Pending Events and is tried again when one of its keys appears.

        :param list events: up to 10,000 objects
        :return: dict with ``created``, ``repeated``, ``unresolved`` (numbers of events) and
            ``errors``: list of dicts with ``index`` (place in the call, from 0), ``field`` and
            ``message``
        :raise AccessError: the caller has neither the integration role nor is a manager
        :raise ValidationError: no list, or more than 10,000 events; then nothing is recorded
        """
        self._check_ingest(events)
        self = self.with_context(allowed_company_ids=self.env.company.ids)  # noqa: PLW0642
        sources = self.env["relationship.interaction.source"]._of_user()
        good, errors = self._ingest_reader(sources).sort(events)
        new = without_repeats(good)
        known, unknown = self._ingest_resolve(new, sources)
        made, waiting, failed = self._ingest_newcomers(self._not_recorded(unknown), sources)
        created = self._ingest_insert(known + made)
        unresolved = self.env["relationship.interaction.pending"]._keep(waiting)
        errors = sorted(errors + failed)
        return {
            "created": created,
            "repeated": len(good) - len(failed) - created - unresolved,
            "unresolved": unresolved,
            "errors": [
                {"index": mistake.place, "field": mistake.field, "message": mistake.message}
                for mistake in errors
            ],
        }

    @api.model
    def _check_ingest(self, events):
        """Refuse who may not send events, and what is no list of events."""
        if not self.env.su and not self.env.user.has_groups(SENDERS):
            raise AccessError(self.env._("You may not send events of other systems."))
        if not isinstance(events, list):
            raise ValidationError(self.env._("events must be a list of objects."))
        if len(events) > MOST:
            raise ValidationError(
                self.env._(
                    "%(count)s events are too many: send up to %(most)s at a time.",
                    count=len(events),
                    most=MOST,
                )
            )

    @api.model
    def _ingest_reader(self, sources):
        """Return what reads events by the kinds, currencies and sources there are."""
        currencies = self.env["res.currency"].sudo().search_fetch([], ["name"])
        return Reader(
            kinds=self.env["relationship.interaction.kind"]._id_by_code(),
            channels=frozenset(channel for channel, _label in CHANNELS),
            currencies={currency.name: currency.id for currency in currencies},
            currency=self.env.company.currency_id.id,
            sources=frozenset(sources),
            normal_phone=normal_phone,
            country=self.env.company.country_id.code or "",
            now=fields.Datetime.now(),
        )

    # ------------------------------------------------------------ whom it is about

    @api.model
    def _ingest_resolve(self, events, sources):
        """Part events by whether anybody is known by their keys.

        Keys of these events that nobody holds, and that their source may teach, become keys of the
        contact.

        :param dict sources: {name: trusted}
        :return: list of (event, contact id, commercial partner id), and list of the other events
        """
        identity = self.env["relationship.identity"]
        holders = identity._holders({key for event in events for key in event.keys})
        known, unknown, learned = [], [], {}
        for event in events:
            match = choose(event.keys, holders)
            if match is None:
                unknown.append(event)
                continue
            known.append((event, match.contact, match.family))
            if len(match.evidence) < len(event.keys) and not match.ambiguous:
                for key in event.keys:
                    if key not in holders and self._may_teach(event, key, sources):
                        learned.setdefault(key, (match.contact, *key, event.source))
        identity._learn(list(learned.values()), unheld=True)
        return known, unknown

    @api.model
    def _may_teach(self, event, key, sources):
        """Whether a key of an event may become one of a contact that is known without it.

        Numbers of the source's own system; from a trusted source of every system, cards, devices.
        """
        kind, value = key
        if kind not in TAUGHT:
            return False
        return sources.get(event.source) or value.startswith(f"{event.source}:")

    @api.model
    def _not_recorded(self, events):
        """Return those of the events that are not recorded yet; their contact may be gone since."""
        if not events:
            return []
        there = self.env.execute_query(
            SQL(
                """
                SELECT given.place
                  FROM unnest(%s, %s) WITH ORDINALITY AS given(source, ref, place)
                  JOIN relationship_interaction known
                    ON known.source = given.source AND known.external_ref = given.ref
                """,
                array([event.source for event in events], "text"),
                array([event.external_ref for event in events], "text"),
            )
        )
        repeated = {place - 1 for (place,) in there}
        return [event for place, event in enumerate(events) if place not in repeated]

    # ------------------------------------------------------------ recording

    @api.model
    def _ingest_insert(self, known):
        """Record events of known contacts, and let those go that waited.

        :param known: list of (event, contact id, commercial partner id)
        :return: number of events that were not recorded before
        """
        if not known:
            return 0
        company = self.env.company.id
        rows = [
            (
                *(company, family, contact, event.kind_id, event.channel, event.occurred_at),
                *(event.amount, event.currency_id, None, None),
                *(event.source, event.external_ref, event.payload, event.summary),
            )
            for event, contact, family in known
        ]
        created = len(self._insert_select(rows_query(rows, COLUMNS)))
        self.env["relationship.interaction.pending"]._let_go(event for event, *_who in known)
        return created
