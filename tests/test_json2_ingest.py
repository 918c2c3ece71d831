"""Events of another system by Odoo's JSON-2 API, from outside: each once, whatever is sent."""

import itertools
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from api_client import Api
from hypothesis import given
from hypothesis import strategies as st
from schema_dump import query
from test_json2_deals import ANYTHING, BOUNDED

MODEL = "relationship.interaction"
SOURCE, FOREIGN = "shop", "till"
#: nothing that another run left in the database is met again
NUMBERS = map(f"{uuid.uuid4().hex[:8]}-{{}}".format, itertools.count(1))
OWN_MODELS = (
    "relationship.identity", "relationship.identity.claim", "relationship.interaction",
    "relationship.interaction.pending", "relationship.interaction.source",
)  # fmt: skip
GOOD = {
    "kind": "visit",
    "source": SOURCE,
    "external_ref": "any",
    "occurred_at": "2026-01-02T03:04:05+01:00",
    "keys": {"email": "any@ingest.example"},
}


@pytest.fixture
def api(served):
    """The API, with two sources that only the integration user, and only the manager, may use."""
    api = Api(served)
    model = "relationship.interaction.source"
    for name, login in ((SOURCE, "integration"), (FOREIGN, "manager")):
        if not api.ok("manager", "search_count", model, domain=[["name", "=", name]]):
            vals = {"name": name, "user_ids": [[6, 0, [served.ids[f"user_{login}"]]]]}
            api.ok("manager", "create", model, vals_list=[vals])
    return api


@pytest.fixture
def send(api):
    """Sends events, (created, repeated, unresolved, [(index, field)])."""

    def call(*events, login="integration"):
        found = api.ok(login, "ingest", MODEL, events=list(events))
        for error in found["errors"]:
            assert set(error) == {"index", "field", "message"}
            assert error["message"].strip()
        errors = [(error["index"], error["field"]) for error in found["errors"]]
        return found["created"], found["repeated"], found["unresolved"], errors

    return call


@pytest.fixture
def new():
    """Makes good events, each about somebody else unless keys are given."""

    def event(**values):
        number = next(NUMBERS)
        keys = {"email": f"someone{number}@ingest.example"}
        return {**GOOD, "external_ref": f"ref {number}", "keys": keys, **values}

    return event


@pytest.fixture
def known(send, new):
    """The keys of a contact."""
    event = new(create_unknown=True)
    assert send(event) == (1, 0, 0, [])
    return event["keys"]


@pytest.fixture
def contents(served):
    """Everything that a call could have left behind, to compare before and after."""

    def look():
        return query(
            served.database,
            "SELECT (SELECT array_agg(i::text ORDER BY id) FROM relationship_interaction i),"
            " (SELECT array_agg(p::text ORDER BY id) FROM relationship_interaction_pending p),"
            " (SELECT array_agg(k::text ORDER BY id) FROM relationship_identity k),"
            " (SELECT count(*) FROM res_partner), (SELECT count(*) FROM relationship_queue),"
            " (SELECT count(*) FROM relationship_interaction_todo)",
        )

    return look


@pytest.fixture
def rows(served):
    """Interactions of an event as (contact id, UTC time, summary)."""

    def look(event):
        return query(
            served.database,
            "SELECT contact_id, occurred_at::text, summary FROM relationship_interaction"
            " WHERE source = %s AND external_ref = %s",
            (event["source"], event["external_ref"]),
        )

    return look


@pytest.fixture
def holders(served):
    """Ids of the contacts that hold an e-mail address."""

    def look(email):
        return query(
            served.database,
            "SELECT partner_id FROM relationship_identity WHERE type = 'email' AND value = %s",
            (email,),
        )

    return look


# ---------------------------------------------------------------- what is recorded


def test_recorded_once(send, new, known, rows, contents):
    event = new(keys=known, summary="First")
    assert send(event) == (1, 0, 0, [])
    [(contact, moment, summary)] = rows(event)
    assert contact
    assert (moment, summary) == ("2026-01-02 02:04:05", "First")
    before = contents()
    assert send(event, {**event, "summary": "Second"}) == (0, 2, 0, [])
    assert contents() == before


