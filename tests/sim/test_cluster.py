from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from sre_assistant.sim.causality.deeds import Act, Deed
from sre_assistant.sim.causality.spells import FOREVER
from sre_assistant.sim.faults import AnyFault
from sre_assistant.sim.faults.services import (
    BadUpdate,
    ChangeConfig,
    ContainerOom,
    CrashLoop,
    FullClaim,
    KubeletDown,
    NodePressure,
    PendingPod,
    PullFailed,
    StopContainer,
    StuckClaim,
    Unhealthy,
    Update,
)
from sre_assistant.sim.faults.systems import LoseHost, Reboot
from sre_assistant.sim.quantities import Span
from sre_assistant.sim.things.cluster import Cluster
from sre_assistant.sim.things.pods import TOLERATION, Pod, Workload
from sre_assistant.sim.world import World
from tests.sim.reporting import WithReport

START = datetime(2026, 11, 15, 0, 30, tzinfo=UTC)  # a Sunday
MINUTE = 60.0


class Told:
    """A world in which something happens a minute after the start, and where people do things."""

    def __init__(self, *faults: AnyFault, deeds: tuple[Deed, ...] = (), seed: int = 1) -> None:
        story = WithReport(name="told", title="Told by a test", start=START, timeline=faults)
        self.world: World = story.build(seed, deeds)
        assert self.world.cluster
        self.cluster: Cluster = self.world.cluster

    def at(self, minutes: float) -> float:
        return self.world.begin + minutes * MINUTE

    def workload(self, name: str) -> Workload:
        return self.cluster.workloads[f"workload/{name}"]

    def pods(self, name: str, minutes: float) -> list[Pod]:
        return self.workload(name).at(self.at(minutes))

    def phases(self, name: str, minutes: float) -> list[str]:
        t = self.at(minutes)
        return [pod.waiting(t) or pod.phase(t) for pod in self.pods(name, minutes)]

    def ready(self, name: str, minutes: float) -> int:
        return self.workload(name).ready(self.at(minutes))

    def restarts(self, pod: Pod, minutes: float) -> float:
        return float(pod.running.restarts(np.array([self.at(minutes)]))[0])


def deed(minutes: float, act: Act, entity: str, detail: str = "", *, half: bool = False) -> Deed:
    begin = Told().world.begin
    return Deed(begin + minutes * MINUTE, act, entity, detail, half)


def test_a_quiet_cluster_has_all_its_pods_and_all_of_them_serve() -> None:
    told = Told()
    for workload in told.cluster.workloads.values():
        if workload.spec.kind != "cronjob":
            wanted = 3 if workload.spec.kind == "daemonset" else workload.spec.replicas
            assert workload.ready(told.at(0)) == workload.wanted(told.at(0)) == wanted
    assert {pod.node for pod in told.pods("kube-system:node-agent", 0)} == {"kube1", "kube2", "kube3"}


def test_the_same_seed_gives_the_same_pods_and_another_does_not() -> None:
    first, again, other = (
        [(pod.name, pod.uid, pod.born) for pod in Told(seed=seed).cluster.pods(Told(seed=seed).at(5))]
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_a_crash_loop_restarts_ever_more_slowly_and_never_serves() -> None:
    told = Told(CrashLoop(at="+1m", workload="web:wiki", code=3))
    pod = told.pods("web:wiki", 0)[0]
    assert told.restarts(pod, 0) == 0
    starts = [life.start for life in pod.running.lives.upto(told.at(60))][1:]
    waits = np.diff(starts) - 7.0
    assert waits[:6].tolist() == pytest.approx([10, 20, 40, 80, 160, 300])
    assert set(waits[6:].round(3)) == {300.0}
    assert told.phases("web:wiki", 20) == ["CrashLoopBackOff"] * 2
    assert not any(told.ready("web:wiki", minutes / 4) for minutes in range(5, 160))
    [*_, last] = [life for life in pod.running.lives.upto(told.at(20)) if life.end < told.at(20)]
    assert (last.code, last.mode) == (3, "crashing")


def test_a_container_that_is_killed_for_its_memory_starts_again_in_the_same_pod() -> None:
    told = Told(ContainerOom(at="+1m", workload="web:wiki", period=Span(600.0)))
    pod = told.pods("web:wiki", 40)[0]
    killed = [life for life in pod.running.lives.upto(told.at(40)) if life.killed and life.end < told.at(40)]
    assert len(killed) == 3
    assert {life.code for life in killed} == {137}
    assert pod.exists(told.at(0))


def test_an_update_replaces_one_pod_after_the_other_and_never_serves_with_fewer() -> None:
    told = Told(Update(at="+1m", workload="web:wiki", image="requarks/wiki:3"))
    before, after = told.pods("web:wiki", 0), told.pods("web:wiki", 5)
    assert {pod.template.image for pod in before} == {"requarks/wiki:2.5"}
    assert {pod.template.image for pod in after} == {"requarks/wiki:3"}
    assert len(after) == 2
    assert not {pod.name for pod in before} & {pod.name for pod in after}
    for moment in told.workload("web:wiki").moments(told.at(0), told.at(5)):
        assert told.workload("web:wiki").ready(moment) >= 2
        assert len([one for one in told.workload("web:wiki").at(moment) if one.deleted > moment]) <= 3


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (BadUpdate(at="+1m", workload="web:wiki", image="requarks/wiki:3"), "CrashLoopBackOff"),
        (PullFailed(at="+1m", workload="web:wiki", image="requarks/wiki:9"), "ImagePullBackOff"),
        (PendingPod(at="+1m", workload="web:wiki"), "Pending"),
    ],
    ids=["bad-update", "pull-failed", "pending"],
)
def test_a_rollout_stops_at_its_first_pod_that_does_not_get_ready(fault: AnyFault, state: str) -> None:
    told = Told(fault)
    old = {pod.name for pod in told.pods("web:wiki", 0)}
    t = told.at(20)
    [stuck] = [pod for pod in told.pods("web:wiki", 20) if pod.name not in old]
    assert (stuck.waiting(t) or stuck.phase(t)) == state
    assert told.ready("web:wiki", 20) == 2
    assert stuck.template is told.workload("web:wiki").revision(t)


