"""The functions that LogQL templates may call."""

from __future__ import annotations

import base64
import binascii
import html
import json
import math
import textwrap
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any, Final
from urllib.parse import quote_plus, unquote_plus

from sre_assistant.sim.logql import gotext, gotime, printing
from sre_assistant.sim.logql.gotime import Moment
from sre_assistant.sim.regex import BadPattern, compiled, replaced

_LONGEST: Final = 1 << 20


class Failed(ValueError):
    """A function refuses its arguments; the text is Go's."""


def kind(value: object) -> str:
    """A value's type as Go calls it."""
    if isinstance(value, Mapping):
        return "map[string]string"
    names: dict[type, str] = {
        bool: "bool",
        int: "int",
        float: "float64",
        str: "string",
        list: "[]interface {}",
        Moment: "time.Time",
    }
    return names.get(type(value), "interface {}")


def truth(value: object) -> bool:
    """Whether a value counts as true in ``if``."""
    return bool(value)


def surrounding(name: str, value: object) -> object:
    """``__line__`` or ``__timestamp__``."""
    return Moment(value) if name == "__timestamp__" and isinstance(value, int) else value


def called(name: str, arguments: tuple[object, ...]) -> object:
    """What a function gives.

    Raises:
        Failed: wrong number or types of arguments, or a value it cannot work with.
    """
    types, function = _TABLE[name]
    if types is None:
        return function(*arguments)
    if len(arguments) != len(types):
        raise Failed(f"wrong number of args for {name}: want {len(types)} got {len(arguments)}")
    try:
        return function(*(_taken(one, wanted) for one, wanted in zip(arguments, types, strict=True)))
    except BadPattern as error:
        raise Failed(str(error)) from error


def _taken(value: object, wanted: str) -> object:
    """An argument as a function wants it: ``s`` text, ``i`` whole number, ``t`` time, ``a`` anything."""
    if wanted == "a":
        return value
    types: dict[str, type] = {"s": str, "i": int, "t": Moment}
    if isinstance(value, types[wanted]) and not isinstance(value, bool):
        return value
    if wanted == "s" and value is None:
        return ""
    expected = {"s": "string", "i": "int", "t": "time.Time"}[wanted]
    raise Failed(f"wrong type for value; expected {expected}; got {kind(value)}")


def _whole(value: object) -> int:
    """A whole number as sprig's cast makes one; 0 of what is none."""
    if isinstance(value, str):
        try:
            return int(value, 0) if value.strip("+-").startswith(("0x", "0b")) else int(value)
        except ValueError:
            return int(_decimal(value))
    return int(value) if isinstance(value, int | float) and math.isfinite(value) else 0


def _decimal(value: object) -> float:
    """A number as sprig's cast makes one; 0 of what is none."""
    if isinstance(value, str):
        try:
            return gotext.parse_float(value)
        except ValueError:
            return 0.0
    return float(value) if isinstance(value, int | float) else 0.0


def _of_wholes(function: Callable[[int, int], int]) -> Callable[..., int]:
    def folded(*values: object) -> int:
        numbers = [_whole(value) for value in values]
        if not numbers:
            raise Failed("wrong number of args: want at least 1 got 0")
        total = numbers[0]
        for one in numbers[1:]:
            total = function(total, one)
        return total

    return folded


def _of_decimals(function: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., float]:
    """Sums and products are worked out in decimals, so that 0.1 and 0.2 make 0.3."""

    def folded(*values: object) -> float:
        numbers = [Decimal(repr(_decimal(value))) for value in values]
        if not numbers:
            raise Failed("wrong number of args: want at least 1 got 0")
        total = numbers[0]
        for one in numbers[1:]:
            total = function(total, one)
        return float(total)

    return folded


