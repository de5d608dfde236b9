"""Finds IP addresses in text, as the ``ip()`` filters do."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from sre_assistant.sim.logql.gotext import quoted

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_FOUR: Final = re.compile(r"[0-9.]+", re.ASCII)
_SIX: Final = re.compile(r"[0-9a-fA-F:.]+", re.ASCII)
_FOUR_HINT: Final = re.compile(r"[0-9](?:\.|[\s\S]\.|[\s\S]{2}\.)", re.ASCII)
_SIX_HINT: Final = re.compile(r"::[0-9a-fA-F]|[0-9a-fA-F]{1,4}:", re.ASCII)


@lru_cache(maxsize=256)
def finder(pattern: str) -> Callable[[str], bool]:
    """A test whether a text holds an address of the pattern: one address, a network or a range.

    Raises:
        ValueError: the pattern is none of these; the text is the server's.
    """
    contains = _contains(pattern)

    def found(text: str) -> bool:
        place = 0
        while place < len(text):
            charset = _hinted(text, place)
            if charset is None:
                place += 1
                continue
            piece = charset.match(text, place)
            word = piece[0] if piece else ""
            address = _address(word)
            if address is not None and contains(address):
                return True
            place += len(word) + 1
        return False

    return found


def _hinted(text: str, place: int) -> re.Pattern[str] | None:
    if place + 3 < len(text) and _FOUR_HINT.match(text, place):
        return _FOUR
    if place + 4 < len(text) and _SIX_HINT.match(text, place):
        return _SIX
    return None


def _contains(pattern: str) -> Callable[[_Address], bool]:
    if (one := _address(pattern)) is not None:
        return lambda address: address == one
    network, slash, _ = pattern.partition("/")
    if slash and _address(network) is not None:
        try:
            whole = ipaddress.ip_network(pattern, strict=False)
        except ValueError:
            raise _invalid(pattern) from None
        return lambda address: address in whole
    low, dash, high = pattern.partition("-")
    first, last = _address(low), _address(high)
    if not dash or first is None or last is None or first.version != last.version or int(first) > int(last):
        raise _invalid(pattern)
    version, begin, end = first.version, int(first), int(last)
    return lambda address: address.version == version and begin <= int(address) <= end


def _invalid(pattern: str) -> ValueError:
    return ValueError(f"ip: invalid pattern: {quoted(pattern)}")


def _address(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
