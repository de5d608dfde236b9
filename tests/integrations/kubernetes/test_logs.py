from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from sre_assistant.domain.errors import Denied, Unreachable
from sre_assistant.domain.inventory import LogFilter, LogLine
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.kubernetes.logs import MOST_CONTAINERS, Logs
from tests.integrations.kubernetes.answers import (
    CRASHING,
    NOW,
    WELL_POD,
    Running,
    listed,
    owner,
    pod,
    running,
    status,
)
from tests.kit.hostile import Behaviour, answering

HOUR = Window.before(NOW, timedelta(hours=1))
WAITING = status(400, "BadRequest", 'container "wiki" in pod "x" is waiting to start: ContainerCreating')
NO_KUBELET = status(
    500, "InternalError", 'Get "https://192.0.2.42:10250/containerLogs": dial tcp: no route to host'
)


def log(*lines: str) -> Behaviour:
    return answering("".join(f"{line}\n" for line in lines), content_type="text/plain")


def path(name: str, namespace: str = "web") -> str:
    return f"/api/v1/namespaces/{namespace}/pods/{name}/log"


async def lines(
    kube: Running, wanted: LogFilter | None = None, window: Window = HOUR, limit: int = 100
) -> Reading[tuple[LogLine, ...]]:
    return await Logs(kube.client).lines(wanted or LogFilter(), window, limit)


def asked(kube: Running) -> list[tuple[str, dict[str, list[str]]]]:
    """The logs that were asked for, with how."""
    found = [urlsplit(seen.target) for seen in kube.server.seen if seen.path.endswith("/log")]
    return [(each.path.split("/")[6], parse_qs(each.query)) for each in found]


async def test_lines_of_all_pods_come_in_the_order_they_were_written() -> None:
    async with running() as kube:
        kube.answers(
            {
                path("wiki-db-0"): log("2026-03-01T02:10:03Z three", "2026-03-01T02:10:01Z one"),
                path("wiki-7d9f-bbbbb"): log("2026-03-01T02:10:02.5Z two: of 2"),
            }
        )
        reading = await lines(kube)
    assert [line.text for line in reading.value] == ["one", "two: of 2", "three"]
    assert reading.completeness == "complete"
    two = reading.value[1]
    assert two.at == datetime(2026, 3, 1, 2, 10, 2, 500_000, tzinfo=UTC)
    assert (two.host, two.service, two.container) == ("kube2", "wiki", "wiki")
    assert two.labels == {
        "namespace": "web",
        "pod": "wiki-7d9f-bbbbb",
        "container": "wiki",
        "previous": "true",
    }
    assert reading.provenance.window == HOUR


async def test_of_a_crash_loop_the_run_before_is_read_without_a_begin() -> None:
    async with running() as kube:
        await lines(kube)
    crashed, well = (dict(asked(kube))[name] for name in ("wiki-7d9f-bbbbb", "wiki-db-0"))
    assert crashed["previous"] == ["true"]
    assert "sinceTime" not in crashed
    assert "previous" not in well
    assert well["sinceTime"] == ["2026-03-01T01:14:05Z"]
    assert (well["timestamps"], well["limitBytes"], well["tailLines"]) == (["true"], ["2097152"], ["101"])


async def test_a_run_that_ended_before_the_window_is_not_read() -> None:
    async with running() as kube:
        kube.answers({"/api/v1/pods": answering(listed(CRASHING))})
        reading = await lines(kube, window=Window(NOW - timedelta(minutes=1), NOW))
    assert (reading.value, asked(kube)) == ((), [])


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (LogFilter(host="kube1"), {"wiki-db-0"}),
        (LogFilter(namespace="other"), set[str]()),
        (LogFilter(service="wiki"), {"wiki-7d9f-bbbbb"}),
        (LogFilter(service="deployment/web/wiki"), {"wiki-7d9f-bbbbb"}),
        (LogFilter(service="web/wiki-db"), {"wiki-db-0"}),
        (LogFilter(service="ki"), set[str]()),
        (LogFilter(container="wiki"), {"wiki-db-0", "wiki-7d9f-bbbbb"}),
        (LogFilter(container="wiki-db-0"), {"wiki-db-0"}),
        (LogFilter(container="web/wiki-db-0"), {"wiki-db-0"}),
        (LogFilter(container="wiki-db"), set[str]()),
    ],
)
async def test_a_filter_chooses_whose_logs_are_read(wanted: LogFilter, names: set[str]) -> None:
    async with running() as kube:
        # a server that cannot select gives all of them
        kube.answers({"/api/v1/namespaces/other/pods": answering(listed(WELL_POD, CRASHING))})
        await lines(kube, wanted)
    assert {name for name, _ in asked(kube)} == names


async def test_words_are_looked_for_whatever_their_case() -> None:
    async with running() as kube:
        kube.answers({path("wiki-db-0"): log("2026-03-01T02:10:01Z ERROR disk", "2026-03-01T02:10:02Z fine")})
        reading = await lines(kube, LogFilter(host="kube1", containing=("error", "panic")))
    assert [line.text for line in reading.value] == ["ERROR disk"]
    assert dict(asked(kube))["wiki-db-0"]["tailLines"] == ["5000"]


