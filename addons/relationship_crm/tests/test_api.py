from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import RelationshipCommon


@tagged("post_install", "-at_install")
class TestOverviewApi(RelationshipCommon, HttpCase):
    """`relationship.overview.get_overview` from outside, as another system calls it."""

    def call(self, user):
        """Return status and answer of the call with an API key of this user."""
        until = fields.Datetime.now() + timedelta(days=1)
        key = self.env["res.users.apikeys"].with_user(user)._generate("rpc", "test", until)
        response = self.url_open(
            "/json/2/relationship.overview/get_overview",
            method="POST",
            json={},
            headers={"Authorization": f"Bearer {key}"},
        )
        return response.status_code, response.json()

    def test_user_gets_the_steps(self):
        status, steps = self.call(self.users["user"])
        self.assertEqual(status, 200)
        self.assertEqual([step["code"] for step in steps], list(self.overview(self.users["user"])))

    def test_refused(self):
        for user in (self.users["integration"], self.sales_user, self.portal_user):
            with self.subTest(login=user.login), mute_logger("odoo.http"):
                status, answer = self.call(user)
                self.assertEqual(status, 403)
                self.assertEqual(answer["name"], "odoo.exceptions.AccessError")
