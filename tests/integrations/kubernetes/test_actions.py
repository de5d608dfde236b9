from __future__ import annotations

import json

import pytest

from sre_assistant.domain.errors import CallError, Denied, Rejected, Unreachable
from sre_assistant.kit.secret import Secret
from tests.integrations.kubernetes.answers import (
    BARE,
    CRASHING,
    DEPLOYMENT,
    STATEFUL_SET,
    Running,
    listed,
    owner,
    pod,
    running,
    status,
)
from tests.kit.hostile import Behaviour, Seen, answering, in_turn

WIKI = "/apis/apps/v1/namespaces/web/deployments/wiki"
POD = "/api/v1/namespaces/web/pods/wiki-7d9f-bbbbb"
FORBIDDEN = status(
    403, "Forbidden", 'deployments.apps "wiki" is forbidden: User "reader" cannot patch resource'
)


def changes(kube: Running) -> list[Seen]:
    return [seen for seen in kube.server.seen if seen.method not in {"GET", "POST"}]


def there(kube: Running, **more: Behaviour) -> None:
    kube.answers({WIKI: answering(DEPLOYMENT), POD: answering(CRASHING), **more})


async def test_nothing_can_be_changed_until_it_is_allowed() -> None:
    async with running(change_token=Secret("changing")) as kube:
        assert kube.integration.actuator is None
        assert not [
            tool for tool in kube.integration.tools if "restart" in tool.name or "delete" in tool.name
        ]


async def test_a_restart_is_a_patch_of_the_annotation_with_the_credential_for_changes() -> None:
    async with running(allow_changes=True, token=Secret("reading"), change_token=Secret("changing")) as kube:
        there(kube)
        assert kube.integration.actuator
        reading = await kube.integration.actuator.act("restart", "deployment/web/wiki")
    (patch,) = changes(kube)
    assert (patch.method, patch.target) == ("PATCH", f"{WIKI}?fieldManager=sre-assistant")
    assert patch.headers["content-type"] == "application/strategic-merge-patch+json"
    assert patch.headers["authorization"] == "Bearer changing"
    stamp = {"kubectl.kubernetes.io/restartedAt": "2026-03-01T02:14:05Z"}
    assert json.loads(patch.body) == {"spec": {"template": {"metadata": {"annotations": stamp}}}}
    assert {s.headers["authorization"] for s in kube.server.seen if s.method == "GET"} == {"Bearer reading"}
    assert (reading.value.action, reading.value.target) == ("restart", "deployment/web/wiki")
    assert reading.value.said == "restart noted as of 2026-03-01T02:14:05Z, generation 4"
    assert reading.provenance.query == f"PATCH {WIKI}"


async def test_a_deleted_pod_is_the_one_that_was_looked_at() -> None:
    async with running(allow_changes=True) as kube:
        there(kube)
        assert kube.integration.actuator
        reading = await kube.integration.actuator.act("delete", "web/wiki-7d9f-bbbbb")
    (deletion,) = changes(kube)
    assert (deletion.method, deletion.path) == ("DELETE", POD)
    assert json.loads(deletion.body)["preconditions"] == {"uid": "uid-wiki-7d9f-bbbbb"}
    assert reading.value.said == "deletion accepted; ReplicaSet wiki-7d9f makes another"


@pytest.mark.parametrize("item", [BARE, pod("x", metadata={"ownerReferences": owner("Node", "kube1")})])
async def test_a_pod_that_nothing_makes_again_is_left_alone(item: object) -> None:
    async with running(allow_changes=True) as kube:
        there(kube, **{POD: answering(item)})
        assert kube.integration.actuator
        with pytest.raises(CallError, match="has nothing that would make it again"):
            await kube.integration.actuator.act("delete", "web/wiki-7d9f-bbbbb")
        assert changes(kube) == []


async def test_a_paused_rollout_is_not_restarted() -> None:
    async with running(allow_changes=True) as kube:
        there(kube, **{WIKI: answering({**DEPLOYMENT, "spec": {"paused": True}})})
        assert kube.integration.actuator
        with pytest.raises(CallError, match="is paused"):
            await kube.integration.actuator.act("restart", "deployment/web/wiki")
        assert changes(kube) == []


