from __future__ import annotations

import pytest

from sre_assistant.integrations.grafana.rights import Rights

VIEWER = ("alert.rules:read", "annotations:create", "annotations:write", "dashboards:read", "orgs:read")


def holding(*actions: str) -> Rights:
    return Rights(actions=dict.fromkeys(actions, ("",)))


@pytest.mark.parametrize(
    ("actions", "role", "broader"),
    [
        (VIEWER, "Viewer", ()),
        (("dashboards:write", *VIEWER), "Editor", ("dashboards:write",)),
        (("alert.silences:create",), "Editor", ("alert.silences:create",)),
        (
            ("dashboards:write", "datasources:write", "alert.rules:delete"),
            "Admin",
            ("datasources:write", "alert.rules:delete", "dashboards:write"),
        ),
        (("plugins.app:access", "datasources:query", "reports:send"), "Viewer", ()),
    ],
)
def test_what_goes_beyond_reading_is_told_the_weightiest_first(
    actions: tuple[str, ...], role: str, broader: tuple[str, ...]
) -> None:
    assert (holding(*actions).role, holding(*actions).broader) == (role, broader)


def test_only_the_actions_that_matter_are_told_with_their_scopes() -> None:
    rights = Rights(
        actions={
            "dashboards:read": tuple(f"folders:uid:{n}" for n in range(7)),
            "alert.instances:read": ("",),
            "orgs:read": ("",),
            "dashboards:write": (),
        }
    )
    assert rights.told == (
        "alert.instances:read",
        "dashboards:read on folders:uid:0, folders:uid:1, folders:uid:2, folders:uid:3, folders:uid:4 "
        "and 2 more",
        "dashboards:write",
    )


def test_what_nobody_knows_is_neither_denied_nor_told_complete() -> None:
    rights = Rights(unknown="HTTP 404")
    assert rights.denied("dashboards:read", "/x") == ""
    assert rights.note("dashboards:read") == "whether the token may see all dashboards is not known: HTTP 404"
