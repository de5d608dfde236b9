from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sre_assistant.domain.inventory import Change
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.kubernetes.changes import Changes
from tests.integrations.kubernetes.answers import (
    BACK_OFF,
    DEPLOYMENT,
    FAILED_JOB,
    NEW_SET,
    NOW,
    OLD_SET,
    Running,
    forbidden,
    listed,
    replica_set,
    running,
)
from tests.kit.hostile import answering

HOUR = Window.before(NOW, timedelta(hours=1))
SETS = "/apis/apps/v1/replicasets"
EVENTS = "/api/v1/events"
JOBS = "/apis/batch/v1/jobs"


def at(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 3, 1, hour, minute, second, tzinfo=UTC)


async def read(kube: Running, window: Window = HOUR) -> Reading[tuple[Change, ...]]:
    return await Changes(kube.client).changes(window)


async def texts(kube: Running, window: Window = HOUR) -> list[str]:
    return [f"{change.subject} {change.text}" for change in (await read(kube, window)).value]


async def test_what_happened_is_told_oldest_first() -> None:
    async with running() as kube:
        reading = await read(kube)
    assert reading.completeness == "complete"
    assert [(change.at, change.kind, change.subject, change.outcome) for change in reading.value] == [
        (at(1, 40), "deployment", "deployment/web/wiki", "unknown"),
        (at(1, 40, 1).replace(microsecond=123_456), "lifecycle", "deployment/web/wiki", "unknown"),
        (at(1, 41), "lifecycle", "web/wiki-7d9f-bbbbb", "failed"),
        (at(1, 50), "deployment", "daemonset/kube-system/agent", "unknown"),
        (at(2, 0), "task", "cronjob/web/dump", "failed"),
    ]


async def test_a_rollout_says_which_images_it_changed() -> None:
    async with running() as kube:
        assert (await texts(kube))[0] == "deployment/web/wiki revision 4: wiki: wiki:2.4 -> wiki:2.5"


async def test_an_event_is_told_with_its_count_end_and_reporter_and_without_secrets() -> None:
    async with running() as kube:
        (event,) = (change for change in (await read(kube)).value if change.id == "event-1")
    assert event.text == "BackOff: Back-off restarting failed container token=[hidden] (×42)"
    assert (event.until, event.subject_kind, event.actor) == (at(2, 13), "pod", "kubelet on kube2")


@pytest.mark.parametrize(
    ("of", "subject", "kind"),
    [
        ({"kind": "Node", "name": "kube1", "uid": "kube1"}, "kube1", "host"),
        ({"kind": "PersistentVolumeClaim", "namespace": "web", "name": "wiki"}, "web/wiki", "volume"),
        ({"kind": "StatefulSet", "namespace": "web", "name": "db"}, "statefulset/web/db", "workload"),
        ({"kind": "ReplicaSet", "namespace": "web", "name": "gone"}, "replicaset/web/gone", "workload"),
        (
            {"kind": "HorizontalPodAutoscaler", "namespace": "web", "name": "x"},
            "horizontalpodautoscaler/web/x",
            "",
        ),
        ({}, "/", ""),
        (None, "/", ""),
    ],
)
async def test_an_event_names_its_object_as_the_inventory_does(of: object, subject: str, kind: str) -> None:
    async with running() as kube:
        kube.answers({EVENTS: answering(listed({**BACK_OFF, "involvedObject": of}))})
        (event,) = (change for change in (await read(kube)).value if change.id == "event-1")
    assert (event.subject, event.subject_kind) == (subject, kind)


@pytest.mark.parametrize(
    ("times", "first", "last", "count"),
    [
        ({"eventTime": "2026-03-01T02:00:00.5Z"}, at(2, 0).replace(microsecond=500_000), None, 1),
        (
            {
                "eventTime": "2026-03-01T02:00:00Z",
                "series": {"count": 9, "lastObservedTime": "2026-03-01T02:09:00Z"},
            },
            at(2, 0),
            at(2, 9),
            9,
        ),
        ({"metadata": {"name": "x", "creationTimestamp": "2026-03-01T02:01:00Z"}}, at(2, 1), None, 1),
        (
            {"firstTimestamp": "2026-03-01T02:05:00Z", "lastTimestamp": "2026-03-01T02:03:00Z"},
            at(2, 3),
            None,
            1,
        ),
    ],
)
async def test_old_and_new_reporters_tell_time_and_count_differently(
    times: dict[str, Any], first: datetime, last: datetime | None, count: int
) -> None:
    item = {"metadata": {"name": "x"}, "reason": "Y", "type": "Normal", "count": None, **times}
    async with running() as kube:
        kube.answers({EVENTS: answering(listed(item))})
        (event,) = (change for change in (await read(kube)).value if change.kind == "lifecycle")
    assert (event.at, event.until, f"(×{count})" in event.text) == (first, last, count > 1)


async def test_an_event_without_any_time_is_counted_as_unreadable() -> None:
    async with running() as kube:
        kube.answers({EVENTS: answering(listed({"metadata": {"name": "x"}}, BACK_OFF))})
        reading = await read(kube)
    assert "1 of 2 entries could not be read: an event says no time" in reading.detail
    assert reading.completeness == "partial"


