from datetime import datetime
from itertools import pairwise

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import RelationshipCommon

STEPS = ("action_contact", "action_start", "action_verify", "action_close")


class CaseCommon(RelationshipCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.env["res.partner"].create(
            {"name": "Case Customer", "is_company": True, "user_id": cls.users["user"].id}
        )
        cls.person = cls.env["res.partner"].create(
            {"name": "Case Person", "parent_id": cls.customer.id}
        )
        # Monday to Friday, whatever the database was set up with
        cls.env.company.resource_calendar_id = cls.env["resource.calendar"].create(
            {
                "name": "Week",
                "tz": "UTC",
                "attendance_ids": [Command.clear()]
                + [
                    Command.create(
                        {"name": str(day), "dayofweek": str(day), "hour_from": 9, "hour_to": 17}
                    )
                    for day in range(5)
                ],
            }
        )

    def new_case(self, **vals):
        return self.env["relationship.case"].create(
            {"name": "It broke", "contact_id": self.person.id, "kind": "complaint", **vals}
        )

    def interactions(self, case):
        self.commit_hooks()
        found = self.env["relationship.interaction"].search(
            [("res_model", "=", "relationship.case"), ("res_id", "=", case.id)], order="id"
        )
        return [interaction.kind_id.code for interaction in found]


@tagged("post_install", "-at_install")
class TestCaseFlow(CaseCommon):
    def test_from_opening_to_closing(self):
        case = self.new_case()
        self.assertEqual(case.partner_id, self.customer)
        self.assertEqual(case.user_id, self.users["user"], "whoever looks after the customer")
        case.resolution = "<p>Repaired</p>"
        states = [case.state]
        for step in STEPS:
            getattr(case, step)()
            states.append(case.state)
        self.assertEqual(states, ["new", "contacted", "action", "verified", "closed"])
        self.assertTrue(case.contacted_at and case.closed_at)
        self.assertEqual(self.interactions(case), ["case_opened", "case_closed"])

    def test_reopened(self):
        case = self.new_case(resolution="<p>Repaired</p>")
        for step in STEPS:
            getattr(case, step)()
        case.action_reopen()
        self.assertEqual((case.state, case.reopen_count), ("reopened", 1))
        self.assertFalse(case.closed_at)
        for step in STEPS:
            getattr(case, step)()
        self.assertEqual(
            self.interactions(case), ["case_opened", "case_closed"] * 2, "told each time"
        )

    def test_no_step_is_left_out(self):
        """Also not by writing the state, as the board and imports do."""
        case = self.new_case(resolution="<p>Repaired</p>")
        order = ("new", "contacted", "action", "verified", "closed")
        for now, then in pairwise(order):
            for state in set(order) - {now, then}:
                if (now, state) == ("verified", "reopened"):
                    continue
                with self.assertRaises(UserError, msg=f"{now} → {state}"):
                    case.state = state
            case.state = then
        self.assertEqual(case.state, "closed")

    def test_begins_as_new(self):
        with self.assertRaises(UserError):
            self.new_case(state="closed", closed_at=datetime(2026, 1, 1))

    def test_verified_needs_what_was_done(self):
        case = self.new_case()
        case.action_contact()
        case.action_start()
        with self.assertRaises(UserError):
            case.action_verify()
        case.resolution = "<p><br></p>"
        with self.assertRaises(UserError):
            case.action_verify()
        self.assertEqual(case.state, "action")

    def test_contact_belongs_to_the_customer(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        with self.assertRaises(ValidationError):
            self.new_case(partner_id=stranger.id)
        with self.assertRaises(ValidationError):
            self.env["relationship.case"].create({"name": "About nobody"})


@tagged("post_install", "-at_install")
class TestCaseDue(CaseCommon):
    @freeze_time("2026-11-20 12:00:00")  # a Friday
    def test_clock_stands_still_at_the_weekend(self):
        due = {priority: self.new_case(priority=priority).due for priority in "0123"}
        self.assertEqual(
            due,
            {
                "0": datetime(2026, 11, 26, 12),
                "1": datetime(2026, 11, 24, 12),
                "2": datetime(2026, 11, 23, 12),
                "3": datetime(2026, 11, 20, 20),
            },
        )

    def test_priority_moves_the_limit(self):
        with freeze_time("2026-11-17 08:00:00"):
            case = self.new_case()
        with freeze_time("2026-11-18 08:00:00"):
            case.priority = "3"
            self.assertEqual(case.due, datetime(2026, 11, 17, 16), "counted from the opening")

    def test_limit_by_hand_stays(self):
        case = self.new_case(due=datetime(2030, 1, 1))
        case.name = "Another name"
        self.assertEqual(case.due, datetime(2030, 1, 1))

    def test_overdue(self):
        with freeze_time("2026-11-16 08:00:00"):
            case = self.new_case(resolution="<p>Repaired</p>")
            self.assertEqual(case.due, datetime(2026, 11, 18, 8))
        cases = self.env["relationship.case"]
        with freeze_time("2026-11-18 08:01:00"):
            self.env.invalidate_all()
            self.assertTrue(case.is_overdue)
            self.assertIn(case, cases.search([("is_overdue", "=", True)]))
            self.assertNotIn(case, cases.search([("is_overdue", "=", False)]))
            case.action_contact()
            self.assertEqual(case.due, datetime(2026, 11, 25, 8, 1), "the time for the solution")
            self.assertFalse(case.is_overdue)
            self.assertIn(case, cases.search([("is_overdue", "=", False)]))

    def test_public_holiday(self):
        calendar = self.env.company.resource_calendar_id
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": calendar.id,
                "date_from": "2026-11-17 00:00:00",
                "date_to": "2026-11-17 23:59:59",
            }
        )
        with freeze_time("2026-11-16 08:00:00"):
            self.assertEqual(self.new_case().due, datetime(2026, 11, 19, 8))


