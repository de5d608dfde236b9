from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from sre_assistant.domain.errors import CallError, Denied, Malformed, Missing, Unreachable
from sre_assistant.integrations.kubernetes import kinds
from sre_assistant.integrations.kubernetes.inventory import Inventory, itself
from tests.integrations.kubernetes.answers import (
    BARE,
    NAMESPACES,
    NOT_FOUND,
    REVIEWS,
    RULES,
    WELL_POD,
    Running,
    forbidden,
    listed,
    pod,
    running,
    status,
)
from tests.kit.hostile import Behaviour, answering, in_turn, login_page

GONE = status(
    410, "Expired", "The provided continue parameter is too old to display a consistent list result."
)
PODS = "/api/v1/pods"
RULES_PATH = f"{REVIEWS}/selfsubjectrulesreviews"
ACCESS_PATH = f"{REVIEWS}/selfsubjectaccessreviews"
HALF = "/api/v1/namespaces/web/pods"


def nothing(**more: object) -> Behaviour:
    """The rules of a credential without any right."""
    return answering({"status": {"resourceRules": [], **more}}, 201)


def page(name: str, go_on: str = "") -> Behaviour:
    return answering(listed(pod(name), **({"continue": go_on} if go_on else {})))


async def names(kube: Running, namespace: str = "") -> list[str]:
    found = await kube.client.listed(kinds.PODS, itself, namespace=namespace)
    return [each.metadata.name for each in found.items]


def queries(kube: Running) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(seen.target).query) for seen in kube.server.seen]


async def test_a_list_is_read_page_by_page() -> None:
    async with running() as kube:
        kube.answers({PODS: in_turn(page("a", "t1"), page("b", "t2"), page("c"))})
        assert await names(kube) == ["a", "b", "c"]
    assert [query.get("continue") for query in queries(kube)] == [None, ["t1"], ["t2"]]
    assert {query["limit"][0] for query in queries(kube)} == {"500"}


async def test_a_list_that_expired_is_begun_again_once() -> None:
    async with running() as kube:
        kube.answers({PODS: in_turn(page("a", "t1"), GONE, page("x", "t2"), page("y"))})
        found = await kube.client.listed(kinds.PODS, itself)
    assert [each.metadata.name for each in found.items] == ["x", "y"]
    assert found.cut == ()


async def test_a_list_that_expires_twice_is_kept_as_far_as_it_came() -> None:
    async with running() as kube:
        kube.answers({PODS: in_turn(page("a", "t1"), GONE, page("x", "t2"), GONE)})
        reading = await Inventory(kube.client).pods()
    assert [each.name for each in reading.value] == ["x"]
    assert reading.completeness == "partial"
    assert reading.detail.startswith("only the first 1 pods came: HTTP 410")


async def test_a_page_that_fails_leaves_those_before_it() -> None:
    async with running() as kube:
        kube.answers({PODS: in_turn(page("a", "t1"), answering("no", 400, "text/plain"))})
        reading = await Inventory(kube.client).pods()
    assert ([each.name for each in reading.value], reading.completeness) == (["a"], "partial")


async def test_a_server_that_never_ends_its_list_is_left() -> None:
    async with running() as kube:
        kube.answers({PODS: page("a", "same")})
        reading = await Inventory(kube.client).pods()
    assert len(kube.server.seen) == 2
    assert reading.completeness == "partial"
    assert "there are more" in reading.detail


async def test_more_than_is_kept_is_counted() -> None:
    async with running() as kube:
        kube.answers({PODS: answering(listed(*[BARE] * 6_000, **{"continue": "t"}))})
        reading = await Inventory(kube.client).pods()
    assert len(reading.value) == 10_000
    assert (reading.completeness, len(kube.server.seen)) == ("partial", 2)
    assert reading.detail == "the first 10,000 pods were kept, there are more"


