from __future__ import annotations

import base64
import json
import tomllib
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sre_assistant import integrations
from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.integrations.kubernetes import connect
from sre_assistant.integrations.kubernetes.config import Config
from sre_assistant.integrations.kubernetes.grants import GRANT, GRANT_CHANGES
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from tests.integrations.kubernetes.answers import (
    NAMESPACES,
    NOT_FOUND,
    NOW,
    READING,
    REVIEWS,
    RULES,
    WELL,
    running,
)
from tests.kit.hostile import Behaviour, Seen, answering, by_path, hostile

ACCESS = f"{REVIEWS}/selfsubjectaccessreviews"
RULES_PATH = f"{REVIEWS}/selfsubjectrulesreviews"
METRICS = "/apis/metrics.k8s.io/v1beta1"


def found(checkup: Checkup, check: str, level: str = "") -> list[Finding]:
    return [each for each in checkup.findings if each.check == check and level in {"", each.level}]


def only(checkup: Checkup, check: str, level: str = "") -> Finding:
    (finding,) = found(checkup, check, level)
    return finding


def version(text: str, seconds: float = 0) -> Behaviour:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    return answering({"gitVersion": text}, Date=date)


def allowing(*refused: str) -> Behaviour:
    """Access to all but some resources: of one verb (``patch pods``) or one credential (``change:pods``)."""

    async def behave(seen: Seen, writer: Any) -> bool:
        asked = json.loads(seen.body)["spec"]["resourceAttributes"]
        name = "/".join(part for part in (asked["resource"], asked.get("subresource")) if part)
        who = "change" if "changing" in seen.headers.get("authorization", "") else "read"
        allowed = not {name, f"{asked['verb']} {name}", f"{who}:{name}"} & {*refused}
        return await answering({"status": {"allowed": allowed}}, 201)(seen, writer)

    return behave


def holding(*rules: object, **more: object) -> Behaviour:
    status = {**RULES, "resourceRules": [*RULES["resourceRules"], *rules], **more}
    return answering({"status": status}, 201)


def jwt(**claims: object) -> str:
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJSUzI1NiJ9.{middle}.c2lnbmF0dXJl"


async def test_a_cluster_that_can_be_read_passes_every_check() -> None:
    async with running() as kube:
        kube.answers({METRICS: answering({"kind": "APIResourceList"})})
        checkup = await kube.integration.checkup()
    assert checkup.status == "ok"
    assert (checkup.system, checkup.kind, checkup.version) == (
        "kube",
        "kubernetes",
        "Kubernetes v1.31.2+k3s1",
    )
    assert {finding.level for finding in checkup.findings} == {"ok"}
    assert {finding.check for finding in checkup.findings} == {"reachable", "version", "clock", "permission"}
    assert checkup.rights[0] == "get,list,watch: pods, pods/log, events, persistentvolumeclaims, *.apps,batch"


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        ("v1.28.0", "ok", "Kubernetes v1.28.0"),
        ("v1.36.2", "ok", "v1.36.2"),
        ("v1.40.0-gke.1", "ok", "newer than 1.36"),
        ("v1.27.9+k3s1", "warning", "older than 1.28"),
        ("v2.0.0", "ok", "newer than 1.36"),
        ("unknown", "warning", "no version we can read: 'unknown'"),
    ],
)
async def test_the_version_is_judged(text: str, level: str, words: str) -> None:
    async with running() as kube:
        kube.answers({"/version": version(text)})
        finding = only(await kube.integration.checkup(), "version")
    assert finding.level == level
    assert words in finding.text


@pytest.mark.parametrize(("seconds", "level"), [(0, "ok"), (2, "ok"), (30, "warning"), (120, "error")])
async def test_a_clock_that_is_off_is_measured(seconds: int, level: str) -> None:
    async with running() as kube:
        kube.answers({"/version": version("v1.31.0", seconds)})
        assert only(await kube.integration.checkup(), "clock").level == level


async def test_a_server_may_keep_its_time_to_itself() -> None:
    async with running() as kube:
        kube.answers({"/version": answering({"gitVersion": "v1.31.0"})})
        assert found(await kube.integration.checkup(), "clock") == []


