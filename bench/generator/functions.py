"""Session functions the stages share: even draws, skewed draws, dates, names.

They live in the session's temporary schema, are plain SQL expressions that PostgreSQL inlines,
and depend on nothing but their arguments and the seed: same seed, same rows.
"""

from __future__ import annotations

from datetime import date

from . import words
from .curves import day_quantiles, quantiles

SLOTS = 1000


def _array(values: object, cast: str) -> str:
    """Write a list as an SQL array constant."""
    items = ",".join(
        "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
        for value in values  # type: ignore[attr-defined]
    )
    return f"(ARRAY[{items}]::{cast}[])"


def _words(text: str) -> str:
    """Write a string of words as an SQL array constant."""
    return _array(text.split(), "text")


def _function(head: str, result: str, body: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION pg_temp.{head} RETURNS {result} "
        f"LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $fn$ SELECT {body} $fn$"
    )


def _draw(text: str, salt: str, i: str = "$1") -> str:
    """Return an expression that draws one of the words of a text for row i."""
    return f"{_words(text)}[1 + pg_temp.pick({i}, '{salt}', {len(text.split())})]"


def _by_pool(pools: dict[str, str], salt: str) -> str:
    """Return an expression that draws a word from the pool of country number $2."""
    numbers = {pool: [] for pool in pools}  # type: dict[str, list[int]]
    for number, country in enumerate(words.COUNTRIES):
        numbers[country.pool].append(number)
    cases = " ".join(
        f"WHEN $2 IN ({','.join(map(str, numbers[pool]))}) THEN {_draw(text, salt)}"
        for pool, text in pools.items()
        if pool != "west"
    )
    return f"CASE {cases} ELSE {_draw(pools['west'], salt)} END"


def statements(seed: int, start: date, days: int) -> list[str]:
    """Return the statements that create the functions.

    :param seed: any integer; another seed gives other rows of the same shape
    :param start: first day of the history
    :param days: length of the history
    """
    country = quantiles(range(len(words.COUNTRIES)), [c.weight for c in words.COUNTRIES], SLOTS)
    legal = _array([c.legal for c in words.COUNTRIES], "text")
    tld = _array([c.tld for c in words.COUNTRIES], "text")
    slots = day_quantiles(start, days)
    return [
        # an even draw in [0, 1) for row $1 and purpose $2
        _function(
            "u(bigint, text)",
            "float8",
            f"((hashint8extended($1, hashtextextended($2, {seed})) >> 11) & 9007199254740991)"
            "::float8 / 9007199254740992.0::float8",
        ),
        _function("pick(bigint, text, int)", "int", "floor(pg_temp.u($1, $2) * $3)::int"),
        # a rank below $3, small ranks far more often (the top fifth is drawn 58 % of the time)
        _function(
            "zipf(bigint, text, bigint)", "bigint", "floor($3 * pg_temp.u($1, $2) ^ 3)::bigint"
        ),
        # the day of the $1-th part of all sales, $1 in [0, 1): seasons, weekdays, growth
        _function(
            "sales_day(float8)",
            "date",
            f"DATE '{start}' + {_array(slots, 'int')}[1 + floor($1 * {len(slots)})::int]",
        ),
        # $1 with its run of nines replaced by digits of row $2 and purpose $3; rows differ
        _function(
            "digits(text, bigint, text)",
            "text",
            "CASE WHEN $1 = '' THEN NULL ELSE regexp_replace($1, '9{5,}', lpad(mod("
            f"$2 * 2654435761 + ((hashtextextended($3, {seed}) >> 24) & 1073741823), "
            "(10 ^ length(substring($1 FROM '9{5,}')))::bigint)::text, "
            "length(substring($1 FROM '9{5,}')), '0')) END",
        ),
        # how people write the phone number $2 of the country code $1
        _function(
            "phone(text, text)",
            "text",
            "'+' || $1 || ' ' || substr($2, 1, 3) || ' ' || substr($2, 4)",
        ),
        _function(
            "country(bigint)",
            "int",
            f"{_array(country, 'int')}[1 + pg_temp.pick($1, 'country', {SLOTS})]",
        ),
        # personal names for row $1 of country $2
        _function("first_name(bigint, int)", "text", _by_pool(words.FIRST, "first")),
        _function("last_name(bigint, int)", "text", _by_pool(words.LAST, "last")),
        # company names for row $1: without and with the legal form of country $2
        _function(
            "company_stem(bigint)",
            "text",
            f"{_draw(words.STEMS, 'stem')} || {_draw(words.ENDS, 'end')}",
        ),
        _function(
            "company_name(bigint)",
            "text",
            f"pg_temp.company_stem($1) || ' ' || {_draw(words.SECTORS, 'sector')} || "
            "CASE WHEN pg_temp.u($1, 'qualified') < 0.4 "
            f"THEN ' ' || {_draw(words.QUALIFIERS, 'q')} "
            "ELSE '' END",
        ),
        _function("legal_form(int)", "text", f"{legal}[1 + $1]"),
        _function(
            "domain(bigint, int)",
            "text",
            f"lower(pg_temp.company_stem($1)) || '-' || to_hex($1 * 7919 + 4096) || '.' || "
            f"{tld}[1 + $2]",
        ),
    ]
