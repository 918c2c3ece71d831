"""The four addons install alone, together and in any order, and leave Odoo as it was.

Every install and uninstall is a process of Odoo of its own, as an administrator would run it, on a
clone of a database that holds what the addons depend on. Any WARNING or ERROR in its log fails.
"""

import os
import re
import subprocess

import pytest
import requests
import schema_dump

from tools.database import TROUBLE
from tools.machine import exclusive
from tools.paths import ADDONS, RUN
from tools.server import Server, free_port, stop

LEAVES = ADDONS[1:]
#: tables whose number of rows an uninstall changes by itself, and why
ROWS_OF_ODOO = {
    "ir_attachment": "asset bundles are built again",
    "ir_cron_trigger": "a cleaning job is called after every change of modules",
    "ir_module_module": "the list of modules is read anew",
    "ir_module_module_dependency": "the list of modules is read anew",
    "orm_signaling_registry": "counts the changes of modules",
    "ir_model_data": "compared by name",
    "ir_model_constraint": "notes of foreign keys on models of others stay, also of Odoo's addons",
    "res_device_log": "written at login",
    "res_users_log": "written at login",
}
#: What a module notes of a model that uses its mixins (mail, calendar, our background work …): the
#: note stays when the model goes, and names nothing any more. True of any addon.
NOTE_OF_ODOO = re.compile(
    r"xmlid: (((?!relationship_crm|partner_portal|loyalty_rewards|survey_feedback)\w+"
    r" (model_inherit|selection))|(relationship_crm model_inherit))"
    r"__\w+ ir\.model\.(inherit|fields\.selection)$"
)
#: core records that point at a model of ours would be left hanging
POINTERS = {
    "mail_message": "model",
    "mail_followers": "res_model",
    "mail_activity": "res_model",
    "ir_attachment": "res_model",
}
#: two rival registrations of one customer, one of them approved, with an attachment; an order
#: through a partner, and what background work makes of it; work that waits
DATA = """
grade = env['res.partner.grade'].search([], limit=1)
partners = env['res.partner'].create([
    {'name': name, 'is_company': True, 'grade_id': grade.id, 'email': f'{name}@example.com'}
    for name in ('one', 'two')])
deals = env['prm.deal'].create([
    {'partner_id': partner.id, 'customer_name': 'Acme', 'customer_vat': 'BE0477472701'}
    for partner in partners])
deals.action_submit()
deals[0].sudo().action_approve()
assert deals.mapped('state') == ['approved', 'rejected'], deals.mapped('state')
env['ir.attachment'].create(
    {'name': 'x', 'res_model': 'prm.deal', 'res_id': deals[0].id, 'raw': b'x'})
product = env['product.product'].create({'name': 'Part', 'invoice_policy': 'order'})
order = env['sale.order'].create({
    'partner_id': partners[0].id, 'prm_partner_id': partners[1].id,
    'order_line': [(0, 0, {'product_id': product.id, 'price_unit': 9})]})
order.action_confirm()
order._create_invoices().action_post()
env['relationship.need'].create({'topic': 'Parts', 'partner_id': partners[0].id})
env['relationship.consent'].create(
    {'contact_id': partners[0].id, 'purpose': 'survey', 'state': 'granted'})
env['relationship.webhook'].create({'name': 'Receiver', 'url': 'https://receiver.example/'})
program = env['prm.program'].create({'name': 'Resellers'})
enrollment = env['prm.enrollment'].create(
    {'partner_id': partners[1].id, 'program_id': program.id, 'grade_id': grade.id})
enrollment.action_activate()
metric = env['relationship.metric'].search([('code', '=', 'orders')])
env['relationship.segment'].create({'name': 'Buyers', 'criterion_ids': [
    (0, 0, {'metric_id': metric.id, 'threshold': 1})]})
env.cr.commit()
env['relationship.interaction.todo']._cron_consume()
env['relationship.identity']._cron_refresh()
env['relationship.profile']._cron_refresh()
env['relationship.profile']._cron_night()
env['relationship.segment']._cron_refresh()
env['relationship.metric.snapshot']._cron_snapshot()
assert env['relationship.profile'].search_count([]) > 0
assert env['relationship.identity'].search_count([]) > 1
assert env['relationship.metric.snapshot'].search_count([]) > 0
env['relationship.queue']._enqueue('profile', [(partners[0].id, None)])
env['ir.attachment'].create({
    'name': 'y', 'res_model': 'relationship.need', 'raw': b'y',
    'res_id': env['relationship.need'].search([], limit=1).id})
env.cr.commit()
"""


