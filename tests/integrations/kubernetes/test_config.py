from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from sre_assistant.domain.errors import ConfigError
from sre_assistant.integrations.kubernetes.config import IN_CLUSTER_URL, Config
from sre_assistant.kit.secret import Secret
from sre_assistant.runtime.bundles import recorded_system, restored_system
from sre_assistant.runtime.settings import System, load

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"


def data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def document(*, cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None) -> dict[str, Any]:
    """A kubeconfig of one context."""
    server = {"server": "https://kube.lan:6443"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "current-context": "home",
        "clusters": [{"name": "house", "cluster": server if cluster is None else server | cluster}],
        "users": [{"name": "ann", "user": {"token": "t0ken-of-ann"} if user is None else user}],
        "contexts": [{"name": "home", "context": {"cluster": "house", "user": "ann", "namespace": "web"}}],
    }


def written(folder: Path, content: object, name: str = "config") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def test_without_an_address_every_way_in_is_named() -> None:
    with pytest.raises(ConfigError, match="KUBERNETES_URL is not set") as caught:
        Config()
    assert all(
        name in caught.value.remedy
        for name in ("KUBERNETES_TOKEN", "KUBERNETES_KUBECONFIG", "KUBERNETES_IN_CLUSTER")
    )


def test_a_token_is_sent_and_never_shown() -> None:
    config = Config(url="https://kube.lan:6443", token=Secret("t0ken-value"))
    assert config.headers() == config.headers("change") == {"Authorization": "Bearer t0ken-value"}
    assert "t0ken-value" not in repr(config)
    assert "t0ken-value" not in config.quoted("you sent Bearer t0ken-value")


def test_changes_are_sent_with_their_own_token() -> None:
    config = Config(url="https://kube.lan", token=Secret("reading"), change_token=Secret("changing"))
    assert config.headers() == {"Authorization": "Bearer reading"}
    assert config.headers("change") == {"Authorization": "Bearer changing"}
    assert "changing" not in config.quoted("token changing was sent")


@pytest.mark.parametrize("namespaces", ["web,../x", "Web", "a b", "-web", "w" * 64])
def test_a_namespace_that_cannot_be_one_is_refused(namespaces: str) -> None:
    with pytest.raises(ConfigError, match="KUBERNETES_NAMESPACES holds"):
        Config(url="https://kube.lan", namespaces=namespaces)


def test_namespaces_are_read_as_a_list_without_repetition() -> None:
    assert Config(url="https://kube.lan", namespaces=" web, home,web,").spaces == ("web", "home")
    assert Config(url="https://kube.lan").spaces == ()


def test_a_kubeconfig_names_server_authority_and_token(tmp_path: Path) -> None:
    content = document(cluster={"certificate-authority-data": data(PEM)})
    config = Config(kubeconfig=written(tmp_path, content))
    assert (config.url, config.authority, config.ca_cert) == ("https://kube.lan:6443", PEM, None)
    assert config.headers() == {"Authorization": "Bearer t0ken-of-ann"}
    assert config.usual_namespace == "web"
    assert "t0ken-of-ann" not in repr(config)


def test_another_context_can_be_chosen(tmp_path: Path) -> None:
    content = document()
    content["clusters"].append({"name": "other", "cluster": {"server": "https://other.lan"}})
    content["contexts"].append({"name": "away", "context": {"cluster": "other", "user": "ann"}})
    path = written(tmp_path, content)
    assert Config(kubeconfig=path, context="away").url == "https://other.lan"
    with pytest.raises(ConfigError, match="KUBERNETES_CONTEXT is 'gone'") as caught:
        Config(kubeconfig=path, context="gone")
    assert "away, home" in caught.value.remedy


def test_relative_paths_start_from_the_file_that_names_them(tmp_path: Path) -> None:
    for name in ("ca.crt", "pki/ann.crt"):
        written(tmp_path / "kube", PEM, name)
    written(tmp_path / "kube", KEY, "pki/ann.key")
    user = {"client-certificate": "pki/ann.crt", "client-key": "pki/ann.key"}
    path = written(tmp_path / "kube", document(cluster={"certificate-authority": "ca.crt"}, user=user))
    config = Config(kubeconfig=path)
    assert config.ca_cert == tmp_path / "kube" / "ca.crt"
    assert config.identity
    assert (config.identity.certificate.reveal(), config.identity.key.reveal()) == (PEM, KEY)
    assert config.headers() == {}
    assert KEY in config.secrets


