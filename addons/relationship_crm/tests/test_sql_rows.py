"""Values that are sent as one text come back as they were."""

from datetime import date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from ..sql_rows import array, rows_query

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
AWKWARD = st.sampled_from(["NULL", "", " ", "{}", '"', "\\", '\\"', "a,b", "{1,2}", "%s", "\n"])


@tagged("post_install", "-at_install")
class TestSqlRows(TransactionCase):
    def back(self, values, kind):
        rows = self.env.execute_query(SQL("SELECT * FROM unnest(%s)", array(values, kind)))
        return [value for (value,) in rows]

    @settings(deadline=None, derandomize=True, database=None, max_examples=200)
    @given(values=st.lists(st.none() | AWKWARD | TEXTS, max_size=5))
    def test_texts(self, values):
        self.assertEqual(self.back(values, "text"), values)

    def test_other_types(self):
        for kind, values in (
            ("int", [1, None, -3]),
            ("numeric", [Decimal("1.50"), None]),
            ("float8", [0.1, 1e300, None]),
            ("bool", [True, False, None]),
            ("date", [date(2026, 2, 28), None]),
            ("timestamp", [datetime(2026, 2, 28, 23, 59, 59, 7), None]),
            ("jsonb", ['{"say": "\\"no\\"", "back": "\\\\"}', None]),
        ):
            expected = [{"say": '"no"', "back": "\\"}, None] if kind == "jsonb" else values
            self.assertEqual(self.back(values, kind), expected, kind)

    def test_null_characters_are_refused(self):
        for values in (["a\0"], ["\0", None], ["a", "b\0c"]):
            with self.assertRaises(ValueError):
                array(values, "text")

    def test_rows(self):
        columns = {"id": "int", "name": "text", "day": "date"}
        for rows in (
            [],
            [(1, 'a"b', None)],
            [(1, "same", "2026-01-01"), (2, "same", None), (3, "same", "2026-01-02")],
        ):
            found = self.env.execute_query(SQL("SELECT * FROM (%s) q", rows_query(rows, columns)))
            self.assertEqual([(*row[:2], row[2] and str(row[2])) for row in found], rows)
