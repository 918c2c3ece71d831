"""What every model, field and method of the suite has, asked of the registry and the catalogues."""

import inspect
from collections import defaultdict

from odoo.tests import TransactionCase, new_test_user, tagged

from tools.paths import OURS

OPERATIONS = ("read", "write", "create", "unlink")
#: what our fields on other modules' models begin with
PREFIXES = ("relationship_", "prm_", "loyalty_", "feedback_")
#: what nobody reads: keys that open an answer, and who has handed one in anonymously
SYSTEM_ONLY = {"feedback.token", "feedback.ballot", "feedback.receipt"}


def module_of(cls):
    """The addon in which a class is written."""
    return getattr(cls, "__module__", "").removeprefix("odoo.addons.").split(".")[0]


@tagged("post_install", "-at_install")
class TestCatalogue(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours = [m for m in cls.env.values() if m._original_module in OURS]
        cls.tables = [m for m in cls.ours if not m._abstract]

    def _lines(self, query, *parameters):
        self.env.cr.execute(query, parameters)
        return {line for (line,) in self.env.cr.fetchall()}

    def _fields(self):
        """Every field that an addon of ours defines, also on other modules' models."""
        for model in self.env.values():
            for field in model._fields.values():
                if field._module in OURS and not field.inherited and not model._abstract:
                    yield model, field

    # ------------------------------------------------------------ database

    def test_there_is_something_to_look_at(self):
        """The generic tests below would all pass on nothing."""
        self.assertIn("prm.deal", {model._name for model in self.tables})
        self.assertIn("prm_deal_ids", {field.name for _model, field in self._fields()})

    def test_promised_constraints_and_indexes_exist(self):
        """Odoo only logs a constraint that it could not create; here it fails."""
        there = self._lines(
            "SELECT conrelid::regclass || ' ' || conname FROM pg_constraint WHERE convalidated"
            " UNION SELECT indrelid::regclass || ' ' || indexrelid::regclass FROM pg_index"
            " WHERE indisvalid"
        )
        promised = {
            f"{model._table} {thing.full_name(model)}"
            for model in self.env.values()
            if not model._abstract and model._auto
            for thing in model._table_objects.values()
            if thing._module in OURS
        }
        self.assertTrue(promised)
        self.assertFalse(promised - there)

    def _led(self):
        """`table column` of every column that an index over all rows begins with."""
        return self._lines(
            "SELECT i.indrelid::regclass || ' ' || a.attname FROM pg_index i JOIN pg_attribute a"
            " ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
            " WHERE i.indisvalid AND coalesce(pg_get_expr(i.indpred, i.indrelid)"
            " = format('(%%I IS NOT NULL)', a.attname), true)"
        )

    def test_indexed_fields_have_their_index(self):
        wanted = {
            f"{model._table} {field.name}"
            for model, field in self._fields()
            if field.index and field.store and field.column_type
        }
        self.assertFalse(wanted - self._led())

    def test_many2one_of_a_list_is_indexed(self):
        """A One2many without an index on the other side reads the whole table."""
        bare = {
            f"{self.env[field.comodel_name]._table} {field.inverse_name}"
            for _model, field in self._fields()
            if field.type == "one2many" and field.inverse_name
            for inverse in [self.env[field.comodel_name]._fields[field.inverse_name]]
            if inverse.type == "many2one" and inverse.store and not inverse.index
        }
        self.assertFalse(bare - self._led())

    def test_no_required_field_on_models_of_others(self):
        """A required column of ours would break whoever fills the table without us."""
        wrong = {
            str(field)
            for model, field in self._fields()
            if model._original_module not in OURS and field.store and field.required
        }
        self.assertFalse(wrong)

    # ------------------------------------------------------------ access

    def test_every_model_has_access_rights(self):
        granted = self.env["ir.model.access"].search([("perm_read", "=", True)])
        named = set(granted.model_id.mapped("model"))
        self.assertFalse({model._name for model in self.tables} - named)

    def test_no_right_without_a_group(self):
        """A right without a group is everybody's, the public's too."""
        names = [model._name for model in self.tables]
        rights = self.env["ir.model.access"].search([("model_id.model", "in", names)])
        outside = self.env.ref("base.group_portal") | self.env.ref("base.group_public")
        wrong = rights.filtered(
            lambda right: not right.group_id or right.group_id.all_implied_ids & outside
        )
        self.assertFalse(wrong.mapped("name"))

    def test_people_outside_have_no_access(self):
        """Neither portal nor public users, nor employees without a role, reach a model of ours."""
        people = {
            "portal": new_test_user(self.env, "catalogue_portal", groups="base.group_portal"),
            "public": self.env.ref("base.public_user"),
            "employee": new_test_user(self.env, "catalogue_user", groups="base.group_user"),
        }
        allowed = {
            f"{who} {operation} {model._name}"
            for who, user in people.items()
            for model in self.tables
            for operation in OPERATIONS
            if model.with_user(user).has_access(operation)
        }
        self.assertFalse(allowed)

    def test_auditor_reads_and_changes_nothing(self):
        auditor = new_test_user(
            self.env, "catalogue_auditor", groups="relationship_crm.group_auditor"
        )
        kept = [
            model.with_user(auditor)
            for model in self.tables
            if not model._transient and model._name not in SYSTEM_ONLY
        ]
        self.assertFalse([m._name for m in kept if not m.has_access("read")])
        changes = [
            f"{operation} {model.with_user(auditor)._name}"
            for model in self.tables
            for operation in ("write", "create", "unlink")
            if model.with_user(auditor).has_access(operation)
        ]
        self.assertFalse(changes)

    def test_companies_are_kept_apart(self):
        """Every model with a company has a rule that holds for everybody."""
        rules = defaultdict(list)
        for rule in self.env["ir.rule"].search([("global", "=", True)]):
            rules[rule.model_id.model].append(rule.domain_force or "")
        bare = [
            model._name
            for model in self.tables
            if "company_id" in model._fields
            and not model._transient
            and not any(
                "company_id" in domain and "company_ids" in domain for domain in rules[model._name]
            )
        ]
        self.assertFalse(bare)

    # ------------------------------------------------------------ names and words

    def test_fields_on_models_of_others_carry_a_prefix(self):
        wrong = {
            str(field)
            for model, field in self._fields()
            if model._original_module not in OURS
            and not field.name.startswith(PREFIXES)
            and not any(
                field.name in getattr(base, "_fields", ())
                or any(f.name == field.name for f in getattr(base, "_field_definitions", ()))
                for base in type(model).mro()
                if module_of(base) not in (*OURS, "builtins")
            )
        }
        self.assertFalse(wrong)

    def test_no_two_fields_share_a_label(self):
        """Two fields of one label can't be told apart in a filter, an export or an import."""
        clashes = []
        for model in self.env.values():
            labels = defaultdict(set)
            for field in model._fields.values():
                labels[field.string].add(field)
            clashes += [
                f"{model._name}: {label}"
                for label, fields in labels.items()
                if len(fields) > 1 and any(field._module in OURS for field in fields)
            ]
        self.assertFalse(clashes)

    def test_models_are_described(self):
        bare = [m._name for m in self.tables if not m._description or m._description == m._name]
        self.assertFalse(bare)

    def test_lists_say_what_to_do_when_empty(self):
        data = self.env["ir.model.data"].search(
            [("module", "in", OURS), ("model", "=", "ir.actions.act_window")]
        )
        actions = self.env["ir.actions.act_window"].browse(data.mapped("res_id"))
        shown = actions.filtered(
            lambda action: action.target != "new" and not action.binding_model_id
        )
        silent = shown.filtered(
            lambda action: (
                any(mode in action.view_mode for mode in ("list", "kanban"))
                and not (action.help or "").strip()
            )
        )
        self.assertTrue(shown)
        self.assertFalse(silent.mapped("xml_id"))

    # ------------------------------------------------------------ methods

    def _own_public_methods(self):
        """(class, name, function) of what others may call and only we define."""
        for model in self.env.values():
            bases = type(model).mro()
            for cls in bases:
                if module_of(cls) not in OURS:
                    continue
                for name, function in vars(cls).items():
                    if name.startswith("_") or not inspect.isfunction(function):
                        continue
                    private = getattr(function, "_api_private", False)
                    if not private and not self._is_override(bases, cls, name):
                        yield cls, name, function

    @staticmethod
    def _is_override(bases, cls, name):
        """Whether a module of Odoo defines the method too, further down."""
        below = bases[bases.index(cls) + 1 :]
        return any(name in vars(base) and module_of(base) not in OURS for base in below)

    def test_public_methods_are_documented(self):
        """A public method is part of the API: what it does, and each of its parameters."""
        methods = list(self._own_public_methods())
        self.assertIn("action_submit", {name for _cls, name, _function in methods})
        bare = [
            f"{cls.__module__}.{name}" for cls, name, function in methods if not function.__doc__
        ]
        self.assertFalse(bare)
        unnamed = [
            f"{cls.__module__}.{name}: {parameter}"
            for cls, name, function in methods
            for parameter in list(inspect.signature(function).parameters)[1:]
            if parameter not in (function.__doc__ or "")
        ]
        self.assertFalse(unnamed)

    def test_public_methods_have_no_reserved_parameters(self):
        """`ids` and `context` are taken by the API itself."""
        taken = [
            f"{cls.__module__}.{name}"
            for cls, name, function in self._own_public_methods()
            if {"ids", "context"} & set(inspect.signature(function).parameters)
        ]
        self.assertFalse(taken)
