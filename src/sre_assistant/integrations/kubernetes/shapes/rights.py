"""Answers to the question what one may do."""

from __future__ import annotations

import msgspec


class Access(msgspec.Struct):
    """Whether something is allowed."""

    allowed: bool


class AccessReview(msgspec.Struct):
    """The answer to one question of rights."""

    status: Access


class RightsRule(msgspec.Struct, rename="camel"):
    """Verbs that are allowed on resources."""

    verbs: list[str]
    api_groups: list[str] | None = None
    resources: list[str] | None = None
    resource_names: list[str] | None = None


class UrlRule(msgspec.Struct, rename="camel"):
    """Verbs that are allowed on paths."""

    verbs: list[str]
    non_resource_urls: list[str] | None = msgspec.field(name="nonResourceURLs", default=None)


class Rules(msgspec.Struct, rename="camel"):
    """All that is allowed in a namespace."""

    resource_rules: list[RightsRule] | None = None
    non_resource_rules: list[UrlRule] | None = None
    incomplete: bool = False


class RulesReview(msgspec.Struct):
    """The answer to what is allowed."""

    status: Rules
