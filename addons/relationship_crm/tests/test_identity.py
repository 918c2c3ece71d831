from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import RelationshipCommon

EMAIL, PHONE, VAT = "ann@keys.example", "+32477123456", "BE0477472701"


class IdentityCommon(RelationshipCommon):
    """Contacts with keys; the queue is worked by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = cls.env["relationship.identity"]
        cls.belgium = cls.env.ref("base.be")
        cls.env.company.country_id = cls.belgium

    @classmethod
    def partner(cls, name="Ann", **values):
        """Return a contact whose keys are up to date."""
        partner = cls.env["res.partner"].create({"name": name, **values})
        cls.refresh_keys()
        return partner

    @classmethod
    def refresh_keys(cls):
        """Commit what waits for the commit, and work through the queue."""
        cls.env.flush_all()
        cls.env.cr.precommit.run()
        while cls.keys._job_refresh(1000):
            pass

    @classmethod
    def learn(cls, partner, kind, value, **values):
        return cls.keys.create({"partner_id": partner.id, "type": kind, "value": value, **values})

    def held(self, partner):
        """Return the keys of a contact as a set of (type, value)."""
        return set(self.keys.search([("partner_id", "=", partner.id)]).mapped(
            lambda key: (key.type, key.value)
        ))  # fmt: skip

    def named(self, **keys):
        """Return (contact id, partner id, ambiguous) that one set of keys resolves to."""
        [found] = self.keys.resolve([keys])
        return found["contact_id"], found["partner_id"], found["ambiguous"]


@tagged("post_install", "-at_install")
class TestIdentityKeys(IdentityCommon):
    """Which keys a contact has."""

    def test_fields_become_keys(self):
        ann = self.partner(
            email='"Ann" <ANN@Keys.example>',
            phone="0477 12 34 56",
            vat="BE 0477.472.701",
            website="https://www.shop.keys.co.uk/x",
            country_id=self.belgium.id,
        )
        self.assertEqual(
            self.held(ann),
            {
                ("email", EMAIL),
                ("phone", PHONE),
                ("vat", VAT),
                ("domain", "keys.example"),
                ("domain", "keys.co.uk"),
            },
        )
        self.assertEqual(set(self.keys.search([("partner_id", "=", ann.id)]).mapped("source")),
                         {"contact"})  # fmt: skip

    def test_keys_follow_the_fields(self):
        ann = self.partner(email=EMAIL, phone="0477 12 34 56")
        ann.write({"email": "new@keys.example", "phone": False})
        self.refresh_keys()
        self.assertEqual(
            self.held(ann), {("email", "new@keys.example"), ("domain", "keys.example")}
        )

    def test_learned_keys_stay(self):
        ann = self.partner(email=EMAIL)
        self.learn(ann, "external", "Shop: 42", source="shop")
        self.learn(ann, "email", "Old@keys.example")
        ann.email = False
        self.refresh_keys()
        self.assertEqual(self.held(ann), {("external", "shop:42"), ("email", "old@keys.example")})

    def test_unchanged_keys_are_not_written_again(self):
        ann = self.partner(email=EMAIL)
        before = self.keys.search([("partner_id", "=", ann.id)])
        before.verified_on = "2026-01-01 00:00:00"
        ann.name = "Ann B."
        self.refresh_keys()
        after = self.keys.search([("partner_id", "=", ann.id)])
        self.assertEqual(before, after)
        self.assertTrue(all(after.mapped("verified_on")))

    def test_free_mail_gives_no_domain(self):
        self.assertEqual(
            self.held(self.partner(email="ann@gmail.com")), {("email", "ann@gmail.com")}
        )

    def test_what_is_no_key_is_left_out(self):
        self.assertFalse(self.held(self.partner(email="n/a", phone="call me", vat="/")))

    def test_tax_id_belongs_to_the_company_only(self):
        company = self.partner("Acme", is_company=True, vat=VAT, country_id=self.belgium.id)
        person = self.partner(parent_id=company.id)
        self.assertEqual(person.vat, company.vat)
        self.assertFalse(self.held(person))
        self.assertIn(("vat", VAT), self.held(company))

    def test_other_fields_wake_nobody(self):
        ann = self.partner(email=EMAIL)
        self.env.cr.precommit.data.pop("relationship.queue", None)
        ann.write({"comment": "x", "ref": "y"})
        self.assertNotIn("relationship.queue", self.env.cr.precommit.data)

    def test_one_insert_for_a_batch(self):
        """The keys of many contacts cost the same few statements as those of one."""
        self.refresh_keys()
        made = self.env["res.partner"].create(
            [{"name": f"P{n}", "email": f"p{n}@many.example"} for n in range(400)]
        )
        self.env.flush_all()
        self.env.cr.precommit.run()
        with self.assertQueryCount(14):
            self.keys._job_refresh(1000)
        self.assertEqual(self.keys.search_count([("partner_id", "in", made.ids)]), 800)

    def test_many_names_make_a_key_shared(self):
        for number in range(5):
            self.assertFalse(self.keys.search([("value", "=", EMAIL), ("shared", "=", True)]))
            last = self.partner(f"Name {number}", email=EMAIL)
        self.assertEqual(self.keys.search_count([("value", "=", EMAIL), ("shared", "=", True)]), 5)
        self.assertEqual(self.named(email=EMAIL), (False, False, False))
        self.learn(last, "external", "shop:1")
        self.assertEqual(self.named(email=EMAIL, external="shop:1")[0], last.id)

    def test_a_company_with_many_people_shares_nothing(self):
        company = self.partner("Acme", is_company=True)
        for number in range(6):
            self.partner(f"Person {number}", parent_id=company.id, phone=PHONE)
        self.assertEqual(self.named(phone=PHONE)[1], company.id)

    def test_shared_by_hand_holds_for_everybody(self):
        one, _two = self.partner(email=EMAIL), self.partner("Bob", email=EMAIL)
        key = self.keys.search([("partner_id", "=", one.id), ("type", "=", "email")])
        key.with_user(self.users["manager"]).shared = True
        self.assertEqual(self.keys.search_count([("value", "=", EMAIL), ("shared", "=", True)]), 2)
        self.assertEqual(self.named(email=EMAIL), (False, False, False))

    def test_a_typed_key_is_brought_into_form_or_refused(self):
        ann = self.partner()
        self.assertEqual(self.learn(ann, "phone", "0477/12.34.56").value, PHONE)
        with self.assertRaises(ValidationError):
            self.learn(ann, "external", "no system")
        with self.assertRaises(UserError):
            self.keys.search([("partner_id", "=", ann.id)]).value = "x"


@tagged("post_install", "-at_install")
class TestIdentityResolve(IdentityCommon):
    """Whom keys name."""

    def test_each_type(self):
        ann = self.partner(email=EMAIL, phone=PHONE, vat=VAT, country_id=self.belgium.id)
        for kind, value in (("external", "shop:1"), ("card", "C-1"), ("device", "d1")):
            self.learn(ann, kind, value)
        for keys in (
            {"email": " <ANN@keys.example>"},
            {"email": ["nobody@keys.example", EMAIL]},
            {"phone": "0477123456"},
            {"phone": "+32 477 123 456"},
            {"vat": "0477472701"},
            {"vat": "0477.472.701", "country": "be"},
            {"external": "SHOP:1"},
            {"card": "c1"},
            {"device": "d1"},
        ):
            with self.subTest(keys):
                self.assertEqual(self.named(**keys), (ann.id, ann.id, False))

    def test_unknown(self):
        self.assertEqual(
            self.keys.resolve([{"email": "nobody@keys.example"}, {"phone": "n/a"}]),
            [{"contact_id": False, "partner_id": False, "evidence": [], "ambiguous": False}] * 2,
        )

    def test_the_strongest_key_decides(self):
        one = self.partner("One", email=EMAIL)
        two = self.partner("Two", phone=PHONE)
        self.assertEqual(self.named(email=EMAIL, phone=PHONE), (one.id, one.id, False))
        self.learn(two, "card", "7")
        self.assertEqual(self.named(email=EMAIL, phone=PHONE, card="7"), (two.id, two.id, False))

    def test_a_person_of_the_company(self):
        """The tax ID names the company, the weaker e-mail address the person in it."""
        company = self.partner("Acme", is_company=True, vat=VAT, country_id=self.belgium.id)
        person = self.partner(parent_id=company.id, email=EMAIL)
        [found] = self.keys.resolve([{"vat": VAT, "email": EMAIL}])
        self.assertEqual((found["contact_id"], found["partner_id"]), (person.id, company.id))
        self.assertEqual(
            found["evidence"],
            [
                {"type": "vat", "value": VAT, "contact_id": company.id},
                {"type": "email", "value": EMAIL, "contact_id": person.id},
            ],
        )
        self.assertEqual(self.named(vat=VAT), (company.id, company.id, False))

    def test_twice_in_one_family(self):
        company = self.partner("Acme", is_company=True)
        one, two = (self.partner(name, parent_id=company.id, phone=PHONE) for name in "ab")
        self.assertEqual(self.named(phone=PHONE), (two.id, company.id, False))
        self.keys.search([("partner_id", "=", one.id)]).action_confirm()
        self.assertEqual(self.named(phone=PHONE), (one.id, company.id, False))

    def test_several_families(self):
        one, two = self.partner("One", email=EMAIL), self.partner("Two", email=EMAIL)
        self.keys.search([("partner_id", "=", one.id)]).last_seen = "2020-01-01"
        self.assertEqual(self.named(email=EMAIL), (two.id, two.id, True), "the last seen")
        self.keys.search([("partner_id", "=", one.id)]).action_confirm()
        self.assertEqual(self.named(email=EMAIL), (one.id, one.id, True), "the confirmed")

    def test_archived_contacts_are_not_found(self):
        ann = self.partner(email=EMAIL)
        ann.active = False
        self.assertEqual(self.named(email=EMAIL)[0], False)

    def test_other_companies_are_not_found(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.partner(email=EMAIL, company_id=other.id)
        for role in ("user", "integration", "auditor"):
            keys = self.keys.with_user(self.users[role])
            self.assertFalse(keys.resolve([{"email": EMAIL}])[0]["contact_id"])
        self.users["user"].company_ids += other
        keys = self.keys.with_user(self.users["user"])
        for companies, found in ((self.env.company, False), (self.env.company + other, True)):
            chosen = keys.with_context(allowed_company_ids=companies.ids)
            self.assertEqual(bool(chosen.resolve([{"email": EMAIL}])[0]["contact_id"]), found)

    def test_what_the_caller_may_not_read_is_not_told(self):
        ann = self.partner(email=EMAIL)
        self.env["ir.rule"].create(
            {
                "name": "Not Ann",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {ann.id})]",
            }
        )
        keys = self.keys.with_user(self.users["user"])
        self.assertFalse(keys.resolve([{"email": EMAIL}])[0]["contact_id"])

    def test_who_may_ask(self):
        self.partner(email=EMAIL)
        for role in ("user", "channel_manager", "manager", "auditor", "integration"):
            found = self.keys.with_user(self.users[role]).resolve([{"email": EMAIL}])
            self.assertTrue(found[0]["contact_id"], role)
        for user in (self.sales_user, self.portal_user, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.keys.with_user(user).resolve([{"email": EMAIL}])

    def test_wrong_calls_are_told(self):
        for wrong in (
            "x", {"email": "a"}, [5], [{}], [{"mail": "x"}], [{"email": 5}], [{"email": [5]}],
            [{"phone": ["1"] * 11}], [{"country": "BEL"}], [None], [{"email": "a"}] * 10_001,
        ):  # fmt: skip
            with self.subTest(str(wrong)[:40]), self.assertRaises(ValidationError):
                self.keys.resolve(wrong)

    def test_queries_do_not_grow(self):
        self.partner(email=EMAIL)
        self.env["res.partner"].create(
            [{"name": f"P{n}", "email": f"p{n}@many.example"} for n in range(1000)]
        )
        self.refresh_keys()
        keys = self.keys.with_user(self.users["integration"])
        few = [{"email": f"p{n}@many.example"} for n in range(10)]
        many = [{"email": f"p{n}@many.example", "phone": f"0477{n:06}"} for n in range(1000)]
        self.queries(lambda: keys.resolve(few))  # reads rules and rights, once for all calls
        for sets in (few, many):
            with self.subTest(len(sets)):
                self.assertEqual(self.queries(lambda sets=sets: keys.resolve(sets)), 4)
        self.assertTrue(all(found["contact_id"] for found in keys.resolve(many)))
