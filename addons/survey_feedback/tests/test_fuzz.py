"""Public routes and methods with whatever comes: an answer in the 200s, 300s or 400s, or a clear
error; and nothing kept.

A thousand cases in every run of the tests, always the same; ``make soak`` tries more, and others
(SOAK_STEPS).
"""

import json
import os
from contextlib import suppress
from unittest import SkipTest
from urllib.parse import quote

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import FeedbackCommon

#: cases of the whole file
CASES = int(os.environ.get("SOAK_STEPS") or 1000)

ODD = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "0", "-1", "9" * 40, "1e9", "NaN", "%00", "../..", "' OR 1=1 --", "<b>", "🙂", "null"]
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)

#: pages that stand behind a word in the address, and what comes for no word that is known
PAGES = (
    "/feedback/{}",
    "/feedback/{}/stop",
    "/feedback/{}/receipt",
    "/feedback/kiosk/{}",
    "/feedback/kiosk/{}/answer",
    "/feedback/interview/{}",
    "/feedback/case/{}",
    "/feedback/wave/{}/results.csv",
    "/feedback/wave/1/results.{}",
    "/my/surveys/{}",
    "/survey/{}/{}",
)
#: those of core, and those that take a number, so that any other word is no address of ours
NOT_OURS = ("/feedback/wave/{}/results.csv", "/my/surveys/{}", "/survey/{}/{}")
#: how a page is asked for; a busy machine may take its time
SLOW = {"allow_redirects": False, "timeout": 60}


def fuzz(share):
    """Settings of a test that has this share of all cases."""
    return settings(
        max_examples=max(10, int(CASES * share)),
        deadline=None,
        derandomize=not os.environ.get("SOAK_STEPS"),
        database=None,
    )


class FuzzCommon(FeedbackCommon):
    def setUp(self):
        super().setUp()
        self.wave = self.new_wave()
        self.token = self.send(self.wave)[self.customers[0]]
        self.kiosk = self.env["feedback.kiosk"].create(
            {"name": "Counter", "survey_id": self.survey.id}
        )
        self.waves = self.env["feedback.wave"].search_count([])

    def assert_nothing_kept(self):
        self.env.invalidate_all()
        self.assertFalse(self.survey.user_input_ids)
        self.assertEqual(set(self.wave.invitation_ids.mapped("state")), {"sent"})
        self.assertEqual(self.env["feedback.wave"].search_count([]), self.waves)
        self.assertFalse(self.env["feedback.receipt"].search_count([]))


@tagged("post_install", "-at_install")
class TestFuzzRoutes(FuzzCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    @fuzz(0.2)
    @example("/feedback/kiosk/{}", "0" * 19 + "\0", "GET", {})
    @given(
        st.sampled_from(PAGES),
        ODD.filter(lambda text: text not in ("", ".", "..") and "/" not in text),
        st.sampled_from(["GET", "HEAD", "POST"]),
        st.dictionaries(
            st.sampled_from(["score", "token", "lang", "receipt", "x"]), ODD, max_size=3
        ),
    )
    def test_addresses(self, path, part, method, data):
        # core asks its tables for an address as it is, and PostgreSQL knows no such character
        assume("\0" not in part or path not in NOT_OURS)
        word = quote(part, safe="")
        url = path.format(word, word)
        response = self.url_open(url, data=data or None, method=method, **SLOW)
        self.assertLess(response.status_code, 500, (method, url, data))
        self.assert_nothing_kept()

    @fuzz(0.1)
    @given(st.dictionaries(st.sampled_from(["score", "x"]), ODD, max_size=2))
    @example({"score": "11"})
    @example({"score": "९"})
    def test_odd_scores(self, data):
        if data.get("score") in {str(value) for value in range(11)}:
            return
        response = self.url_open(
            f"/feedback/{self.token}", data=data or {"x": "1"}, method="POST", **SLOW
        )
        self.assertEqual(response.status_code, 303)
        self.assert_nothing_kept()

    @fuzz(0.1)
    @given(ODD)
    def test_odd_receipts(self, receipt):
        """Of a survey that is not anonymous, and with a word that is no receipt: refused."""
        response = self.url_open(
            f"/feedback/{self.token}/receipt", data={"receipt": receipt}, **SLOW
        )
        self.assertEqual(response.status_code, 400)
        self.assert_nothing_kept()

    @fuzz(0.1)
    @given(JSON, JSON, JSON, JSON)
    def test_kiosk(self, key, answers, lang, at):
        body = {"key": key, "answers": answers, "lang": lang, "at": at}
        response = self.url_open(
            f"{self.kiosk._path()}/answer",
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": body}),
            headers={"Content-Type": "application/json"},
            **SLOW,
        )
        self.assertEqual(response.json().get("result"), {"state": "refused"}, body)
        self.assert_nothing_kept()


@tagged("post_install", "-at_install")
class TestFuzzMethods(FuzzCommon):
    """The same in one process: what the routes call, and what others may call by the API."""

    @fuzz(0.3)
    @given(JSON, JSON, JSON, JSON, ODD)
    def test_what_the_routes_call(self, key, answers, lang, at, text):
        self.assertEqual(self.kiosk._take(key, answers, lang, at), "refused")
        for odd in (key, text):
            self.assertFalse(self.env["feedback.kiosk"]._find(odd))
            self.assertFalse(self.env["feedback.invitation"]._find(odd))
            self.assertFalse(self.env["feedback.followup"]._find(odd))
            self.assertFalse(self.env["feedback.token"]._of(odd))
        mine = self.wave.invitation_ids[:1].sudo()
        for odd in (key, answers, text):
            with self.assertRaises(UserError):
                mine._hand_in(odd)
            with self.assertRaises(UserError):
                self.env["feedback.ballot"].new({"wave_id": self.wave.id})._take(mine, odd)
        self.assert_nothing_kept()

    @classmethod
    def _methods(cls):
        """Names of what may be called without arguments, by model of this addon."""
        found = []
        for name in sorted(cls.registry):
            model = cls.env[name]
            if name.startswith("feedback.") and not model._abstract and not model._transient:
                ours = {
                    method
                    for base in type(model).mro()
                    if base.__module__.startswith("odoo.addons.survey_feedback.")
                    for method, function in vars(base).items()
                    if callable(function) and method.startswith(("action_", "get_"))
                }
                found += [(name, method) for method in sorted(ours)]
        if not found:
            raise SkipTest("no public methods")
        return found

    @fuzz(0.2)
    @given(st.data())
    def test_methods_of_strangers(self, data):
        """A customer may call none of them, whatever the number of the record."""
        if not hasattr(self, "stranger"):
            self.stranger = new_test_user(self.env, "fuzz_portal", groups="base.group_portal")
            self.env.flush_all()
        model, method = data.draw(st.sampled_from(self._methods()))
        ids = data.draw(st.lists(st.integers(1, 2**31 - 1) | st.integers(1, 40), max_size=3))
        records = self.env[model].with_user(self.stranger).browse(ids)
        arguments = data.draw(st.sampled_from([(), (None,), ("x",), ({},)]))
        # ValueError: core's word for no record, or several, where one is wanted
        with suppress(UserError, TypeError, ValueError), self.env.cr.savepoint():
            result = getattr(records, method)(*arguments)
            self.assertFalse(ids and isinstance(result, dict) and result.get("measures"))
        self.assert_nothing_kept()
