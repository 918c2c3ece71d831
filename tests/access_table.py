"""Who may do what with which model, asked of Odoo itself and written as a table.

The first part asks for the model, the second for real records: one of the caller's own customer or
program, one of another's, one of nobody's, one of another company, one of no company.
"""

from datetime import date, timedelta

from odoo.tests import new_test_user

from tools.paths import OURS

OPERATIONS = {"read": "r", "write": "w", "create": "c", "unlink": "d"}
ROLES = {
    "public": "base.group_public",
    "portal": "base.group_portal",
    "employee": "base.group_user",
    "user": "relationship_crm.group_user",
    "channel": "relationship_crm.group_channel_manager",
    "manager": "relationship_crm.group_manager",
    "auditor": "relationship_crm.group_auditor",
    "integr.": "relationship_crm.group_integration",
    # a manager of another company only
    "abroad": "relationship_crm.group_manager",
}
KINDS = ("own", "another's", "nobody's", "other company", "no company")
#: fields that must have a value although the model does not say so (checked in the database)
NEEDED = {
    "loyalty.tier.move": ("to_tier_id",),
    "prm.tier.move": ("to_grade_id",),
    "relationship.criterion": ("segment_id",),
}
#: values without which the database refuses a row
VALUES = {
    "feedback.kiosk": {"idle_seconds": 60},
    "relationship.interaction.consumer": {"method": "_consume"},
    "relationship.interaction.source": {"name": "matrix"},
    "prm.target": {"date_from": "2026-01-01"},
}
#: core's models whose records are taken as they are
TAKEN = ("res.currency", "res.country", "res.lang", "ir.model", "uom.uom", "mail.activity.type")


class Maker:
    """Makes one row of any model by SQL, with what it must point at.

    :param env: superuser's environment
    :param kind: one of KINDS
    :param me: user in charge where the kind is "own"
    :param other: user in charge where the kind is "another's"
    :param companies: (home, other) company
    """

    def __init__(self, env, kind, me, other, companies):
        self.env, self.kind = env, kind
        self.user = {"own": me, "another's": other}.get(kind, env["res.users"])
        self.company = companies[kind == "other company"]
        if kind == "no company":
            self.company = env["res.company"]
        self.home = companies[0]
        self.partner = env["res.partner"].create(
            {"name": f"Matrix {kind} {me.login}", "is_company": True, "user_id": self.user.id}
        )
        self.made = {"res.partner": self.partner.id}

    def record(self, name):
        """The record of a model, made when asked for the first time."""
        if name not in self.made:
            self.made[name] = self._insert(self.env[name])
        return self.env[name].browse(self.made[name])

    def _insert(self, model):
        values = {}
        for field in model._fields.values():
            if field.store and field.column_type and field.name not in ("id", "parent_path"):
                value = self._value(model, field)
                if value is not None:
                    values[field.name] = value
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(["%s"] * len(values))
        self.env.cr.execute(
            f"INSERT INTO {model._table} ({names}) VALUES ({marks}) RETURNING id",
            list(values.values()),
        )
        return self.env.cr.fetchone()[0]

    def _value(self, model, field):
        """What a column gets; None leaves it to the database."""
        if field.name in VALUES.get(model._name, {}):
            value = VALUES[model._name][field.name]
            return f"{value}{self.partner.id}" if field.type == "char" else value
        if field.type == "many2one":
            return self._pointed(model, field)
        if not field.required and field.name not in ("active",):
            return None
        if field.type == "selection":
            return field.get_values(self.env)[0]
        if field.name == "code" and field.type == "char":
            return f"m{self.partner.id}"
        by_type = {
            "char": f"matrix {self.partner.id}", "text": "matrix", "html": "matrix",
            "integer": 1, "many2one_reference": 1, "float": 1, "monetary": 1, "boolean": True,
            "date": str(date(2000, 1, 1) + timedelta(self.partner.id)),
            "datetime": "2026-01-01 00:00:00", "json": "{}",
            "reference": None, "binary": None,
        }  # fmt: skip
        value = by_type[field.type]
        return value if not field.translate else f'{{"en_US": "{value}"}}'

    def _pointed(self, model, field):
        """The id that a many2one gets: customer, company, who is in charge, or a new row."""
        comodel = field.comodel_name
        if comodel == "res.company":
            return self.company.id or (self.home.id if field.required else None)
        if field.name in ("create_uid", "write_uid"):
            return 1
        if model._name == "prm.member" and field.name == "user_id":
            # one member a portal user
            return self._portal_user().id
        if comodel == "res.users":
            return self.user.id or (1 if field.required else None)
        if comodel == "res.partner":
            return self.partner.id if field.required or field.name == "partner_id" else None
        if not field.required and field.name not in NEEDED.get(model._name, ()):
            return None
        if comodel in TAKEN:
            return self.env[comodel].search([], limit=1).id
        return self.record(comodel).id

    def _portal_user(self):
        company = self.company or self.home
        return new_test_user(
            self.env, f"matrix_member_{self.partner.id}", groups="base.group_portal",
            company_id=company.id, company_ids=[(6, 0, company.ids)],
        )  # fmt: skip


