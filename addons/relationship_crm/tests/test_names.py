"""Names compared: the published measure, its properties, and the table of their words."""

import random
from unittest import skipUnless

from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..lib import names
from .test_identity import IdentityCommon

try:
    from rapidfuzz.distance import JaroWinkler
except ImportError:
    JaroWinkler = None

#: W. E. Winkler, Overview of record linkage and current research directions, US Census Bureau
#: RRS2006/02, table 6: Jaro and Jaro-Winkler of pairs of names.
PUBLISHED = (
    ("SHACKLEFORD", "SHACKELFORD", 0.970, 0.982),
    ("DUNNINGHAM", "CUNNIGHAM", 0.896, 0.896),
    ("NICHLESON", "NICHULSON", 0.926, 0.956),
    ("JONES", "JOHNSON", 0.790, 0.832),
    ("MASSEY", "MASSIE", 0.889, 0.933),
    ("ABROMS", "ABRAMS", 0.889, 0.922),
    ("JERALDINE", "GERALDINE", 0.926, 0.926),
    ("MARHTA", "MARTHA", 0.944, 0.961),
    ("MICHELLE", "MICHAEL", 0.869, 0.921),
    ("JULIES", "JULIUS", 0.889, 0.933),
    ("TANYA", "TONYA", 0.867, 0.880),
    ("DWAYNE", "DUANE", 0.822, 0.840),
    ("SEAN", "SUSAN", 0.783, 0.805),
    ("JON", "JOHN", 0.917, 0.933),
)


def words(rng, letters="abcdeé ا", most=14):
    """Return a random text of these letters."""
    return "".join(rng.choice(letters) for _letter in range(rng.randint(0, most)))


@tagged("post_install", "-at_install")
class TestNameMeasure(BaseCase):
    """The measure gives the published figures, the same both ways, and with rapidfuzz."""

    def test_published_values(self):
        for one, other, jaro, winkler in PUBLISHED:
            with self.subTest(one):
                self.assertAlmostEqual(names.jaro(one, other), jaro, delta=0.0006)
                self.assertAlmostEqual(names.plain_jaro_winkler(one, other), winkler, delta=0.0006)

    def test_properties(self):
        rng = random.Random(7)
        for _round in range(3000):
            one, other = names.tokens(words(rng)), names.tokens(words(rng))
            score = names.similarity(one, other)
            self.assertTrue(0 <= score <= 1)
            self.assertAlmostEqual(score, names.similarity(other, one))
            shuffled = tuple(rng.sample(other, len(other)))
            if "".join(one) not in ("".join(other), "".join(shuffled)):
                self.assertAlmostEqual(score, names.similarity(one, shuffled), msg=(one, other))
            if one:
                self.assertEqual(names.similarity(one, one), 1)

    def test_folding_twice_changes_nothing(self):
        rng = random.Random(8)
        for _round in range(2000):
            text = words(rng, "aÉđłß'’ .-&،مُّـىةأ٣株ガ")
            self.assertEqual(names.fold(names.fold(text)), names.fold(text))
            key = names.key(text)
            self.assertEqual(sorted(key.split()), key.split())

    @skipUnless(JaroWinkler, "rapidfuzz is not installed")
    def test_rapidfuzz_gives_the_same(self):
        self.assertIs(names.jaro_winkler, JaroWinkler.similarity)
        rng = random.Random(9)
        for _round in range(5000):
            one, other = words(rng), words(rng)
            self.assertAlmostEqual(
                names.plain_jaro_winkler(one, other), JaroWinkler.similarity(one, other), places=9
            )

    def test_same_company_in_other_words(self):
        pairs = (
            ("Công ty TNHH MTV Thương mại Hoàng Long", "Cty TNHH TM HOANG LONG"),
            ("Công ty Cổ phần Sữa Việt Nam", "Viet Nam Sua JSC"),
            ("شركة الرياض للأسمنت", "الرِّياض للاسمنت المحدودة"),
            ("مؤسسة أحمد القحطانى", "احمد القحطاني"),
            ("Mohammed Al Rashid Trading", "Muhammad Al-Rasheed Trading L.L.C."),
            ("Müller & Söhne GmbH & Co. KG", "Mueller und Soehne"),
            ("Société Générale S.A.", "SOCIETE GENERALE"),
            ("Kraków Foods sp. z o.o.", "krakow foods Sp. z o. o."),
            ("株式会社日立製作所", "日立製作所"),
            ("ООО «Ромашка»", "Ромашка, ООО"),
            ("Vinamilk", "Vina Milk Corp."),
            ("Ak Demir Sanayi A.Ş.", "AK DEMIR SANAYI AS"),
            ("The Coca-Cola Company", "Coca Cola"),
        )
        for one, other in pairs:
            with self.subTest(one):
                score = names.similarity(names.tokens(one), names.tokens(other))
                self.assertGreaterEqual(score, names.SAME)

    def test_other_companies(self):
        pairs = (
            ("Acme Foods", "Acme Steel"),
            ("Stellavia Logistics", "Stellavia"),
            ("Nguyễn Văn An", "Nguyễn Văn Bình"),
            ("شركة النور للتجارة", "شركة السلام للتجارة"),
            ("Store 12", "Store 13"),
        )
        for one, other in pairs:
            with self.subTest(one):
                score = names.similarity(names.tokens(one), names.tokens(other))
                self.assertLess(score, names.SIMILAR)


