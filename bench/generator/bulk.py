"""Loading without indexes and foreign keys, which come back afterwards, checked over all rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from odoo.sql_db import BaseCursor
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

INDEXES = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
      FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
     WHERE t.relname = ANY(%s) AND NOT i.indisprimary AND t.relnamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
     ORDER BY 1"""

FOREIGN_KEYS = """
    SELECT t.relname, c.conname, pg_get_constraintdef(c.oid)
      FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
     WHERE t.relname = ANY(%s) AND c.contype = 'f' AND t.relnamespace = 'public'::regnamespace
     ORDER BY 1, 2"""


class Bulk:
    """Takes indexes and foreign keys of some tables away and puts the very same ones back.

    A foreign key put back is checked by one join over the table: the load is as proven as with
    keys on, at a fraction of the time. Needs nothing but ownership of the tables.
    """

    def __init__(self, cr: BaseCursor, tables: Iterable[str]):
        self.cr = cr
        self.tables = sorted(set(tables))
        self.indexes: list[tuple[str, str]] = []
        self.keys: list[tuple[str, str, str]] = []

    def take(self) -> None:
        """Remember and drop."""
        self.cr.execute(FOREIGN_KEYS, [self.tables])
        self.keys = self.cr.fetchall()
        self.cr.execute(INDEXES, [self.tables])
        self.indexes = self.cr.fetchall()
        for table, name, _definition in self.keys:
            self.cr.execute(
                SQL(
                    "ALTER TABLE %s DROP CONSTRAINT %s", SQL.identifier(table), SQL.identifier(name)
                )
            )
        for name, _definition in self.indexes:
            self.cr.execute(f"DROP INDEX {name}")

    def give_back(self) -> None:
        """Create them again, indexes first (the keys' checks use them)."""
        self.cr.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for _name, definition in self.indexes:
            self.cr.execute(definition)
        for table, name, definition in self.keys:
            self.cr.execute(
                SQL(
                    "ALTER TABLE %s ADD CONSTRAINT %s %s",
                    SQL.identifier(table),
                    SQL.identifier(name),
                    SQL(definition.replace("%", "%%")),
                )
            )
