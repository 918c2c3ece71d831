"""Events of another system, sent in batches, against creating them one by one."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from bench.runner.case import Case, Goal, Probe

BATCH = 5000
SOURCE = "bench"
KINDS = ("visit", "call", "letter", "portal_login")
#: types of keys by strength
STRENGTH = ("external", "vat", "email", "phone")

# Read the file, find who holds the keys, record what is known and keep the rest, set by set.
COPY = (
    "COPY bench_event (ref, kind, occurred_at, channel, amount, payload, external, vat, email,"
    " phone) FROM STDIN CSV"
)
LIMIT = """
    CREATE TEMP TABLE bench_holder ON COMMIT DROP AS
    SELECT DISTINCT ON (e.line) e.line, key.partner_id AS contact_id,
           partner.commercial_partner_id AS partner_id
      FROM bench_event e
      CROSS JOIN LATERAL (VALUES (1, 'external', e.external), (2, 'vat', upper(e.vat)),
           (3, 'email', lower(e.email)), (4, 'phone', e.phone)) AS given(rank, type, value)
      JOIN relationship_identity key ON key.type = given.type AND key.value = given.value
       AND NOT key.shared
      JOIN res_partner partner ON partner.id = key.partner_id AND partner.active
     ORDER BY e.line, given.rank, key.verified_on DESC NULLS LAST, key.last_seen DESC, key.id DESC;
    WITH added AS (
        INSERT INTO relationship_interaction (company_id, partner_id, contact_id, kind_id, channel,
               occurred_at, recorded_at, amount, currency_id, source, external_ref, payload)
        SELECT %(company)s, h.partner_id, h.contact_id, k.id, e.channel, e.occurred_at, now(),
               e.amount, CASE WHEN e.amount IS NOT NULL THEN %(currency)s END, %(source)s, e.ref,
               e.payload
          FROM bench_event e
          JOIN bench_holder h USING (line)
          JOIN relationship_interaction_kind k ON k.code = e.kind
         ORDER BY e.line
            ON CONFLICT (source, external_ref) DO NOTHING
        RETURNING id, kind_id)
    INSERT INTO relationship_interaction_todo (interaction_id, consumer_id)
    SELECT added.id, consumer.id
      FROM added
      JOIN (relationship_interaction_consumer consumer
            LEFT JOIN relationship_interaction_consumer_kind_rel r ON r.consumer_id = consumer.id)
        ON consumer.active AND coalesce(r.kind_id, added.kind_id) = added.kind_id;
    INSERT INTO relationship_interaction_pending (source, external_ref, company_id, kind_id,
           occurred_at, received_at, key_text, key_list, event)
    SELECT %(source)s, e.ref, %(company)s, k.id, e.occurred_at, now(), keys.text,
           to_jsonb(string_to_array(keys.text, ', ')), to_jsonb(e)
      FROM bench_event e
      JOIN relationship_interaction_kind k ON k.code = e.kind
      CROSS JOIN LATERAL (SELECT concat_ws(', ', 'external:' || e.external, 'vat:' || e.vat,
           'email:' || lower(e.email), 'phone:' || e.phone)) AS keys(text)
     WHERE NOT EXISTS (SELECT FROM bench_holder h WHERE h.line = e.line)
     ORDER BY e.line
        ON CONFLICT (source, external_ref) DO NOTHING;
    DROP TABLE bench_holder;
    TRUNCATE bench_event"""


class Ingest(Case):
    """Half of the events are about people in the base, a tenth are repeats."""

    name = "ingest"
    title = "events of another system, in batches of 5,000"
    needs = ("relationship.interaction", "relationship.interaction.pending")
    goals = (
        Goal("ordinary/ours", ">=", 20, ("S", "M", "L")),
        Goal("ours/limit", "<=", 3, ("S", "M", "L")),
        Goal("per second", ">=", 10_000, ("S", "M", "L")),
        Goal("growth", "<=", 1.1),
    )

    def units(self) -> int:
        return self.by_size(300, 20_000, 100_000, 100_000)

    def setup(self, env: Any) -> None:
        """Let us send for a source, and write the events."""
        env["relationship.interaction.source"].create(
            {"name": SOURCE, "user_ids": [(6, 0, env.user.ids)]}
        )
        env["res.currency"].search([]).mapped("name")
        self.known = self._known(env)
        self._teach(env)
        self.events = [self._event(n) for n in range(self.units())]

    def _known(self, env: Any) -> list[dict[str, Any]]:
        """Return the keys of contacts, the same ones every time."""
        env.cr.execute(
            """SELECT partner_id, max(value) FILTER (WHERE type = 'vat') AS vat,
                      max(value) FILTER (WHERE type = 'email') AS email,
                      max(value) FILTER (WHERE type = 'phone') AS phone
                 FROM relationship_identity WHERE NOT shared AND partner_id > %s
                GROUP BY partner_id ORDER BY partner_id""",
            [self.note["bases"]["res_partner"]],
        )
        return env.cr.dictfetchall()

    def _teach(self, env: Any) -> None:
        """Give the contacts numbers in the other system."""
        env.cr.execute(
            """INSERT INTO relationship_identity (partner_id, type, value, source, first_seen,
                      last_seen, shared)
               SELECT id, 'external', %s || ':' || place, %s, now(), now(), false
                 FROM unnest(%s) WITH ORDINALITY AS given(id, place)""",
            [SOURCE, SOURCE, [row["partner_id"] for row in self.known]],
        )
        env.cr.execute("ANALYZE relationship_identity")

    def _event(self, n: int) -> dict[str, Any]:
        """Return one event; every tenth is one of an earlier batch again."""
        if n % 10 == 9 and n > BATCH:
            n -= BATCH
        event = {
            "kind": KINDS[n % len(KINDS)],
            "source": SOURCE,
            "external_ref": f"order/{n}",
            "occurred_at": f"2026-10-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}:00+02:00",
            "channel": "web",
            "keys": self._known_keys(n) if n % 2 else self._unknown_keys(n),
            "payload": {"lines": [{"sku": f"SKU-{n % 500}", "quantity": n % 7}], "shop": "north"},
        }
        if n % 3 == 0:
            event |= {"amount": n % 1000 + 0.5, "currency": "USD"}
        return event

    def _known_keys(self, n: int) -> dict[str, str]:
        place = n * 7919 % len(self.known)
        row = self.known[place]
        number = {"external": f"{SOURCE}:{place + 1}"}
        if n % 20 < 8:
            return number
        kind = ("email", "phone", "vat", "email", "email")[n // 2 % 5]
        if not row[kind]:
            return number
        return {kind: row[kind].upper() if kind == "email" else row[kind]}

    def _unknown_keys(self, n: int) -> dict[str, str]:
        if n % 4:
            return {"external": f"{SOURCE}:unknown-{n}", "email": f"Nobody{n}@unknown.example"}
        return {"email": f"nobody{n}@unknown.example"}

    def ours(self, env: Any, probe: Probe) -> Any:
        """Send them batch by batch."""
        for start in range(0, len(self.events), BATCH):
            env["relationship.interaction"].ingest(self.events[start : start + BATCH])
        return len(self.events)

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Search and create each one by itself: a sample of them, scaled up."""
        done = min(len(self.events), 500)
        probe.share = done / len(self.events)
        interactions = env["relationship.interaction"].sudo()
        kinds = {kind.code: kind.id for kind in env["relationship.interaction.kind"].search([])}
        for event in self.events[:done]:
            ref = [("source", "=", SOURCE), ("external_ref", "=", event["external_ref"])]
            if interactions.search_count(ref, limit=1):
                continue
            contact = self._search(env, event["keys"])
            if contact:
                interactions.create(self._values(env, event, contact))
            elif not env["relationship.interaction.pending"].sudo().search_count(ref, limit=1):
                env["relationship.interaction.pending"].sudo().create(
                    {
                        "source": SOURCE,
                        "external_ref": event["external_ref"],
                        "company_id": env.company.id,
                        "kind_id": kinds[event["kind"]],
                        "occurred_at": self._moment(event),
                        "received_at": "2026-11-01",
                        "key_list": [f"{kind}:{value}" for kind, value in event["keys"].items()],
                        "event": event,
                    }
                )
            env.flush_all()
        return done

    def _search(self, env: Any, keys: dict[str, str]) -> Any:
        for kind in STRENGTH:
            if kind in keys:
                value = keys[kind].lower() if kind == "email" else keys[kind]
                found = env["relationship.identity"].search(
                    [("type", "=", kind), ("value", "=", value), ("shared", "!=", True),
                     ("partner_id.active", "=", True)],
                    order="verified_on desc nulls last, last_seen desc, id desc",
                    limit=1,
                )  # fmt: skip
                if found:
                    return found.partner_id
        return env["res.partner"]

    def _values(self, env: Any, event: dict[str, Any], contact: Any) -> dict[str, Any]:
        amount = event.get("amount")
        return {
            "kind": event["kind"],
            "source": SOURCE,
            "external_ref": event["external_ref"],
            "occurred_at": self._moment(event),
            "channel": event["channel"],
            "contact_id": contact.id,
            "partner_id": contact.commercial_partner_id.id,
            "amount": amount,
            "currency_id": env.ref("base.USD").id if amount else False,
            "payload": event["payload"],
        }

    @staticmethod
    def _moment(event: dict[str, Any]) -> str:
        from datetime import datetime, timezone

        moment = datetime.fromisoformat(event["occurred_at"])
        return str(moment.astimezone(timezone.utc).replace(tzinfo=None))

    def limit(self, env: Any, probe: Probe) -> Any:
        """COPY each batch and do the rest set by set."""
        cr = env.cr
        cr.execute(
            "CREATE TEMP TABLE bench_event (line serial, ref text, kind text,"
            " occurred_at timestamptz, channel text, amount numeric, payload jsonb, external text,"
            " vat text, email text, phone text) ON COMMIT DROP"
        )
        cr.execute("SET LOCAL TIME ZONE 'UTC'")
        params = {
            "company": env.company.id,
            "currency": env.ref("base.USD").id,
            "source": SOURCE,
        }
        for start in range(0, len(self.events), BATCH):
            text = io.StringIO()
            csv.writer(text).writerows(map(self._row, self.events[start : start + BATCH]))
            text.seek(0)
            cr.copy_expert(COPY, text)
            cr.execute(LIMIT, params)
        return len(self.events)

    @staticmethod
    def _row(event: dict[str, Any]) -> tuple[Any, ...]:
        keys = event["keys"]
        return (
            *(event["external_ref"], event["kind"], event["occurred_at"], event["channel"]),
            *(event.get("amount"), json.dumps(event["payload"])),
            *(keys.get(kind) for kind in STRENGTH),
        )

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return what stands in the database for each reference that all variants got to."""
        refs = [event["external_ref"] for event in self.events[:500]]
        env.cr.execute(
            """SELECT external_ref, contact_id, partner_id, kind_id, occurred_at, amount::float,
                      currency_id, payload::text
                 FROM relationship_interaction WHERE source = %(source)s
                  AND external_ref = ANY(%(refs)s)
                UNION ALL
               SELECT external_ref, NULL, NULL, kind_id, occurred_at, NULL, NULL, NULL
                 FROM relationship_interaction_pending WHERE source = %(source)s
                  AND external_ref = ANY(%(refs)s)""",
            {"source": SOURCE, "refs": refs},
        )
        return {row[0]: [str(value) for value in row[1:]] for row in env.cr.fetchall()}


class IngestNewcomers(Case):
    """Events that each make a contact; they are few in life (one in a hundred)."""

    name = "ingest_newcomers"
    title = "events of unknown people, each of whom becomes a contact"
    needs = ("relationship.interaction", "relationship.interaction.pending")
    goals = (Goal("ordinary/ours", ">=", 2, ("S", "M", "L")), Goal("growth", "<=", 1.1))

    def units(self) -> int:
        return self.by_size(20, 200, 1000, 1000)

    def setup(self, env: Any) -> None:
        """Let us send for a source, and write the events."""
        env["relationship.interaction.source"].create(
            {"name": SOURCE, "user_ids": [(6, 0, env.user.ids)]}
        )
        self.events = [
            {
                "kind": "visit",
                "source": SOURCE,
                "external_ref": f"new/{n}",
                "occurred_at": "2026-10-01T10:00:00Z",
                "keys": {"email": f"new{n}@newcomers.example", "external": f"{SOURCE}:new{n}"},
                "create_unknown": True,
                "name": f"Newcomer {n}",
            }
            for n in range(self.units())
        ]

    def ours(self, env: Any, probe: Probe) -> Any:
        """Send them in one call."""
        env["relationship.interaction"].ingest(self.events)

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Create each contact and its interaction by itself."""
        for event in self.events:
            email = event["keys"]["email"]
            keys = env["relationship.identity"]
            found = keys.search([("type", "=", "email"), ("value", "=", email)], limit=1)
            contact = found.partner_id or env["res.partner"].create(
                {"name": event["name"], "email": email}
            )
            keys.create(
                [
                    {"partner_id": contact.id, "type": kind, "value": value, "source": SOURCE}
                    for kind, value in event["keys"].items()
                ]
            )
            env["relationship.interaction"].sudo().create(
                {
                    "kind": event["kind"],
                    "source": SOURCE,
                    "external_ref": event["external_ref"],
                    "occurred_at": "2026-10-01 10:00:00",
                    "contact_id": contact.id,
                }
            )
            env.flush_all()

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return the contact of each event."""
        env.cr.execute(
            """SELECT i.external_ref, p.name, p.email, count(k.id)
                 FROM relationship_interaction i JOIN res_partner p ON p.id = i.contact_id
                 JOIN relationship_identity k ON k.partner_id = p.id AND k.type <> 'domain'
                WHERE i.source = %s GROUP BY 1, 2, 3""",
            [SOURCE],
        )
        return {row[0]: list(row[1:]) for row in env.cr.fetchall()}
