"""What the tests of the suite share: one user of each role, made here, never demo data."""

import io
import re
from pathlib import Path

import polib

from odoo.modules.module import get_module_path
from odoo.tests import TransactionCase, new_test_user
from odoo.tools.translate import trans_export

ROLES = ("user", "channel_manager", "manager", "auditor", "integration")
LANGUAGES = ("ar", "vi")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%[sd]|<[^>]+>")
#: parts of a tag that people read
READ = re.compile(r' (title|alt|placeholder|aria-label)="[^"]*"')
#: terms that read the same in some language: there the translation stays empty, as is the custom
SAME = frozenset(
    (
        "%(metric)s, %(window)s %(operator)s %(threshold)s",
        "%(number)s × %(metric)s",
        "%(what)s. %(unit)s: %(points)s.",
        "%(former)s → %(new)s",
        "<span>·</span>",
        # an expression and the name of a field
        "'%s - %s' % (object.program_id.name, object.partner_id.name)",
        "simulation_id",
        "NPS",
        "Qweb",
        "RFM",
        "SMS",
        "Webhook",
        "https://",
        "shop",
    )
)


class RelationshipCommon(TransactionCase):
    """One internal user per role, a sales user and a portal user without any."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, no_reset_password=True))
        cls.users = {role: cls._new_user(role) for role in ROLES}
        cls.sales_user = new_test_user(
            cls.env, "relationship_sales", groups="sales_team.group_sale_salesman"
        )
        cls.portal_user = new_test_user(cls.env, "relationship_portal", groups="base.group_portal")

    @classmethod
    def _new_user(cls, role):
        """Return a user who has this role and may create contacts if the role changes any."""
        groups = [f"relationship_crm.group_{role}"]
        if role not in ("auditor", "integration"):
            groups += ["base.group_partner_manager", "sales_team.group_sale_salesman"]
        return new_test_user(cls.env, f"relationship_{role}", groups=",".join(groups))

    def overview(self, user):
        """Return the overview of this user as {code: step}."""
        steps = self.env["relationship.overview"].with_user(user).get_overview()
        return {step["code"]: step for step in steps}

    def commit_hooks(self):
        """Do what this transaction would do when it commits: write all, run the hooks."""
        self.env.cr.flush()

    def queries(self, function):
        """Return how many SQL queries calling the function takes on cold record caches."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        return self.env.cr.sql_log_count - before


class TranslationCase(TransactionCase):
    """What every addon of the suite asserts of its translations."""

    def assert_translations_complete(self, addon):
        """Assert that the template names every term and each language translates every one."""
        folder = Path(get_module_path(addon)) / "i18n"
        template = _terms(folder / f"{addon}.pot")
        buffer = io.BytesIO()
        trans_export(None, [addon], buffer, "po", self.env)
        current = _terms(buffer.getvalue().decode())
        self.assertEqual(set(template), set(current), "the template is not up to date")
        for language in LANGUAGES:
            translated = _terms(folder / f"{language}.po")
            missing = [term for term in template if not translated.get(term) and term not in SAME]
            self.assertFalse(missing, f"not translated in {addon}/i18n/{language}.po")
            wrong = [
                term
                for term in template
                if translated[term] and _filled_in(term) != _filled_in(translated[term])
            ]
            self.assertFalse(wrong, f"placeholders differ in {addon}/i18n/{language}.po")


def _filled_in(text):
    """Return what the program fills in, and the tags without what people read in them."""
    return sorted(PLACEHOLDER.findall(READ.sub("", text)))


def _terms(source):
    """Return {term: translation} of a file of translations, given by its path or its text."""
    return {entry.msgid: entry.msgstr for entry in polib.pofile(str(source)) if not entry.obsolete}
