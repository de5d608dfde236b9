from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sre_assistant.domain.errors import Denied, Malformed
from sre_assistant.domain.inventory import Change
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window
from tests.integrations.docker.answers import INFO, NOW, Running, event, running, stream
from tests.kit.hostile import answering

HOUR = Window.before(NOW, timedelta(hours=1))
AT = "2026-03-01T02:00:00Z"


async def happened(daemon: Running, *events: dict[str, Any]) -> tuple[Change, ...]:
    daemon.answers({"/events": stream(*events)})
    assert daemon.integration.changes
    return (await daemon.integration.changes.changes(HOUR)).value


async def test_an_event_is_told_in_dockers_words() -> None:
    async with running() as daemon:
        assert daemon.integration.changes
        reading = await daemon.integration.changes.changes(HOUR)
    (died,) = reading.value
    assert died == Change(
        at=datetime(2026, 3, 1, 2, tzinfo=UTC),
        kind="lifecycle",
        subject_kind="container",
        subject="jellyfin",
        text="die jellyfin (exitCode=3, image=tools/web:1)",
        outcome="failed",
    )
    assert reading.completeness is Completeness.COMPLETE
    assert reading.provenance.window == HOUR


@pytest.mark.parametrize(
    ("told", "kind", "subject_kind", "subject", "outcome"),
    [
        (event("create", AT), "deployment", "container", "jellyfin", "ok"),
        (event("destroy", AT), "deployment", "container", "jellyfin", "ok"),
        (event("start", AT), "lifecycle", "container", "jellyfin", "ok"),
        (event("die", AT, exitCode="0"), "lifecycle", "container", "jellyfin", "ok"),
        (event("die", AT, exitCode="137"), "lifecycle", "container", "jellyfin", "failed"),
        (event("died", AT, exitCode="1"), "lifecycle", "container", "jellyfin", "failed"),
        (event("remove", AT), "deployment", "container", "jellyfin", "ok"),
        (event("oom", AT), "lifecycle", "container", "jellyfin", "failed"),
        (event("kill", AT, signal="15"), "lifecycle", "container", "jellyfin", "unknown"),
        (event("health_status: unhealthy", AT), "lifecycle", "container", "jellyfin", "failed"),
        (event("health_status: healthy", AT), "lifecycle", "container", "jellyfin", "ok"),
        (
            event("health_status", AT, health_status="unhealthy"),
            "lifecycle",
            "container",
            "jellyfin",
            "failed",
        ),
        (event("health_status: starting", AT), "lifecycle", "container", "jellyfin", "unknown"),
        (event("update", AT), "config", "container", "jellyfin", "ok"),
        (event("pull", AT, "image", "tools/web:2"), "deployment", "", "tools/web:2", "ok"),
        (event("delete", AT, "image", "sha256:abc"), "deployment", "", "sha256:abc", "ok"),
        (event("destroy", AT, "volume", "web-data"), "config", "volume", "web-data", "ok"),
        (event("create", AT, "network", "site"), "config", "network", "site", "ok"),
        (event("reload", AT, "daemon", "media"), "config", "host", "media", "ok"),
    ],
)
async def test_each_kind_of_event_is_a_kind_of_change(
    told: dict[str, Any], kind: str, subject_kind: str, subject: str, outcome: str
) -> None:
    async with running() as daemon:
        (found,) = await happened(daemon, told)
    assert (found.kind, found.subject_kind, found.subject, found.outcome) == (
        kind,
        subject_kind,
        subject,
        outcome,
    )


async def test_what_only_looks_and_what_nobody_knows_is_left_out() -> None:
    noise = [
        event("exec_create: /bin/sh -c check", AT),
        event("exec_die", AT, exitCode="1"),
        event("attach", AT),
        event("connect", AT, "network"),
        event("mount", AT, "volume"),
        event("create", AT, "service"),
        event("tag", AT, "image"),
    ]
    async with running() as daemon:
        assert await happened(daemon, *noise) == ()


async def test_an_end_that_was_ordered_is_no_failure() -> None:
    ordered = [
        event("kill", "2026-03-01T02:00:00Z", signal="15"),
        event("die", "2026-03-01T02:00:10Z", exitCode="137"),
        event("start", "2026-03-01T02:00:11Z"),
        event("die", "2026-03-01T02:05:00Z", exitCode="137"),
        event("kill", "2026-03-01T02:06:00Z", signal="15"),
        event("die", "2026-03-01T02:06:01Z", exitCode="1"),
    ]
    async with running() as daemon:
        outcomes = [one.outcome for one in await happened(daemon, *ordered)]
    assert outcomes == ["unknown", "unknown", "ok", "failed", "unknown", "failed"]


async def test_events_are_told_oldest_first_and_within_the_window() -> None:
    async with running() as daemon:
        daemon.answers(
            {
                "/events": stream(
                    event("start", "2026-03-01T02:10:00Z"),
                    event("die", "2026-03-01T02:05:00Z", exitCode="1"),
                    event("oom", "2026-03-01T02:13:00Z"),
                )
            }
        )
        assert daemon.integration.changes
        reading = await daemon.integration.changes.changes(Window(HOUR.start, NOW - timedelta(minutes=2)))
        (target,) = daemon.asked("/events")
    assert [one.text.split()[0] for one in reading.value] == ["die", "start"]
    assert target.endswith("since=1772327645.000000&until=1772331245.000000")


