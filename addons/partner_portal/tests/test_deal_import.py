import base64
import csv
import io
from pathlib import Path

from odoo.tests import tagged

from .common import DealCommon

SAMPLE = Path(__file__).parent / "data" / "deal_registrations_mixed.csv"
BAD = {
    "A-103": ("Customer Name is missing",),
    "A-104": ("“unknown” is not a VAT number", "-500,00 is negative"),
    "A-105": ("No partner is known as “Gamma Nobody”",),
    "A-106": ("“ten thousand” is not an amount", "“31/02/2027” is not a date"),
    "A-100": ("It repeats line 2",),
    "": ("It repeats line 6",),
    "A-107": ("VAT number or website",),
    "A-108": ("gmail.com is used by many", "Currency “XXX” is not known"),
    "A-109": ("columns that the first line does not name",),
    "A-110": ("Partner is missing", "Customer Country “Atlantis” is not known"),
    "A-111": ("longer than 200",),
}


@tagged("post_install", "-at_install")
class TestDealImport(DealCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alpha.vat = "BE0477472701"
        cls.env["res.partner"].create(
            {"name": "Person", "parent_id": cls.alpha.id, "email": "alpha@alpha-partner.example"}
        )

    def _import(self, data, **vals):
        """Import the bytes as a channel manager, and return the finished wizard."""
        wizard = (
            self.env["prm.deal.import"]
            .with_user(self.channel)
            .create({"file": base64.b64encode(data), "filename": "deals.csv", **vals})
        )
        wizard.action_import()
        return wizard

    def _result(self, wizard):
        """The returned file: (header, {reference: cells})."""
        text = base64.b64decode(wizard.result_file).decode("utf-8-sig")
        header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
        return header, {row[1]: row for row in rows}

    def test_every_line_of_the_sample_ends_somewhere(self):
        wizard = self._import(SAMPLE.read_bytes())
        self.assertEqual(wizard.line_count, 15)
        self.assertEqual(
            (wizard.created_count, wizard.repeated_count, wizard.bad_count), (4, 0, 11)
        )
        deals = wizard.deal_ids.sorted("submit_no")
        self.assertEqual(set(deals.mapped("state")), {"in_review"})
        self.assertEqual(set(deals.mapped("source")), {"import"})
        self.assertEqual(deals.submitted_by, self.channel)

    def test_good_lines_are_read_right(self):
        deals = self._import(SAMPLE.read_bytes()).deal_ids.sorted("submit_no")
        cafe, mueller, nguyen, port = deals
        self.assertEqual(cafe.customer_name, "Café Zürich AG")
        self.assertEqual((cafe.vat_key, cafe.domain_key), ("CHE123456788", "cafe-zuerich.example"))
        self.assertEqual((cafe.amount, str(cafe.expected_close)), (12500.5, "2027-03-31"))
        self.assertEqual(cafe.description, "Till and stock,\nthree shops")
        self.assertEqual((cafe.partner_id, cafe.external_ref), (self.alpha, "A-100"))
        self.assertEqual((mueller.amount, mueller.description), (8000, 'He said "soon"'))
        self.assertEqual(mueller.customer_country_id.code, "DE")
        self.assertEqual((nguyen.partner_id, nguyen.vat_key), (self.beta, "VN0312345679"))
        self.assertEqual((port.partner_id, port.amount), (self.alpha, 1200000))

    def test_bad_lines_come_back_with_all_their_mistakes(self):
        header, rows = self._result(self._import(SAMPLE.read_bytes()))
        self.assertEqual(header[0], "Partner")
        self.assertEqual(header[-1], "reason")
        self.assertEqual(set(rows), set(BAD))
        for reference, texts in BAD.items():
            for text in texts:
                self.assertIn(text, rows[reference][-1])
        self.assertEqual(rows["A-109"][11:13], ["and more", "still more"], "no cell is lost")

    def test_no_formula_comes_back(self):
        _header, rows = self._result(self._import(SAMPLE.read_bytes()))
        self.assertTrue(rows["A-108"][2].startswith("'=HYPERLINK"))
        self.assertTrue(rows["A-108"][9].startswith("'@SUM"))

    def test_a_second_upload_makes_nothing(self):
        first = self._import(SAMPLE.read_bytes())
        second = self._import(SAMPLE.read_bytes())
        self.assertEqual(
            (second.created_count, second.repeated_count, second.bad_count), (0, 4, 11)
        )
        self.assertFalse(second.deal_ids)
        self.assertTrue(first.deal_ids.exists())

    def test_a_corrected_file_goes_in(self):
        wizard = self._import(SAMPLE.read_bytes())
        text = base64.b64decode(wizard.result_file).decode("utf-8-sig")
        fixed = text.replace("unknown", "FR40303265045").replace("-500,00", "500,00")
        second = self._import(fixed.encode("utf-16"))
        counts = (second.created_count, second.repeated_count, second.bad_count)
        self.assertEqual(counts, (1, 1, 9), "the other A-100 has other values")
        header, _rows = self._result(second)
        self.assertEqual(header.count("reason"), 1)

    def test_encodings_and_delimiters(self):
        lines = (
            "partner,customer_name,customer_domain,amount\nPRM-ALPHA,Café {0},cafe{0}.example,{1}\n"
        )
        for number, (encoding, delimiter) in enumerate(
            (("utf-8", ","), ("utf-8-sig", "\t"), ("utf-16", ";"), ("cp1252", "|"))
        ):
            text = lines.format(number, "7").replace(",", delimiter)
            with self.subTest(encoding):
                deal = self._import(text.encode(encoding)).deal_ids
                self.assertEqual((deal.customer_name, deal.amount), (f"Café {number}", 7))

    def test_claimed_customers_are_refused_at_once(self):
        self._deal(self.beta, submit=True, customer_domain="taken.example").action_approve()
        wizard = self._import(b"partner,customer,website\nPRM-ALPHA,Taken,taken.example\n")
        self.assertEqual((wizard.created_count, wizard.refused_count), (1, 1))
        self.assertEqual(wizard.deal_ids.state, "rejected")

    def test_rivals_in_one_file_queue_in_its_order(self):
        wizard = self._import(
            b"partner,customer,website\nPRM-BETA,C,c.example\nPRM-ALPHA,C,c.example\n"
        )
        first, second = wizard.deal_ids.sorted("submit_no")
        self.assertEqual((first.partner_id, second.partner_id), (self.beta, self.alpha))
        self.assertEqual(second.verdict, "other_partner")

    def test_partner_found_by_the_strongest_fact(self):
        twin = self._new_partner("Beta Partner Ltd", "PRM-TWIN")
        data = b"partner,customer,website\n%s,C,c.example\n"
        self.assertEqual(self._import(data % b"prm-twin").deal_ids.partner_id, twin)
        wizard = self._import(data % b"Beta Partner Ltd")
        self.assertIn("Several partners", self._result_text(wizard))
        self.env["res.partner"].create({"name": "No tier", "ref": "PRM-NONE", "is_company": True})
        self.assertIn("no partner tier", self._result_text(self._import(data % b"PRM-NONE")))

    def _result_text(self, wizard):
        return base64.b64decode(wizard.result_file).decode("utf-8-sig")

    def test_imports_schedule_nothing_and_mail_nobody(self):
        deals = self._import(SAMPLE.read_bytes()).deal_ids
        self.assertFalse(deals.activity_ids)
        self.assertFalse(self._mails(deals))
        self.assertFalse(deals.message_partner_ids)

    def test_an_open_quotation_mark_merges_no_lines(self):
        wizard = self._import(
            b'partner;reference;customer;website\nPRM-ALPHA;Q-1;"Acme;acme.example\n'
            b'PRM-ALPHA;Q-2;Bolt";bolt.example\nPRM-ALPHA;Q-3;Cord;cord.example\n'
        )
        self.assertEqual(wizard.deal_ids.mapped("external_ref"), ["Q-3"])
        _header, rows = self._result(wizard)
        self.assertEqual(rows["Q-1"][2], "Acme;acme.example\nPRM-ALPHA;Q-2;Bolt")
        self.assertIn("quotation mark", rows["Q-1"][-1])

    def test_a_reference_counts_in_its_company_only(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.channel.company_ids |= other
        data = b"partner,reference,customer,website\nPRM-ALPHA,A-1,Acme,acme.example\n"
        first = self._import(data).deal_ids
        second = self._import(data, company_id=other.id).deal_ids
        self.assertEqual((first | second).mapped("company_id"), self.company | other)
        self.assertEqual(self._import(data, company_id=other.id).repeated_count, 1)

    def test_a_known_reference_with_other_values_comes_back(self):
        header = b"partner;reference;customer;vat;website;country;amount;close date;notes\n"
        line = "PRM-ALPHA;A-1;{};{};{};{};{};{};{}\n"
        said = ["Acme", "0477472701", "acme.example", "BE", "12,50", "2099-03-31", "n"]
        deal = self._import(header + line.format(*said).encode()).deal_ids
        spelled = ["ACME", "BE 0477.472.701", "www.acme.example", "Belgium", "12,5"]
        again = self._import(header + line.format(*spelled, *said[5:]).encode())
        self.assertEqual((again.repeated_count, again.bad_count), (1, 0))
        others = ("Bolt", "0403170701", "b.example", "NL", "13", "2099-04-01", "other")
        for place, other in enumerate(others):
            with self.subTest(other):
                changed = [*said[:place], other, *said[place + 1 :]]
                wizard = self._import(header + line.format(*changed).encode())
                self.assertEqual((wizard.created_count, wizard.repeated_count), (0, 0))
                reason = self._result(wizard)[1]["A-1"][-1]
                self.assertIn(f"Already imported as {deal.name} with other values", reason)

    def test_a_known_reference_that_was_refused_comes_back(self):
        data = b"partner;reference;customer;website\nPRM-ALPHA;A-1;Acme;acme.example\n"
        deal = self._import(data).deal_ids
        deal.action_reject("No")
        wizard = self._import(data)
        self.assertEqual((wizard.created_count, wizard.repeated_count), (0, 0))
        reason = self._result(wizard)[1]["A-1"][-1]
        self.assertIn(f"Already imported as {deal.name}, which was refused", reason)

    def test_a_vat_number_of_no_country_or_another_comes_back(self):
        wizard = self._import(
            b"partner;reference;customer;vat;country\nPRM-ALPHA;A-1;Acme;0477472701;\n"
            b"PRM-ALPHA;A-2;Acme;FR40303265045;BE\nPRM-ALPHA;A-3;Acme;BE0477472701;\n"
        )
        self.assertEqual(wizard.deal_ids.mapped("external_ref"), ["A-3"])
        _header, rows = self._result(wizard)
        self.assertIn("country prefix", rows["A-1"][-1])
        self.assertIn("FR40303265045 is not of the line's country", rows["A-2"][-1])