class Table:
    """The lines of the table; needs all four addons.

    :param env: superuser's environment of a test: everything made here is rolled back
    """

    def __init__(self, env):
        self.env = env(context={**env.context, "no_reset_password": True})
        self.home = env.company
        self.abroad = env["res.company"].create({"name": "Matrix Abroad"})
        self.users = {role: self._user(role, groups) for role, groups in ROLES.items()}
        self.other = self._user("other", ROLES["user"])
        names = [m._name for m in env.values() if m._original_module in OURS]
        self.models = sorted(n for n in names if not env[n]._abstract)

    def _user(self, role, groups):
        company = self.abroad if role == "abroad" else self.home
        return new_test_user(
            self.env, f"matrix_{role}", groups=groups, company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )  # fmt: skip

    def lines(self):
        """All lines of the file, without line ends."""
        width = max(map(len, self.models))
        head = " ".join(f"{role:8}" for role in ROLES)
        self.rights = {name: self._rights(name) for name in self.models}
        out = [
            "r read, w write, c create, d delete.",
            "",
            f"{'MODELS':{width}} {head}".rstrip(),
            *(self._line(name, width, self.rights[name]) for name in self.models),
            "",
            f"{'RECORDS':{width}} {head}".rstrip(),
        ]
        for name in self.with_rules():
            out += self._record_lines(name, width)
        return out

    def with_rules(self):
        """The models whose records are told apart by a rule, and are rows that one can make."""
        rules = self.env["ir.rule"].search([("model_id.model", "in", self.models)])
        named = set(rules.model_id.mapped("model"))
        return [n for n in self.models if n in named and self.env[n]._auto
                and not self.env[n]._transient]  # fmt: skip

    @staticmethod
    def _line(name, width, cells):
        return f"{name:{width}} " + " ".join(f"{cell:8}" for cell in cells).rstrip()

    def _rights(self, name):
        """What each role may do with the model as such."""
        return [
            "".join(
                letter if self.env[name].with_user(user).has_access(operation) else "-"
                for operation, letter in OPERATIONS.items()
            )
            for user in self.users.values()
        ]

    def _record_lines(self, name, width):
        """What each role may do with records of each kind; equal kinds share a line."""
        cells = {kind: [] for kind in KINDS}
        for role, user in self.users.items():
            allowed = self._allowed(name, role, user)
            for kind in KINDS:
                cells[kind].append(allowed[kind])
        lines = {}
        for kind, row in cells.items():
            lines.setdefault(tuple(row), []).append(kind)
        return [
            self._line(name, width, row) + f"  {', '.join(kinds)}" for row, kinds in lines.items()
        ]

    def _allowed(self, name, role, user):
        """{kind: letters} of a role on records of a model."""
        ids = {kind: self._maker(role, kind).record(name).id for kind in KINDS}
        records = self.env[name].browse(ids.values())
        self.env.invalidate_all()
        found = dict.fromkeys(KINDS, "")
        for operation, letter in OPERATIONS.items():
            may = records.with_user(user)
            may = may._filtered_access(operation) if may.browse().has_access(operation) else may[:0]
            for kind, id_ in ids.items():
                found[kind] += letter if id_ in may._ids else "-"
        return found

    def _maker(self, role, kind):
        makers = self.__dict__.setdefault("makers", {})
        if (role, kind) not in makers:
            makers[role, kind] = Maker(
                self.env, kind, self.users[role], self.other, (self.home, self.abroad)
            )
        return makers[role, kind]
