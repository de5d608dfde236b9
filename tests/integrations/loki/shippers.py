"""Logs as eight shippers send them, and what must be found of them: for any Loki that they are pushed to."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.sources import LogSource
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.domain.errors import Rejected
from sre_assistant.domain.inventory import LogFilter, LogLine
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.loki import connect
from sre_assistant.integrations.loki.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire

HOUR = timedelta(hours=1)
SECOND = 1_000_000_000
FINE = "level=info msg=fine error=<nil>"
BROKE = 'level=error msg="broke at 100%"'
KLOG = "E0101 12:00:00.000000       1 main.go:3] lost"
DENIED = "finished with 0 errors"
SLOW = "W0101 12:00:01.000000       1 main.go:4] slow"
PLAIN = (FINE, BROKE, KLOG, DENIED, SLOW)


@dataclass(frozen=True)
class Stream:
    """One stream; ``{}`` in a label's value stands for the run."""

    labels: Mapping[str, str]
    lines: tuple[str, ...] = PLAIN
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shipper:
    """What one shipper sends of one machine, and by what it is asked for."""

    name: str
    streams: tuple[Stream, ...]
    host: str
    service: str
    container: str = ""
    namespace: str = ""
    errors: tuple[str, ...] = (BROKE, KLOG)
    warnings: tuple[str, ...] = (SLOW,)

    @property
    def texts(self) -> list[str]:
        """All its lines, oldest first."""
        return [text for stream in self.streams for text in stream.lines]


SHIPPERS = (
    Shipper(
        "alloy",
        (
            Stream(
                {
                    "service_name": "immich-{}",
                    "container": "immich-server-{}",
                    "host": "alloy-{}",
                    "job": "docker",
                }
            ),
        ),
        host="alloy-{}",
        service="immich-{}",
        container="immich-server-{}",
    ),
    Shipper(
        "promtail",
        (Stream({"job": "varlogs-{}", "hostname": "promtail-{}", "filename": "/var/log/syslog"}),),
        host="promtail-{}",
        service="varlogs-{}",
    ),
    Shipper(
        "docker driver",
        (
            Stream(
                {
                    "container_name": "media_jellyfin_1-{}",
                    "compose_service": "jellyfin-{}",
                    "compose_project": "media",
                    "host": "driver-{}",
                    "source": "stderr",
                }
            ),
        ),
        host="driver-{}",
        service="jellyfin-{}",
        container="media_jellyfin_1-{}",
    ),
    Shipper(
        "kubernetes",
        (
            Stream(
                {
                    "namespace": "web-{}",
                    "pod": "wiki-7d9f-{}",
                    "container": "wiki",
                    "app": "wiki-{}",
                    "node_name": "kube1-{}",
                }
            ),
        ),
        host="kube1-{}",
        service="wiki-{}",
        container="wiki-7d9f-{}",
        namespace="web-{}",
    ),
    Shipper(
        "opentelemetry",
        (
            Stream(
                {"service_name": "shop-{}", "k8s_namespace_name": "shop-ns-{}"},
                ("cannot reach the till", "sold"),
                {"k8s_pod_name": "shop-5c-{}", "k8s_node_name": "kube2-{}", "severity_text": "ERROR"},
            ),
            Stream(
                {"service_name": "shop-{}", "k8s_namespace_name": "shop-ns-{}"},
                ("the error page was shown",),
                {"k8s_pod_name": "shop-5c-{}", "k8s_node_name": "kube2-{}", "severity_text": "INFO"},
            ),
        ),
        host="kube2-{}",
        service="shop-{}",
        container="shop-5c-{}",
        namespace="shop-ns-{}",
        errors=("cannot reach the till", "sold"),
        warnings=(),
    ),
    Shipper(
        "journal",
        (
            Stream({"unit": "nginx-{}.service", "nodename": "journal-{}", "priority": "3"}, ("cannot bind",)),
            Stream(
                {"unit": "nginx-{}.service", "nodename": "journal-{}", "priority": "6"}, ("ERROR is my name",)
            ),
        ),
        host="journal-{}",
        service="nginx-{}",
        errors=("cannot bind",),
        warnings=(),
    ),
    Shipper(
        "syslog",
        (
            Stream({"hostname": "switch-{}", "appname": "stpd-{}", "severity": "warning"}, ("port 3 flaps",)),
            Stream({"hostname": "switch-{}", "appname": "stpd-{}", "severity": "crit"}, ("fan 1 stands",)),
        ),
        host="switch-{}",
        service="stpd-{}",
        errors=(),
        warnings=("port 3 flaps",),
    ),
    Shipper(
        "vector",
        (
            Stream(
                {"forwarder": "vector", "kubernetes_namespace_name": "lab-{}", "pod_node_name": "kube3-{}"},
                metadata={"container_name": "probe-{}", "service": "probing-{}"},
            ),
        ),
        host="kube3-{}",
        service="probing-{}",
        container="probe-{}",
        namespace="lab-{}",
    ),
)
by_shipper = pytest.mark.parametrize("shipper", SHIPPERS, ids=[shipper.name for shipper in SHIPPERS])