def test_what_ends_the_fault_ends_the_rollout_and_the_pod_that_was_stuck() -> None:
    told = Told(BadUpdate(at="+1m", workload="web:wiki", image="requarks/wiki:3", lasts=Span(900.0)))
    assert told.phases("web:wiki", 10).count("CrashLoopBackOff") == 1
    assert told.phases("web:wiki", 20) == ["Running", "Running"]
    images = [one.image for one in told.workload("web:wiki").revisions]
    assert images == ["requarks/wiki:2.5", "requarks/wiki:3", "requarks/wiki:2.5"]
    first, _, last = told.workload("web:wiki").revisions
    assert first.hash == last.hash


def test_a_stateful_set_goes_down_with_its_bad_update() -> None:
    told = Told(PullFailed(at="+1m", workload="web:wiki-db", image="postgres:nope"))
    assert told.ready("web:wiki-db", 0) == 1
    assert told.phases("web:wiki-db", 10) == ["ImagePullBackOff"]
    assert [pod.name for pod in told.pods("web:wiki-db", 10)] == ["wiki-db-0"]


def test_a_claim_that_cannot_be_bound_keeps_its_pod_from_a_node() -> None:
    told = Told(StuckClaim(at="+1m", workload="web:links", lasts=Span(900.0)))
    [pod] = told.pods("web:links", 10)
    assert pod.node_at(told.at(10)) == ""
    assert "unbound immediate PersistentVolumeClaims" in pod.message
    assert told.ready("web:links", 20) == 1


def test_a_lost_node_is_noticed_after_forty_seconds_and_its_pods_replaced_after_five_minutes() -> None:
    told = Told(LoseHost(at="+1m", host="kube3", lasts=Span(1800.0)))
    lost = told.at(1)
    [old] = [pod for pod in told.pods("web:wiki", 0) if pod.node == "kube3"]
    assert told.cluster.node_ready("kube3", told.world.spells, lost + 39)
    assert not told.cluster.node_ready("kube3", told.world.spells, lost + 41)
    assert old.ready(lost + 39)
    assert not old.ready(lost + 41)
    assert old.deleted == pytest.approx(lost + TOLERATION)
    fresh = [pod for pod in told.pods("web:wiki", 8) if pod.born > lost]
    assert len(fresh) == 1
    assert fresh[0].node != "kube3"
    assert old.exists(told.at(20)), "nobody can say that it has ended while its kubelet is silent"
    assert not old.exists(told.at(33))
    assert all(pod.node != "kube3" for pod in told.cluster.pods(told.at(20)) if pod.born > lost)


def test_daemons_stay_on_a_lost_node() -> None:
    told = Told(LoseHost(at="+1m", host="kube3"))
    before, after = (told.pods("kube-system:node-agent", minutes) for minutes in (0, 30))
    assert [pod.name for pod in before] == [pod.name for pod in after]
    assert told.ready("kube-system:node-agent", 30) == 2


def test_a_kubelet_that_stops_loses_its_pods_though_their_containers_go_on() -> None:
    told = Told(KubeletDown(at="+1m", host="kube3"))
    [old] = [pod for pod in told.pods("web:wiki", 0) if pod.node == "kube3"]
    assert old.running.life(told.at(30)) is not None
    assert not old.ready(told.at(3))
    assert told.ready("web:wiki", 10) == 2


