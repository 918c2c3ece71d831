"""What a stage works with: the cursor, the size, ids reserved from sequences, and inserts."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from odoo import SUPERUSER_ID, api, models
from odoo.sql_db import BaseCursor

from . import functions
from .sizes import Size

DAYS = 1461  # four years of history
PARAMETER = "bench.generator"


@dataclass
class Context:
    """Everything a stage needs. It never commits: that is the caller's choice.

    :param cr: cursor of an Odoo database
    :param size: how much to write
    :param seed: same seed, same rows
    :param as_of: the last day of the history
    """

    cr: BaseCursor
    size: Size
    seed: int
    as_of: date
    bases: dict[str, int] = field(default_factory=dict)
    shared: dict[str, object] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def start(self) -> date:
        """First day of the history."""
        return self.as_of - timedelta(days=DAYS - 1)

    @cached_property
    def env(self) -> api.Environment:
        """An environment of the superuser that sends no mail and keeps no log."""
        return api.Environment(
            self.cr,
            SUPERUSER_ID,
            {"tracking_disable": True, "mail_create_nolog": True, "no_reset_password": True},
        )

    def prepare(self) -> None:
        """Create the session functions and give the session room to sort and hash."""
        for statement in functions.statements(self.seed, self.start, DAYS):
            self.cr.execute(statement)
        # compiling these long expressions takes longer than running them
        self.cr.execute("SET LOCAL work_mem = '128MB'; SET LOCAL jit = off")

    def columns(self, table: str) -> dict[str, bool]:
        """Return the table's columns, each with whether it must have a value."""
        self.cr.execute(
            "SELECT attname, attnotnull AND NOT atthasdef FROM pg_attribute "
            "WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        return dict(self.cr.fetchall())

    def missing(self, needs: Mapping[str, tuple[str, ...]]) -> list[str]:
        """Return the tables and columns of `needs` that this database lacks."""
        lacking = []
        for table, wanted in needs.items():
            there = self.columns(table)
            if not there:
                lacking.append(table)
            else:
                lacking += [f"{table}.{column}" for column in wanted if column not in there]
        return lacking

    def reserve(self, table: str, count: int) -> int:
        """Take `count` ids from the table's sequence; row n (from 1) gets base + n."""
        self.cr.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        sequence = self.cr.fetchone()[0]
        self.cr.execute("SELECT nextval(%s)", [sequence])
        base: int = self.cr.fetchone()[0] - 1
        self.cr.execute("SELECT setval(%s, %s)", [sequence, base + max(count, 1)])
        self.bases[table] = base
        return base

    def defaults(self, table: str, given: set[str]) -> dict[str, object]:
        """Return constants for columns that Odoo would fill and the stage did not name.

        These are the columns that must have a value, and plain fields with a default.
        """
        model = self._model(table)
        if model is None:
            return {}
        wanted = []
        for column, required in self.columns(table).items():
            column_field = model._fields.get(column)
            if column in given or column in models.MAGIC_COLUMNS or column_field is None:
                continue
            plain = (
                column_field.default
                and not column_field.compute
                and not column_field.company_dependent
                and column_field.type in ("boolean", "selection", "integer", "float")
            )
            if required or plain:
                wanted.append(column)
        values = model.default_get(wanted)
        return {
            column: model._fields[column].convert_to_column_insert(value, model)
            for column, value in values.items()
            if value is not None
        }

    def _model(self, table: str) -> models.BaseModel | None:
        """Return the model that a table belongs to (None for relation tables)."""
        for name, cls in self.env.registry.items():
            if cls._table == table and not cls._abstract and cls._auto:
                return self.env[name]
        return None

    def insert(
        self,
        table: str,
        values: Mapping[str, str],
        source: str,
        params: Mapping[str, object] | None = None,
        stamp: str | None = None,
    ) -> int:
        """Write rows by INSERT … SELECT and return how many.

        :param table: table written to
        :param values: column → SQL expression over `source`; columns that the database lacks
            are left out (they belong to addons that are not installed)
        :param source: what follows FROM (per cent signs doubled)
        :param params: values of the %(name)s in the expressions
        :param stamp: SQL expression for create_date and write_date; none for relation tables
        """
        there = self.columns(table)
        chosen = {column: sql for column, sql in values.items() if column in there}
        arguments: dict[str, object] = dict(params or {})
        if stamp:
            chosen.update(
                create_uid=str(SUPERUSER_ID),
                write_uid=str(SUPERUSER_ID),
                create_date=stamp,
                write_date=stamp,
            )
            for column, value in self.defaults(table, set(chosen)).items():
                arguments[f"default_{column}"] = value
                chosen[column] = f"%(default_{column})s"
        names = ", ".join(f'"{column}"' for column in chosen)
        query = f"INSERT INTO {table} ({names}) SELECT {', '.join(chosen.values())} FROM {source}"
        self.cr.execute(query, arguments)
        count: int = self.cr.rowcount
        self.rows[table] = self.rows.get(table, 0) + count
        return count

    def plan(self, table: str, query: str, params: Mapping[str, object] | None = None) -> int:
        """Keep the result of a query in a temporary table for the stages after; return its rows."""
        self.cr.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        self.cr.execute(f"CREATE TEMP TABLE {table} AS {query}", dict(params or {}))
        count: int = self.cr.rowcount
        self.cr.execute(f"ANALYZE {table}")
        return count

    def remember(self, without: Collection[str] = ()) -> None:
        """Note in the database what was written, so that cases find it and nobody does it twice."""
        note = {
            "size": self.size.name,
            "seed": self.seed,
            "as_of": self.as_of.isoformat(),
            "without": sorted(without),
            "bases": self.bases,
            "rows": {
                **self.rows,
                "bench_customers": self.size.customers,
                "bench_companies": self.size.companies,
            },
        }
        self.env["ir.config_parameter"].set_param(PARAMETER, json.dumps(note))
