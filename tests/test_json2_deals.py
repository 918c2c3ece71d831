"""Deal registrations by Odoo's JSON-2 API, from outside, with the keys of different people."""

import itertools
import string

import pytest
from api_client import Api, vat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schema_dump import query

NUMBERS = itertools.count(1)
#: what the API offers for a deal, with parameters that would do something
WRITING = {
    "create": {"vals_list": [{"customer_name": "Stolen"}]},
    "write": {"vals": {"description": "Changed"}},
    "unlink": {},
    "copy": {},
    "action_submit": {},
    "action_approve": {},
    "action_reject": {"reason": "No."},
    "action_ask_info": {"question": "Why?"},
    "action_back_to_review": {},
    "action_withdraw": {},
    "action_extend": {"reason": "They need time."},
    "action_refuse_extension": {"reason": "No."},
}
READING = {
    "search_read": {"domain": [], "fields": ["customer_name"]},
    "read": {"fields": ["customer_name"]},
    "search_count": {"domain": []},
    "web_search_read": {"domain": [], "specification": {"customer_name": {}}},
    "formatted_read_group": {"domain": [], "groupby": ["state"], "aggregates": ["__count"]},
    "export_data": {"fields_to_export": ["customer_name"]},
}
OWN_MODELS = (
    "prm.deal",
    "prm.claim.key",
    "prm.deal.approval",
    "prm.deal.claim",
    "prm.deal.extension",
    "prm.deal.reason",
    "prm.deal.report",
    "prm.deal.rule",
)
BOUNDED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TEXT = st.text(
    alphabet=st.characters(codec="utf-8") | st.sampled_from("\0\ud800<>'\"%"), max_size=9
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture
def api(served):
    return Api(served)


@pytest.fixture
def new(api, served):
    """Makes values of a deal of a partner, for a customer that nobody else names."""

    def values(partner="partner1", **other):
        number = next(NUMBERS)
        return {
            "partner_id": served.ids[partner],
            "customer_name": f"Customer {number}",
            "customer_vat": vat(number),
            "amount": 1000,
            # more than a partner may register on one day
            "beyond_limits": True,
            **other,
        }

    return values


@pytest.fixture
def deal(api, new):
    """A draft."""
    [found] = api.ok("channel", "create", vals_list=[new()])
    return found


@pytest.fixture
def contents(served):
    """Everything that a call could have left behind, to compare before and after."""

    def look():
        return query(
            served.database,
            "SELECT array_agg(deal::text ORDER BY id), (SELECT count(*) FROM prm_deal_claim),"
            " (SELECT count(*) FROM crm_lead), (SELECT count(*) FROM mail_message),"
            " (SELECT count(*) FROM mail_mail), (SELECT count(*) FROM mail_activity)"
            " FROM prm_deal deal",
        )

    return look


def states(api, *ids):
    """The states of deals, in the order of the ids."""
    found = api.ok("channel", "read", ids=ids, fields=["state"])
    return [row["state"] for row in found]


# ---------------------------------------------------------------- the main job


def test_create_submit_decide_in_batches(api, served, new):
    """Three deals at once: two are approved, one refused; approval makes assigned opportunities."""
    ids = api.ok("channel", "create", vals_list=[new(), new("partner2"), new()])
    assert len(ids) == 3
    assert api.ok("channel", "action_submit", ids=ids) is True
    assert states(api, *ids) == ["in_review"] * 3
    assert api.ok("channel2", "action_approve", ids=ids[:2]) is True
    assert api.ok("channel2", "action_reject", ids=ids[2:], reason="Too early.", note="Ask Bo")
    assert states(api, *ids) == ["approved", "approved", "rejected"]
    rows = api.ok("channel", "read", ids=ids, fields=["lead_id", "partner_id", "reject_reason"])
    assert [row["reject_reason"] for row in rows] == [False, False, "Too early."]
    leads = api.ok(
        "channel", "read", "crm.lead", ids=[row["lead_id"][0] for row in rows[:2]],
        fields=["partner_assigned_id"],
    )  # fmt: skip
    partners = [served.ids["partner1"], served.ids["partner2"]]
    assert [lead["partner_assigned_id"][0] for lead in leads] == partners


def test_rival_waits_and_is_refused(api, new):
    """Two partners name one customer: the earlier one is decided first, then the other is out."""
    first = new()
    second = {**first, "partner_id": new("partner2")["partner_id"], "customer_name": "Same"}
    ids = api.ok("channel", "create", vals_list=[first, second])
    api.ok("channel", "action_submit", ids=ids)
    status, message = api.refused("channel2", "action_approve", ids=ids[1:])
    assert (status, "submitted earlier" in message) == (422, True)
    api.ok("channel2", "action_approve", ids=ids[:1])
    assert states(api, *ids) == ["approved", "rejected"]
    [late] = api.ok("channel", "create", vals_list=[second])
    api.ok("channel", "action_submit", ids=[late])
    [row] = api.ok("channel", "read", ids=[late], fields=["state", "reject_reason"])
    assert row["state"] == "rejected"
    assert "Reseller" not in row["reject_reason"]


def test_nobody_approves_their_own(api, deal, contents):
    api.ok("channel", "action_submit", ids=[deal])
    before = contents()
    status, message = api.refused("channel", "action_approve", ids=[deal])
    assert (status, "themselves" in message) == (422, True)
    assert contents() == before


def test_batch_is_all_or_none(api, new, contents, deal):
    """One bad row or record of several: nothing of the rest is kept."""
    [other] = api.ok("channel", "create", vals_list=[new()])
    api.ok("channel", "action_submit", ids=[other])
    before = contents()
    api.refused("channel", "create", vals_list=[new(), new(amount=-1), new()])
    api.refused("channel", "create", vals_list=[new(), new(customer_name="x" * 201)])
    api.refused("channel", "action_submit", ids=[deal, other])
    api.refused("channel2", "action_approve", ids=[other, deal])
    api.refused("channel2", "action_reject", ids=[other, deal], reason="No.")
    assert contents() == before


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("login", ["partner1", "partner2", "stranger", "integration", "sales"])
@pytest.mark.parametrize("method", [*WRITING, *READING])
def test_outsiders_are_refused(api, login, method, deal, contents):
    """Portal users, an integration and employees without a role reach no deal at all."""
    before = contents()
    parameters = (WRITING | READING)[method]
    if method not in ("create", "search_read", "search_count", "web_search_read",
                      "formatted_read_group"):  # fmt: skip
        parameters = {"ids": [deal], **parameters}
    # exporting is a right of its own, asked for first
    assert api.refused(login, method, **parameters)[0] == (422 if "export" in method else 403)
    assert contents() == before


@pytest.mark.parametrize("model", OWN_MODELS)
def test_portal_key_reads_no_model_of_ours(api, model):
    assert api.refused("partner1", "search_read", model, domain=[])[0] == 403


@pytest.mark.parametrize("login", ["auditor", "user"])
def test_readers_read_and_change_nothing(api, login, deal, contents):
    assert api.ok(login, "read", ids=[deal], fields=["state"])[0]["state"] == "draft"
    before = contents()
    for method, parameters in WRITING.items():
        ids = {} if method == "create" else {"ids": [deal]}
        assert api.refused(login, method, **ids, **parameters)[0] == 403, method
    assert contents() == before


@pytest.mark.parametrize("key", ["", "nonsense", "0" * 40])
def test_without_a_key(api, key, deal):
    assert api.refused(key, "read", ids=[deal])[0] == 401


@pytest.mark.parametrize(
    "method",
    ["_submit", "_approve", "_reject", "_claim", "_portal_save", "_portal_list", "_write", "init",
     "sudo", "browse", "__class__"],
)  # fmt: skip
def test_private_methods_are_refused(api, method, deal, contents):
    before = contents()
    assert api.refused("manager", method, ids=[deal])[0] in (403, 404)
    assert contents() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [("state", "approved"), ("lead_id", 1), ("submit_no", 1), ("name", "DR1"), ("verdict", "clear"),
     ("reject_reason", "x"), ("decided_on", "2026-01-01 00:00:00"), ("origin_key", "import:1")],
)  # fmt: skip
def test_decisions_are_not_written(api, field, value, new, deal, contents):
    """Not even a manager sets by hand what submitting and deciding set."""
    before = contents()
    assert api.refused("manager", "create", vals_list=[new(**{field: value})])[0] == 403
    assert api.refused("manager", "write", ids=[deal], vals={field: value})[0] == 403
    assert contents() == before


