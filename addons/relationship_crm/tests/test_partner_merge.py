"""Merging contacts: what is known of the merged one stays known of the one that is left."""

from unittest.mock import patch

from odoo.tests import tagged

from ..models.ir_http import builds_on_us
from .test_identity import EMAIL, PHONE, IdentityCommon

#: unique and exclusion keys, in constraints and indexes, that hold a reference to a contact; a key
#: that holds the row's own id can never clash
KEYS = """
    WITH key AS (
        SELECT i.indrelid, i.indexrelid, column_no FROM pg_index i, unnest(i.indkey) column_no
         WHERE (i.indisunique OR i.indisexclusion) AND NOT i.indisprimary
         UNION
        SELECT i.indrelid, i.indexrelid, d.refobjsubid
          FROM pg_index i
          JOIN pg_depend d ON d.objid = i.indexrelid AND d.refobjid = i.indrelid
         WHERE i.indisunique OR i.indisexclusion
    )
    SELECT key.indrelid::regclass::text, key.indexrelid::regclass::text
      FROM key
      JOIN pg_attribute a ON a.attrelid = key.indrelid AND a.attnum = key.column_no
      LEFT JOIN pg_constraint c ON c.conrelid = key.indrelid AND c.contype = 'f'
       AND c.confrelid = 'res_partner'::regclass AND key.column_no = ANY(c.conkey)
     GROUP BY key.indrelid, key.indexrelid
    HAVING bool_or(c.oid IS NOT NULL) AND NOT bool_or(a.attname = 'id')
"""


@tagged("post_install", "-at_install")
class TestPartnerMergeKeys(IdentityCommon):
    """A model with a key on contacts says what a merge means for it."""

    def _without_method(self):
        """Return {(table, key)} of our models with a key on contacts and no `_merge_partners`."""
        ours = {
            model._table: model
            for model in self.env.values()
            if model._auto and not model._abstract and builds_on_us(model._original_module)
        }
        self.env.cr.execute(KEYS)
        return {
            (table, key)
            for table, key in self.env.cr.fetchall()
            if table in ours and not hasattr(ours[table], "_merge_partners")
        }

    def test_every_key_on_contacts_is_merged(self):
        self.assertEqual(self._without_method(), set())

    def test_a_key_without_method_is_found(self):
        """The test above can fail: for a unique key, a partial one, an exclusion."""
        before = self._without_method()
        self.env.cr.execute(
            """
            ALTER TABLE relationship_job_failure ADD COLUMN planted int REFERENCES res_partner;
            ALTER TABLE relationship_job_failure ADD CONSTRAINT planted_1 UNIQUE (job, planted);
            CREATE UNIQUE INDEX planted_2 ON relationship_job_failure (coalesce(planted, 0))
                   WHERE tries > 7;
            ALTER TABLE relationship_job_failure ADD CONSTRAINT planted_3
                   EXCLUDE USING gist (int4range(planted, planted, '[]') WITH &&);
            CREATE UNIQUE INDEX planted_harmless ON relationship_job_failure (planted, id);
            """
        )
        found = {key for _table, key in self._without_method() - before}
        self.assertEqual(found, {"planted_1", "planted_2", "planted_3"})

    def test_the_hook_of_a_model_is_called(self):
        """Before core moves anything, as superuser; what it returns is called after."""
        one, two = self.partner("One"), self.partner("Two")
        child = self.partner("Child", parent_id=one.id)
        calls = []

        def merge(model, src, dst):
            calls.append((model.env.su, src, dst, child.parent_id))
            return lambda: calls.append(child.parent_id)

        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(self.users["manager"])
        model = type(self.env["relationship.identity"])
        with patch.object(model, "_merge_partners", merge):
            wizard._update_foreign_keys(one, two)
        self.assertEqual(calls, [(True, one, two, one), two])


@tagged("post_install", "-at_install")
class TestPartnerMerge(IdentityCommon):
    """Core's own wizard, with keys and interactions."""

    def _merge(self, *partners):
        """Merge all but the last contact into the last."""
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge([partner.id for partner in partners], partners[-1], extra_checks=False)
        self.env.invalidate_all()
        self.refresh_keys()

    def test_keys_of_all_name_who_is_left(self):
        one = self.partner("One", email=EMAIL, phone=PHONE)
        two = self.partner("Two", email="two@keys.example")
        three = self.partner("Three", email="three@keys.example")
        self.learn(one, "external", "shop:1", source="shop")
        self._merge(one, two, three)
        for keys in (
            {"email": EMAIL}, {"phone": PHONE}, {"email": "two@keys.example"},
            {"email": "three@keys.example"}, {"external": "shop:1"},
        ):  # fmt: skip
            self.assertEqual(self.named(**keys), (three.id, three.id, False), keys)

    def test_the_same_key_is_kept_once(self):
        one, two, three = (self.partner(name, email=EMAIL) for name in ("One", "Two", "Three"))
        self.keys.search([("partner_id", "=", one.id)]).write(
            {"verified_on": "2026-01-01", "first_seen": "2020-01-01", "last_seen": "2020-01-01"}
        )
        self.keys.search([("partner_id", "=", two.id)]).last_seen = "2026-02-02"
        self.keys.search([("partner_id", "=", three.id)]).last_seen = "2026-01-02"
        self._merge(one, two, three)
        key = self.keys.search([("value", "=", EMAIL)])
        self.assertEqual(key.partner_id, three)
        self.assertEqual(
            [str(key.first_seen), str(key.last_seen), str(key.verified_on)],
            ["2020-01-01 00:00:00", "2026-02-02 00:00:00", "2026-01-01 00:00:00"],
        )
        self.assertEqual(key.source, "contact", "it is the value of a field of who is left")

    def test_interactions_follow(self):
        company = self.partner("Acme", is_company=True)
        person = self.partner("Ann", parent_id=company.id)
        double = self.partner("Ann again", email=EMAIL)
        events = [
            {"kind": "visit", "contact_id": contact.id, "source": "t", "external_ref": contact.name}
            for contact in (person, double)
        ]
        ids = self.env["relationship.interaction"]._insert(events)
        self._merge(double, person)
        for interaction in self.env["relationship.interaction"].browse(ids):
            self.assertEqual(interaction.contact_id, person)
            self.assertEqual(interaction.partner_id, company)
