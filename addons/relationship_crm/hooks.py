from odoo.tools import SQL


def uninstall_hook(env):
    """Let the rows of this addon go in any order, and forget its settings.

    A foreign key that forbids deleting would make Odoo try again and again and log an error each
    time, although both tables are about to go.
    """
    tables = [m._table for m in env.values() if m._original_module == "relationship_crm"]
    env.cr.execute(
        """
        SELECT conrelid::regclass::text, conname FROM pg_constraint
         WHERE contype = 'f' AND confdeltype IN ('r', 'a') AND confrelid::regclass::text = ANY(%s)
        """,
        [tables],
    )
    for table, name in env.cr.fetchall():
        env.cr.execute(SQL("ALTER TABLE %s DROP CONSTRAINT %s", SQL(table), SQL.identifier(name)))
    env["ir.config_parameter"].search([("key", "=like", "relationship_crm.%")]).unlink()
