import doctest
import importlib
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from ..lib import amounts, claims, deal_csv, deal_rows

MODULES = tuple("amounts bidi claims deal_csv deal_rows deal_states scopes verdicts".split())


@tagged("post_install", "-at_install")
class TestLib(BaseCase):
    def test_examples_in_docstrings(self):
        for name in MODULES:
            with self.subTest(name):
                module = importlib.import_module(f"odoo.addons.partner_portal.lib.{name}")
                result = doctest.testmod(module)
                self.assertGreater(result.attempted, 0)
                self.assertFalse(result.failed)

    def test_vat_spellings_meet(self):
        spellings = (
            "BE0477472701",
            "be 0477.472.701",
            "0477472701",
            "BE-0477-472-701",
            "٠٤٧٧٤٧٢٧٠١",
        )
        self.assertEqual({claims.compact_vat(text, "BE") for text in spellings}, {"BE0477472701"})

    def test_vat_of_another_country_keeps_it(self):
        self.assertEqual(claims.compact_vat("NL004495445B01", "BE"), "NL004495445B01")
        self.assertEqual(claims.compact_vat("ATB010101AB1", "MX"), "MXATB010101AB1")

    def test_domain_spellings_meet(self):
        spellings = (
            "acme.example",
            "WWW.Acme.example/",
            "http://acme.example:80",
            "a.b@ACME.example",
        )
        self.assertEqual({claims.domain_of(text) for text in spellings}, {"acme.example"})

    def test_no_domain(self):
        for text in (
            "",
            "acme",
            "acme .example",
            "http://",
            "a..b",
            "[::1",
            "1.2.3.4",
            "-a.example",
            "@",
        ):
            self.assertEqual(claims.domain_of(text), "", text)

    def test_clean_text_drops_what_postgresql_refuses(self):
        self.assertEqual(claims.clean_text("a\0b\ud800c\x07"), "abc")

    def test_amounts_of_many_habits(self):
        cases = (
            ("1,250.50", ".", "1250.50"),
            ("1.250,50", ",", "1250.50"),
            ("12,34,567.00", ".", "1234567.00"),
            ("1'250.50", ".", "1250.50"),
            ("1\u202f250,5", ",", "1250.5"),
            ("-7", ".", "-7"),
        )
        for text, mark, value in cases:
            self.assertEqual(amounts.parse_amount(text, mark), Decimal(value), text)

    def test_no_amounts(self):
        for text in ("", "ten", "1.2.3", "1,2", "0x10", "1e5", "NaN", "inf", "--1", "9" * 50):
            with self.assertRaises(ValueError, msg=text):
                amounts.parse_amount(text)

    def test_no_dates(self):
        for text in ("31/02/2027", "2027-13-01", "tomorrow", "1/1/99", "0001-01-01", "9999-01-01"):
            with self.assertRaises(ValueError, msg=text):
                amounts.parse_day(text)
        self.assertEqual(amounts.parse_day("٢٠٢٧-٠١-٠٢"), date(2027, 1, 2))

    def test_encodings_give_the_same_table(self):
        text = "partner;name\r\nP;Café\r\n"
        tables = [
            deal_csv.read_table(text.encode(name))
            for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
        ]
        self.assertEqual(
            {(tuple(t.header), t.lines[0].cells[1]) for t in tables},
            {(("partner", "name"), "Café")},
        )

    def test_unreadable_files(self):
        cases = {
            b"": "empty",
            b"\xef\xbb\xbf\r\n": "empty",
            b"PK\x03\x04rest": "spreadsheet",
            b"a,b\x00c\xff\n": "binary",
            b'a,b\n"never closed,x\nc,d\n': "broken",
            b'a,b,"c\nA,B,"\nd,e,f\n': "broken",
        }
        for data, code in cases.items():
            with self.assertRaises(deal_csv.TableError) as caught:
                deal_csv.read_table(data)
            self.assertEqual(caught.exception.args[0], code, data[:10])

    def test_no_formula_survives_and_the_file_comes_back(self):
        cells = ["=1+1", "+1", "-500,00", "-cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "'=x", "plain"]
        data = deal_csv.write_table([f"c{i}" for i in range(8)], [cells], ";")
        back = deal_csv.read_table(data).lines[0].cells
        for cell in back:
            dangerous = cell.lstrip()[:1] in "=@" or cell.startswith(("-cmd", "\t"))
            self.assertFalse(dangerous, cell)
        self.assertEqual([deal_csv.without_guard(cell) for cell in back][:5], cells[:5])

    def test_habits_of_a_file(self):
        table = deal_csv.read_table(b"partner,name,amount,date\n")
        self.assertEqual(deal_rows.guess_habits(table, {}), deal_rows.Habits(".", True))
        table = deal_csv.read_table(b"partner;name;amount;close date\nP;N;1.200;12/31/2027\n")
        mapping, missing = deal_rows.map_header(table.header)
        self.assertFalse(missing)
        self.assertEqual(deal_rows.guess_habits(table, mapping), deal_rows.Habits(",", False))

    def test_a_cell_over_several_lines_is_a_mistake_but_in_the_description(self):
        table = deal_csv.read_table(
            b'partner,customer,website,notes,ours\nP,"C\nP,D",d.example,n,o\n'
            b'P,C,c.example,"n\nn",o\nP,C,c.example,n,"o\r\no"\n'
        )
        mapping, _missing = deal_rows.map_header(table.header)
        rows = deal_rows.parse_rows(table, mapping, deal_rows.guess_habits(table, mapping))
        codes = [[code for code, _column, _value in row.mistakes] for row in rows]
        self.assertEqual(codes, [["lines"], [], ["lines"]])
