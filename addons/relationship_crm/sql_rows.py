"""Plain values as arrays and rows of a query, of which PostgreSQL knows how many they are."""

from collections.abc import Mapping, Sequence
from typing import Any

from odoo.tools import SQL

from .lib.arrays import array_text


def array(values: Sequence[Any], kind: str) -> SQL:
    """Return values as an array, sent as one text.

    A list given to the driver becomes ``ARRAY[…]``, each of whose elements is quoted, parsed and
    planned by itself: many times the work.

    :param values: texts, numbers, dates, truth values; None for NULL
    :param kind: type of PostgreSQL that the values have
    :raise ValueError: a text holds a null character, which PostgreSQL does not keep
    """
    return SQL(f"%s::{kind}[]", array_text(values))


def rows_query(rows: Sequence[Sequence[Any]], columns: Mapping[str, str]) -> SQL:
    """Return a query of these rows, in their order.

    A column in which all rows say the same is sent once. PostgreSQL plans by the length of the
    arrays; of JSON it expects a hundred rows, and then compares each of ten thousand with each.

    :param rows: values in the order of the columns
    :param columns: name → type of PostgreSQL
    """
    if not rows:
        none = (SQL(f"NULL::{kind} AS %s", SQL.identifier(name)) for name, kind in columns.items())
        return SQL("SELECT %s WHERE FALSE", SQL(", ").join(none))
    said, names, arrays = [], [], []
    for (name, kind), values in zip(columns.items(), zip(*rows, strict=True), strict=True):
        column = SQL.identifier(name)
        if values.count(values[0]) == len(values):
            said.append(SQL(f"%s::{kind} AS %s", values[0], column))
        else:
            said.append(SQL("many.%s", column))
            names.append(column)
            arrays.append(array(values, kind))
    if not arrays:
        return SQL("SELECT %s FROM generate_series(1, %s)", SQL(", ").join(said), len(rows))
    return SQL(
        "SELECT %s FROM unnest(%s) AS many(%s)",
        SQL(", ").join(said),
        SQL(", ").join(arrays),
        SQL(", ").join(names),
    )
