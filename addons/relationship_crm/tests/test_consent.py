"""Consent: the newest word counts, else the country's default; asked for a set at once."""

from datetime import datetime

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .people_common import PeopleCommon


@tagged("post_install", "-at_install")
class TestConsent(PeopleCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls.customer("Firm", country_id=cls.env.ref("base.be").id)
        cls.person = cls.env["res.partner"].create(
            {"name": "Ann", "parent_id": cls.firm.id, "email": "ann@firm.example"}
        )
        cls.consents = cls.env["relationship.consent"]

    def say(self, state, date="2026-01-01", purpose="marketing", contact=None, **vals):
        return self.consents.create(
            {
                "contact_id": (contact or self.person).id,
                "purpose": purpose,
                "state": state,
                "date": date,
                **vals,
            }
        )

    def answer(self, purpose="marketing", channel=None, contact=None):
        contact = contact or self.person
        return contact._relationship_consent(purpose, channel)[contact]

    def reason(self, purpose="marketing", channel=None):
        return self.person._relationship_consent_reasons(purpose, channel)[self.person]

    # ------------------------------------------------------------ defaults

    def test_shipped_defaults(self):
        expected = {
            "marketing": "refused",
            "profiling": "refused",
            "survey": "refused",
            "loyalty": "granted",
            "partner_program": "granted",
        }
        for purpose, state in expected.items():
            self.assertEqual(self.answer(purpose), state, purpose)

    def test_a_customer_may_be_asked(self):
        self.order(self.firm)
        self.refresh_profiles(self.firm)
        self.assertEqual(self.answer("survey"), "granted")
        self.assertEqual(self.reason("survey"), ("granted", "default"))
        elsewhere = self.person.with_company(self.other_company())
        self.assertEqual(elsewhere._relationship_consent("survey")[elsewhere], "refused")

    def test_the_default_is_that_of_the_contacts_country(self):
        self.env["relationship.consent.default"].create(
            {
                "purpose": "marketing",
                "country_id": self.env.ref("base.be").id,
                "rule": "allowed",
            }
        )
        self.person.country_id = False
        self.assertEqual(self.answer(), "granted", "that of the company")
        self.person.country_id = self.env.ref("base.vn")
        self.assertEqual(self.answer(), "refused")

    def test_a_purpose_without_default_is_refused(self):
        self.env["relationship.consent.default"].search([("purpose", "=", "loyalty")]).unlink()
        self.assertEqual(self.answer("loyalty"), "refused")

    # ------------------------------------------------------------ what was said

    def test_the_newest_counts(self):
        self.say("granted", "2026-01-02")
        self.say("withdrawn", "2026-01-01")
        self.assertEqual(self.reason(), ("granted", "said"))
        self.say("withdrawn", "2026-01-02")
        self.assertEqual(self.answer(), "refused", "of the same moment the later entered")

    def test_one_channel_and_every_channel(self):
        self.say("refused", "2026-01-01")
        self.say("granted", "2026-01-02", channel="email")
        self.assertEqual(self.answer(channel="email"), "granted")
        self.assertEqual(self.answer(channel="sms"), "refused")
        self.assertEqual(self.answer(), "refused", "no channel in particular")
        self.say("withdrawn", "2026-01-03")
        self.assertEqual(self.answer(channel="email"), "refused")

    def test_purposes_and_companies_apart(self):
        other = self.other_company()
        self.say("granted", company_id=other.id)
        self.assertEqual(self.answer(), "refused")
        elsewhere = self.person.with_company(other)
        self.assertEqual(elsewhere._relationship_consent("marketing")[elsewhere], "granted")
        self.say("granted", company_id=False)
        self.assertEqual(self.answer(), "granted", "said to every company")
        self.assertEqual(self.answer("profiling"), "refused")

    def test_the_person_not_the_company(self):
        self.say("granted", contact=self.firm)
        self.assertEqual(self.answer(), "refused")
        self.assertEqual(self.answer(contact=self.firm), "granted")

    # ------------------------------------------------------------ intensity and blacklists

    def test_intensity(self):
        for purpose in ("marketing", "survey", "profiling", "partner_program"):
            self.say("granted", purpose=purpose)
        expected = {
            "full": "",
            "basic": "profiling",
            "none": "marketing survey profiling",
        }
        for intensity, refused in expected.items():
            self.person.relationship_intensity = intensity
            for purpose in ("marketing", "survey", "profiling", "partner_program"):
                with self.subTest(intensity=intensity, purpose=purpose):
                    state = "refused" if purpose in refused.split() else "granted"
                    self.assertEqual(self.answer(purpose), state)
        self.assertEqual(self.reason(), ("refused", "intensity"))

    def test_a_blacklisted_address_is_not_written_to(self):
        self.say("granted", purpose="marketing")
        self.say("granted", purpose="survey")
        self.env["mail.blacklist"]._add("ann@firm.example")
        self.assertEqual(self.reason(channel="email"), ("refused", "blacklist"))
        self.assertEqual(self.answer(channel="sms"), "granted")
        self.assertEqual(self.answer("survey", "email"), "granted", "marketing only")
        self.env["mail.blacklist"]._remove("ann@firm.example")
        self.assertEqual(self.answer(channel="email"), "granted")

    # ------------------------------------------------------------ asked for a set

    def test_one_query_for_a_set(self):
        people = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(20)])
        for person in people[:5]:
            self.say("granted", contact=person)
        ask = people._relationship_consent
        self.assertEqual(self.queries(lambda: ask("marketing", "email")), 1)
        answers = ask("marketing")
        self.assertEqual(set(answers), set(people))
        self.assertEqual(
            {person for person, state in answers.items() if state == "granted"}, set(people[:5])
        )
        self.assertEqual(people.browse()._relationship_consent("marketing"), {})

    def test_one_query_for_several_purposes(self):
        people = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(4)])
        self.say("granted", contact=people[0])
        people[1].relationship_intensity = "none"
        purposes = ["marketing", "survey", "profiling", "loyalty", "partner_program"]
        ask = people._relationship_consents
        self.assertEqual(self.queries(lambda: ask(purposes, "email")), 1)
        self.assertEqual(
            ask(purposes, "email"),
            {
                purpose: people._relationship_consent_reasons(purpose, "email")
                for purpose in purposes
            },
        )
        self.assertEqual(people._relationship_consents([]), {})

    def test_wrong_questions(self):
        for purpose, channel in (("marketting", None), ("marketing", "pigeon"), ("", None)):
            with self.assertRaises(ValidationError):
                self.person._relationship_consent(purpose, channel)
        with self.assertRaises(ValidationError):
            self.person._relationship_holds("partner_program")

    def test_nothing_holds_by_itself(self):
        people = self.person | self.firm
        for purpose in ("marketing", "survey", "upsell", "downgrade", "lead_share"):
            held = people._relationship_holds(purpose)
            self.assertEqual(set(held), set(people))
            self.assertFalse(any(held.values()))

    # ------------------------------------------------------------ history

    def test_what_was_said_is_never_changed(self):
        said = self.say("granted")
        with self.assertRaises(UserError):
            said.state = "refused"
        with self.assertRaises(UserError):
            said.unlink()
        self.assertFalse(said.with_user(self.users["manager"]).has_access("write"))

    def test_nobody_speaks_in_the_future(self):
        with self.assertRaises(ValidationError):
            self.say("granted", datetime(2100, 1, 1))

    def test_a_user_notes_what_an_own_customer_said(self):
        own = self.customer("Own", user_id=self.users["user"].id)
        foreign = self.customer("Foreign", user_id=self.users["manager"].id)
        env = self.env(user=self.users["user"])
        vals = {"purpose": "marketing", "state": "granted"}
        env["relationship.consent"].create({**vals, "contact_id": own.id})
        with self.assertRaises(AccessError):
            env["relationship.consent"].create({**vals, "contact_id": foreign.id})