@dataclass(frozen=True)
class Place:
    """A Loki that holds them."""

    url: str
    run: str
    """Part of each name, so that other lines there are not mistaken for these."""
    now: datetime

    @property
    def window(self) -> Window:
        """The hour that they are in."""
        return Window.before(self.now, HOUR)

    def named(self, template: str) -> str:
        """A name of this run."""
        return template.replace("{}", self.run)

    def push(self, shippers: tuple[Shipper, ...] = SHIPPERS) -> int:
        """Sends all lines, a second apart and ten minutes old; says how many."""
        at = int(self.now.timestamp()) - 600
        streams, count = [], 0
        for shipper in shippers:
            for stream in shipper.streams:
                extra = {name: self.named(value) for name, value in stream.metadata.items()}
                values = []
                for text in stream.lines:
                    values.append([str((at + count) * SECOND), text, extra])
                    count += 1
                labels = {name: self.named(value) for name, value in stream.labels.items()}
                streams.append({"stream": labels, "values": values})
        body = json.dumps({"streams": streams}).encode()
        request = urllib.request.Request(
            f"{self.url}/loki/api/v1/push", body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 204
        return count

    @asynccontextmanager
    async def connected(self, **settings: str) -> AsyncIterator[Integration]:
        """The integration, asking this Loki."""
        config = Config(url=self.url, timeout=60.0, **settings)  # type: ignore[arg-type]
        clock = FixedClock(self.now)
        wire = LiveWire("loki", config, clock, Random(1))
        try:
            yield connect(config, wire, clock)
        finally:
            await wire.aclose()

    async def lines(self, *, limit: int = 100, **wanted: object) -> Reading[tuple[LogLine, ...]]:
        """What a filter finds; names are of this run."""
        filled = {name: self.named(each) if isinstance(each, str) else each for name, each in wanted.items()}
        async with self.connected() as integration:
            return await logs(integration).lines(LogFilter(**filled), self.window, limit)  # type: ignore[arg-type]

    async def told(self, tool: str, **given: object) -> ToolResult:
        """What a tool says."""
        async with self.connected() as integration:
            (found,) = (each for each in integration.tools if each.name == tool)
            return await found.called(given)


def logs(integration: Integration) -> LogSource:
    """What it offers."""
    assert integration.logs is not None
    return integration.logs


def texts(reading: Reading[tuple[LogLine, ...]]) -> list[str]:
    """The texts of a complete answer."""
    assert reading.completeness is Completeness.COMPLETE, reading.detail
    return [line.text for line in reading.value]


@by_shipper
async def test_the_lines_of_a_machine_are_found(place: Place, shipper: Shipper) -> None:
    reading = await place.lines(host=shipper.host)
    assert texts(reading) == shipper.texts
    assert {line.host for line in reading.value} == {place.named(shipper.host)}
    assert [line.at for line in reading.value] == sorted(line.at for line in reading.value)


@by_shipper
async def test_the_lines_of_a_service_are_found(place: Place, shipper: Shipper) -> None:
    reading = await place.lines(service=shipper.service)
    assert texts(reading) == shipper.texts
    assert {line.service.removesuffix(".service") for line in reading.value} == {place.named(shipper.service)}


@pytest.mark.parametrize("shipper", [each for each in SHIPPERS if each.container], ids=lambda one: one.name)
async def test_the_lines_of_a_container_or_pod_are_found(place: Place, shipper: Shipper) -> None:
    assert texts(await place.lines(container=shipper.container)) == shipper.texts


@pytest.mark.parametrize("shipper", [each for each in SHIPPERS if each.namespace], ids=lambda one: one.name)
async def test_the_lines_of_a_namespace_are_found(place: Place, shipper: Shipper) -> None:
    assert texts(await place.lines(namespace=shipper.namespace)) == shipper.texts


@by_shipper
async def test_errors_are_found_wherever_the_level_is_told(place: Place, shipper: Shipper) -> None:
    reading = await place.lines(host=shipper.host, levels=("error",))
    assert [line.text for line in reading.value] == list(shipper.errors)
    assert {line.level for line in reading.value} <= {"error"}


@by_shipper
async def test_warnings_are_found_wherever_the_level_is_told(place: Place, shipper: Shipper) -> None:
    reading = await place.lines(service=shipper.service, levels=("warn",))
    assert [line.text for line in reading.value] == list(shipper.warnings)


@by_shipper
async def test_parts_of_a_filter_must_all_be_true(place: Place, shipper: Shipper) -> None:
    text = shipper.texts[0]
    found = await place.lines(
        host=shipper.host,
        service=shipper.service,
        container=shipper.container,
        namespace=shipper.namespace,
        containing=("no such text", text.upper()),
    )
    assert texts(found) == [text]
    other = next(each for each in SHIPPERS if each is not shipper)
    assert (await place.lines(host=shipper.host, service=other.service)).value == ()


async def test_the_newest_lines_are_kept_and_it_is_said_that_there_are_more(place: Place) -> None:
    shipper = SHIPPERS[0]
    reading = await place.lines(limit=2, host=shipper.host)
    assert [line.text for line in reading.value] == shipper.texts[-2:]
    assert reading.completeness is Completeness.PARTIAL
    assert "more than 2 lines" in reading.detail


async def test_as_many_lines_as_wanted_are_all(place: Place) -> None:
    shipper = SHIPPERS[0]
    assert texts(await place.lines(limit=len(shipper.texts), host=shipper.host)) == shipper.texts


async def test_errors_among_many_denials_are_found_even_one_at_a_time(place: Place) -> None:
    reading = await place.lines(limit=1, host=SHIPPERS[0].host, levels=("error",))
    assert [line.text for line in reading.value] == [KLOG]
    assert reading.completeness is Completeness.PARTIAL


async def test_the_silence_of_an_unknown_machine_says_nothing(place: Place) -> None:
    reading = await place.lines(host="nowhere-{}", levels=("error",))
    assert reading.completeness is Completeness.UNSUPPORTED
    assert f"'nowhere-{place.run}'" in reading.detail


@by_shipper
async def test_a_known_machine_without_such_lines_is_empty(place: Place, shipper: Shipper) -> None:
    reading = await place.lines(host=shipper.host, levels=("debug",))
    assert (reading.completeness, reading.value) == (Completeness.EMPTY, ())


@pytest.mark.parametrize("name", ['llm"} or {x="y', "a`b", "a\\", ".*", "x\ny", "{{.}}", "né"])
async def test_a_name_never_becomes_a_query(place: Place, name: str) -> None:
    for found in (
        await place.lines(host=name),
        await place.lines(service=name),
        await place.lines(container=name),
        await place.lines(namespace=name),
    ):
        assert (found.completeness, found.value) == (Completeness.UNSUPPORTED, ())
    found = await place.lines(host=SHIPPERS[0].host, containing=(name,))
    assert (found.completeness, found.value) == (Completeness.EMPTY, ())


async def test_a_label_the_operator_names_is_used(place: Place) -> None:
    shipper = SHIPPERS[2]
    async with place.connected(service_label="compose_project", host_label="source") as integration:
        wanted = LogFilter(service="media", containing=(BROKE,))
        reading = await logs(integration).lines(wanted, place.window, 10)
        assert BROKE in texts(reading)
        gone = await logs(integration).lines(LogFilter(host=place.named(shipper.host)), place.window, 10)
    assert (gone.completeness, gone.value) == (Completeness.UNSUPPORTED, ())


async def test_lines_are_told_in_order_of_time_over_all_streams(place: Place) -> None:
    shipper = SHIPPERS[5]
    query = f'{{nodename="{place.named(shipper.host)}"}}'
    told = await place.told("loki_query_logs", query=query, direction="forward")
    shown = told.text.splitlines()
    assert shown[0].startswith("2 lines from ")
    assert [line[-16:] for line in shown[1:]] == ["rvice: cannot bind", "ERROR is my name"] or [
        line.rpartition(": ")[2] for line in shown[1:]
    ] == list(shipper.texts)
    assert all(line[10] == " " and line[23] == "Z" for line in shown[1:])


async def test_changes_before_a_moment_are_put_together(place: Place) -> None:
    shipper = SHIPPERS[0]
    told = await place.told("loki_correlate_changes", hostname=place.named(shipper.host))
    assert told.completeness is Completeness.COMPLETE, told.detail
    for text in (BROKE, KLOG, SLOW):
        assert text[:20] in told.text
    assert DENIED not in told.text
    assert "2 error, 1 warning" in told.text


async def test_changes_of_everything_need_no_filter(place: Place) -> None:
    told = await place.told("loki_correlate_changes")
    assert told.completeness in {Completeness.COMPLETE, Completeness.PARTIAL}
    assert place.run in told.text


async def test_a_metric_query_counts(place: Place) -> None:
    query = f'sum(count_over_time({{hostname="{place.named("promtail-{}")}"}}[1h]))'
    assert "{} => 5" in (await place.told("loki_metric_query", query=query)).text
    course = await place.told("loki_metric_query", query=query, step="10m")
    assert "1 series" in course.text
    assert "max 5" in course.text


async def test_label_values_are_listed(place: Place) -> None:
    told = await place.told("loki_list_label_values", label="hostname")
    assert f"  promtail-{place.run}\n  switch-{place.run}" in told.text


@pytest.mark.parametrize("by", ["host", "hostname", "service", "level"])
async def test_volume_is_told_by_a_label_or_what_it_means(place: Place, by: str) -> None:
    machine = place.named("promtail-{}")
    told = await place.told("loki_log_volume", by=by, query=f'{{hostname="{machine}"}}')
    assert told.completeness is Completeness.COMPLETE, told.detail
    named = {"service": place.named("varlogs-{}"), "level": "error"}.get(by, machine)
    assert f"  {named}: " in told.text


async def test_patterns_are_told_or_said_to_be_off(place: Place) -> None:
    told = await place.told("loki_list_patterns")
    assert told.completeness in {Completeness.COMPLETE, Completeness.EMPTY, Completeness.UNSUPPORTED}
    assert "pattern" in told.text.lower()


async def test_a_query_that_only_excludes_comes_back_with_what_mends_it(place: Place) -> None:
    with pytest.raises(Rejected, match="name a label that must be there"):
        await place.told("loki_query_logs", query='{container!="loki"}')


async def test_the_check_up_says_what_labels_mean(place: Place) -> None:
    async with place.connected() as integration:
        checkup = await integration.checkup()
    assert checkup.status == "ok", checkup.findings
    told = "\n".join(finding.text for finding in checkup.findings)
    for part in ("host = label ", "label node_name", "structured metadata k8s_node_name", "level = "):
        assert part in told