# ---------------------------------------------------------------- wrong input

WRONG_VALUES = [
    ("amount", -1), ("amount", 1e300), ("amount", "ten"), ("amount", [1]), ("amount", {}),
    ("customer_name", ""), ("customer_name", "  "), ("customer_name", "x" * 201),
    ("customer_name", None), ("customer_name", ["a"]), ("customer_name", {"en_US": "a"}),
    ("customer_vat", "!!"), ("customer_vat", 12), ("customer_vat", "B" * 41),
    ("customer_domain", "no domain"), ("customer_domain", "gmail.com"),
    ("customer_domain", "x." * 200), ("description", "x" * 5001), ("description", ["x"]),
    ("external_ref", {}), ("expected_close", "soon"), ("expected_close", "2026-02-30"),
    ("expected_close", 5), ("expected_close", "99999-01-01"), ("partner_id", None),
    ("partner_id", "Reseller 1"), ("partner_id", 99999999), ("partner_id", 2**40),
    ("partner_id", [1]), ("partner_id", True), ("currency_id", 99999999), ("currency_id", "EUR"),
    ("customer_country_id", 99999999), ("contact_id", -1), ("contact_id", 1.5),
    ("company_id", 99999999), ("source", "import"), ("source", "nonsense"), ("colour", "red"),
    ("", 1), ("claim_ids", [[0, 0, {}]]), ("activity_ids", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG_VALUES)
def test_wrong_values_are_told(api, field, value, new, deal, contents):
    """Wrong types, unknown records and fields, too long texts: a clear answer, nothing written."""
    before = contents()
    api.refused("channel", "create", vals_list=[new(**{field: value})])
    api.refused("channel", "write", ids=[deal], vals={field: value})
    assert contents() == before


@pytest.mark.parametrize("method", ["action_submit", "action_approve", "write", "unlink"])
@pytest.mark.parametrize("ids", [[99999999], [2**40], [-1], "x", ["x"], [[1]], True, [True], [{}]])
def test_wrong_ids_are_told(api, method, ids, contents):
    before = contents()
    api.refused("channel", method, ids=ids, **WRITING[method])
    assert contents() == before


@pytest.mark.parametrize("vals", ["x", 5, ["x"], [5], [["customer_name", "x"]], None, [None]])
def test_values_that_are_no_dictionary(api, vals, contents):
    before = contents()
    api.refused("channel", "create", vals_list=vals)
    assert contents() == before


@pytest.mark.parametrize("reason", [None, "", "  ", 5, [], {}, ["x"], True])
def test_refusal_needs_a_reason(api, deal, reason, contents):
    api.ok("channel", "action_submit", ids=[deal])
    before = contents()
    assert api.refused("channel2", "action_reject", ids=[deal], reason=reason)[0] == 422
    assert contents() == before


def test_unknown_parameter_method_and_model(api, deal, contents):
    before = contents()
    assert api.refused("channel", "action_submit", ids=[deal], colour="red")[0] == 422
    assert api.refused("channel", "no_such_method", ids=[deal])[0] == 404
    assert api.refused("channel", "read", "prm.no.such.model", ids=[1])[0] == 404
    assert contents() == before


@BOUNDED
@given(field=st.sampled_from([name for name, _value in WRONG_VALUES if name]), value=ANYTHING)
def test_any_value_gets_a_clear_answer(api, new, served, field, value):
    """Whatever is sent for a field: it is stored or refused, the server never stumbles."""
    amount = query(served.database, "SELECT count(*) FROM prm_deal")
    status, body = api.call("channel", "create", vals_list=[new(**{field: value})])
    assert status < 500, body
    made = query(served.database, "SELECT count(*) FROM prm_deal")[0][0] - amount[0][0]
    assert made == (1 if status == 200 else 0)


@BOUNDED
@given(
    method=st.sampled_from(sorted(set(WRITING) - {"create", "copy"})),
    ids=ANYTHING,
    extra=st.dictionaries(
        st.text(string.ascii_lowercase, min_size=1, max_size=8), ANYTHING, max_size=2
    ),
)
def test_any_ids_and_parameters_get_a_clear_answer(api, method, ids, extra):
    status, body = api.call("auditor", method, **{**WRITING[method], **extra, "ids": ids})
    assert status < 500, body


@BOUNDED
@given(reason=ANYTHING, note=ANYTHING)
def test_any_reason_gets_a_clear_answer(api, deal, reason, note):
    status, body = api.call("channel2", "action_reject", ids=[deal], reason=reason, note=note)
    assert status == 422, body