@tagged("post_install", "-at_install")
class TestNameTokens(IdentityCommon):
    """The table follows the names of contacts and opportunities, and finds look-alikes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tokens = cls.env["relationship.name.token"]

    def kept(self, record, column="partner_id"):
        """Return {(country code, token)} of a holder."""
        rows = self.tokens.search([(column, "=", record.id)])
        return {(row.country_code, row.token) for row in rows}

    def alike(self, name, country="", **options):
        """Return {(holder, id): similarity} of who has a name like this."""
        found = self.tokens._look_alikes({1: (name, country)}, **options)
        return {who: round(score, 2) for who, score in found[1].items()}

    def test_words_follow_the_name(self):
        company = self.partner("Kestrel Marine Ltd", is_company=True, country_id=self.belgium.id)
        words = {("BE", t) for t in ("kestrel", "marine", " kestrel marine", "~kes mar")}
        self.assertEqual(self.kept(company), words)
        company.write({"name": "Kestrel", "country_id": False})
        self.refresh_keys()
        self.assertEqual(self.kept(company), {("", "kestrel"), ("", " kestrel")})
        company.active = False
        self.refresh_keys()
        self.assertFalse(self.kept(company))

    def test_people_of_a_company_are_not_kept(self):
        company = self.partner("Kestrel", is_company=True)
        person = self.partner("Zoltan Brzezinski", parent_id=company.id)
        self.assertFalse(self.kept(person))
        person.parent_id = False
        self.refresh_keys()
        self.assertTrue(self.kept(person))

    def test_merged_contacts(self):
        first = self.partner("Kestrel Marine", is_company=True)
        second = self.partner("Kestrel Marina", is_company=True)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((first | second).ids, first)
        self.refresh_keys()
        words = {("", t) for t in ("kestrel", "marine", " kestrel marine", "~kes mar")}
        self.assertEqual(self.kept(first), words)
        self.assertEqual(self.tokens.search([("token", "=", "marina")]).ids, [])

    def test_opportunities_without_a_contact(self):
        lead = self.env["crm.lead"].create({"name": "Talks", "partner_name": "Kestrel Marine"})
        self.refresh_keys()
        self.assertIn(("", "kestrel"), self.kept(lead, "lead_id"))
        lead.partner_name = "Osprey"
        self.refresh_keys()
        self.assertEqual(self.kept(lead, "lead_id"), {("", "osprey"), ("", " osprey")})
        lead.partner_id = self.partner("Osprey")
        self.refresh_keys()
        self.assertFalse(self.kept(lead, "lead_id"))

    def test_domain_of_an_opportunity(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "Talks",
                "website": "https://www.shop.kestrel.co.uk/x",
                "email_from": "a@b.example",
            }
        )
        self.assertEqual(lead.relationship_domain, "kestrel.co.uk")
        lead.website = False
        self.assertEqual(lead.relationship_domain, "b.example")
        lead.email_from = "ann@gmail.com"
        self.assertFalse(lead.relationship_domain)

    def test_found_by_word_beginning_sound_and_whole(self):
        company = self.partner("Kestrelon Marine", is_company=True, country_id=self.belgium.id)
        me = ("partner", company.id)
        self.assertEqual(self.alike("Marine Kestrelon", "BE"), {me: 1.0})
        self.assertIn(me, self.alike("Kestrelin Marine", "BE"))  # the beginning
        self.assertIn(me, self.alike("Kastrelon Marine", "BE"))  # the sound
        self.assertEqual(self.alike("Kestrelon Marine", "NL"), {})
        unknown = self.partner("Osprey Marine", is_company=True)
        self.assertEqual(self.alike("Osprey Marine", "NL"), {("partner", unknown.id): 1.0})

    def test_a_common_word_finds_only_the_whole_name(self):
        for number in range(51):
            self.env["res.partner"].create(
                {"name": f"Zumtal Global {chr(65 + number % 26)}{number}"}
            )
        company = self.partner("Zumtal Global", is_company=True)
        self.assertEqual(self.alike("Global Zumtal"), {("partner", company.id): 1.0})
        self.assertEqual(self.alike("Zumtal Other"), {})
        other = self.partner("Zumtal Mansoori", is_company=True)
        self.assertIn(("partner", other.id), self.alike("Zumtal Mansouri"), "it sounds the same")
        self.assertIn(("partner", other.id), self.alike("Zumtal Manhoori"), "it begins the same")

    def test_queries_do_not_grow(self):
        for letter in "bcdfghjklm":
            self.env["res.partner"].create({"name": f"{letter}astrello Works", "is_company": True})
        self.refresh_keys()
        wanted = {letter: (f"{letter}astrello Works", "BE") for letter in "bcdfghjklm"}
        few = {"b": wanted["b"]}
        alone = self.queries(lambda: self.tokens._look_alikes(few))
        together = self.queries(lambda: self.tokens._look_alikes(wanted))
        self.assertEqual(together, alone)
        self.assertLessEqual(alone, 2)
        self.assertEqual(len(self.tokens._look_alikes(wanted)["c"]), 10, "all work")

    def test_writing_again_changes_nothing(self):
        company = self.partner("Kestrel Marine", is_company=True)
        before = self.tokens.search([("partner_id", "=", company.id)]).ids
        self.tokens._follow_partners(company)
        self.assertEqual(self.tokens.search([("partner_id", "=", company.id)]).ids, before)
