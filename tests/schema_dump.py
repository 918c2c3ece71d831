"""What a database consists of, as sets of lines that can be compared before and after."""

import psycopg2
from psycopg2 import sql

#: section → query over PostgreSQL's catalogues; the columns together name the thing
CATALOGUES = {
    "relation": """
        SELECT relkind, relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p', 'S', 'f')
    """,
    "column": """
        SELECT table_name, column_name, udt_name, is_nullable, column_default
          FROM information_schema.columns WHERE table_schema = 'public'
    """,
    "constraint": """
        SELECT conrelid::regclass, conname, pg_get_constraintdef(oid)
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "index": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "type": """
        SELECT typtype, typname FROM pg_type
         WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r', 'm')
    """,
    "function": """
        SELECT oid::regprocedure, md5(prosrc) FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace
    """,
    "trigger": "SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal",
    "extension": "SELECT extname FROM pg_extension",
}
#: the same over Odoo's own tables of definitions
DEFINITIONS = {
    "xmlid": "SELECT module, name, model FROM ir_model_data",
    "module": "SELECT name FROM ir_module_module WHERE state NOT LIKE 'unin%'",
    "model": "SELECT model FROM ir_model",
    "field": "SELECT model, name, ttype, state FROM ir_model_fields",
    # without digits: views name actions by numbers, which differ from database to database
    "view": """
        SELECT key, name, model, active, md5(regexp_replace(arch_db::text, '[0-9]+', '', 'g'))
          FROM ir_ui_view
    """,
    "menu": "SELECT name->>'en_US', active FROM ir_ui_menu",
    "action": "SELECT type, name->>'en_US' FROM ir_actions",
    "cron": "SELECT cron_name FROM ir_cron",
    "alias": "SELECT alias_name FROM mail_alias",
    "group": "SELECT name->>'en_US' FROM res_groups",
    "privilege": "SELECT name->>'en_US' FROM res_groups_privilege",
    "rule": "SELECT name, active FROM ir_rule",
    "access": "SELECT name, active FROM ir_model_access",
    "sequence record": "SELECT name, code FROM ir_sequence",
    "mail template": "SELECT name->>'en_US' FROM mail_template",
    "activity type": "SELECT name->>'en_US' FROM mail_activity_type",
    "message subtype": "SELECT name->>'en_US' FROM mail_message_subtype",
    "parameter": "SELECT key FROM ir_config_parameter",
    "asset": "SELECT bundle, path FROM ir_asset",
}


def connect(database):
    """A connection that reads; the PG* variables say to which server."""
    connection = psycopg2.connect(dbname=database)
    connection.set_session(readonly=True, autocommit=True)
    return connection


def execute(database, statement):
    """Change something behind Odoo's back."""
    connection = psycopg2.connect(dbname=database)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def definitions(database):
    """All that defines the database, as a set of lines `section: thing`."""
    lines = set()
    connection = connect(database)
    with connection.cursor() as cursor:
        for section, query in (CATALOGUES | DEFINITIONS).items():
            cursor.execute(query)
            lines |= {f"{section}: {' '.join(map(str, row))}" for row in cursor.fetchall()}
    connection.close()
    return lines


def row_counts(database):
    """{table: number of rows}."""
    connection = connect(database)
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        counts = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {}, count(*) FROM {}").format(sql.Literal(table), sql.Identifier(table))
            for table in tables
        )
        cursor.execute(counts)
        found = dict(cursor.fetchall())
    connection.close()
    return found


def query(database, statement, parameters=()):
    """The rows that a statement gives."""
    connection = connect(database)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    connection.close()
    return rows
