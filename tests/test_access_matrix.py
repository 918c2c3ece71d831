"""Every model × operation × role, and real records of each kind, compared with a kept table.

After a change of rights that is meant, write the table anew, read the difference and commit it:
`ACCESS_MATRIX=write make test ADDON=tests/test_access_matrix.py`.
"""

import difflib
import os
from pathlib import Path

from access_table import Table

from odoo.tests import TransactionCase, tagged

KEPT = Path(__file__).with_name("access_matrix.txt")


@tagged("post_install", "-at_install")
class TestAccessMatrix(TransactionCase):
    def test_matrix_is_the_kept_one(self):
        table = Table(self.env)
        lines = table.lines()
        # whatever is kept: people without a role reach nothing
        self.assertIn("relationship.queue", table.models)
        for name in table.models:
            self.assertEqual(table.rights[name][:3], ["----"] * 3, name)
        if os.environ.get("ACCESS_MATRIX") == "write":
            KEPT.write_text("\n".join(lines) + "\n")
        kept = KEPT.read_text().splitlines()
        changed = "\n".join(difflib.unified_diff(kept, lines, "kept", "now", lineterm="", n=0))
        self.assertFalse(changed, f"who may do what has changed:\n{changed}")