@pytest.mark.parametrize(
    ("action", "target", "says"),
    [
        ("scale", "deployment/web/wiki", "no action 'scale': give one of restart, delete"),
        ("restart", "job/web/x", "give one of deployment, statefulset, daemonset"),
        ("restart", "deployment/wiki", "give one of deployment"),
        ("restart", "deployment//wiki", "give one of deployment"),
        ("restart", "deployment/web/gone", "there is no deployment/web/gone"),
        ("restart", "deployment/../wiki", "cannot be part of a path"),
        ("delete", "wiki", "give its namespace and its name"),
        ("delete", "web/a/b", "give its namespace and its name"),
        ("delete", "web/gone", "there is no pod web/gone"),
    ],
)
async def test_a_target_that_is_none_is_the_callers_mistake(action: str, target: str, says: str) -> None:
    async with running(allow_changes=True) as kube:
        assert kube.integration.actuator
        with pytest.raises(CallError, match=says):
            await kube.integration.actuator.act(action, target)
        assert changes(kube) == []


async def test_a_namespace_that_is_not_read_is_not_changed() -> None:
    async with running(allow_changes=True, namespaces="home") as kube:
        there(kube)
        assert kube.integration.actuator
        with pytest.raises(CallError, match="namespace 'web' is not read"):
            await kube.integration.actuator.act("delete", "web/wiki-7d9f-bbbbb")
    assert kube.server.seen == []


async def test_a_refused_change_is_an_error() -> None:
    async with running(allow_changes=True) as kube:
        there(kube, **{WIKI: in_turn(answering(DEPLOYMENT), FORBIDDEN)})
        assert kube.integration.actuator
        with pytest.raises(Denied, match="cannot patch resource"):
            await kube.integration.actuator.act("restart", "deployment/web/wiki")


async def test_another_pod_of_the_same_name_is_not_deleted() -> None:
    conflict = status(409, "Conflict", "the UID in the precondition does not match the UID in record")
    async with running(allow_changes=True) as kube:
        there(kube, **{POD: in_turn(answering(CRASHING), conflict)})
        assert kube.integration.actuator
        with pytest.raises(Rejected, match="does not match"):
            await kube.integration.actuator.act("delete", "web/wiki-7d9f-bbbbb")


async def test_a_change_without_an_answer_is_not_sent_again() -> None:
    async with running(allow_changes=True) as kube:
        there(kube, **{WIKI: in_turn(answering(DEPLOYMENT), answering("no", 503, "text/plain"))})
        assert kube.integration.actuator
        with pytest.raises(Unreachable):
            await kube.integration.actuator.act("restart", "deployment/web/wiki")
    assert len(changes(kube)) == 1


async def test_the_tools_find_their_target_by_name_and_say_where_to_look() -> None:
    async with running(allow_changes=True) as kube:
        there(kube)
        restarted = await kube.call("kubernetes_rollout_restart", workload="wiki")
        deleted = await kube.call("kubernetes_delete_pod", pod="wiki-7d9f-bbbbb")
    assert [seen.path for seen in changes(kube)] == [WIKI, POD]
    assert restarted.text.startswith("restart of deployment/web/wiki asked for: restart noted as of")
    assert restarted.text.endswith("Whether it helped: kubernetes_list_workloads.")
    assert deleted.text.endswith("Whether it helped: kubernetes_list_pods.")


async def test_two_workloads_of_one_name_are_both_said_and_none_is_restarted() -> None:
    same = {**STATEFUL_SET, "metadata": {"name": "wiki", "namespace": "web"}}
    async with running(allow_changes=True) as kube:
        there(kube, **{"/apis/apps/v1/statefulsets": answering(listed(same))})
        with pytest.raises(CallError, match="give one of deployment/web/wiki, statefulset/web/wiki"):
            await kube.call("kubernetes_rollout_restart", workload="wiki")
        assert changes(kube) == []
