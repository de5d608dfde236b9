from __future__ import annotations

import pytest

from sre_assistant.contracts.tool import Effect
from sre_assistant.domain.errors import CallError, Missing, Rejected, Unreachable
from tests.integrations.kubernetes.answers import (
    CRASHING,
    WELL_POD,
    Object,
    forbidden,
    listed,
    pod,
    running,
    status,
)
from tests.kit.hostile import answering

PODS = "/api/v1/pods"
TWO: Object = {"spec": {"nodeName": "kube1", "containers": [{"name": "app"}, {"name": "proxy"}]}}
RAN: list[Object] = [{"name": name, "state": {"running": {}}} for name in ("app", "proxy")]
READS = {
    "kubernetes_list_pods",
    "kubernetes_pod_logs",
    "kubernetes_list_nodes",
    "kubernetes_list_workloads",
    "kubernetes_list_volumes",
    "kubernetes_list_events",
    "kubernetes_rollout_history",
}


async def test_there_are_seven_to_read_and_two_to_change() -> None:
    async with running() as kube:
        assert {tool.name for tool in kube.integration.tools} == READS
    async with running(allow_changes=True) as kube:
        more = {tool.name: tool.effect for tool in kube.integration.tools if tool.name not in READS}
    assert more == {
        "kubernetes_rollout_restart": Effect.CHANGE,
        "kubernetes_delete_pod": Effect.CHANGE,
    }


async def test_pods_are_listed_with_the_worst_first() -> None:
    async with running() as kube:
        result = await kube.call("kubernetes_list_pods")
    head, first, second = result.text.splitlines()
    assert head == "2 pods; 2 match: 1 CrashLoopBackOff, 1 Running"
    assert first.startswith(
        "  [CrashLoopBackOff] web/wiki-7d9f-bbbbb on kube2 since 2026-02-20 08:00:00Z (8 d 18 h), "
        "12 restarts, of deployment/web/wiki, wiki:2.5; wiki waits, CrashLoopBackOff: back-off 5m0s"
    )
    assert second == (
        "  [Running] web/wiki-db-0 on kube1 since 2026-02-20 08:00:09Z (8 d 18 h), "
        "of statefulset/web/wiki-db, wiki:2.5"
    )


@pytest.mark.parametrize(
    ("chosen", "count"),
    [("any", 2), ("problem", 1), ("running", 2), ("pending", 0), ("failed", 0), ("succeeded", 0)],
)
async def test_pods_are_listed_by_status(chosen: str, count: int) -> None:
    async with running() as kube:
        result = await kube.call("kubernetes_list_pods", status=chosen)
    assert result.text.startswith(f"2 pods; {count} match")
    assert ("Nothing to show: try status any" in result.text) == (count == 0)


async def test_no_pods_at_all_has_a_hint_and_a_denied_list_has_none() -> None:
    denied = answering({"status": {"allowed": False}}, 201)
    async with running() as kube:
        kube.answers({PODS: answering(listed())})
        empty = await kube.call("kubernetes_list_pods")
    async with running() as kube:
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        kube.answers({PODS: answering(listed()), path: denied})
        refused = await kube.call("kubernetes_list_pods")
    assert empty.text == "No pods.\nNote: Nothing to show: try status any, or no namespace and node."
    assert refused.completeness == "denied"
    assert refused.text == "No pods.\nNote: the credential may not list pods in all namespaces"


async def test_nodes_are_listed_with_what_they_are_and_what_presses_them() -> None:
    async with running() as kube:
        lines = (await kube.call("kubernetes_list_nodes")).text.splitlines()
    assert lines[0] == "2 nodes; 2 match: 1 NotReady,SchedulingDisabled, 1 Ready"
    assert lines[1].startswith("  [NotReady,SchedulingDisabled] kube2; not Ready: Kubelet stopped")
    assert lines[2] == (
        "  [Ready] kube1 since 2026-02-10 22:18:56Z (18 d 4 h): 2 cores, 6.0 GiB memory, "
        "kubelet v1.31.2+k3s1, Debian GNU/Linux 12, control-plane, 192.0.2.41"
    )