async def test_missing_rights_are_named_with_the_lines_that_grant_them() -> None:
    token = jwt(sub="system:serviceaccount:ops:watcher")
    async with running(token=Secret(token)) as kube:
        kube.answers({ACCESS: allowing("nodes", "pods/log", "cronjobs")})
        checkup = await kube.integration.checkup()
    finding = only(checkup, "permission", "error")
    assert finding.text == (
        "the credential may not list nodes; list cronjobs.batch in all namespaces; "
        "get pods/log in all namespaces"
    )
    assert finding.fix == (
        "kubectl create clusterrole sre-assistant-more --verb=get,list "
        "--resource=nodes,cronjobs.batch,pods/log && kubectl create clusterrolebinding sre-assistant-more "
        "--clusterrole=sre-assistant-more --serviceaccount=ops:watcher"
    )
    assert checkup.status == "limited"
    assert token not in repr(checkup)


async def test_in_namespaces_their_own_rules_count() -> None:
    async with running(namespaces="web") as kube:
        kube.answers({RULES_PATH: answering({"status": {"resourceRules": []}}, 201)})
        checkup = await kube.integration.checkup()
    text = only(checkup, "permission", "error").text
    assert "list pods in namespace web" in text
    assert "get pods/log in namespace web" in text
    assert "nodes" not in text  # asked on their own, and allowed
    asked = [json.loads(seen.body)["spec"] for seen in kube.server.seen if seen.path == RULES_PATH]
    assert asked == [{"namespace": "web"}]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"verbs": ["delete"], "apiGroups": [""], "resources": ["pods"]}, "delete pods"),
        ({"verbs": READING, "apiGroups": [""], "resources": ["secrets"]}, "get,list,watch secrets"),
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, "* *.*"),
        ({"verbs": ["get"], "apiGroups": [""], "resources": ["*"]}, "get *"),
        (
            {"verbs": ["patch", "get"], "apiGroups": ["apps"], "resources": ["deployments"]},
            "patch deployments.apps",
        ),
        ({"verbs": ["create"], "apiGroups": [""], "resources": ["pods/exec"]}, "create pods/exec"),
    ],
)
async def test_rights_beyond_reading_are_a_warning(rule: object, says: str) -> None:
    async with running() as kube:
        kube.answers({RULES_PATH: holding(rule)})
        checkup = await kube.integration.checkup()
    finding = only(checkup, "permission", "warning")
    assert finding.text == f"the credential may do more than is needed: {says}"
    assert finding.fix.startswith("kubectl create namespace sre-assistant && ")
    assert checkup.status == "ok"


async def test_a_right_to_every_url_is_a_warning() -> None:
    urls = [{"verbs": ["*"], "nonResourceURLs": ["*"]}]
    async with running() as kube:
        kube.answers({RULES_PATH: holding(nonResourceRules=urls)})
        assert "* on all URLs" in only(await kube.integration.checkup(), "permission", "warning").text


async def test_rights_to_other_groups_of_the_same_name_are_no_secrets() -> None:
    rule = {"verbs": ["get"], "apiGroups": ["external-secrets.io"], "resources": ["secrets"]}
    async with running() as kube:
        kube.answers({RULES_PATH: holding(rule)})
        assert found(await kube.integration.checkup(), "permission", "warning") == []


async def test_a_list_of_rights_that_is_not_whole_is_said() -> None:
    async with running() as kube:
        kube.answers({RULES_PATH: holding(incomplete=True)})
        assert (
            "cannot list all of its rights"
            in only(await kube.integration.checkup(), "permission", "warning").text
        )


CHANGING = (
    {"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"]},
    {"verbs": ["delete"], "apiGroups": [""], "resources": ["pods"]},
)


async def test_the_rights_for_changes_that_were_allowed_are_not_too_many() -> None:
    async with running(allow_changes=True) as kube:
        kube.answers({RULES_PATH: holding(*CHANGING)})
        checkup = await kube.integration.checkup()
    assert found(checkup, "permission", "warning") == []
    assert "what is to be changed may be changed" in [f.text for f in found(checkup, "permission", "ok")]


async def test_with_a_credential_for_changes_the_reading_one_should_not_change() -> None:
    async with running(allow_changes=True, change_token=Secret("changing")) as kube:
        kube.answers({RULES_PATH: holding(*CHANGING)})
        checkup = await kube.integration.checkup()
    assert "patch deployments.apps, delete pods" in only(checkup, "permission", "warning").text


