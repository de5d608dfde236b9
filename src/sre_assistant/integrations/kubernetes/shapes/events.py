"""Events of core/v1."""

from __future__ import annotations

import msgspec

from sre_assistant.integrations.kubernetes.shapes.common import Meta, Reference, Text


class Source(msgspec.Struct):
    """Who saw something."""

    component: Text = None
    host: Text = None


class Series(msgspec.Struct, rename="camel"):
    """How often something was seen, as newer reporters tell it."""

    count: int | None = None
    last_observed_time: Text = None


class Event(msgspec.Struct, rename="camel"):
    """Something that happened to an object."""

    metadata: Meta
    involved_object: Reference | None = None
    reason: Text = None
    message: Text = None
    type: Text = None
    count: int | None = None
    first_timestamp: Text = None
    last_timestamp: Text = None
    event_time: Text = None
    series: Series | None = None
    source: Source | None = None
    reporting_component: Text = None
