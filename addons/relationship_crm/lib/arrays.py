"""Values in the text form in which PostgreSQL reads an array."""

from __future__ import annotations

from collections.abc import Sequence


def array_text(values: Sequence[object]) -> str:
    r"""Return values as PostgreSQL writes an array.

    >>> print(array_text(["a,b", 'say "no"', "back\\slash", "", "NULL"]), array_text([1, None, 2]))
    {"a,b","say \"no\"","back\\slash","","NULL"} {"1",NULL,"2"}
    >>> array_text([])
    '{}'
    """
    if not values:
        return "{}"
    # the null character parts the values: none of them may hold it
    texts = "\0".join([str(value) for value in values])
    if texts.count("\0") != len(values) - 1:
        raise ValueError("a text holds a null character")
    if "\\" in texts:
        texts = texts.replace("\\", "\\\\")
    if '"' in texts:
        texts = texts.replace('"', '\\"')
    if None not in values:
        return '{"' + texts.replace("\0", '","') + '"}'
    quoted = (
        "NULL" if value is None else f'"{text}"'
        for value, text in zip(values, texts.split("\0"), strict=True)
    )
    return "{" + ",".join(quoted) + "}"