async def test_workloads_are_listed_and_the_well_ones_can_be_left_out() -> None:
    async with running() as kube:
        everything = (await kube.call("kubernetes_list_workloads")).text
        unwell = (await kube.call("kubernetes_list_workloads", unhealthy=True)).text
        kube.answers(
            {f"/apis/apps/v1/{name}": answering(listed()) for name in ("deployments", "daemonsets")}
            | {"/apis/batch/v1/cronjobs": answering(listed())}
        )
        well = (await kube.call("kubernetes_list_workloads", unhealthy=True)).text
    assert everything.startswith("4 workloads; 4 match")
    assert "[1/1 ready] statefulset/web/wiki-db" in everything
    assert unwell.startswith("4 workloads; 3 match")
    assert "statefulset" not in unwell
    assert (
        "  [1/2 ready] deployment/web/wiki since 2026-02-20 08:00:00Z (8 d 18 h): wiki:2.5, revision 4; "
        in unwell
    )
    assert "schedule 0 2 * * *; the last job failed: BackoffLimitExceeded" in unwell
    assert well == "1 workload; 0 match\nNote: Nothing to show: all that were read are well."


async def test_volumes_are_listed_with_where_they_are() -> None:
    async with running() as kube:
        text = (await kube.call("kubernetes_list_volumes")).text
    assert text == (
        "1 volume; 1 match: 1 Bound\n  [Bound] claim web/wiki: 10.0 GiB, class nfs, at nas.lan:/mnt/tank/wiki"
    )


async def test_events_are_listed_with_warnings_first_and_without_secrets() -> None:
    async with running() as kube:
        lines = (await kube.call("kubernetes_list_events")).text.splitlines()
    assert lines == [
        "2 events; 2 match",
        "  2026-03-01 02:13:00Z [Warning] Pod web/wiki-7d9f-bbbbb BackOff ×42 since 2026-03-01 01:41:00Z: "
        "Back-off restarting failed container token=[hidden] (kubelet on kube2)",
        "  2026-03-01 01:40:01Z [Normal] ReplicaSet replicaset/web/wiki-7d9f SuccessfulCreate: "
        "Created pod: wiki-7d9f-bbbbb (replicaset-controller)",
    ]


@pytest.mark.parametrize(("kind", "count"), [("warning", 1), ("normal", 1), ("any", 2)])
async def test_events_are_listed_by_type(kind: str, count: int) -> None:
    async with running() as kube:
        result = await kube.call("kubernetes_list_events", type=kind)
    assert result.text.startswith(f"{count} event")
    asked = {"warning": "type%3DWarning", "normal": "type%3DNormal"}.get(kind)
    assert asked is None or asked in kube.server.seen[0].target


async def test_events_before_the_time_asked_for_are_left_out() -> None:
    async with running() as kube:
        recent = await kube.call("kubernetes_list_events", since="10m")
        none = await kube.call("kubernetes_list_events", since="30s")
        with pytest.raises(CallError, match="still to come"):
            await kube.call("kubernetes_list_events", since="2026-03-01T03:00:00Z")
    assert recent.text.startswith("1 event")
    assert none.text == (
        "No events.\nNote: Nothing happened in that time; look at states: kubernetes_list_pods."
    )


async def test_a_log_is_shown_bounded_and_without_secrets() -> None:
    async with running() as kube:
        result = await kube.call("kubernetes_pod_logs", pod="wiki-db-0", tail="20", since="10m")
    assert result.text.splitlines() == [
        "web/wiki-db-0/wiki on kube1: 2 lines, UTC",
        "2026-03-01 02:10:58.123Z starting",
        "2026-03-01 02:10:59.000Z password=[hidden] refused",
    ]
    asked = kube.server.seen[-1].target
    assert "tailLines=20" in asked
    assert "sinceTime=2026-03-01T02%3A04%3A05Z" in asked
    assert "previous" not in asked


