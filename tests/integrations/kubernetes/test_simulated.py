"""The integration against the simulated cluster, in which things happen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from sre_assistant.contracts.integration import Integration
from sre_assistant.domain.errors import Denied
from sre_assistant.domain.inventory import LogFilter, Resource
from sre_assistant.domain.window import Window
from sre_assistant.integrations.kubernetes import connect
from sre_assistant.integrations.kubernetes.config import Config
from sre_assistant.kit.carriers import open_wire
from sre_assistant.kit.secret import Secret
from sre_assistant.sim.faults.services import BadUpdate, CrashLoop, StuckClaim
from sre_assistant.sim.faults.systems import Deny, LoseHost
from tests.sim.kube import Lab


@asynccontextmanager
async def connected(lab: Lab, **settings: Any) -> AsyncIterator[Integration]:
    config = Config(url=lab.url, token=Secret(lab.reads), **settings)
    wire = open_wire("kube", config, lab.homelab.clock, Random(1))
    try:
        yield connect(config, wire, lab.homelab.clock, "kube")
    finally:
        await wire.aclose()


async def resources(kube: Integration) -> dict[str, Resource]:
    assert kube.inventory
    reading = await kube.inventory.inventory()
    return {f"{each.kind} {each.id}": each for each in reading.value}


async def called(kube: Integration, tool: str, **given: object) -> str:
    (found,) = (each for each in kube.tools if each.name == tool)
    return (await found.called(given)).text


def lately(lab: Lab, **span: float) -> Window:
    return Window.before(lab.homelab.clock.now(), timedelta(**span))


async def test_a_crash_loop_is_seen_explained_and_cured_by_a_restart() -> None:
    fault = CrashLoop(at="+1m", workload="web:wiki", cured_by=("restart workload/web:wiki",))
    changing: dict[str, Any] = {"allow_changes": True}
    with Lab(fault, minutes=20) as lab:
        async with connected(lab, change_token=Secret(lab.changes), **changing) as kube:
            assert kube.actuator
            assert kube.changes
            before = await resources(kube)
            ill = [each for each in before.values() if each.kind == "pod" and each.health == "failed"]
            assert {(each.state, each.within) for each in ill} == {
                ("CrashLoopBackOff", "deployment/web/wiki")
            }
            assert before["workload deployment/web/wiki"].health == "failed"
            log = await called(kube, "kubernetes_pod_logs", pod=ill[0].name, tail=3)
            assert "(the run before)" in log
            receipt = await kube.actuator.act("restart", "deployment/web/wiki")
            assert receipt.value.said.startswith("restart noted as of ")
            await asyncio.to_thread(lab.advance, 3)
            after = await resources(kube)
            changes = (await kube.changes.changes(lately(lab, minutes=10))).value
    assert after["workload deployment/web/wiki"].state == "2/2 ready"
    assert not {each.id for each in ill} & {each.id for each in after.values()}
    told = [change.text for change in changes if change.kind == "deployment"]
    assert any("restarted on request, same images" in text for text in told), told


async def test_a_deleted_pod_comes_back_under_another_name() -> None:
    with Lab(minutes=1) as lab:
        async with connected(lab, change_token=Secret(lab.changes), allow_changes=True) as kube:
            name = next(name for name in lab.pods() if name.startswith("links"))
            await called(kube, "kubernetes_delete_pod", pod=name)
            await asyncio.to_thread(lab.advance, 2)
            text = await called(kube, "kubernetes_list_pods", namespace="web")
    assert name not in text
    assert "deployment/web/links" in text


async def test_a_reading_credential_cannot_change_and_nothing_is_changed() -> None:
    with Lab(minutes=1) as lab:
        async with connected(lab, allow_changes=True) as kube:
            assert kube.actuator
            with pytest.raises(Denied, match="cannot patch"):
                await kube.actuator.act("restart", "deployment/web/wiki")
            checkup = await kube.checkup()
    assert [f.level for f in checkup.findings if f.text.startswith("for changes")] == ["warning"]


async def test_a_bad_update_is_told_with_its_images() -> None:
    with Lab(BadUpdate(at="+5m", workload="web:wiki", image="requarks/wiki:2.6"), minutes=20) as lab:
        async with connected(lab) as kube:
            assert kube.changes
            changes = (await kube.changes.changes(lately(lab, minutes=20))).value
            history = await called(kube, "kubernetes_rollout_history", workload="wiki")
    rollouts = [change.text for change in changes if change.id.startswith("deployment/web/wiki#")]
    assert any("wiki: requarks/wiki:2.5 -> requarks/wiki:2.6" in text for text in rollouts)
    assert "(now)" in history.splitlines()[1]


async def test_a_lost_node_shows_and_its_logs_are_left_alone() -> None:
    with Lab(LoseHost(at="+1m", host="kube3"), minutes=20) as lab:
        async with connected(lab) as kube:
            assert kube.logs
            found = await resources(kube)
            reading = await kube.logs.lines(LogFilter(), lately(lab, minutes=20), 2_000)
            again = await called(kube, "kubernetes_list_nodes")
    assert (found["host kube3"].state, found["host kube3"].health) == ("NotReady", "failed")
    assert reading.completeness == "partial"
    assert "more logs on kube3 were not asked for" in reading.detail
    assert {line.host for line in reading.value} == {"kube1", "kube2"}
    assert "[NotReady] kube3" in again


async def test_a_claim_without_a_volume_shows_with_the_reason() -> None:
    with Lab(StuckClaim(at="+1m", workload="web:links"), minutes=10) as lab:
        async with connected(lab) as kube:
            volumes = await called(kube, "kubernetes_list_volumes")
            events = await called(kube, "kubernetes_list_events", namespace="web", type="warning")
    assert "[Pending] claim web/links: 2.0 GiB, class fast" in volumes
    assert 'storageclass.storage.k8s.io "fast" not found' in events


async def test_a_right_that_is_lost_makes_the_answer_partial_and_the_check_up_says_which() -> None:
    with Lab(Deny(at="+1m", system="kubernetes", privilege="nodes"), minutes=5) as lab:
        async with connected(lab) as kube:
            assert kube.inventory
            reading = await kube.inventory.inventory()
            checkup = await kube.checkup()
    assert reading.completeness == "partial"
    assert "the credential may not list nodes" in reading.detail
    assert {each.kind for each in reading.value} == {"pod", "workload", "volume"}
    (finding,) = (each for each in checkup.findings if each.level == "error")
    assert finding.text == "the credential may not list nodes"
    assert "--resource=nodes " in finding.fix


async def test_a_right_that_is_left_in_some_namespaces_shows_those() -> None:
    with Lab(Deny(at="+1m", system="kubernetes", privilege="pods", path="/web"), minutes=5) as lab:
        async with connected(lab) as kube:
            assert kube.inventory
            reading = await kube.inventory.inventory()
        async with connected(lab, namespaces="web") as kube:
            with pytest.raises(Denied, match="may not list pods in namespace web"):
                await called(kube, "kubernetes_list_pods")
    assert {each.id.partition("/")[0] for each in reading.value if each.kind == "pod"} == {
        "home",
        "kube-system",
    }
    assert (reading.completeness, "the credential may not list pods in web" in reading.detail) == (
        "partial",
        True,
    )


async def test_logs_that_may_not_be_read_are_denied_and_pods_still_are_listed() -> None:
    with Lab(Deny(at="+1m", system="kubernetes", privilege="pods/log"), minutes=5) as lab:
        async with connected(lab) as kube:
            assert kube.logs
            with pytest.raises(Denied, match="may not get pods/log in namespace"):
                await kube.logs.lines(LogFilter(), lately(lab, hours=1), 10)
            assert "13 pods" in await called(kube, "kubernetes_list_pods")
