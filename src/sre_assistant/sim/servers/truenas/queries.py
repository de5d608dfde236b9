"""Filters and options of ``*.query``: what may be asked of a list of rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sre_assistant.sim.servers.truenas.errors import CallError, MatchNotFound, ValidationErrors

Row = dict[str, Any]

_MISSING: Final = object()
_OPTIONS: Final = frozenset(
    {
        *(
            "relationships",
            "extend",
            "extend_context",
            "prefix",
            "extra",
            "order_by",
            "select",
            "count",
            "get",
        ),
        *("offset", "limit", "force_sql_filters"),
    }
)
_EINVAL: Final = 22

_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": lambda have, want: bool(have == want),
    "!=": lambda have, want: bool(have != want),
    ">": lambda have, want: have is not None and bool(have > want),
    ">=": lambda have, want: have is not None and bool(have >= want),
    "<": lambda have, want: have is not None and bool(have < want),
    "<=": lambda have, want: have is not None and bool(have <= want),
    "~": lambda have, want: have is not None and re.match(want, have) is not None,
    "in": lambda have, want: have in want,
    "nin": lambda have, want: have not in want,
    "rin": lambda have, want: have is not None and want in have,
    "rnin": lambda have, want: have is not None and want not in have,
    "^": lambda have, want: have is not None and have.startswith(want),
    "!^": lambda have, want: have is not None and not have.startswith(want),
    "$": lambda have, want: have is not None and have.endswith(want),
    "!$": lambda have, want: have is not None and not have.endswith(want),
}


def queried(rows: Sequence[Row], arguments: Sequence[Any]) -> object:
    """What a query answers: rows, one row, or how many there are.

    Raises:
        ValidationErrors: filters or options of the wrong shape.
        CallError: a filter that cannot be applied.
        MatchNotFound: one row was asked for and there is none.
    """
    if len(arguments) > 2:
        raise ValidationErrors("", f"Too many arguments (expected 2, found {len(arguments)})")
    filters = arguments[0] if arguments else []
    options = arguments[1] if len(arguments) > 1 else {}
    if not isinstance(filters, list):
        raise ValidationErrors("filters", "Input should be a valid list")
    if not isinstance(options, dict):
        raise ValidationErrors("options", "Input should be a valid dictionary or instance of QueryOptions")
    for name in options:
        if name not in _OPTIONS:
            raise ValidationErrors(f"options.{name}", "Extra inputs are not permitted")
    found = [row for row in rows if all(_passes(row, one) for one in filters)]
    return _arranged(found, options)


def _arranged(found: list[Row], options: Mapping[str, Any]) -> object:
    if options.get("count"):
        return len(found)
    for order in reversed(options.get("order_by") or []):
        found = _ordered(found, order)
    offset, limit = options.get("offset") or 0, options.get("limit") or 0
    for name, value in (("offset", offset), ("limit", limit)):
        if not isinstance(value, int):
            raise ValidationErrors(f"options.{name}", "Input should be a valid integer")
    found = found[offset : offset + limit if limit else None]
    selected = options.get("select")
    shown = [_selected(row, selected) for row in found] if selected else found
    if not options.get("get"):
        return shown
    if not shown:
        raise MatchNotFound
    return shown[0]


def _passes(row: Row, one: object) -> bool:
    if not isinstance(one, list) or len(one) not in {2, 3}:
        raise CallError(_EINVAL, f"Invalid filter {one}")
    if len(one) == 2:
        if one[0] != "OR" or not isinstance(one[1], list):
            raise CallError(_EINVAL, f"Invalid operation: {one[0]}")
        return any(_branch(row, branch) for branch in one[1])
    name, operator, want = one
    have = value_of(row, str(name))
    if operator not in _OPERATORS:
        raise CallError(_EINVAL, f"Invalid operation: {operator}")
    if have is _MISSING:
        return False
    try:
        return _OPERATORS[operator](have, want)
    except (TypeError, AttributeError, re.error) as error:
        raise CallError(_EINVAL, str(error)) from error


def _branch(row: Row, branch: object) -> bool:
    """One branch of an ``OR``: a filter, or a list of them that must all pass."""
    if isinstance(branch, list) and branch and isinstance(branch[0], list):
        return all(_passes(row, one) for one in branch)
    return _passes(row, branch)


def value_of(row: object, name: str) -> Any:
    """What stands at a dotted path; a number is a place in a list."""
    here: Any = row
    for part in name.replace("\\.", "\x00").split("."):
        key = part.replace("\x00", ".")
        if isinstance(here, dict) and key in here:
            here = here[key]
        elif isinstance(here, list) and key.isdecimal() and int(key) < len(here):
            here = here[int(key)]
        else:
            return _MISSING
    return here


def _ordered(found: list[Row], order: str) -> list[Row]:
    bare = order.removeprefix("nulls_first:").removeprefix("nulls_last:")
    name, down = bare.removeprefix("-"), bare.startswith("-")

    def missing(row: Row) -> bool:
        return value_of(row, name) in (None, _MISSING)

    known = [row for row in found if not missing(row)]
    unknown = [row for row in found if missing(row)]
    known.sort(key=lambda row: _sortable(value_of(row, name)), reverse=down)
    first = order.startswith("nulls_first:") or (not order.startswith("nulls_last:") and not down)
    return [*unknown, *known] if first else [*known, *unknown]


def _sortable(value: Any) -> tuple[str, Any]:
    if isinstance(value, dict):
        return "date", value.get("$date", 0)
    return type(value).__name__ if isinstance(value, str) else "number", value


def _selected(row: Row, names: Sequence[Any]) -> Row:
    made: Row = {}
    for name in names:
        source, target = name if isinstance(name, list) and len(name) == 2 else (name, name)
        value = value_of(row, str(source))
        if value is _MISSING:
            continue
        here = made
        *parents, last = str(target).split(".")
        for parent in parents:
            here = here.setdefault(parent, {})
        here[last] = value
    return made