@pytest.mark.parametrize("previous", [False, True])
async def test_of_a_container_that_waits_to_run_again_the_last_run_is_shown(previous: bool) -> None:
    async with running() as kube:
        kube.answers({"/api/v1/namespaces/web/pods": answering(listed(CRASHING))})
        result = await kube.call("kubernetes_pod_logs", pod="web/wiki-7d9f-bbbbb", previous=previous)
    assert result.text.startswith("web/wiki-7d9f-bbbbb/wiki (the run before) on kube2: 2 lines")
    assert "previous=true" in kube.server.seen[-1].target


async def test_a_run_before_that_never_was_is_said_by_the_server() -> None:
    absent = status(400, "BadRequest", 'previous terminated container "wiki" in pod "wiki-db-0" not found')
    async with running() as kube:
        kube.answers({"/api/v1/namespaces/web/pods/wiki-db-0/log": absent})
        with pytest.raises(Rejected, match="previous terminated container"):
            await kube.call("kubernetes_pod_logs", pod="wiki-db-0", previous=True)
    assert "previous=true" in kube.server.seen[-1].target


async def test_the_end_of_a_long_log_is_shown_and_all_of_it_is_kept() -> None:
    written = "".join(f"2026-03-01T02:10:00Z line {number} {'x' * 80}\n" for number in range(500))
    async with running() as kube:
        kube.answers(
            {"/api/v1/namespaces/web/pods/wiki-db-0/log": answering(written, content_type="text/plain")}
        )
        result = await kube.call("kubernetes_pod_logs", pod="wiki-db-0", tail=500)
    assert result.text.splitlines()[-1].startswith("2026-03-01 02:10:00.000Z line 499 x")
    assert "500 lines (last " in result.text
    assert len(result.text) < 5_000
    assert isinstance(result.data, tuple)
    assert len(result.data) == 500


async def test_a_log_without_lines_has_a_hint() -> None:
    async with running() as kube:
        kube.answers({"/api/v1/namespaces/web/pods/wiki-db-0/log": answering("", content_type="text/plain")})
        result = await kube.call("kubernetes_pod_logs", pod="wiki-db-0")
    assert (result.completeness, result.text.splitlines()[0]) == (
        "empty",
        "web/wiki-db-0/wiki on kube1: no lines.",
    )
    assert "try previous" in result.text


async def test_a_pod_of_several_containers_asks_for_one() -> None:
    async with running() as kube:
        kube.answers({PODS: answering(listed(pod("two", status={"containerStatuses": RAN}, **TWO)))})
        with pytest.raises(CallError, match="give one of app, proxy"):
            await kube.call("kubernetes_pod_logs", pod="two")
        with pytest.raises(CallError, match="no container 'x' that has run: it has app, proxy"):
            await kube.call("kubernetes_pod_logs", pod="two", container="x")
        with pytest.raises(Missing):  # the log itself, of which this server knows nothing
            await kube.call("kubernetes_pod_logs", pod="two", container="proxy")
    assert "container=proxy" in kube.server.seen[-1].target


async def test_two_pods_of_one_name_are_both_said() -> None:
    other = {**WELL_POD, "metadata": {**WELL_POD["metadata"], "namespace": "home"}}
    async with running() as kube:
        kube.answers({PODS: answering(listed(WELL_POD, other))})
        with pytest.raises(CallError, match="give one of web/wiki-db-0, home/wiki-db-0"):
            await kube.call("kubernetes_pod_logs", pod="wiki-db-0")


async def test_a_pod_that_is_not_there_is_said_with_what_may_not_be_seen() -> None:
    async with running() as kube:
        with pytest.raises(Missing, match="there is no pod 'nope'; see kubernetes_list_pods"):
            await kube.call("kubernetes_pod_logs", pod="nope")
        with pytest.raises(CallError, match="is in namespace 'web', not in 'home'"):
            await kube.call("kubernetes_pod_logs", pod="web/wiki-db-0", namespace="home")
        assert kube.server.seen[0].target == "/api/v1/pods?limit=500&fieldSelector=metadata.name%3Dnope"