def test_a_reboot_restarts_containers_and_keeps_pods() -> None:
    told = Told(Reboot(at="+1m", host="kube3"))
    [old] = [pod for pod in told.pods("web:wiki", 0) if pod.node == "kube3"]
    assert old.exists(told.at(30))
    assert told.restarts(old, 30) == told.restarts(old, 0) + 1


@pytest.mark.parametrize(("resource", "word"), [("disk", "ephemeral-storage"), ("memory", "memory")])
def test_a_node_under_pressure_sends_pods_away_but_none_of_the_cluster_itself(
    resource: str, word: str
) -> None:
    told = Told(NodePressure(at="+1m", host="kube3", resource=resource, lasts=Span(1800.0)))
    t = told.at(10)
    gone = [pod for pod in told.cluster.pods(t) if pod.trouble(t) == "Evicted"]
    assert gone
    assert all(pod.phase(t) == "Failed" and word in pod.message for pod in gone)
    assert {pod.node for pod in gone} == {"kube3"}
    assert "kube-system" not in {pod.namespace for pod in gone}
    assert told.ready("web:wiki", 10) == 2
    assert told.cluster.nodes["kube3"].pressure(t)


def test_a_workload_that_is_stopped_wants_no_pods() -> None:
    told = Told(StopContainer(at="+1m", workload="web:wiki", lasts=Span(600.0)))
    assert told.workload("web:wiki").wanted(told.at(5)) == 0
    assert told.pods("web:wiki", 5) == []
    assert told.ready("web:wiki", 15) == 2


def test_a_restart_replaces_every_pod_and_cures_what_it_cures() -> None:
    cured = CrashLoop(at="+1m", workload="web:wiki", cured_by=("restart workload/web:wiki",))
    told = Told(cured, deeds=(deed(10, "restart", "workload/web:wiki"),))
    assert told.ready("web:wiki", 9) == 0
    assert told.ready("web:wiki", 13) == 2
    before, after = ({pod.name for pod in told.pods("web:wiki", minutes)} for minutes in (9, 13))
    assert not before & after
    assert told.workload("web:wiki").revision(told.at(13)).restarted == pytest.approx(told.at(10))


def test_a_restart_does_not_cure_what_it_does_not_cure() -> None:
    fault = CrashLoop(at="+1m", workload="web:wiki")
    told = Told(fault, deeds=(deed(10, "restart", "workload/web:wiki"),))
    assert told.ready("web:wiki", 30) == 0
    t = told.at(30)
    fresh = [pod for pod in told.pods("web:wiki", 30) if pod.born >= told.at(10)]
    assert [pod.waiting(t) for pod in fresh] == ["CrashLoopBackOff"]


def test_a_restart_that_is_only_half_done_leaves_the_old_pods_serving() -> None:
    told = Told(deeds=(deed(10, "restart", "workload/web:wiki", half=True),))
    assert sorted(told.phases("web:wiki", 30)) == ["ContainerCreating", "Running", "Running"]
    assert told.ready("web:wiki", 30) == 2


def test_a_deleted_pod_is_replaced() -> None:
    name = Told().pods("web:wiki", 0)[0].name
    told = Told(deeds=(deed(10, "delete", "workload/web:wiki", name),))
    old = next(pod for pod in told.pods("web:wiki", 0) if pod.name == name)
    assert old.deleted == pytest.approx(told.at(10))
    assert not old.exists(told.at(11))
    assert old.running.life(told.at(11)) is None
    assert told.ready("web:wiki", 11) == 2
    assert name not in {pod.name for pod in told.pods("web:wiki", 11)}


def test_a_deleted_pod_of_a_stateful_set_comes_back_by_its_name_with_another_identity() -> None:
    told = Told(deeds=(deed(10, "delete", "workload/web:wiki-db", "wiki-db-0"),))
    [old], [new] = told.pods("web:wiki-db", 9), told.pods("web:wiki-db", 12)
    assert old.name == new.name
    assert old.uid != new.uid
    assert new.born >= old.dies


def test_more_and_fewer_pods() -> None:
    deeds = (deed(5, "scale", "workload/web:wiki", "4"), deed(15, "scale", "workload/web:wiki", "1"))
    told = Told(deeds=deeds)
    assert [told.ready("web:wiki", minutes) for minutes in (4, 10, 20)] == [2, 4, 1]
    first = {pod.name for pod in told.pods("web:wiki", 4)}
    assert {pod.name for pod in told.pods("web:wiki", 20)} < first


def test_a_cordoned_node_keeps_its_pods_and_gets_no_new_ones() -> None:
    told = Told(
        deeds=(deed(5, "cordon", "host/kube3"), deed(10, "restart", "workload/web:wiki")),
    )
    assert "kube3" in {pod.node for pod in told.pods("web:wiki", 9)}
    assert "kube3" not in {pod.node for pod in told.pods("web:wiki", 15)}
    assert told.cluster.nodes["kube3"].cordoned(told.at(9))


