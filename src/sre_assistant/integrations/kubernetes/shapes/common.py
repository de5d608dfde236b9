"""What all kinds of objects have in common: lists, names, conditions, errors."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

Text: TypeAlias = str | None
Name: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._:-]*[A-Za-z0-9])?$", max_length=253)
]
"""What an API server lets things be called; another name is none of an object, and never part of a path."""
Amounts: TypeAlias = dict[str, str | int | float] | None


class ListMeta(msgspec.Struct, rename="camel"):
    """What a list says of itself."""

    go_on: Text = msgspec.field(name="continue", default=None)


class Page(msgspec.Struct):
    """A list, or a part of one."""

    items: list[msgspec.Raw] | None
    metadata: ListMeta | None = None


class Owner(msgspec.Struct, rename="camel"):
    """What looks after an object."""

    kind: str = ""
    name: str = ""
    controller: bool | None = None


class Notes(msgspec.Struct):
    """The annotations that are read; all others may hold whatever somebody put there."""

    revision: Text = msgspec.field(name="deployment.kubernetes.io/revision", default=None)
    cause: Text = msgspec.field(name="kubernetes.io/change-cause", default=None)
    restarted: Text = msgspec.field(name="kubectl.kubernetes.io/restartedAt", default=None)


class Meta(msgspec.Struct, rename="camel"):
    """Name, place and age of an object."""

    name: Name
    namespace: Name | None = None
    uid: Text = None
    generation: int | None = None
    creation_timestamp: Text = None
    deletion_timestamp: Text = None
    labels: dict[str, str] | None = None
    annotations: Notes | None = None
    owner_references: list[Owner] | None = None


class Named(msgspec.Struct):
    """Any object, as far as its name."""

    metadata: Meta


class Condition(msgspec.Struct, rename="camel"):
    """One thing that is so, is not so, or is unknown."""

    type: str = ""
    status: str = ""
    reason: Text = None
    message: Text = None
    last_transition_time: Text = None
    last_update_time: Text = None


class Reference(msgspec.Struct, rename="camel"):
    """Another object."""

    kind: Text = None
    namespace: Text = None
    name: Text = None
    field_path: Text = None


class Resources(msgspec.Struct):
    """What a container or a claim asks for and may have at most."""

    requests: Amounts = None
    limits: Amounts = None


class Status(msgspec.Struct):
    """An error."""

    message: Text = None
    reason: Text = None


class Version(msgspec.Struct, rename="camel"):
    """Which build answers."""

    git_version: str
