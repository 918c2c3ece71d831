"""Public routes with whatever comes: an answer in the 200s, 300s or 400s, and nothing kept."""

import json
from urllib.parse import quote

from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo.tests import HttpCase, tagged

from .common import FeedbackCommon

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


@tagged("post_install", "-at_install")
class TestFuzz(FeedbackCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.wave = self.new_wave()
        self.token = self.send(self.wave)[self.customers[0]]
        self.kiosk = self.env["feedback.kiosk"].create(
            {"name": "Counter", "survey_id": self.survey.id}
        )
        self.authenticate(None, None)

    def assert_nothing_kept(self):
        self.env.invalidate_all()
        self.assertFalse(self.survey.user_input_ids)
        self.assertEqual(set(self.wave.invitation_ids.mapped("state")), {"sent"})

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(
        st.sampled_from(
            [
                "/feedback/{}",
                "/feedback/{}/stop",
                "/feedback/kiosk/{}",
                "/feedback/interview/{}",
                "/my/surveys/{}",
            ]
        ),
        ODD.filter(lambda text: text not in ("", ".", "..") and "/" not in text),
        st.sampled_from(["GET", "HEAD", "POST"]),
        st.dictionaries(st.sampled_from(["score", "token", "lang", "x"]), ODD, max_size=3),
    )
    def test_addresses(self, path, part, method, data):
        url = path.format(quote(part, safe=""))
        response = self.url_open(url, data=data or None, method=method, allow_redirects=False)
        self.assertLess(response.status_code, 500, (method, url, data))
        self.assert_nothing_kept()

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(st.dictionaries(st.sampled_from(["score", "x"]), ODD, max_size=2))
    @example({"score": "11"})
    @example({"score": "९"})
    def test_odd_scores(self, data):
        if data.get("score") in {str(value) for value in range(11)}:
            return
        response = self.url_open(
            f"/feedback/{self.token}", data=data or {"x": "1"}, method="POST", allow_redirects=False
        )
        self.assertEqual(response.status_code, 303)
        self.assert_nothing_kept()

    @settings(max_examples=80, deadline=None, derandomize=True)
    @given(JSON, JSON, JSON, JSON)
    def test_kiosk(self, key, answers, lang, at):
        body = {"key": key, "answers": answers, "lang": lang, "at": at}
        response = self.url_open(
            f"{self.kiosk._path()}/answer",
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": body}),
            headers={"Content-Type": "application/json"},
        )
        self.assertEqual(response.json().get("result"), {"state": "refused"}, body)
        self.assert_nothing_kept()
