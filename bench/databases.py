"""Copies of a database for each size, made and dropped by the runner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import sql


@contextmanager
def _maintenance() -> Iterator[Any]:
    """Open a connection (by the PG* variables) on which databases can be made."""
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    try:
        with connection.cursor() as cr:
            yield cr
    finally:
        connection.close()


def exists(name: str) -> bool:
    """Return whether a database is there."""
    with _maintenance() as cr:
        cr.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        return cr.fetchone() is not None


def clone(source: str, name: str) -> None:
    """Make a copy of a database that nobody is connected to."""
    with _maintenance() as cr:
        cr.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )


def drop(name: str) -> None:
    """Drop a copy."""
    with _maintenance() as cr:
        cr.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