@pytest.mark.parametrize("nothing_there", [[], None])
async def test_an_empty_list_that_may_be_read_is_empty(nothing_there: object) -> None:
    async with running() as kube:
        kube.answers({PODS: answering({"items": nothing_there})})
        reading = await Inventory(kube.client).pods()
        await Inventory(kube.client).pods()
    assert (reading.value, reading.completeness) == ((), "empty")
    assert [seen.path for seen in kube.server.seen].count(ACCESS_PATH) == 1
    asked = json.loads(next(seen.body for seen in kube.server.seen if seen.path == ACCESS_PATH))
    assert asked["spec"] == {"resourceAttributes": {"verb": "list", "resource": "pods"}}


async def test_an_empty_list_without_the_right_is_denied() -> None:
    async with running() as kube:
        kube.answers({PODS: answering(listed()), ACCESS_PATH: answering({"status": {"allowed": False}}, 201)})
        reading = await Inventory(kube.client).pods()
    assert (reading.value, reading.completeness) == ((), "denied")
    assert reading.detail == "the credential may not list pods in all namespaces"


async def test_rights_that_cannot_be_asked_are_said() -> None:
    async with running() as kube:
        kube.answers({PODS: answering(listed()), ACCESS_PATH: NOT_FOUND})
        reading = await Inventory(kube.client).pods()
    assert reading.completeness == "empty"
    assert (
        "whether the credential may list pods in all namespaces could not be asked: HTTP 404"
        in reading.detail
    )


async def test_an_answer_that_is_no_list_is_not_an_empty_one() -> None:
    async with running() as kube:
        kube.answers({PODS: answering({"kind": "Pod", "metadata": {"name": "x"}})})
        with pytest.raises(Malformed, match="items"):
            await names(kube)


async def test_an_entry_that_cannot_be_read_does_not_hide_the_others() -> None:
    async with running() as kube:
        kube.answers({PODS: answering(listed({"metadata": {"name": "../../secrets"}}, 3, WELL_POD))})
        reading = await Inventory(kube.client).pods()
    assert [each.id for each in reading.value] == ["web/wiki-db-0"]
    assert reading.completeness == "partial"
    assert reading.detail.startswith("2 of 3 entries could not be read")


async def test_without_the_right_to_all_namespaces_those_that_are_allowed_are_read() -> None:
    allowed, refused = answering({"status": RULES}, 201), nothing()
    async with running() as kube:
        # the rules are asked for home and web, in this order
        kube.answers({PODS: forbidden("pods"), RULES_PATH: in_turn(refused, allowed), HALF: page("a")})
        reading = await Inventory(kube.client).pods()
    assert [each.id for each in reading.value] == ["web/a"]
    assert reading.completeness == "partial"
    assert reading.detail == "the credential may not list pods in home"


async def test_where_no_namespace_may_be_read_the_right_is_named() -> None:
    async with running() as kube:
        kube.answers({PODS: forbidden("pods"), RULES_PATH: nothing()})
        with pytest.raises(Denied, match=r"may not list pods in all namespaces \(HTTP 403"):
            await names(kube)


async def test_where_namespaces_cannot_be_listed_the_setting_is_named() -> None:
    async with running() as kube:
        kube.answers({PODS: forbidden("pods"), "/api/v1/namespaces": forbidden("namespaces")})
        with pytest.raises(Denied, match="name them in KUBERNETES_NAMESPACES"):
            await names(kube)


async def test_nodes_that_may_not_be_read_are_not_looked_for_in_namespaces() -> None:
    async with running() as kube:
        kube.answers({"/api/v1/nodes": forbidden("nodes")})
        with pytest.raises(Denied, match=r"may not list nodes \(HTTP 403"):
            await Inventory(kube.client).nodes()
    assert kube.server.paths == ["/api/v1/nodes"]


async def test_configured_namespaces_are_read_one_by_one() -> None:
    async with running(namespaces="web,home") as kube:
        kube.answers({HALF: page("a"), "/api/v1/namespaces/home/pods": page("b")})
        assert await names(kube) == ["a", "b"]
        with pytest.raises(
            CallError, match="namespace 'other' is not read: KUBERNETES_NAMESPACES is web, home"
        ):
            await names(kube, "other")


async def test_a_configured_namespace_without_rights_is_named() -> None:
    async with running(namespaces="web,home") as kube:
        kube.answers({HALF: page("a"), "/api/v1/namespaces/home/pods": forbidden("pods")})
        reading = await Inventory(kube.client).pods()
    assert reading.completeness == "partial"
    assert reading.detail == "the credential may not list pods in home"