@pytest.mark.parametrize(("namespaces", "level"), [("", "warning"), ("web", "error")])
async def test_a_credential_for_changes_that_may_not_is_said(namespaces: str, level: str) -> None:
    settings = {"allow_changes": True, "token": Secret("reading"), "change_token": Secret("changing")}
    async with running(namespaces=namespaces, **settings) as kube:
        kube.answers({ACCESS: allowing("change:pods", "patch daemonsets"), RULES_PATH: holding()})
        checkup = await kube.integration.checkup()
    (finding,) = (f for f in found(checkup, "permission", level) if "for changes" in f.text)
    place = "namespace web" if namespaces else "all namespaces"
    assert finding.text == (
        f"for changes the credential may not patch daemonsets.apps in {place}; delete pods in {place}"
    )
    assert finding.fix == " && ".join(GRANT_CHANGES)


async def test_rights_that_cannot_be_asked_are_an_error() -> None:
    async with running() as kube:
        kube.answers({ACCESS: answering("no", 403, "text/plain")})
        checkup = await kube.integration.checkup()
    finding = only(checkup, "permission", "error")
    assert finding.text.startswith("its own rights: HTTP 403")
    assert checkup.rights == ()


async def test_a_namespace_that_is_not_there_is_an_error() -> None:
    async with running(namespaces="web,wbe") as kube:
        kube.answers({"/api/v1/namespaces/web": answering(NAMESPACES[1])})
        finding = only(await kube.integration.checkup(), "setting")
    assert (finding.level, finding.text) == ("error", "KUBERNETES_NAMESPACES names what is not there: wbe")
    assert finding.fix == "KUBERNETES_NAMESPACES=web"


@pytest.mark.parametrize(
    ("behaviour", "noted"), [(NOT_FOUND, True), (answering("no", 503, "text/plain"), False)]
)
async def test_a_missing_metrics_server_is_a_note(behaviour: Behaviour, noted: bool) -> None:
    async with running() as kube:
        kube.answers({METRICS: behaviour})
        checkup = await kube.integration.checkup()
    assert [f.level for f in found(checkup, "exporters")] == ["ok"] * noted
    assert checkup.status == "ok"


@pytest.mark.parametrize(
    ("days", "level", "says"),
    [
        (30, "", ""),
        (2, "warning", "its token ends in 2 d, at 2026-03-03 02:14:05Z"),
        (-1, "error", "its token ended at 2026-02-28 02:14:05Z"),
    ],
)
async def test_the_end_of_a_token_is_told_before_it_comes(days: int, level: str, says: str) -> None:
    token = jwt(exp=(NOW + timedelta(days=days)).timestamp())
    async with running(token=Secret(token)) as kube:
        findings = found(await kube.integration.checkup(), "authorised")
    assert [(f.level, f.text) for f in findings] == ([(level, says)] if level else [])
    assert all("create token" in finding.fix for finding in findings)


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.%%%.c", jwt(exp="soon"), jwt(exp=1e300), jwt()])
async def test_a_token_that_says_no_end_has_none(token: str) -> None:
    async with running(token=Secret(token)) as kube:
        assert found(await kube.integration.checkup(), "authorised") == []


async def test_a_token_file_that_is_gone_is_the_reason(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first")
    refused = answering({"kind": "Status", "message": "Unauthorized"}, 401)
    async with hostile(by_path({}, refused)) as server:
        config = Config(url=server.url, in_cluster=True, account_dir=tmp_path)
        token.unlink()
        wire = LiveWire("kube", config, FixedClock(NOW), Random(1))
        checkup = await connect(config, wire, FixedClock(NOW), "kube").checkup()
        await wire.aclose()
    texts = [finding.text for finding in found(checkup, "authorised", "error")]
    assert f"no token is sent: {token} cannot be read: No such file or directory" in texts
    assert checkup.status == "down"


async def test_a_kubeconfig_of_another_cluster_is_said(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(
        "current-context: c\ncontexts: [{name: c, context: {cluster: c}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://other.lan'}}]\n"
    )
    async with running(kubeconfig=path) as kube:
        finding = only(await kube.integration.checkup(), "setting")
    assert finding.level == "warning"
    assert finding.text.startswith(
        "nothing of KUBERNETES_KUBECONFIG is used: its server is https://other.lan"
    )


async def test_every_path_that_is_checked_answers_well() -> None:
    """So that a check that asks for something else cannot pass unseen."""
    async with running() as kube:
        await kube.integration.checkup()
    assert {seen.path for seen in kube.server.seen} <= {*WELL, METRICS}


def test_the_commands_in_the_manifest_are_those_that_are_printed() -> None:
    folder = Path(integrations.__path__[0]) / "kubernetes"
    manifest = tomllib.loads((folder / "manifest.toml").read_text())
    assert tuple(manifest["grant"]) == GRANT
    assert tuple(manifest["grant_changes"]) == GRANT_CHANGES
