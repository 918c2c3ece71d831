"""Every public method of the suite's base addon by Odoo's JSON-2 API, from outside.

The methods are found by inspecting the models: one that has no entry in `spine_calls.py` fails.
"""

import json

import pytest
from api_client import Api
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from public_methods import needed, parameters, public_methods
from schema_dump import query
from spine_calls import CALLS, INTERNAL, Ids

import odoo
from odoo.modules.registry import Registry

from tools.paths import ADDONS

#: wrong types, sizes, encodings and huge values: each is sent for each parameter of each method
WRONG = (
    None, False, True, 0, -1, 7, 2**31, 2**63, 10**400, 1e308, float("nan"), float("inf"),
    "", " ", "x", "0", "\0", "\ud800", "'; DROP TABLE res_partner; --", "<script>", "%s %(x)s",
    "x" * 100_000, "2026-02-30", "9999-12-31 23:59:59", "0001-01-01",
    [], [None], [True], [0], [-1], [2**31], [2**70], [1.5], ["x"], ["\0"], [[1]], [{}], [[]],
    [["id", "=", "x"]], [99_999_999], list(range(1, 20_001)), ["x"] * 20_001, [{}] * 10_001,
    {}, {"a": 1}, {"": None}, {"id": [1]}, {"\0": "\ud800"}, [[[[[[[[[[]]]]]]]]]],
)  # fmt: skip
#: what a refused call may not touch, beside every table of the suite
CORE_TABLES = (
    "res_partner", "crm_lead", "sale_order", "mail_message", "mail_mail", "mail_activity",
    "ir_attachment", "ir_cron_trigger", "res_groups_users_rel",
)  # fmt: skip
TEXT = st.text(
    alphabet=st.characters(codec="utf-8") | st.sampled_from("\0\ud800<>'\"%"), max_size=9
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
BOUNDED = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
OUTSIDE = ("partner1", "stranger")
EACH = pytest.mark.parametrize("key", sorted(CALLS), ids=".".join)
#: methods that take something: others are called with wrong ids by the tests above
TAKING = sorted(key for key, call in CALLS.items() if call.parameters)


@pytest.fixture(scope="module")
def methods():
    """{(model, method): function} of the base addon, and the tables of the whole suite."""
    registry = Registry(odoo.tests.common.get_db_name())
    with registry.cursor() as cr:
        env = odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
        found = public_methods(env, ("relationship_crm",))
        tables = [
            model._table
            for model in env.values()
            if model._original_module in ADDONS and model._auto and not model._transient
        ]
        cr.rollback()
    return found, tables


@pytest.fixture(scope="module")
def ids(served):
    return Ids(served)


@pytest.fixture
def api(served):
    return Api(served)


@pytest.fixture
def contents(served, methods):
    """A number for all that a call could have left behind, to compare before and after."""
    parts = " UNION ALL ".join(
        f"SELECT '{table}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text"
        f" FROM {table} t"
        for table in (*methods[1], *CORE_TABLES)
    )
    # so many parts are read in parallel: they come in any order
    return lambda: sorted(query(served.database, parts))


def test_every_public_method_has_an_entry(methods):
    """A new public method is an entry of the API: say in `spine_calls.py` how it answers."""
    found = set(methods[0])
    assert ("relationship.overview", "get_overview") in found
    known = set(CALLS) | INTERNAL
    assert sorted(found - known) == [], "no entry"
    assert sorted(known - found) == [], "no such method any more"


@EACH
def test_who_may_call(api, ids, contents, key):
    """Portal users, employees without a role and the integration are refused, and told why."""
    model, method = key
    call, given_ = CALLS[key], CALLS[key].arguments(ids)
    outside = [] if call.foreign else ["sales"]
    outside += [] if call.foreign or call.integration else ["integration"]
    for login in (*OUTSIDE, *outside):
        before = contents()
        status, message = api.refused(login, method, model, **given_)
        assert status == 403, (login, message)
        assert contents() == before, login
    status, body = api.call("manager", method, model, **given_)
    assert status == 200, body
    if call.check:
        assert call.check(body, ids), body


@EACH
def test_another_company_gets_nothing(api, ids, contents, key):
    """A manager of another company: refused, or an answer without anything of the first company."""
    call, given_ = CALLS[key], CALLS[key].arguments(ids)
    before = contents()
    status, body = api.call("abroad", key[1], key[0], **given_)
    assert status < 500, body
    assert status != 200 or call.abroad(body, ids), body
    assert call.writes_abroad or contents() == before


@EACH
def test_wrong_values_are_told(api, ids, contents, methods, key):
    """Each parameter with each wrong value: an answer, and nothing written when it is refused."""
    call, given_ = CALLS[key], CALLS[key].arguments(ids)
    for name in parameters(methods[0][key]) + (["ids"] if call.ids else []):
        before, done = contents(), False
        for value in WRONG:
            status, body = api.call("manager", key[1], key[0], **{**given_, name: value})
            assert status < 500, (name, repr(value)[:80], body)
            assert status == 200 or body["message"].strip(), (name, repr(value)[:80])
            done = done or (status == 200 and call.writes)
        assert done or contents() == before, name


@EACH
def test_missing_and_unknown_parameters(api, ids, methods, contents, key):
    call, given_ = CALLS[key], CALLS[key].arguments(ids)
    before = contents()
    api.refused("manager", key[1], key[0], **given_, colour="red")
    for name in set(needed(methods[0][key])) & set(call.parameters):
        rest = {key_: value for key_, value in given_.items() if key_ != name}
        api.refused("manager", key[1], key[0], **rest)
    assert contents() == before


@BOUNDED
@given(data=st.data())
def test_anything_gets_a_clear_answer(api, ids, methods, contents, data):
    """Whatever is sent in any parameters: the server never stumbles; a refusal writes nothing."""
    key = data.draw(st.sampled_from(TAKING))
    call, given_ = CALLS[key], CALLS[key].arguments(ids)
    names = parameters(methods[0][key]) + (["ids"] if call.ids else [])
    sent = data.draw(st.dictionaries(st.sampled_from(names), ANYTHING, min_size=1, max_size=3))
    before = contents()
    status, body = api.call("manager", key[1], key[0], **{**given_, **sent})
    assert status < 500, (key, sent, body)
    if status >= 400 or not call.writes:
        assert contents() == before, (key, json.dumps(sent))
