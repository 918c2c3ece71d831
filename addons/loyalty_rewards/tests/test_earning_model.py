"""Random rules and events: the statement gives what a plain loop over both would give."""

import os
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .test_earning_rules import EarningCommon

#: how many worlds of rules and events are tried
EXAMPLES = int(os.environ.get("SOAK_EXAMPLES") or 40)
START = datetime(2026, 3, 28, 20)
CHANNELS = ("phone", "web")
SOURCES = ("odoo", "shop", "gossip")
CAPS = ("cap_event", "cap_day", "cap_month", "cap_card", "cap_program")
LIMIT = st.sampled_from([0, 0, 0, 5, 11.5, 40])

EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(("call", "visit")),
            "member": st.integers(0, 2),
            "hours": st.integers(0, 24 * 9),
            "channel": st.sampled_from((None, *CHANNELS)),
            "source": st.sampled_from(("odoo", "odoo", *SOURCES)),
            "cents": st.integers(-300, 4000),
            "quantity": st.integers(0, 5),
            "batch": st.integers(0, 2),
        }
    ),
    min_size=1,
    max_size=14,
)
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(("call", "visit")),
            "mode": st.sampled_from(("fixed", "amount", "unit")),
            "points": st.sampled_from((0.5, 1, 3, 7.25)),
            "per_amount": st.sampled_from((0.1, 1, 7)),
            "per_units": st.sampled_from((1, 2)),
            "channel": st.sampled_from((None, None, "phone")),
            "trusts": st.booleans(),
            "segment": st.booleans(),
            "first_time": st.sampled_from((False, False, True)),
            "by_tier": st.booleans(),
            "first_day": st.sampled_from((0, 0, 2)),
            "last_day": st.sampled_from((None, None, 6)),
            **dict.fromkeys(CAPS, LIMIT),
        }
    ),
    min_size=1,
    max_size=3,
)


def plain(rules, events, multipliers, stays):
    """Return {(rule, event): points} by a loop over events and rules, in batches.

    :param list events: dicts with a number, in the order they were recorded
    :param list multipliers: of the members
    :param stays: {member: (first day, day of leaving)} in the segment
    """
    result, recorded = {}, []
    spent = defaultdict(Decimal)
    first = set()
    for batch in sorted({event["batch"] for event in events}):
        now = [event for event in events if event["batch"] == batch]
        recorded += now
        for event in sorted(now, key=lambda one: (one["moment"], one["number"])):
            for number, rule in enumerate(rules):
                if not fits(rule, event, recorded, stays):
                    continue
                if rule["first_time"] and (number, event["member"]) in first:
                    continue
                points = earned(rule, event, multipliers)
                rooms = {
                    "cap_event": None,
                    "cap_day": (number, event["member"], event["day"]),
                    "cap_month": (number, event["member"], event["day"].month),
                    "cap_card": (number, event["member"]),
                    "cap_program": number,
                }
                for cap, room in rooms.items():
                    if rule[cap]:
                        points = min(points, Decimal(str(rule[cap])) - spent[cap, room])
                if points > 0:
                    for cap, room in rooms.items():
                        if room is not None:
                            spent[cap, room] += points
                    first.add((number, event["member"]))
                    result[number, event["number"]] = float(points)
    return result


def fits(rule, event, recorded, stays):
    """Whether an event falls under a rule."""
    trusted = {"odoo", "shop"} if rule["trusts"] else {"odoo"}
    day = event["day"]
    if event["kind"] != rule["kind"] or event["source"] not in trusted:
        return False
    if rule["channel"] and event["channel"] != rule["channel"]:
        return False
    if day < rule["valid_from"] or (rule["valid_to"] and day > rule["valid_to"]):
        return False
    if rule["segment"]:
        entered, left = stays.get(event["member"], (date.max, date.max))
        if not entered <= day < left:
            return False
    return not rule["first_time"] or not any(
        one["member"] == event["member"]
        and one["kind"] == event["kind"]
        and one["source"] in trusted
        and (one["moment"], one["number"]) < (event["moment"], event["number"])
        for one in recorded
    )


