import base64
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.modules.module import get_module_path
from odoo.tests import tagged

from ..lib import deal_csv, deal_rows
from ..wizard import prm_deal_import
from .common import DealCommon


@tagged("post_install", "-at_install")
class TestDealImportLimits(DealCommon):
    def _wizard(self, data, user=None, **vals):
        wizard = self.env["prm.deal.import"].with_user(user or self.channel)
        return wizard.create({"file": base64.b64encode(data), **vals})

    def test_files_that_are_none(self):
        cases = (
            (b"\n\n", "empty"),
            (b"PK\x03\x04\x00", "spreadsheet"),
            (b"\x00\x01\x02,\xff", "not a text file"),
            (b"colour,taste\nred,sweet\n", "Missing: Partner, Customer Name"),
            (b'partner,customer\n"never closed,x\n', "no proper CSV"),
        )
        for data, text in cases:
            with self.subTest(text), self.assertRaisesRegex(UserError, text):
                self._wizard(data).action_import()

    def test_no_file(self):
        wizard = self.env["prm.deal.import"].with_user(self.channel).create({})
        with self.assertRaisesRegex(UserError, "Choose a file"):
            wizard.action_import()

    def test_too_long(self):
        data = b"partner,customer\n" + b"A,B\n" * 11
        for name, text in (("ROWS_MAX", "11 lines"), ("BYTES_MAX", "10 MB")):
            limit = patch.object(prm_deal_import, name, 10)
            with limit, self.assertRaisesRegex(UserError, text):
                self._wizard(data).action_import()

    def test_done_is_done(self):
        wizard = self._wizard(b"partner,customer\nA,B\n")
        wizard.action_import()
        with self.assertRaisesRegex(UserError, "already"):
            wizard.action_import()

    def test_roles(self):
        for role in ("user", "auditor", "integration"):
            with self.subTest(role), self.assertRaises(AccessError):
                self._wizard(b"partner,customer\n", user=self.users[role])

    def test_decimal_mark_and_day_order_can_be_fixed(self):
        data = (
            b"partner,customer,website,amount,close date\nPRM-ALPHA,C,c.example,1.200,04/03/2027\n"
        )
        wizard = self._wizard(data, decimal_mark=",", day_order="mdy")
        wizard.action_import()
        deal = wizard.deal_ids
        self.assertEqual((deal.amount, str(deal.expected_close)), (1200, "2027-04-03"))

    def test_the_template_has_every_column_and_reads(self):
        with open(
            f"{get_module_path('partner_portal')}/static/import/deal_registrations.csv", "rb"
        ) as file:
            table = deal_csv.read_table(file.read())
        mapping, missing = deal_rows.map_header(table.header)
        self.assertFalse(missing)
        self.assertEqual(set(mapping.values()), set(deal_rows.HEADERS))
        rows = deal_rows.parse_rows(table, mapping, deal_rows.guess_habits(table, mapping))
        self.assertFalse(rows[0].mistakes)

    def test_other_companies_partners_are_not_found(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._new_partner("Elsewhere", "PRM-ELSE").company_id = other
        wizard = self._wizard(b"partner,customer,website\nPRM-ELSE,C,c.example\n")
        wizard.action_import()
        self.assertEqual(wizard.bad_count, 1)

    def test_queries_do_not_grow_with_the_lines(self):
        def data(count, tag):
            lines = "".join(f"PRM-ALPHA,C,{tag}{n}.example\n" for n in range(count))
            return f"partner,customer,website\n{lines}".encode()

        for beyond in (True, False):  # the lines go in, or most are too many for one day
            tag = "in" if beyond else "over"
            warm, few, many = (
                self._wizard(data(count, f"{tag}-{name}-"), beyond_limits=beyond)
                for name, count in (("warm", 30), ("few", 25), ("many", 200))
            )
            warm.action_import()
            counts = [self.queries(wizard.action_import) for wizard in (few, many)]
            self.assertLessEqual(counts[1], counts[0] + 10, tag)
            self.assertEqual(many.bad_count, 0 if beyond else 200)