class Lab:
    """Databases for experiments, cloned from others and removed at the end."""

    def __init__(self, databases):
        self.databases, self.made = databases, []
        self.name = f"{os.environ['SUITE_RUN_DB']}_matrix"

    def clone(self, source):
        """A new database, the copy of another."""
        name = f"{self.name}_{len(self.made)}"
        self.made.append(name)
        return self.databases.clone(source, name)

    def close(self):
        """Remove all that was made."""
        self.databases.drop(*self.made)
        for name in self.made:
            (RUN / f"{name}.conf").unlink(missing_ok=True)

    def install(self, name, *addons):
        """Install by a command of Odoo."""
        self.databases.odoo(name, "matrix", "-i", ",".join(addons), "--stop-after-init")

    def uninstall(self, name, *addons):
        """Uninstall by a command of Odoo."""
        conf = RUN / f"{name}.conf"
        conf.write_text(self.databases.configuration(name))
        command = self.databases.machine.odoo(
            "module", "uninstall", "-c", conf, "-d", name, *addons
        )
        done = subprocess.run(
            command, env=self.databases.environment, capture_output=True, text=True, check=False
        )
        output = done.stdout + done.stderr
        assert not done.returncode, output[-3000:]
        assert [found[0] for found in TROUBLE.finditer(output)] == []

    def installed(self, name):
        """The addons of ours that a database has."""
        rows = schema_dump.query(
            name, "SELECT name FROM ir_module_module WHERE state = 'installed'"
        )
        return {addon for (addon,) in rows} & set(ADDONS)


@pytest.fixture(scope="module")
def lab(databases):
    found = Lab(databases)
    yield found
    found.close()


@pytest.fixture(scope="module")
def plain(lab, databases):
    """A database with what we depend on, and what defines it."""
    with exclusive("plain"):
        name = lab.clone(databases.plain_template())
    return name, schema_dump.definitions(name), schema_dump.row_counts(name)


@pytest.fixture(scope="module")
def based(lab, plain):
    """The same with relationship_crm."""
    name = lab.clone(plain[0])
    lab.install(name, "relationship_crm")
    return name, schema_dump.definitions(name), schema_dump.row_counts(name)


def left_behind(name, lines):
    """The lines that are more than Odoo's own notes of records that are gone."""
    notes = {line.split()[2] for line in lines if NOTE_OF_ODOO.match(line)}
    alive = schema_dump.query(
        name,
        """
        SELECT data.name FROM ir_model_data data
          LEFT JOIN ir_model_inherit inherit
            ON data.model = 'ir.model.inherit' AND inherit.id = data.res_id
          LEFT JOIN ir_model_fields_selection selection
            ON data.model = 'ir.model.fields.selection' AND selection.id = data.res_id
         WHERE data.name = ANY(%s) AND (inherit.id IS NOT NULL OR selection.id IS NOT NULL)
        """,
        [sorted(notes)],
    )
    return sorted(line for line in lines if not NOTE_OF_ODOO.match(line)) + sorted(alive)


def assert_as_before(name, before):
    """The database is what it was: same definitions, same number of rows in every table."""
    _name, definitions, rows = before
    after = schema_dump.definitions(name)
    assert left_behind(name, after - definitions) == []
    assert sorted(definitions - after) == [], "taken away"
    counts = schema_dump.row_counts(name)
    changed = {
        table: (rows[table], counts[table])
        for table in rows
        if rows[table] != counts[table] and table not in ROWS_OF_ODOO
    }
    assert changed == {}, "rows before and after"