async def test_a_configured_namespace_that_fails_is_said() -> None:
    async with running(namespaces="web,home") as kube:
        kube.answers({HALF: page("a"), "/api/v1/namespaces/home/pods": answering("no", 500, "text/plain")})
        reading = await Inventory(kube.client).pods()
    assert reading.completeness == "partial"
    assert "namespace home could not be read: HTTP 500" in reading.detail


async def test_a_namespace_that_is_not_there_is_said() -> None:
    async with running() as kube:
        kube.answers({"/api/v1/namespaces/wbe/pods": answering(listed())})
        reading = await Inventory(kube.client).pods("wbe")
    assert (reading.completeness, reading.detail) == ("empty", "there is no namespace 'wbe'")


async def test_a_right_to_some_objects_alone_is_no_right_to_list() -> None:
    rule = {"verbs": ["list"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["one"]}
    async with running() as kube:
        kube.answers({HALF: answering(listed()), RULES_PATH: nothing(resourceRules=[rule])})
        reading = await Inventory(kube.client).pods("web")
    assert (reading.completeness, reading.detail) == (
        "denied",
        "the credential may not list pods in namespace web",
    )


@pytest.mark.parametrize(
    "rule",
    [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
        {"verbs": ["get", "list"], "apiGroups": ["", "apps"], "resources": ["pods"]},
    ],
)
async def test_a_right_is_a_right_however_it_is_written(rule: object) -> None:
    async with running() as kube:
        kube.answers({HALF: answering(listed()), RULES_PATH: nothing(resourceRules=[rule])})
        assert (await Inventory(kube.client).pods("web")).completeness == "empty"


async def test_a_list_of_rights_that_is_not_whole_is_asked_about_again() -> None:
    async with running() as kube:
        kube.answers({HALF: answering(listed()), RULES_PATH: nothing(incomplete=True)})
        assert (await Inventory(kube.client).pods("web")).completeness == "empty"
    assert ACCESS_PATH in kube.server.paths


async def test_a_part_that_fails_leaves_the_rest_of_the_inventory() -> None:
    broken = answering("no", 500, "text/plain")
    async with running() as kube:
        kube.answers({"/api/v1/nodes": broken, "/apis/batch/v1/cronjobs": NOT_FOUND})
        kube.answers(
            {
                "/api/v1/nodes": forbidden("nodes"),
                "/apis/batch/v1/cronjobs": NOT_FOUND,
                "/apis/apps/v1/daemonsets": broken,
            }
        )
        reading = await Inventory(kube.client).inventory()
    assert {each.kind for each in reading.value} == {"pod", "workload", "volume"}
    assert reading.completeness == "partial"
    for why in (
        "GET /apis/batch/v1/cronjobs: this API server does not have it",
        "GET /apis/apps/v1/daemonsets: HTTP 500",
        "the credential may not list nodes",
    ):
        assert why in reading.detail


async def test_a_cluster_in_trouble_is_asked_once() -> None:
    async with running() as kube:
        kube.server.behaviour = answering("no", 500, "text/plain")
        for ask in (Inventory(kube.client).inventory, Inventory(kube.client).workloads):
            with pytest.raises(Unreachable):
                await ask()
    assert len(kube.server.seen) == 2


async def test_a_missing_object_and_an_impossible_name_are_told_apart() -> None:
    async with running() as kube:
        with pytest.raises(Missing):
            await kube.client.one(kinds.PODS, "web", "gone")
        with pytest.raises(CallError, match="cannot be part of a path"):
            await kube.client.one(kinds.PODS, "..", "x")


async def test_a_login_page_is_no_log() -> None:
    async with running() as kube:
        kube.answers({f"{HALF}/a/log": login_page()})
        with pytest.raises(Exception, match="login page"):
            await kube.client.log("web", "a")


async def test_all_namespaces_are_known_by_name() -> None:
    async with running() as kube:
        known = await kube.client.known_namespaces()
    assert list(known) == [each["metadata"]["name"] for each in NAMESPACES]