def test_certificate_and_key_may_be_inline(tmp_path: Path) -> None:
    user = {"client-certificate-data": data(PEM), "client-key-data": data(KEY)}
    config = Config(kubeconfig=written(tmp_path, document(user=user)))
    assert config.identity
    assert config.identity.key.reveal() == KEY


def test_a_token_file_is_read_again_for_each_call(tmp_path: Path) -> None:
    token = written(tmp_path, "first\n", "token")
    config = Config(kubeconfig=written(tmp_path, document(user={"tokenFile": "token", "token": "stale"})))
    assert config.headers() == {"Authorization": "Bearer first"}
    token.write_text("second\n")
    assert config.headers() == {"Authorization": "Bearer second"}
    assert "second" in config.secrets
    token.unlink()
    assert config.headers() == {}
    assert "No such file" in config.unreadable


def test_a_password_is_sent_as_such(tmp_path: Path) -> None:
    config = Config(kubeconfig=written(tmp_path, document(user={"username": "ann", "password": "pässw0rd"})))
    sent = config.headers()["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == "ann:pässw0rd"
    assert "pässw0rd" in config.secrets


def test_an_unverified_cluster_stays_unverified(tmp_path: Path) -> None:
    path = written(tmp_path, document(cluster={"insecure-skip-tls-verify": True}))
    assert not Config(kubeconfig=path).verify_ssl


@pytest.mark.parametrize(
    ("cluster", "user", "says"),
    [
        (None, {"exec": {"command": "aws"}}, "entered by a program .exec."),
        (None, {"auth-provider": {"name": "gcp"}}, "entered by a program .auth-provider."),
        (None, {"token": "t", "as": "admin"}, "acts as 'admin'"),
        ({"tls-server-name": "kube"}, None, "tls-server-name, which is not supported"),
        ({"proxy-url": "http://proxy.lan"}, None, "proxy-url, which is not supported"),
        ({"certificate-authority": "gone.crt"}, None, "there is no such file"),
        ({"certificate-authority-data": "%%%"}, None, "no base64"),
        (None, {"client-certificate-data": data(PEM)}, "without its key"),
        (
            None,
            {"client-certificate-data": data(PEM), "client-key-data": data("ENCRYPTED PRIVATE KEY")},
            "encrypted client key",
        ),
        ({"server": ""}, None, "has no server for the cluster 'house'"),
        (None, {"token": 7}, "is no kubeconfig"),
    ],
)
def test_what_a_kubeconfig_asks_for_in_vain_is_said(
    tmp_path: Path, cluster: dict[str, Any] | None, user: dict[str, Any] | None, says: str
) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        Config(kubeconfig=written(tmp_path, document(cluster=cluster, user=user)))
    assert caught.value.setting == "KUBERNETES_KUBECONFIG"


def test_a_login_program_is_answered_with_the_account_to_make(tmp_path: Path) -> None:
    path = written(tmp_path, document(user={"exec": {"command": "aws"}}))
    with pytest.raises(ConfigError) as caught:
        Config(kubeconfig=path)
    assert "kubectl create clusterrole sre-assistant --verb=get,list --resource=nodes," in caught.value.remedy
    # which then works, whatever the kubeconfig's user is entered by
    own = Config(kubeconfig=path, token=Secret("own"))
    assert (own.url, own.headers()) == ("https://kube.lan:6443", {"Authorization": "Bearer own"})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("clusters: [", "is no YAML"),
        ("[" * 5_000, "no kubeconfig|no YAML"),
        ("- 1", "is no kubeconfig"),
        ("x: !!python/object/apply:os.system [id]", "is no YAML"),
        ("#" * (1024 * 1024 + 1), "larger than any kubeconfig"),
        ("kind: Config", "has no current context"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_refused(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Config(kubeconfig=written(tmp_path, content))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        Config(kubeconfig=tmp_path / "gone")


def test_several_files_are_merged_and_the_first_to_name_something_wins(tmp_path: Path) -> None:
    first, second = document(user={"token": "first"}), document(user={"token": "second"})
    del first["current-context"]
    second["current-context"] = "away"
    second["clusters"].append({"name": "other", "cluster": {"server": "https://other.lan"}})
    second["contexts"].append({"name": "away", "context": {"cluster": "other", "user": "ann"}})
    paths = os.pathsep.join(
        [str(tmp_path / "gone"), str(written(tmp_path, first, "a")), str(written(tmp_path, second, "b"))]
    )
    config = Config(kubeconfig=Path(paths))
    assert config.url == "https://other.lan"
    assert config.headers() == {"Authorization": "Bearer first"}


def test_a_url_of_another_server_leaves_the_kubeconfig_aside(tmp_path: Path) -> None:
    config = Config(url="https://elsewhere.lan", kubeconfig=written(tmp_path, document()))
    assert config.headers() == {}
    assert "https://kube.lan:6443, another than https://elsewhere.lan" in config.passed_over
    assert Config(url="https://x.lan", kubeconfig=tmp_path / "gone").passed_over


def test_a_configuration_can_be_made_again_with_a_change(tmp_path: Path) -> None:
    user = {"client-certificate-data": data(PEM), "client-key-data": data(KEY)}
    path = written(tmp_path, document(cluster={"certificate-authority-data": data(PEM)}, user=user))
    again = replace(Config(kubeconfig=path), timeout=60.0)
    assert (again.url, again.authority, again.timeout) == ("https://kube.lan:6443", PEM, 60.0)
    assert again.identity


def test_in_a_pod_the_service_account_is_used_and_its_token_read_again(tmp_path: Path) -> None:
    token, authority = written(tmp_path, "first", "token"), written(tmp_path, PEM, "ca.crt")
    config = Config(in_cluster=True, account_dir=tmp_path)
    assert (config.url, config.ca_cert) == (IN_CLUSTER_URL, authority)
    assert config.headers() == {"Authorization": "Bearer first"}
    token.write_text("second")
    assert config.headers() == {"Authorization": "Bearer second"}


def test_outside_a_pod_there_is_no_service_account(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"KUBERNETES_IN_CLUSTER is true, but there is no {tmp_path}/token"):
        Config(in_cluster=True, account_dir=tmp_path)


def test_two_ways_in_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="KUBERNETES_IN_CLUSTER and KUBERNETES_KUBECONFIG are both set"):
        Config(in_cluster=True, kubeconfig=written(tmp_path, document()), account_dir=tmp_path)


@pytest.mark.parametrize("way", ["url", "kubeconfig", "pod"])
def test_a_bundle_restores_every_way_in_without_files_and_secrets(tmp_path: Path, way: str) -> None:
    written(tmp_path, "in-the-pod", "token")
    made = {
        "url": lambda: Config(url="https://kube.lan:6443", token=Secret("t0ken-of-ann")),
        "kubeconfig": lambda: Config(kubeconfig=written(tmp_path, document()), context="home"),
        "pod": lambda: Config(in_cluster=True, account_dir=tmp_path, namespaces="web,home"),
    }[way]()
    recorded = recorded_system(System(name="kube", kind="kubernetes", config=made))
    assert "t0ken-of-ann" not in json.dumps(dict(recorded.settings))
    again = restored_system(recorded).config
    assert isinstance(again, Config)
    assert (again.url, again.spaces) == (made.url, made.spaces)
    assert again.headers() == {}


def test_the_names_of_other_programs_are_known(tmp_path: Path) -> None:
    path = written(tmp_path, document())
    environ = {"KUBECONFIG": str(path), "KUBERNETES_SERVICE_HOST": "192.0.2.1", "HOME": "/nonexistent"}
    environ |= {"KUBERNETES_PORT_443_TCP_PROTO": "tcp", "KUBERNETES_SERVICE_PORT": "443"}
    (system,) = load(environ, folder=tmp_path).systems
    assert isinstance(system.config, Config)
    assert system.config.url == "https://kube.lan:6443"


def test_a_pod_that_configures_nothing_connects_nothing(tmp_path: Path) -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "192.0.2.1", "KUBERNETES_PORT": "tcp://192.0.2.1:443"}
    assert load({**environ, "HOME": "/nonexistent"}, folder=tmp_path).systems == ()