def earned(rule, event, multipliers):
    """Return the points of an event before all caps, rounded down to two decimals."""
    times = Decimal(str(multipliers[event["member"]] if rule["by_tier"] else 1))
    points = Decimal(str(rule["points"])) * times
    if rule["mode"] == "fixed":
        return points
    if rule["mode"] == "amount":
        basis = Decimal(max(event["cents"], 0)) / 100 * points / Decimal(str(rule["per_amount"]))
    else:
        basis = Decimal(event["quantity"]) * points / Decimal(str(rule["per_units"]))
    return basis.quantize(Decimal("0.01"), rounding=ROUND_DOWN)


@tagged("post_install", "-at_install")
class TestEarningModel(EarningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.partner_id.tz = "Europe/Berlin"
        cls.members = cls.partner.create([{"name": f"Member {number}"} for number in range(3)])
        cls.source = cls.env["relationship.interaction.source"].create(
            [{"name": "shop", "trusted": True}, {"name": "gossip", "trusted": False}]
        )[0]
        cls.multipliers = [1, 1.5, 1]
        tier = cls.env["loyalty.tier"].create(
            {"name": "Gold", "program_id": cls.program.id, "multiplier": 1.5}
        )
        for member in cls.members:
            cls._new_card(partner_id=member.id)
        cls._card_of(1).sudo().loyalty_tier_id = tier
        cls.segment = cls.env["relationship.segment"].create({"name": "Friends", "kind": "manual"})
        day = START.date()
        cls.stays = {
            0: (day, date.max),
            1: (day + timedelta(days=2), day + timedelta(days=5)),
        }
        cls.env["relationship.segment.member"].create(
            [
                {
                    "segment_id": cls.segment.id,
                    "partner_id": cls.members[member].id,
                    "entered_on": entered,
                    "left_on": left if left < date.max else False,
                }
                for member, (entered, left) in cls.stays.items()
            ]
        )

    @classmethod
    def _card_of(cls, number):
        return cls.env["loyalty.card"].search([("partner_id", "=", cls.members[number].id)])

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(rules=RULES, events=EVENTS)
    def test_statement_equals_a_plain_loop(self, rules, events):
        savepoint = self.env.cr.savepoint()
        savepoint.__enter__()
        try:
            self._compare(rules, events)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _compare(self, rules, events):
        for rule in rules:
            rule["valid_from"] = START.date() + timedelta(days=rule["first_day"])
            last = rule["last_day"]
            rule["valid_to"] = START.date() + timedelta(days=last) if last else None
        made = [self._rule_of(rule) for rule in rules]
        events = sorted(events, key=lambda event: event["batch"])
        for number, event in enumerate(events):
            event["number"] = number
            event["moment"] = START + timedelta(hours=event["hours"])
        given_to, ids = {}, {}
        for batch in sorted({event["batch"] for event in events}):
            now = [event for event in events if event["batch"] == batch]
            found = self.env["relationship.interaction"].union(
                *(self._event_of(event) for event in now)
            )
            for event in now:
                ids[event["interaction"].id] = event["number"]
            self.env["loyalty.earning.rule"]._consume_interactions(found)
        numbers = {rule.id: number for number, rule in enumerate(made)}
        for entry in self.env["loyalty.ledger.entry"].search([("rule_id", "in", list(numbers))]):
            given_to[numbers[entry.rule_id.id], ids[entry.interaction_id.id]] = entry.points
        self.assertEqual(given_to, plain(rules, events, self.multipliers, self.stays))
        self.assert_ledger()

    def _rule_of(self, rule):
        same = ("mode", "points", "per_amount", "per_units", "channel", "first_time", "by_tier")
        return self._rule(
            rule["kind"],
            source_ids=self.source.ids if rule["trusts"] else [],
            segment_ids=self.segment.ids if rule["segment"] else [],
            valid_from=rule["valid_from"],
            valid_to=rule["valid_to"],
            **{name: rule[name] for name in (*same, *CAPS)},
        )

    def _event_of(self, event):
        """Record an event; it learns its interaction, and its day in the company."""
        interaction = self.event(
            event["kind"],
            contact_id=self.members[event["member"]].id,
            occurred_at=event["moment"],
            channel=event["channel"],
            source=event["source"],
            amount=event["cents"] / 100,
            currency_id=self.env.company.currency_id.id,
            payload={"quantity": event["quantity"]},
        )
        event["interaction"] = interaction
        event["day"] = self.env["loyalty.earning.rule"]._day(interaction)
        return interaction