def test_without_any_node_pods_wait_until_there_is_one_again() -> None:
    deeds = tuple(deed(5, "cordon", f"host/kube{number}") for number in (1, 2, 3))
    name = Told().pods("web:links", 0)[0].name
    deeds += (deed(10, "delete", "workload/web:links", name), deed(30, "uncordon", "host/kube2"))
    told = Told(deeds=deeds)
    [pod] = told.pods("web:links", 20)
    assert pod.phase(told.at(20)) == "Pending"
    assert pod.message.startswith("0/3 nodes are available: 3 node(s) were unschedulable.")
    assert (pod.node_at(told.at(20)), pod.node_at(told.at(31))) == ("", "kube2")
    assert told.ready("web:links", 32) == 1


def test_another_image_set_by_hand_ends_a_bad_update() -> None:
    fault = BadUpdate(at="+1m", workload="web:wiki", image="requarks/wiki:3")
    told = Told(fault, deeds=(deed(20, "update", "workload/web:wiki", "requarks/wiki:2.5"),))
    assert told.phases("web:wiki", 19).count("CrashLoopBackOff") == 1
    assert told.phases("web:wiki", 25) == ["Running", "Running"]


def test_a_cron_job_starts_a_job_every_half_hour_of_its_days_and_keeps_three() -> None:
    told = Told()
    work = told.workload("web:report")
    starts = [told.world.epoch + timedelta(seconds=run.start) for run in work.runs]
    assert {start.minute for start in starts} == {0, 30}
    assert {start.weekday() for start in starts} == {5, 6}
    t = told.at(100)
    kept = [run for run in work.runs if run.start <= t < run.dies]
    assert len(kept) == 3
    assert {pod.phase(t) for pod in work.at(t)} == {"Succeeded"}


def test_a_job_that_crashes_fails() -> None:
    told = Told(CrashLoop(at="+1m", workload="web:report", code=2))
    pods = told.pods("web:report", 100)
    assert [pod.phase(told.at(100)) for pod in pods] == ["Failed"] * 3
    [life] = pods[-1].running.lives.upto(told.at(100))
    assert life.code == 2


FAULTS: tuple[AnyFault, ...] = (
    CrashLoop(at="+1m", workload="web:wiki"),
    ContainerOom(at="+1m", workload="web:wiki"),
    BadUpdate(at="+1m", workload="web:wiki", image="requarks/wiki:3", lasts=Span(900.0)),
    PullFailed(at="+1m", workload="web:wiki-db", image="postgres:nope", lasts=Span(900.0)),
    StuckClaim(at="+1m", workload="web:links", lasts=Span(900.0)),
    FullClaim(at="+1m", workload="web:links"),
    LoseHost(at="+1m", host="kube3", lasts=Span(1200.0)),
    KubeletDown(at="+1m", host="kube2", lasts=Span(300.0)),
    NodePressure(at="+1m", host="kube1", lasts=Span(900.0)),
    ChangeConfig(at="+1m", workload="web:wiki"),
    Unhealthy(at="+1m", workload="web:wiki-db", lasts=Span(300.0)),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_pod_changes_at_its_moments_only(fault: AnyFault) -> None:
    told = Told(fault)

    def state(pod: Pod, t: float) -> tuple[object, ...]:
        shown = (pod.phase(t), pod.ready(t), pod.waiting(t), pod.trouble(t), pod.node_at(t), pod.life(t))
        return (*shown, pod.deleted <= t) if pod.exists(t) else ()

    for pod in (pod for work in told.cluster.workloads.values() for pod in work.pods):
        edges = [told.at(0), *pod.moments(told.at(0), told.at(45)), told.at(45)]
        for here, following in pairwise(edges):
            for share in (0.01, 0.5, 0.99):
                t = here + (following - here) * share
                assert state(pod, t) == state(pod, here), (pod.name, t - told.at(0))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_no_two_pods_share_a_name_or_an_address_and_none_runs_before_or_after_its_time(
    fault: AnyFault,
) -> None:
    told = Told(fault)
    for minutes in range(0, 45, 3):
        pods = told.cluster.pods(told.at(minutes))
        names = [(pod.namespace, pod.name) for pod in pods]
        assert len(names) == len(set(names))
        addresses = [told.cluster.address(pod) for pod in pods if pod.node]
        assert len(addresses) == len(set(addresses))
    for pod in (pod for work in told.cluster.workloads.values() for pod in work.pods):
        for life in pod.running.lives.upto(told.at(45)):
            assert pod.bound <= life.start
            assert life.end <= pod.dies or pod.dies >= FOREVER