def _quotient(left: int, right: int) -> int:
    if not right:
        raise Failed("runtime error: integer divide by zero")
    return int(math.copysign(abs(left) // abs(right), left * right)) if left * right else 0


def _rest(left: int, right: int) -> int:
    if not right:
        raise Failed("runtime error: integer divide by zero")
    return int(math.fmod(left, right))


def _divided(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise Failed("decimal division by 0")
    return (left / right).quantize(Decimal("1e-16"), rounding=ROUND_HALF_UP)


def _round(value: object, places: object, *_on: object) -> float:
    number, power = _decimal(value), 10.0 ** _whole(places)
    scaled = number * power
    whole = math.floor(scaled)
    return (whole + 1 if scaled - whole >= 0.5 else whole) / power


def _trunc(count: int, text: str) -> str:
    if count < 0 and len(text) + count > 0:
        return text[count:]
    return text[:count] if 0 <= count < len(text) else text


def _substr(start: int, end: int, text: str) -> str:
    size = len(text.encode())
    if start < 0:
        if end < 0:
            raise Failed(f"runtime error: slice bounds out of range [:{end}]")
        if end > size:
            raise Failed(f"runtime error: slice bounds out of range [:{end}] with length {size}")
        return _cut(text, 0, end)
    last = size if end < 0 or end > size else end
    if start > last:
        raise Failed(f"runtime error: slice bounds out of range [{start}:{last}]")
    return _cut(text, start, last)


def _cut(text: str, start: int, end: int) -> str:
    """A piece by its bytes, as Go cuts."""
    return text[start:end] if text.isascii() else text.encode()[start:end].decode("utf-8", "replace")


def _aligned(count: int, text: str, *, left: bool) -> str:
    if count < 0:
        return text
    if left:
        return text.ljust(count)[:count]
    return text.rjust(count)[max(len(text) - count, 0) :]


def _replace(text: str, old: str, new: str, count: int) -> str:
    return text.replace(old, new, count)


def _repeat(count: int, text: str) -> str:
    if count < 0 or count * len(text) > _LONGEST:
        problem = "strings: negative Repeat count" if count < 0 else "strings: Repeat output length overflow"
        raise Failed(problem)
    return text * count


def _indent(count: int, text: str) -> str:
    if count < 0:
        raise Failed("strings: negative Repeat count")
    return textwrap.indent(text, " " * count, lambda _: True)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return "illegal base64 data at input byte 0"


def _from_json(text: str) -> object:
    try:
        return json.loads(text, parse_int=float)
    except ValueError:
        return None


def _default(fallback: object, *given: object) -> object:
    return given[0] if given and truth(given[0]) else fallback


def _read(function: Callable[[str], float], scale: float = 1) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            return function(text) / scale
        except ValueError as error:
            raise Failed(str(error)) from error

    return read


def _unix_to_time(text: str) -> Moment:
    sizes = {5: 86_400_000_000_000, 10: 1_000_000_000, 13: 1_000_000, 16: 1_000, 19: 1}
    if not text.lstrip("+-").isdigit():
        raise Failed(
            f"unable to parse time '{text}': strconv.ParseInt: parsing {gotext.quoted(text)}: invalid syntax"
        )
    if len(text) not in sizes:
        raise Failed(f"unable to parse time '{text}': %!w(<nil>)")
    return Moment(int(text) * sizes[len(text)])


def _date(layout: str, value: object) -> str:
    if isinstance(value, Moment):
        return gotime.written(value, layout)
    seconds = value if isinstance(value, int) and not isinstance(value, bool) else 0
    return gotime.written(Moment(seconds * 1_000_000_000), layout)


def _count(pattern: str, text: str) -> int:
    return sum(1 for _ in compiled(pattern).finditer(text))


def _title(text: str) -> str:
    return "".join(
        one.upper() if not place or text[place - 1].isspace() else one for place, one in enumerate(text)
    )


def _same(first: object, *others: object) -> bool:
    if not others:
        raise Failed("missing argument for comparison")
    for other in others:
        if type(first) is not type(other):
            raise Failed(f"incompatible types for comparison: {kind(first)} and {kind(other)}")
    return any(first == other for other in others)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def compared(left: object, right: object) -> bool:
        if type(left) is not type(right) or not isinstance(left, str | int | float):
            raise Failed("incompatible types for comparison")
        return test(left, right)

    return compared


def _index(value: object, *keys: object) -> object:
    for key in keys:
        if isinstance(value, Mapping):
            value = value.get(key, "" if all(isinstance(one, str) for one in value.values()) else None)
        elif isinstance(value, list | str) and isinstance(key, int):
            if not 0 <= key < len(value):
                raise Failed(f"error calling index: index out of range: {key}")
            value = ord(value[key]) if isinstance(value, str) else value[key]
        else:
            raise Failed(f"can't index item of type {kind(value)}")
    return value


def _length(value: object) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping | list):
        return len(value)
    raise Failed(f"len of type {kind(value)}")


def _slice(value: object, *places: object) -> object:
    numbers = [one for one in places if isinstance(one, int)]
    if not isinstance(value, str | list) or len(numbers) != len(places):
        raise Failed(f"can't slice item of type {kind(value)}")
    if any(not 0 <= one <= len(value) for one in numbers) or numbers != sorted(numbers):
        raise Failed(f"index out of range: {numbers[-1]}")
    return value[slice(*numbers[:2])] if len(numbers) > 1 else value[(numbers or [0])[0] :]


def _printf(layout: object = "", *values: object) -> str:
    if not isinstance(layout, str):
        raise Failed(f"wrong type for value; expected string; got {kind(layout)}")
    return printing.formatted(layout, values)


_TABLE: Final[dict[str, tuple[str | None, Callable[..., object]]]] = {
    **dict.fromkeys(("ToLower", "lower"), ("s", str.lower)),
    **dict.fromkeys(("ToUpper", "upper"), ("s", str.upper)),
    "Replace": ("sssi", _replace),
    "Trim": ("ss", lambda text, marks: text.strip(marks)),
    "TrimLeft": ("ss", lambda text, marks: text.lstrip(marks)),
    "TrimRight": ("ss", lambda text, marks: text.rstrip(marks)),
    "TrimPrefix": ("ss", str.removeprefix),
    "TrimSuffix": ("ss", str.removesuffix),
    **dict.fromkeys(("TrimSpace", "trim"), ("s", str.strip)),
    "regexReplaceAll": ("sss", replaced),
    "regexReplaceAllLiteral": ("sss", partial(replaced, literal=True)),
    "count": ("ss", _count),
    "urldecode": ("s", unquote_plus),
    "urlencode": ("s", quote_plus),
    "bytes": ("s", _read(lambda text: float(gotext.parse_bytes(text)))),
    **dict.fromkeys(("duration", "duration_seconds"), ("s", _read(gotext.parse_duration, 1e9))),
    "unixEpoch": ("t", lambda moment: str(moment.nanoseconds // 1_000_000_000)),
    "unixEpochMillis": ("t", lambda moment: str(moment.nanoseconds // 1_000_000)),
    "unixEpochNanos": ("t", lambda moment: str(moment.nanoseconds)),
    "toDate": ("ss", gotime.read),
    "toDateInZone": ("sss", lambda layout, zone, text: gotime.read(layout, text, gotime.zone(zone))),
    "unixToTime": ("s", _unix_to_time),
    "date": ("sa", _date),
    "alignLeft": ("is", partial(_aligned, left=True)),
    "alignRight": ("is", partial(_aligned, left=False)),
    "b64enc": ("s", lambda text: base64.b64encode(text.encode()).decode()),
    "b64dec": ("s", _decoded),
    "title": ("s", _title),
    "trunc": ("is", _trunc),
    "substr": ("iis", _substr),
    "contains": ("ss", lambda part, text: part in text),
    "hasPrefix": ("ss", lambda part, text: text.startswith(part)),
    "hasSuffix": ("ss", lambda part, text: text.endswith(part)),
    "indent": ("is", _indent),
    "nindent": ("is", lambda count, text: "\n" + _indent(count, text)),
    "replace": ("sss", lambda old, new, text: text.replace(old, new)),
    "repeat": ("is", _repeat),
    "trimAll": ("ss", lambda marks, text: text.strip(marks)),
    "trimPrefix": ("ss", lambda part, text: text.removeprefix(part)),
    "trimSuffix": ("ss", lambda part, text: text.removesuffix(part)),
    "int": ("a", _whole),
    "float64": ("a", _decimal),
    "add": (None, _of_wholes(lambda a, b: a + b)),
    "sub": ("aa", _of_wholes(lambda a, b: a - b)),
    "mul": (None, _of_wholes(lambda a, b: a * b)),
    "div": ("aa", _of_wholes(_quotient)),
    "mod": ("aa", _of_wholes(_rest)),
    "max": (None, _of_wholes(max)),
    "min": (None, _of_wholes(min)),
    "addf": (None, _of_decimals(lambda a, b: a + b)),
    "subf": (None, _of_decimals(lambda a, b: a - b)),
    "mulf": (None, _of_decimals(lambda a, b: a * b)),
    "divf": (None, _of_decimals(_divided)),
    "maxf": (None, _of_decimals(max)),
    "minf": (None, _of_decimals(min)),
    "ceil": ("a", lambda value: float(math.ceil(_decimal(value)))),
    "floor": ("a", lambda value: float(math.floor(_decimal(value)))),
    "round": (None, _round),
    "fromJson": ("s", _from_json),
    "default": (None, _default),
    "not": ("a", lambda value: not truth(value)),
    "eq": (None, _same),
    "ne": ("aa", lambda left, right: not _same(left, right)),
    "lt": ("aa", _ordered(lambda a, b: a < b)),
    "le": ("aa", _ordered(lambda a, b: a <= b)),
    "gt": ("aa", _ordered(lambda a, b: a > b)),
    "ge": ("aa", _ordered(lambda a, b: a >= b)),
    "len": ("a", _length),
    "index": (None, _index),
    "slice": (None, _slice),
    "print": (None, lambda *values: printing.printed(values)),
    "println": (None, lambda *values: " ".join(printing.shown(value) for value in values) + "\n"),
    "printf": (None, _printf),
    "html": (None, lambda *values: html.escape(printing.printed(values)).replace("&quot;", "&#34;")),
    "urlquery": (None, lambda *values: quote_plus(printing.printed(values))),
}
NAMES: Final = frozenset(_TABLE) | {"and", "or", "__line__", "__timestamp__"}
"""What a template may call; ``now``, ``js`` and ``call`` are not among it: the first would not repeat."""
