from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, watch

from sre_assistant.sim.faults.services import (
    CrashLoop,
    StopContainer,
    Unhealthy,
)
from sre_assistant.sim.metrics.series import Matcher
from tests.sim.kube import Lab, state


@pytest.fixture(scope="module")
def quiet() -> Iterator[Lab]:
    """A cluster in which nothing happens; for tests that only read."""
    with Lab(minutes=1) as lab:
        yield lab


def test_logs_can_be_cut_stamped_and_dated(quiet: Lab) -> None:
    path = "/api/v1/namespaces/web/pods/wiki-db-0/log"
    whole = quiet.ask(f"{path}?sinceSeconds=600").body.decode().splitlines()
    assert len(whole) > 5
    assert quiet.ask(f"{path}?tailLines=3").body.decode().splitlines() == whole[-3:]
    assert quiet.ask(f"{path}?tailLines=0").body == b""
    stamped = quiet.ask(f"{path}?timestamps=true&tailLines=2").body.decode().splitlines()
    assert [line.partition(" ")[2] for line in stamped] == whole[-2:]
    moment = stamped[-1].partition(" ")[0]
    assert moment.endswith("Z")
    assert len(moment) == 30
    since = quiet.ask(f"{path}?sinceTime={urllib.parse.quote(moment)}").body.decode().splitlines()
    assert since == whole[-1:]
    assert quiet.ask(f"{path}?sinceSeconds=600&limitBytes=17").body == "\n".join(whole).encode()[:17]
    api = client.CoreV1Api(quiet.client())
    assert api.read_namespaced_pod_log("wiki-db-0", "web", tail_lines=1).rstrip("\n") == whole[-1]


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("container=nope", 400, "container nope is not valid for pod wiki-db-0"),
        ("tailLines=x", 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("previous=1", 400, 'previous terminated container "wiki-db" in pod "wiki-db-0" not found'),
        (
            *("tailLines=-3", 422),
            'PodLogOptions "wiki-db-0" is invalid: tailLines: Invalid value: -3: must be greater than or '
            "equal to 0",
        ),
        (
            *("sinceSeconds=3&sinceTime=2026-11-15T00:00:00Z", 422),
            'PodLogOptions "wiki-db-0" is invalid: []: Forbidden: at most one of `sinceTime` or '
            "`sinceSeconds` may be specified",
        ),
    ],
)
def test_a_log_that_cannot_be_had_says_why(quiet: Lab, query: str, status: int, message: str) -> None:
    answer = quiet.ask(f"/api/v1/namespaces/web/pods/wiki-db-0/log?{query}")
    assert (answer.status, answer.json["message"]) == (status, message)


def test_a_log_is_followed_until_its_container_ends() -> None:
    with Lab(StopContainer(at="+10m", workload="web:links"), minutes=5) as lab:
        name = next(name for name in lab.pods() if name.startswith("links"))
        path = f"/api/v1/namespaces/web/pods/{name}/log?follow=true&tailLines=1"
        request = urllib.request.Request(lab.url + path, headers={"Authorization": f"Bearer {lab.reads}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            first = answer.readline()
            lab.homelab.clock.run(300.0)
            rest = answer.read().splitlines()
        lab.homelab.clock.run(0.0)
        world, live = lab.homelab.world, lab.homelab.live
        start, end = ((world.unix_ms(t) * 1_000_000) for t in (world.begin + 300, live.now))
        asked = [Matcher("pod", "=", name)]
        written = [
            one for stream in world.logs.streams(asked, start, end) for one in stream.entries(start, end)
        ]
        assert [line.decode() for line in rest] == [one.text for one in written]
        assert "shutting down" in written[-1].text
        assert first


def watched(lab: Lab, query: str, most: int = 100) -> list[Any]:
    """What a watch tells at first, until it ends or so much was told."""
    path = f"/api/v1/namespaces/web/pods?watch=1&{query}"
    request = urllib.request.Request(lab.url + path, headers={"Authorization": f"Bearer {lab.reads}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return [json.loads(line) for _, line in zip(range(most), answer, strict=False)]


def test_a_watch_tells_every_change_that_the_clock_brings() -> None:
    with Lab(CrashLoop(at="+2m", workload="web:links"), minutes=1) as lab:
        number = lab.get("/api/v1/namespaces/web/pods")["metadata"]["resourceVersion"]
        lab.advance(2)
        told = watched(lab, f"resourceVersion={number}&timeoutSeconds=1&allowWatchBookmarks=true")
        changes, bookmark = told[:-1], told[-1]
        assert bookmark["type"] == "BOOKMARK"
        assert {one["type"] for one in changes} == {"MODIFIED"}
        assert {one["object"]["metadata"]["labels"]["app"] for one in changes} == {"links"}
        counts = [state(one["object"])["restartCount"] for one in changes]
        assert counts == sorted(counts)
        assert counts[-1] == 3
        versions = [int(one["object"]["metadata"]["resourceVersion"]) for one in told]
        assert versions == sorted(versions)
        assert versions[0] > int(number)


def test_a_watch_without_a_version_begins_with_what_is_there(quiet: Lab) -> None:
    told = watched(quiet, "labelSelector=app%3Dwiki", most=2)
    assert [one["type"] for one in told] == ["ADDED", "ADDED"]


def test_a_watch_sees_what_was_done_at_the_very_moment_of_the_list() -> None:
    with Lab(minutes=1) as lab:
        number = lab.get("/api/v1/namespaces/web/pods")["metadata"]["resourceVersion"]
        lab.change("DELETE", "/api/v1/namespaces/web/pods/wiki-db-0", None)
        told = watched(lab, f"resourceVersion={number}", most=1)
        assert [(one["type"], one["object"]["metadata"]["name"]) for one in told] == [
            ("MODIFIED", "wiki-db-0")
        ]
        assert "deletionTimestamp" in told[0]["object"]["metadata"]
        lab.advance(1)
        chosen = f"resourceVersion={number}&fieldSelector=metadata.name%3Dwiki-db-0"
        kinds = [one["type"] for one in watched(lab, chosen, most=5)]
        assert kinds == ["MODIFIED", "DELETED", "ADDED", "MODIFIED", "MODIFIED"]


def test_a_watch_from_too_long_ago_is_gone(quiet: Lab) -> None:
    [told] = watched(quiet, "resourceVersion=1")
    assert told["type"] == "ERROR"
    assert (told["object"]["code"], told["object"]["reason"]) == (410, "Expired")
    assert told["object"]["message"].startswith("too old resource version: 1 (")


def test_the_official_client_watches() -> None:
    with Lab(Unhealthy(at="+2m", workload="web:wiki-db"), minutes=1) as lab:
        api: Any = client.CoreV1Api(lab.client())
        watcher: Any = watch
        number = api.list_namespaced_event("web").metadata.resource_version
        lab.advance(2)
        stream = watcher.Watch().stream(
            api.list_namespaced_event, "web", resource_version=number, timeout_seconds=1
        )
        told = [(one["type"], one["object"].reason) for one in stream]
        assert told[0] == ("ADDED", "Unhealthy")
        assert ("MODIFIED", "Unhealthy") in told