def test_one_bad_event_among_ten_thousand(send, new, known, served):
    events = [new(keys=known) for _number in range(10_000)]
    events[7000]["amount"] = "a lot"
    before = query(served.database, "SELECT count(*) FROM relationship_interaction")[0][0]
    assert send(*events) == (9999, 0, 0, [(7000, "amount")])
    after = query(served.database, "SELECT count(*) FROM relationship_interaction")[0][0]
    assert after - before == 9999


def test_unknown_keys_later_known(api, send, new, rows, holders):
    event = new()
    assert send(event) == (0, 0, 1, [])
    assert send(event) == (0, 1, 0, [])
    assert rows(event) == []
    pending = "relationship.interaction.pending"
    domain = [["external_ref", "=", event["external_ref"]]]
    assert send(new(keys=event["keys"], create_unknown=True)) == (1, 0, 0, [])
    [waiting] = api.ok("manager", "search_read", pending, domain=domain, fields=["next_try"])
    assert waiting["next_try"], "it is due now"
    api.ok("manager", "action_retry", pending, ids=[waiting["id"]])
    assert [row[0] for row in rows(event)] == [holders(event["keys"]["email"])[0][0]]
    assert api.ok("manager", "search_count", pending, domain=domain) == 0
    assert send(event) == (0, 1, 0, [])


def test_known_by_a_number_that_was_learned(send, new, known, rows):
    number = {"external": f"{SOURCE}:{next(NUMBERS)}"}
    assert send(new(keys=known | number)) == (1, 0, 0, [])
    event = new(keys=number)
    assert send(event) == (1, 0, 0, [])
    assert rows(event)[0][0]


def test_foreign_sources_are_refused(send, new, known):
    for source in (FOREIGN, "odoo", "", "no such", None, 5, [SOURCE]):
        assert send(new(source=source, keys=known)) == (0, 0, 0, [(0, "source")])
    assert send(new(source=FOREIGN, keys=known), login="manager") == (1, 0, 0, [])
    assert send(new(keys=known), login="manager") == (0, 0, 0, [(0, "source")])


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize(
    "login", ["partner1", "stranger", "user", "channel", "auditor", "sales", "", "nonsense"]
)
def test_others_are_refused(api, login, contents):
    before = contents()
    status = 401 if login in ("", "nonsense") else 403
    assert api.refused(login, "ingest", MODEL, events=[GOOD])[0] == status
    assert contents() == before


@pytest.mark.parametrize("model", OWN_MODELS)
@pytest.mark.parametrize("login", ["integration", "partner1"])
def test_reads_nothing(api, login, model):
    assert api.refused(login, "search_read", model, domain=[], fields=["id"])[0] == 403
    assert api.refused(login, "create", model, vals_list=[{}])[0] in (403, 422)
    assert api.refused(login, "unlink", model, ids=[1])[0] == 403


@pytest.mark.parametrize(
    ("login", "status"),
    [("integration", 200), ("user", 200), ("manager", 200), ("auditor", 200), ("partner1", 403),
     ("stranger", 403), ("sales", 403), ("nonsense", 401)],
)  # fmt: skip
def test_who_may_resolve(api, login, status):
    parameters = {"keys": [{"email": "any@ingest.example"}]}
    assert api.call(login, "resolve", "relationship.identity", **parameters)[0] == status


@pytest.mark.parametrize(
    "method",
    ["_insert", "_record", "_ingest_insert", "_ingest_newcomers", "_merge_partners"],
)
def test_private_methods_are_refused(api, method, contents):
    before = contents()
    assert api.refused("manager", method, MODEL, events=[GOOD])[0] in (403, 404)
    assert contents() == before


# ---------------------------------------------------------------- wrong input


@pytest.mark.parametrize("events", [None, "x", 5, {}, {"kind": "visit"}, True])
def test_what_is_no_list(api, events, contents):
    before = contents()
    assert api.refused("integration", "ingest", MODEL, events=events)[0] == 422
    assert contents() == before


def test_too_many(api, contents):
    before = contents()
    status, message = api.refused("integration", "ingest", MODEL, events=[GOOD] * 10_001)
    assert (status, "10001" in message) == (422, True)
    keys = [{"email": "a@b.example"}] * 10_001
    assert api.refused("integration", "resolve", "relationship.identity", keys=keys)[0] == 422
    assert contents() == before


def test_missing_and_unknown_parameters(api, contents):
    before = contents()
    assert api.refused("integration", "ingest", MODEL)[0] == 422
    assert api.refused("integration", "ingest", MODEL, events=[], colour="red")[0] == 422
    assert contents() == before


