"""Databases by name, on the server of the PG* variables. Run by the venv's Python.

python tools/dbadmin.py check | list | exists NAME | clone SOURCE NAME | drop NAME …
    | rename OLD NEW | parameter DATABASE KEY VALUE
"""

import sys
from collections.abc import Callable

import psycopg2
import psycopg2.extensions
from psycopg2 import sql


def connect(database: str = "postgres") -> psycopg2.extensions.connection:
    """A connection that commits each statement."""
    connection = psycopg2.connect(dbname=database, connect_timeout=10)
    connection.autocommit = True
    return connection


def check() -> str:
    """`ok <version>` when the user can make databases and Odoo accepts it."""
    with connect().cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolcreatedb OR rolsuper, current_setting('server_version_num')"
            " FROM pg_roles WHERE rolname = current_user"
        )
        user, may_create, version = cursor.fetchone()
    if user == "postgres":
        return "Odoo refuses to work as the user postgres"
    if not may_create:
        return f"the user {user} may not create databases"
    if int(version) < 130000:
        return "PostgreSQL 13 or newer is needed"
    return f"ok {version}"


def names() -> list[str]:
    """All databases that can be connected to."""
    with connect().cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname")
        return [name for (name,) in cursor.fetchall()]


def _leave(cursor: psycopg2.extensions.cursor, name: str) -> None:
    """Send every other session out of a database (leftovers of an interrupted run)."""
    cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND pid <> pg_backend_pid()",
        [name],
    )


def clone(source: str, name: str) -> None:
    """CREATE DATABASE name TEMPLATE source."""
    with connect().cursor() as cursor:
        _leave(cursor, source)
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )


def drop(*databases: str) -> None:
    """DROP DATABASE IF EXISTS, also when sessions are left over."""
    with connect().cursor() as cursor:
        for name in databases:
            cursor.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def rename(old: str, new: str) -> None:
    """ALTER DATABASE old RENAME TO new."""
    with connect().cursor() as cursor:
        _leave(cursor, old)
        cursor.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(old), sql.Identifier(new)
            )
        )


def parameter(database: str, key: str, value: str) -> None:
    """Set a system parameter of an Odoo database that is not being served."""
    with connect(database).cursor() as cursor:
        cursor.execute(
            "INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [key, value],
        )


def main(command: str, *words: str) -> None:
    """Dispatch a command line."""
    if command == "check":
        print(check())
    elif command == "list":
        print("\n".join(names()))
    elif command == "exists":
        sys.exit(0 if words[0] in names() else 1)
    else:
        acts: dict[str, Callable[..., None]] = {
            "clone": clone,
            "drop": drop,
            "rename": rename,
            "parameter": parameter,
        }
        acts[command](*words)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except psycopg2.Error as error:
        sys.exit(str(error).strip())
