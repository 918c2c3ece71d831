"""The marketer in a browser: a rule is made, previewed and published; a call gives points."""

from datetime import timedelta

from odoo import fields, http
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .test_earning_rules import EarningCommon


@tagged("post_install", "-at_install")
class TestEarningTour(EarningCommon, HttpCase):
    def test_member_confirms_contact_details(self):
        """Saved in the portal twice on a day: it earns once."""
        user = self.env["res.users"].create(
            {
                "name": "Ann",
                "login": "ann_confirms",
                "password": "ann_confirms",
                "email": "ann@example.com",
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        person = user.partner_id
        self._rule("profile_confirmed", mode="fixed", points=20)
        self.authenticate("ann_confirms", "ann_confirms")
        form = {
            "partner_id": person.id,
            "name": "Ann",
            "email": "ann@example.com",
            "phone": "+1 555 0100",
            "street": "1 Main Street",
            "city": "Springfield",
            "zip": "12345",
            "country_id": self.env.ref("base.be").id,
            "csrf_token": http.Request.csrf_token(self),
        }
        for _turn in range(2):
            answer = self.url_open("/my/address/submit", data=form)
            self.assertIn("redirectUrl", answer.json())
        self.work()
        self.assertEqual(self.all_entries(), [("earn", 20, "posted")])
        self.assertEqual(self.holder_card().partner_id, person)

    def test_marketer(self):
        self.env["loyalty.earning.rule"].search([]).active = False
        self.kinds["phoned"] = self.kinds["call"].create({"code": "phoned", "name": "Phoned us"})
        month_ago = fields.Datetime.now() - timedelta(days=30)
        for _turn in range(2):
            self.event("phoned", occurred_at=month_ago.replace(hour=12))
        login = self.users["manager"].login
        self.start_tour("/odoo/earning-rules", "loyalty_earning_rule_tour", login=login)
        rule = self.env["loyalty.earning.rule"].search([("name", "=", "Thank you for calling")])
        self.assertEqual((rule.state, rule.cap_day, rule.points_given), ("published", 8, 0))
        self.event("phoned")
        self.work()
        self.assertEqual(self.holder_card().points, 5)
        self.start_tour("/odoo/earning-rules", "loyalty_earning_points_tour", login=login)
