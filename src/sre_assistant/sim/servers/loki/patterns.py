"""Finds the patterns of lines: words that vary become ``<_>``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sre_assistant.sim.logstore import Entry

BLANK: Final = "<_>"
_SIMILAR: Final = 0.5
_MOST_CLUSTERS: Final = 300
_SPLIT: Final = re.compile(r"(\s+)")
_VARIES: Final = re.compile(
    r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b0x[0-9a-f]+\b"
    r"|\b[0-9a-f]{12,}\b|\d+(?:[.:,]\d+)*(?:ns|us|µs|ms|s|m|h|[kmgt]i?b)?"
)


@dataclass(slots=True)
class Cluster:
    """Lines of one pattern: its words, and how many lines came in which step."""

    words: list[str]
    level: str
    samples: dict[int, int] = field(default_factory=dict)

    @property
    def pattern(self) -> str:
        """The pattern as one text."""
        return re.sub(r"(?:<_>)+", BLANK, "".join(self.words))

    @property
    def total(self) -> int:
        """How many lines it has."""
        return sum(self.samples.values())


def clusters(entries: Iterable[Entry], step: int) -> list[Cluster]:
    """Patterns by how many lines follow them; ``step`` in nanoseconds."""
    known: dict[tuple[str, int, str], list[Cluster]] = {}
    count = 0
    for entry in entries:
        words = _words(entry.text)
        level = entry.metadata.get("detected_level", "")
        near = known.setdefault((level, len(words), words[0] if words else ""), [])
        cluster = _nearest(near, words)
        if cluster is None:
            if count >= _MOST_CLUSTERS:
                continue
            cluster = Cluster(words, level)
            near.append(cluster)
            count += 1
        else:
            cluster.words = [
                old if old == new else BLANK for old, new in zip(cluster.words, words, strict=True)
            ]
        at = entry.at // step * step // 1_000_000_000
        cluster.samples[at] = cluster.samples.get(at, 0) + 1
    found = [cluster for near in known.values() for cluster in near]
    return sorted(found, key=lambda cluster: (-cluster.total, cluster.pattern))


def _words(text: str) -> list[str]:
    """Words and the spaces between them; what looks like a number, an address or an id is left open."""
    return _SPLIT.split(_VARIES.sub(BLANK, text.strip()))


def _nearest(near: list[Cluster], words: list[str]) -> Cluster | None:
    """The pattern with which a line shares the most words, at least half of them."""
    best, most = None, _SIMILAR
    size = (len(words) + 1) // 2
    for cluster in near:
        same = sum(old == new for old, new in zip(cluster.words[::2], words[::2], strict=True))
        if size and same / size >= most:
            best, most = cluster, same / size
    return best