@pytest.mark.parametrize(
    ("theirs", "until"),
    [("2026-03-01T03:13:45+01:00", "1772331225.000000"), ("2026-03-01T02:15:05Z", "1772331305.000000")],
)
async def test_the_daemon_is_asked_up_to_the_present_of_its_own_clock(theirs: str, until: str) -> None:
    async with running() as daemon:
        daemon.answers({"/info": answering(INFO | {"SystemTime": theirs})})
        assert daemon.integration.changes
        await daemon.integration.changes.changes(Window(HOUR.start, NOW + timedelta(days=1)))
        assert daemon.asked("/events")[0].endswith(f"until={until}")


async def test_a_window_that_is_all_future_there_is_empty_and_says_why() -> None:
    async with running() as daemon:
        daemon.answers({"/info": answering(INFO | {"SystemTime": "2026-03-01T00:00:00Z"})})
        assert daemon.integration.changes
        reading = await daemon.integration.changes.changes(HOUR)
        assert daemon.asked("/events") == []
    assert reading.completeness is Completeness.EMPTY
    assert reading.detail == "the daemon's clock says 2026-03-01 00:00:00Z"


async def test_a_memory_that_does_not_reach_back_is_partial() -> None:
    many = [event("exec_create: x", "2026-03-01T02:00:01Z") for _ in range(256)]
    async with running() as daemon:
        daemon.answers({"/events": stream(*many)})
        assert daemon.integration.changes
        reading = await daemon.integration.changes.changes(HOUR)
    assert (reading.value, reading.completeness) == ((), Completeness.PARTIAL)
    assert "its last 256 events only, the oldest of 2026-03-01 02:00:01Z" in reading.detail


async def test_a_memory_that_holds_more_than_the_window_is_complete() -> None:
    many = [event("start", "2026-03-01T02:00:01Z") for _ in range(255)]
    async with running() as daemon:
        daemon.answers({"/events": stream(*many)})
        assert daemon.integration.changes
        assert (await daemon.integration.changes.changes(HOUR)).completeness is Completeness.COMPLETE


async def test_of_very_many_events_the_last_are_kept() -> None:
    many = [event("start", "2026-03-01T02:00:01Z")] + [event("stop", "2026-03-01T02:00:02Z")] * 10_000
    async with running() as daemon:
        daemon.answers({"/events": stream(*many)})
        assert daemon.integration.changes
        reading = await daemon.integration.changes.changes(HOUR)
    assert {one.text.split()[0] for one in reading.value} == {"stop"}
    assert "10,001 events came, the last 10,000 were kept" in reading.detail


async def test_nothing_is_empty_and_says_what_may_be_forgotten() -> None:
    async with running() as daemon:
        daemon.answers({"/events": answering("")})
        assert daemon.integration.changes
        reading = await daemon.integration.changes.changes(HOUR)
    assert (reading.completeness, reading.detail) == (
        Completeness.EMPTY,
        "the daemon forgets its events when it is restarted",
    )


async def test_a_line_that_cannot_be_read_is_counted() -> None:
    odd = event("start", AT) | {"timeNano": 2**63}
    async with running() as daemon:
        daemon.answers({"/events": stream({"Type": 3}, event("start", AT), odd)})
        assert daemon.integration.changes
        reading = await daemon.integration.changes.changes(HOUR)
    assert (len(reading.value), reading.completeness) == (1, Completeness.PARTIAL)
    assert "2 of 3 entries could not be read" in reading.detail


async def test_no_line_that_can_be_read_is_malformed() -> None:
    async with running() as daemon:
        daemon.answers({"/events": answering("<html>", 200, "text/html")})
        assert daemon.integration.changes
        with pytest.raises(Malformed):
            await daemon.integration.changes.changes(HOUR)


async def test_events_that_a_proxy_hides_are_denied() -> None:
    async with running() as daemon:
        daemon.answers({"/events": answering("no", 403, "text/plain")})
        assert daemon.integration.changes
        with pytest.raises(Denied, match="EVENTS=1"):
            await daemon.integration.changes.changes(HOUR)


async def test_a_daemon_that_hides_its_clock_is_asked_by_ours() -> None:
    async with running() as daemon:
        daemon.answers({"/info": answering("no", 403, "text/plain")})
        assert daemon.integration.changes
        assert (await daemon.integration.changes.changes(HOUR)).value
        assert daemon.asked("/events")[0].endswith("until=1772331245.000000")


async def test_what_a_label_says_stays_in_its_place() -> None:
    nasty = event("die", AT, name="x\n[ok] start", exitCode="1\x1b[2J", image="a token=s3cr3t-value")
    async with running() as daemon:
        (found,) = await happened(daemon, nasty)
    assert "\n" not in found.text
    assert "\x1b" not in found.text
    assert "s3cr3t-value" not in found.text
