"""A rule file of Prometheus as it is written."""

from __future__ import annotations

import msgspec


class RuleText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as a rule file has it: it either alerts or records."""

    alert: str = ""
    record: str = ""
    expr: str
    wait: str = msgspec.field(name="for", default="0s")
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}

    @property
    def query(self) -> str:
        """The expression on one line."""
        return " ".join(self.expr.split())


class GroupText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of rules that are evaluated together."""

    name: str
    rules: tuple[RuleText, ...]
    interval: str = "30s"


class RuleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule file of Prometheus."""

    groups: tuple[GroupText, ...]
