"""Lists that come in pages, and several of them as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from sre_assistant.domain.errors import Missing, SourceError
from sre_assistant.integrations.kubernetes import shapes
from sre_assistant.integrations.kubernetes.kinds import Kind
from sre_assistant.kit.api import Api, get
from sre_assistant.kit.codec import decode
from sre_assistant.kit.entries import read_entries

S = TypeVar("S")
T = TypeVar("T")

PAGE: Final = 500
"""Objects of one answer that are asked for."""
MOST_KEPT: Final = 10_000
"""Objects of one list that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[T]):
    """Objects of one kind, and how many of them these are."""

    items: tuple[T, ...] = ()
    query: str
    cut: tuple[str, ...] = ()
    """Why they are not all."""
    denied: str = ""
    """What the credential may not see of them."""
    note: str = ""


async def paged(api: Api, kind: Kind[S], read: Callable[[S], T], namespace: str, fields: str) -> Listed[T]:
    """All pages of a list; one that has expired is begun again once, and then left as far as it came."""
    path = kind.path(namespace)
    query = f"GET {path}" + (f"?fieldSelector={fields}" if fields else "")
    selecting = (("fieldSelector", fields),) if fields else ()
    found: list[T] = []
    cut: list[str] = []
    token, again = "", False
    while True:
        going = (("continue", token),) if token else ()
        request = get(path, ("limit", str(PAGE)), *selecting, *going)
        try:
            items, odd, following = await api.fetch(request, _page_reader(kind.shape, read))
        except SourceError as error:
            if not token:
                raise
            if isinstance(error, Missing) and not again:  # 410: the server has forgotten that moment
                found, cut, token, again = [], [], "", True
                continue
            cut.append(f"only the first {len(found):,} {kind.plural} came: {error.detail}")
            break
        found += items
        cut += [odd] if odd else []
        if not following:
            break
        if len(found) >= MOST_KEPT or following == token or not items:
            kept = min(len(found), MOST_KEPT)
            cut.append(f"the first {kept:,} {kind.plural} were kept, there are more")
            break
        token = following
    return Listed(items=tuple(found[:MOST_KEPT]), query=query, cut=tuple(dict.fromkeys(cut)))


def merged(lists: Sequence[Listed[T]], cut: Sequence[str], denied: str) -> Listed[T]:
    """Several lists as one, in their order and within the bound of one."""
    items = tuple(item for each in lists for item in each.items)
    more = [f"the first {MOST_KEPT:,} of {len(items):,} were kept"] if len(items) > MOST_KEPT else []
    return Listed(
        items=items[:MOST_KEPT],
        query=", ".join(each.query for each in lists),
        cut=(*(why for each in lists for why in each.cut), *cut, *more),
        denied="; ".join(each for each in (*(one.denied for one in lists), denied) if each),
        note="; ".join(dict.fromkeys(each.note for each in lists if each.note)),
    )


def _page_reader(shape: type[S], read: Callable[[S], T]) -> Callable[[bytes], tuple[tuple[T, ...], str, str]]:
    """Reads one page: its objects, why they are not all, and the token of the next."""

    def reader(body: bytes) -> tuple[tuple[T, ...], str, str]:
        page = decode(body, shapes.Page)
        items, odd = read_entries(page.items or [], shape, read)
        following = page.metadata.go_on if page.metadata else None
        return items, odd, following or ""

    return reader