async def test_a_pod_that_has_not_run_has_no_log() -> None:
    async with running() as kube:
        kube.answers({PODS: answering(listed(pod("new", status={"containerStatuses": None})))})
        with pytest.raises(Missing, match="none of its containers has run: see its events"):
            await kube.call("kubernetes_pod_logs", pod="new")


@pytest.mark.parametrize("tail", [0, 2_001, -1])
async def test_a_tail_out_of_bounds_is_refused_before_anything_is_asked(tail: int) -> None:
    async with running() as kube:
        with pytest.raises(CallError, match="tail is"):
            await kube.call("kubernetes_pod_logs", pod="x", tail=tail)
    assert kube.server.seen == []


@pytest.mark.parametrize(
    "named", ["wiki", "web/wiki", "deployment/wiki", "Deployment/web/wiki", " deployment/web/wiki "]
)
async def test_revisions_are_told_newest_first_however_the_workload_is_named(named: str) -> None:
    async with running() as kube:
        kube.answers(
            {
                f"/apis/apps/v1/namespaces/web/{name}": answering(listed())
                for name in ("statefulsets", "daemonsets")
            }
        )
        text = (await kube.call("kubernetes_rollout_history", workload=named)).text
    assert text.splitlines() == [
        "deployment/web/wiki: 2 revisions known",
        "  2026-03-01 01:40:00Z revision 4 (now), 2 pods wanted: wiki: wiki:2.4 -> wiki:2.5",
        "  2026-02-01 08:00:00Z revision 3, 2 pods wanted: first known: wiki:2.4",
    ]


async def test_a_workload_without_revisions_says_so() -> None:
    async with running() as kube:
        kube.answers({"/apis/apps/v1/namespaces/web/replicasets": answering(listed())})
        result = await kube.call("kubernetes_rollout_history", workload="deployment/web/wiki")
    assert result.text.startswith("deployment/web/wiki: 0 revisions known")


async def test_a_workload_that_is_not_there_is_said() -> None:
    async with running() as kube:
        with pytest.raises(Missing, match="there is no workload 'nope'"):
            await kube.call("kubernetes_rollout_history", workload="nope")


@pytest.mark.parametrize(
    ("name", "of"), [("kubernetes_list_pods", "status"), ("kubernetes_list_events", "type")]
)
async def test_a_word_that_is_none_is_told_what_there_is(name: str, of: str) -> None:
    async with running() as kube:
        with pytest.raises(CallError, match=f"{of}"):
            await kube.call(name, **{of: "broken"})
    assert kube.server.seen == []


async def test_names_and_messages_stay_on_their_line() -> None:
    nasty = pod(
        "x",
        spec={"nodeName": 'k"\n  [Running] fake \x1b[2J\u202e'},
        status={"message": "a\nb token=s3cr3t-v"},
    )
    async with running() as kube:
        nasty["spec"]["containers"] = [{"name": "a", "image": "reg.lan/x:password=hunter2"}]
        kube.answers({PODS: answering(listed(nasty))})
        text = (await kube.call("kubernetes_list_pods")).text
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "s3cr3t-v" not in text
    assert "hunter2" not in text


async def test_the_longest_list_keeps_to_its_budget_and_all_of_it_is_behind_it() -> None:
    async with running() as kube:
        kube.answers({PODS: answering(listed(*[CRASHING] * 400))})
        result = await kube.call("kubernetes_list_pods")
    assert 2_000 < len(result.text) < 5_000
    assert result.text.startswith("400 pods; 400 match (first ")
    assert isinstance(result.data, tuple)
    assert len(result.data) == 400


async def test_what_could_not_be_read_is_noted() -> None:
    async with running() as kube:
        kube.answers({"/api/v1/persistentvolumes": forbidden("persistentvolumes")})
        result = await kube.call("kubernetes_list_volumes")
    assert result.completeness == "partial"
    assert "\nNote: the credential may not list persistentvolumes (HTTP 403" in result.text


async def test_failures_are_failures_and_not_texts() -> None:
    async with running() as kube:
        kube.server.behaviour = answering("no", 500, "text/plain")
        with pytest.raises(Unreachable):
            await kube.call("kubernetes_list_pods")