def test_no_event_at_all(send):
    assert send() == (0, 0, 0, [])
    assert send(None, 5, [], "x", {}) == (
        *(0, 0, 0), [(0, ""), (1, ""), (2, ""), (3, ""), (4, "kind")],
    )  # fmt: skip


@BOUNDED
@given(field=st.sampled_from([*GOOD, "channel", "amount", "currency", "summary", "payload",
                              "create_unknown", "name"]), value=ANYTHING)  # fmt: skip
def test_any_value_of_a_field(served, field, value):
    """It is taken or told, and only what is told is not there."""
    event = {**GOOD, "external_ref": f"any {next(NUMBERS)}", field: value}
    status, body = Api(served).call("integration", "ingest", MODEL, events=[event])
    assert status == 200, body
    taken = body["created"] + body["unresolved"] + body["repeated"]
    assert taken + len(body["errors"]) == 1
    assert all(error["field"] == field for error in body["errors"]), body


@BOUNDED
@given(keys=ANYTHING)
def test_any_keys(served, keys):
    status, body = Api(served).call("user", "resolve", "relationship.identity", keys=keys)
    assert status in (200, 422), body
    status, body = Api(served).call("user", "resolve", "relationship.identity", keys=[keys])
    assert status in (200, 422), body


@BOUNDED
@given(events=ANYTHING)
def test_any_events(served, events):
    status, body = Api(served).call("integration", "ingest", MODEL, events=events)
    assert status == (200 if isinstance(events, list) else 422), body
    status, body = Api(served).call("integration", "ingest", MODEL, events=[events])
    assert (status, len(body["errors"])) == (200, 1), body


# ---------------------------------------------------------------- at once


@pytest.fixture
def at_once(served):
    """Sends each list of events on a connection of its own, all at the same time."""

    def call(batches):
        def one(events):
            return Api(served).call("integration", "ingest", MODEL, events=events)

        with ThreadPoolExecutor(len(batches)) as pool:
            answers = list(pool.map(one, batches))
        assert {status for status, _body in answers} == {200}, answers
        return [body for _status, body in answers]

    return call


def test_the_same_event_sixteen_times(at_once, new, known, rows):
    event = new(keys=known)
    answers = at_once([[event]] * 16)
    assert sum(answer["created"] for answer in answers) == 1
    assert sum(answer["repeated"] for answer in answers) == 15
    assert len(rows(event)) == 1


def test_the_same_unknown_event_sixteen_times(at_once, new, served):
    event = new()
    answers = at_once([[event]] * 16)
    assert sum(answer["unresolved"] for answer in answers) == 1
    assert sum(answer["repeated"] for answer in answers) == 15
    waiting = "SELECT count(*) FROM relationship_interaction_pending WHERE external_ref = %s"
    assert query(served.database, waiting, (event["external_ref"],)) == [(1,)]


def test_one_new_person_from_sixteen_sides(at_once, new, holders, rows):
    """Different events of one unknown person make one contact, who has them all."""
    keys = new()["keys"]
    events = [new(keys=keys, create_unknown=True) for _number in range(16)]
    answers = at_once([[event] for event in events])
    assert sum(answer["created"] for answer in answers) == 16
    [(contact,)] = holders(keys["email"])
    assert {rows(event)[0][0] for event in events} == {contact}


def test_overlapping_batches(at_once, new, known, served):
    """Each sends much of what the others send, in another order; everything is there once."""
    events = [
        new(keys=known) if number % 3 else new(create_unknown=number % 2 == 0)
        for number in range(400)
    ]
    batches = [events[start:] + events[:start] for start in (0, 100, 200, 300)]
    answers = at_once([batches[0], batches[1][::-1], batches[2], batches[3][:250]])
    refs = [event["external_ref"] for event in events]
    counts = query(
        served.database,
        "SELECT (SELECT count(*) FROM relationship_interaction WHERE external_ref = ANY(%s)),"
        " (SELECT count(*) FROM relationship_interaction_pending"
        "   WHERE external_ref = ANY(%s))",
        (refs, refs),
    )[0]
    assert sum(counts) == 400
    assert sum(answer["created"] for answer in answers) == counts[0]
    assert sum(answer["unresolved"] for answer in answers) == counts[1]
