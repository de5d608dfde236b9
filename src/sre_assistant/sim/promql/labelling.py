"""``label_replace`` and ``label_join``: new labels from old ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from sre_assistant.sim.metrics.series import Labels, labels_of, whole
from sre_assistant.sim.promql.errors import ExecutionFailed

_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_REFERENCE: Final = re.compile(r"\$(?:\$|\{(?P<braced>\w+)\}|(?P<bare>\w+))", re.ASCII)


def replacing(*, target: str, template: str, source: str, pattern: str) -> Callable[[Labels], Labels]:
    """How ``label_replace`` renames: where the whole source label fits the pattern, the target is set.

    Raises:
        ExecutionFailed: pattern or target name is invalid.
    """
    try:
        regex = whole(pattern)
    except ValueError as error:
        raise ExecutionFailed(f"invalid regular expression in label_replace(): {pattern}") from error
    if not _NAME.fullmatch(target):
        raise ExecutionFailed(f"invalid destination label name in label_replace(): {target}")

    def rename(labels: Labels) -> Labels:
        have = dict(labels)
        found = regex.match(have.get(source, ""))
        if found is None:
            return labels
        return labels_of({**have, target: _expanded(template, found)})

    return rename


def joining(target: str, separator: str, sources: Sequence[str]) -> Callable[[Labels], Labels]:
    """How ``label_join`` renames: the target becomes the sources' values with separators between.

    Raises:
        ExecutionFailed: a label name is invalid.
    """
    for source in sources:
        if not _NAME.fullmatch(source):
            raise ExecutionFailed(f"invalid source label name in label_join(): {source}")
    if not _NAME.fullmatch(target):
        raise ExecutionFailed(f"invalid destination label name in label_join(): {target}")

    def rename(labels: Labels) -> Labels:
        have = dict(labels)
        return labels_of({**have, target: separator.join(have.get(source, "") for source in sources)})

    return rename


def _expanded(template: str, found: re.Match[str]) -> str:
    def group(reference: re.Match[str]) -> str:
        name = reference["braced"] or reference["bare"]
        if name is None:
            return "$"
        if name.isdigit():
            return (found[int(name)] or "") if int(name) <= found.re.groups else ""
        return (found[name] or "") if name in found.re.groupindex else ""

    return _REFERENCE.sub(group, template)