def assert_odoo_works(lab, name):
    """It serves the login page, a person logs in, sees the portal, makes and finds a record."""
    databases = lab.databases
    # a job that is cut off when the server ends would leave errors in its log
    schema_dump.execute(name, "UPDATE ir_cron SET active = false")
    server = Server(name, databases.machine, databases.environment, name, free_port())
    session = requests.Session()

    def call(path, **params):
        answer = session.post(server.url + path, json={"params": params}, timeout=60).json()
        assert "error" not in answer, answer["error"]
        return answer["result"]

    try:
        server.start()
        assert session.get(f"{server.url}/web/login", timeout=60).status_code == 200
        call("/web/session/authenticate", db=name, login="admin", password="admin")
        assert session.get(f"{server.url}/my", timeout=60).status_code == 200
        assert session.get(f"{server.url}/odoo", timeout=60).status_code == 200
        for model in ("res.partner", "crm.lead", "sale.order"):
            call(
                f"/web/dataset/call_kw/{model}/web_search_read", model=model,
                method="web_search_read", args=[[]], kwargs={"specification": {"id": {}}},
            )  # fmt: skip
        [lead] = call(
            "/web/dataset/call_kw/crm.lead/create", model="crm.lead", method="create",
            args=[[{"name": "After the uninstall"}]], kwargs={},
        )  # fmt: skip
        call("/web/dataset/call_kw/crm.lead/unlink", model="crm.lead", method="unlink",
             args=[[lead]], kwargs={})  # fmt: skip
    finally:
        stop(name)
    log = server.log.read_text(errors="replace")
    server.log.unlink()
    assert [found[0] for found in TROUBLE.finditer(log)] == []


def test_base_alone(lab, plain, based):
    """relationship_crm alone: it installs, shows its app, and goes without a trace."""
    name = lab.clone(based[0])
    assert lab.installed(name) == {"relationship_crm"}
    assert based[1] - plain[1], "installing it changed nothing"
    lab.uninstall(name, "relationship_crm")
    assert_as_before(name, plain)
    assert_odoo_works(lab, name)


@pytest.mark.parametrize("addon", LEAVES)
def test_alone(lab, plain, based, addon):
    """An addon brings relationship_crm with it, and uninstalled leaves that and nothing else."""
    name = lab.clone(plain[0])
    lab.install(name, addon)
    assert lab.installed(name) == {"relationship_crm", addon}
    lab.uninstall(name, addon)
    assert lab.installed(name) == {"relationship_crm"}
    assert_as_before(name, based)
    assert_odoo_works(lab, name)


def test_any_order(lab, plain):
    """One after the other, against the order of the manifests, gives what one command gives."""
    name = lab.clone(plain[0])
    for addon in reversed(LEAVES):
        lab.install(name, addon)
    together = lab.clone(os.environ["SUITE_TEMPLATE_DB"])
    apart = schema_dump.definitions(name) ^ schema_dump.definitions(together)
    assert sorted(apart) == []
    for addons in (
        ["loyalty_rewards"],
        ["survey_feedback", "partner_portal"],
        ["relationship_crm"],
    ):
        lab.uninstall(name, *addons)
    assert lab.installed(name) == set()
    assert_as_before(name, plain)


def test_removing_the_base_removes_all(lab, plain):
    """With all four and data in them: the addons go, the leads and partners stay."""
    name = lab.clone(os.environ["SUITE_TEMPLATE_DB"])
    lab.databases.odoo(name, "matrix-data", stdin=DATA)
    models = [m for (m,) in schema_dump.query(name, "SELECT model FROM ir_model")]
    [leads] = schema_dump.query(name, "SELECT count(*) FROM crm_lead")
    assert leads == (1,)
    lab.uninstall(name, "relationship_crm")
    assert lab.installed(name) == set()
    assert schema_dump.query(name, "SELECT count(*) FROM crm_lead") == [leads]
    assert left_behind(name, schema_dump.definitions(name) - plain[1]) == []
    ours = set(models) - {m for (m,) in schema_dump.query(name, "SELECT model FROM ir_model")}
    assert {"prm.deal", "relationship.interaction", "relationship.metric.snapshot"} <= ours
    for table, column in POINTERS.items():
        hanging = schema_dump.query(
            name, f"SELECT {column}, res_id FROM {table} WHERE {column} = ANY(%s)", [sorted(ours)]
        )
        assert hanging == [], table
    assert_odoo_works(lab, name)
