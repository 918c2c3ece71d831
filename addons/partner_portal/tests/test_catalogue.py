from odoo.tests import TransactionCase, tagged

CONSTRAINTS = {
    "prm_claim_key_key_unique": "UNIQUE (key)",
    "prm_deal_claim_deal_key_unique": "UNIQUE (deal_id, key_id)",
    "prm_deal_protection_one_at_a_time": "EXCLUDE USING gist",
    "prm_deal_protection_days_in_order": "CHECK",
    "prm_member_user_unique": "UNIQUE (user_id)",
    "prm_deal_origin_unique": "UNIQUE (origin_key)",
    "prm_deal_amount_range": "CHECK",
    "prm_deal_submitted_has_number": "CHECK",
}
INDEXES = ("prm_deal_partner_list", "prm_deal_undecided")


@tagged("post_install", "-at_install")
class TestCatalogue(TransactionCase):
    """Odoo only logs a constraint that it could not create; here they must all be there."""

    def test_constraints_exist_and_are_valid(self):
        self.env.cr.execute(
            "SELECT conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
            " WHERE conname = ANY(%s)",
            [list(CONSTRAINTS)],
        )
        found = {name: (text, valid) for name, text, valid in self.env.cr.fetchall()}
        self.assertEqual(set(found), set(CONSTRAINTS))
        for name, start in CONSTRAINTS.items():
            self.assertTrue(found[name][0].startswith(start), found[name])
            self.assertTrue(found[name][1], name)

    def test_indexes_exist(self):
        self.env.cr.execute(
            "SELECT indexname FROM pg_indexes WHERE indexname = ANY(%s)", [list(INDEXES)]
        )
        self.assertEqual({name for [name] in self.env.cr.fetchall()}, set(INDEXES))

    def test_the_sequence_goes_with_its_table(self):
        self.env.cr.execute(
            "SELECT pg_get_serial_sequence('prm_deal', 'submit_no')::regclass::text"
        )
        self.assertEqual(self.env.cr.fetchone()[0], "prm_deal_submit_no_seq")