@tagged("post_install", "-at_install")
class TestCaseAccess(CaseCommon):
    def test_who_sees_which(self):
        other = new_test_user(self.env, "case_colleague", groups="relationship_crm.group_user")
        mine = self.new_case()
        self.customer.user_id = other
        theirs = self.new_case(user_id=other.id)
        cases = self.env["relationship.case"]
        seen = {
            role: cases.with_user(user).search([("id", "in", (mine + theirs).ids)])
            for role, user in self.users.items()
            if role != "integration"
        }
        self.assertEqual(seen["user"], mine, "owned by the user though the customer moved on")
        for role in ("channel_manager", "manager", "auditor"):
            self.assertEqual(seen[role], mine + theirs, role)
        with self.assertRaises(AccessError):
            theirs.with_user(self.users["user"]).name = "Mine now"
        with self.assertRaises(AccessError):
            mine.with_user(self.users["auditor"]).name = "Corrected"

    def test_own_company_only(self):
        company = self.env["res.company"].create({"name": "Sister"})
        case = self.new_case(company_id=company.id)
        found = self.env["relationship.case"].with_user(self.users["manager"]).search([])
        self.assertNotIn(case, found)

    def test_user_works_a_case(self):
        case = self.new_case(resolution="<p>Repaired</p>").with_user(self.users["user"])
        for step in STEPS:
            getattr(case, step)()
        self.assertEqual(case.state, "closed")
        with self.assertRaises(AccessError):
            case.unlink()


@tagged("post_install", "-at_install")
class TestCaseFigures(CaseCommon):
    def metric(self, day):
        """Figures of the customer in the year up to a day (exclusive)."""
        [row] = self.env["relationship.metric"].compute(
            ["open_cases", "case_hours"], self.customer.ids, "2026-01-01", day
        )
        return row["open_cases"], row["case_hours"]

    def test_metrics_on_any_day(self):
        with freeze_time("2026-03-02 08:00:00"):
            case = self.new_case(resolution="<p>Repaired</p>")
            self.new_case()
        with freeze_time("2026-03-04 08:00:00"):
            for step in STEPS:
                getattr(case, step)()
        self.assertEqual(self.metric("2026-03-02"), (0, None))
        self.assertEqual(self.metric("2026-03-04"), (2, None))
        self.assertEqual(self.metric("2026-03-10"), (1, 48))

    def test_page_of_the_customer(self):
        view = self.env["relationship.view360"].with_user(self.users["user"])
        with freeze_time("2026-03-02 08:00:00"):
            case = self.new_case()
        blocks = {b["code"]: b for b in view.get_summary(self.customer.id)["blocks"]}
        self.assertEqual((blocks["cases"]["value"], blocks["cases"]["tone"]), (1, "bad"))
        sections = {s["code"]: s for s in view.get_sections(self.person.id)}
        self.assertEqual(sections["cases"]["rows"][0]["record"]["id"], case.id)


@tagged("post_install", "-at_install")
class TestCaseHolds(CaseCommon):
    def held(self, partner):
        purposes = ("marketing", "survey", "upsell", "downgrade", "lead_share")
        return [p for p in purposes if partner._relationship_holds(p)[partner]]

    def test_open_complaint_holds_back(self):
        case = self.new_case(resolution="<p>Repaired</p>")
        held = ["marketing", "survey", "upsell", "downgrade"]
        self.assertEqual(self.held(self.customer), held)
        self.assertEqual(self.held(self.person), held, "its people too")
        for step in STEPS:
            getattr(case, step)()
        self.assertEqual(self.held(self.customer), [])
        case.action_reopen()
        self.assertEqual(self.held(self.customer), held)

    def test_request_holds_nothing(self):
        self.new_case(kind="request")
        self.assertEqual(self.held(self.customer), [])

    def test_other_company(self):
        self.new_case(company_id=self.env["res.company"].create({"name": "Sister"}).id)
        self.assertEqual(self.held(self.customer), [])