@pytest.mark.parametrize(
    ("window", "seen"),
    [
        (Window(at(1, 42), at(1, 45)), True),  # while it went on
        (Window(at(2, 13), at(2, 14)), True),
        (Window(at(2, 13, 1), at(2, 14)), False),
        (Window(at(1, 0), at(1, 40, 59)), False),
    ],
)
async def test_an_event_belongs_to_every_window_it_reaches_into(window: Window, seen: bool) -> None:
    async with running() as kube:
        assert ("event-1" in {change.id for change in (await read(kube, window)).value}) == seen


async def test_a_restart_on_request_is_told_apart_from_a_changed_template() -> None:
    restarted, changed = replica_set(4, "b", "wiki:2.4", "2026-03-01T02:00:00Z"), None
    changed = replica_set(5, "c", "wiki:2.4", "2026-03-01T02:10:00Z")
    for item in (restarted, changed):
        item["spec"]["template"]["metadata"] = {
            "annotations": {"kubectl.kubernetes.io/restartedAt": "2026-03-01T02:00:00Z"}
        }
    async with running() as kube:
        kube.answers({SETS: answering(listed(OLD_SET, changed, restarted))})
        told = [text for text in await texts(kube) if "revision" in text and "wiki" in text]
    assert told == [
        "deployment/web/wiki revision 4: restarted on request, same images (wiki:2.4)",
        "deployment/web/wiki revision 5: its template changed, same images (wiki:2.4)",
    ]


async def test_containers_that_come_and_go_are_told() -> None:
    item = replica_set(5, "d", "wiki:2.4", "2026-03-01T02:00:00Z")
    item["spec"]["template"]["spec"]["containers"] = [{"name": "proxy", "image": "proxy:1"}]
    async with running() as kube:
        kube.answers({SETS: answering(listed(OLD_SET, item))})
        (told,) = (text for text in await texts(kube) if "revision 5" in text)
    assert told.endswith("revision 5: new container proxy: proxy:1; container wiki is gone")


async def test_a_return_to_an_older_revision_is_told_when_the_deployment_last_moved() -> None:
    """Its replica set keeps the date it was made, so that date says nothing."""
    back = replica_set(5, "5c4b", "wiki:2.4", "2026-02-01T08:00:00Z")
    async with running() as kube:
        kube.answers({SETS: answering(listed(back, NEW_SET))})
        (went, *_) = (change for change in (await read(kube)).value if "went back" in change.text)
    assert went.text == "went back, as revision 5: wiki: wiki:2.5 -> wiki:2.4"
    assert went.at == at(1, 40, 10)


async def test_the_reason_that_an_operator_noted_is_told_without_secrets() -> None:
    noted = replica_set(
        4,
        "7d9f",
        "wiki:2.5",
        "2026-03-01T01:40:00Z",
        **{"kubernetes.io/change-cause": "set --password=hunter2"},
    )
    async with running() as kube:
        kube.answers({SETS: answering(listed(OLD_SET, noted))})
        told = (await texts(kube))[0]
    assert told.endswith("(set --password=[hidden])")


async def test_a_job_tells_how_it_went() -> None:
    running_job = {
        "metadata": {"name": "once", "namespace": "web"},
        "status": {"startTime": "2026-02-20T02:00:00Z", "active": 1},
    }
    done = {
        "metadata": {"name": "done", "namespace": "web"},
        "status": {
            "startTime": "2026-03-01T02:00:00Z",
            "completionTime": "2026-03-01T02:03:00Z",
            "conditions": [{"type": "Complete", "status": "True"}],
        },
    }
    async with running() as kube:
        kube.answers({JOBS: answering(listed(running_job, done, FAILED_JOB, {"metadata": {"name": "new"}}))})
        jobs = [change for change in (await read(kube)).value if change.kind == "task"]
    assert [(job.subject, job.outcome, job.until) for job in jobs] == [
        ("job/web/once", "running", None),  # it began long before the window, and still runs
        ("job/web/done", "ok", at(2, 3)),
        ("cronjob/web/dump", "failed", at(2, 6)),
    ]
    assert jobs[2].text.startswith("job dump-29: BackoffLimitExceeded")


async def test_what_may_not_be_read_is_said_and_the_rest_is_kept() -> None:
    async with running() as kube:
        kube.answers({EVENTS: forbidden("events"), "/api/v1/namespaces": forbidden("namespaces")})
        reading = await read(kube)
    assert reading.completeness == "partial"
    assert "may not list events" in reading.detail
    assert {change.kind for change in reading.value} == {"deployment", "task"}


@pytest.mark.parametrize(("hours", "noted"), [(1, False), (3, True)])
async def test_a_window_that_reaches_beyond_the_memory_of_the_server_is_noted(
    hours: int, noted: bool
) -> None:
    async with running() as kube:
        reading = await read(kube, Window.before(NOW, timedelta(hours=hours)))
    assert ("forgets events after an hour" in reading.detail) == noted
    assert reading.completeness == "complete"


async def test_a_deployment_that_never_went_back_is_not_said_to_have() -> None:
    async with running() as kube:
        kube.answers({"/apis/apps/v1/deployments": answering(listed(DEPLOYMENT))})
        assert not [text for text in await texts(kube) if "went back" in text]
