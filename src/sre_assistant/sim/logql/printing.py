"""Go's ``printf`` and how templates print values."""

from __future__ import annotations

import re
from typing import Final

from sre_assistant.sim.logql.gotext import parse_float, quoted, scalar_text

_VERB: Final = re.compile(
    r"%(?P<flags>[-+# 0]*)(?P<width>\d+|\*)?(?:\.(?P<precision>\d*))?(?P<verb>[a-zA-Z%])?"
)
_NO_VALUE: Final = "<no value>"


def shown(value: object) -> str:
    """A value as a template prints it."""
    if value is None:
        return _NO_VALUE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return scalar_text(value)
    if isinstance(value, list | tuple):
        return f"[{' '.join('<nil>' if one is None else shown(one) for one in value)}]"
    if isinstance(value, dict):
        pairs = ((key, "<nil>" if value[key] is None else shown(value[key])) for key in sorted(value))
        return f"map[{' '.join(f'{key}:{text}' for key, text in pairs)}]"
    return str(value)


def printed(values: tuple[object, ...]) -> str:
    """Values as ``print`` joins them: a space between two that are no strings."""
    text = ""
    for place, value in enumerate(values):
        if place and not isinstance(value, str) and not isinstance(values[place - 1], str):
            text += " "
        text += shown(value)
    return text


def formatted(layout: str, values: tuple[object, ...]) -> str:
    """``printf``; what does not fit shows as Go shows it."""
    rest = list(values)

    def verb(found: re.Match[str]) -> str:
        kind = found["verb"]
        if kind == "%":
            return "%"
        if kind is None:
            return "%!(NOVERB)"
        width = rest.pop(0) if found["width"] == "*" and rest else found["width"]
        if not rest:
            return f"%!{kind}(MISSING)"
        body = _body(kind, rest.pop(0), found["flags"], found["precision"])
        return _padded(body, found["flags"], int(str(width or 0)), zeros=kind in "dfFeEgG")

    text = _VERB.sub(verb, layout)
    if rest:
        extra = ", ".join(f"{_type(one)}={shown(one)}" for one in rest)
        text += f"%!(EXTRA {extra})"
    return text


def _type(value: object) -> str:
    names: dict[type, str] = {bool: "bool", int: "int", float: "float64", str: "string"}
    return names.get(type(value), "interface {}")


def _body(verb: str, value: object, flags: str, precision: str | None) -> str:
    if verb == "v":
        return shown(value) if value is not None else "<nil>"
    if verb == "T":
        return _type(value)
    if verb in "sq" and isinstance(value, str):
        text = value if precision is None else value[: int(precision or 0)]
        return quoted(text) if verb == "q" else text
    if verb == "t" and isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and not isinstance(value, bool) and verb in "dbxXoc":
        return _whole(verb, value, flags)
    if isinstance(value, float) and verb in "fFeEgG":
        return _decimal(verb, value, flags, precision)
    if isinstance(value, str) and verb in "xX":
        return value.encode().hex() if verb == "x" else value.encode().hex().upper()
    return f"%!{verb}({_type(value)}={shown(value)})"


def _whole(verb: str, value: int, flags: str) -> str:
    if verb == "c":
        return chr(value)
    return f"{value:{'+' if '+' in flags else ''}{verb}}"


def _decimal(verb: str, value: float, flags: str, precision: str | None) -> str:
    sign = "+" if "+" in flags and value >= 0 else ""
    if verb in "gG" and precision is None:
        return sign + scalar_text(parse_float(repr(value)))
    return f"{sign}{value:.{int(precision) if precision else 6 if precision is None else 0}{verb}}"


def _padded(text: str, flags: str, width: int, *, zeros: bool) -> str:
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and zeros:
        return text.zfill(width)
    return text.rjust(width)