async def test_a_level_is_what_the_line_says_of_itself() -> None:
    written = ("2026-03-01T02:10:01Z E0301 02:10:01 lost", "2026-03-01T02:10:02Z done, 0 errors")
    async with running() as kube:
        kube.answers({path("wiki-db-0"): log(*written)})
        reading = await lines(kube, LogFilter(host="kube1", levels=("error",)))
    assert [(line.text, line.level) for line in reading.value] == [("E0301 02:10:01 lost", "error")]
    assert dict(asked(kube))["wiki-db-0"]["tailLines"] == ["5000"]


async def test_the_newest_lines_are_kept_and_the_others_are_said() -> None:
    written = [f"2026-03-01T02:10:{second:02}Z line {second}" for second in range(10)]
    async with running() as kube:
        kube.answers({path("wiki-db-0"): log(*written)})
        reading = await lines(kube, LogFilter(host="kube1"), limit=3)
    assert [line.text for line in reading.value] == ["line 7", "line 8", "line 9"]
    assert reading.completeness == "partial"


async def test_lines_outside_the_window_are_left_out() -> None:
    past = Window(NOW - timedelta(hours=1), NOW - timedelta(minutes=30))
    async with running() as kube:
        kube.answers({path("wiki-db-0"): log("2026-03-01T01:20:00Z in", "2026-03-01T02:00:00Z after")})
        reading = await lines(kube, LogFilter(host="kube1"), past)
    assert [line.text for line in reading.value] == ["in"]
    assert dict(asked(kube))["wiki-db-0"]["tailLines"] == ["5000"]


async def test_lines_without_a_time_are_counted() -> None:
    async with running() as kube:
        kube.answers({path("wiki-db-0"): log("no stamp", "2026-03-01T02:10:01Z \u2028one\x85line", "")})
        reading = await lines(kube, LogFilter(host="kube1"))
    assert [line.text for line in reading.value] == ["\u2028one\x85line"]
    assert "web/wiki-db-0/wiki: 1 lines without a time were left out" in reading.detail


async def test_a_log_that_reaches_its_bound_is_said() -> None:
    many = "2026-03-01T02:10:01Z x" + "y" * 100_000
    async with running() as kube:
        kube.answers({path("wiki-db-0"): log(*[many] * 21)})
        reading = await lines(kube, LogFilter(host="kube1"))
    assert reading.completeness == "partial"
    assert "longer than 2 MiB, its newest lines are missing" in reading.detail


async def test_of_very_many_logs_those_in_trouble_are_read_and_the_others_said() -> None:
    pods = [
        pod(f"p-{number}", metadata={"ownerReferences": owner("StatefulSet", "p")}) for number in range(40)
    ]
    async with running() as kube:
        kube.answers({"/api/v1/pods": answering(listed(*pods, CRASHING))})
        reading = await lines(kube)
    assert len(asked(kube)) == MOST_CONTAINERS
    assert "wiki-7d9f-bbbbb" in {name for name, _ in asked(kube)}
    assert "24 of 41 logs were read, those with most restarts first" in reading.detail


async def test_a_container_that_has_not_begun_is_a_note() -> None:
    async with running() as kube:
        kube.answers({path("wiki-db-0"): WAITING})
        reading = await lines(kube, LogFilter(host="kube1"))
    assert reading.completeness == "empty"
    assert "waiting to start" in reading.detail


async def test_a_kubelet_that_does_not_answer_is_asked_once_and_the_others_are_read() -> None:
    lost = [pod(f"p-{number}", spec={"nodeName": "kube3"}) for number in range(6)]
    broken: Mapping[str, Behaviour] = {path(f"p-{number}"): NO_KUBELET for number in range(6)}
    async with running() as kube:
        kube.answers({"/api/v1/pods": answering(listed(WELL_POD, *lost)), **broken})
        reading = await lines(kube)
        again = await lines(kube)
    assert [name for name, _ in asked(kube)].count("p-0") == 2
    assert len(asked(kube)) == 4
    assert reading.completeness == again.completeness == "partial"
    assert len(reading.value) == 2
    assert "5 more logs on kube3 were not asked for, since one did not come" in reading.detail
    assert "no route to host" in reading.detail


async def test_where_no_log_can_be_had_that_is_an_error() -> None:
    async with running() as kube:
        kube.answers({path("wiki-db-0"): NO_KUBELET})
        with pytest.raises(Unreachable, match="no route to host"):
            await lines(kube, LogFilter(host="kube1"))


async def test_logs_that_may_not_be_read_name_the_right() -> None:
    said = 'pods "wiki-db-0" is forbidden: cannot get resource "pods/log"' + " and more" * 100
    refused = status(403, "Forbidden", said)
    async with running() as kube:
        kube.answers({path("wiki-db-0"): refused, path("wiki-7d9f-bbbbb"): refused})
        with pytest.raises(
            Denied, match="the credential may not get pods/log in namespace web: HTTP 403"
        ) as caught:
            await lines(kube)
    assert len(caught.value.detail) <= 390


async def test_a_pod_that_goes_meanwhile_is_a_note() -> None:
    async with running() as kube:
        kube.answers({path("wiki-db-0"): status(404, "NotFound", 'pods "wiki-db-0" not found')})
        reading = await lines(kube)
    assert "web/wiki-db-0/wiki is gone" in reading.detail
    assert reading.value
