from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.integrations.docker.config import Config
from sre_assistant.runtime.settings import System, load
from tests.kit.certificates import authority


def certificates(folder: Path, *names: str) -> Path:
    for name in names:
        if name == "ca":
            authority(folder).rename(folder / "ca.pem")
        else:
            (folder / f"{name}.pem").write_text(f"-----{name}-----\n", encoding="ascii")
    return folder


def docker(environment: dict[str, str]) -> Config:
    found: list[System] = [*load({"HOME": "/nonexistent", **environment}).systems]
    (config,) = (system.config for system in found)
    assert isinstance(config, Config)
    return config


@pytest.mark.parametrize(
    ("written", "url", "socket", "address"),
    [
        (
            "unix:///var/run/docker.sock",
            "http://docker",
            "/var/run/docker.sock",
            "unix:///var/run/docker.sock",
        ),
        ("tcp://media.lan:2375", "http://media.lan:2375", "", "http://media.lan:2375"),
        ("tcp://media.lan", "http://media.lan:2375", "", "http://media.lan:2375"),
        ("tcp://:2375", "http://127.0.0.1:2375", "", "http://127.0.0.1:2375"),
        ("tcp://[2001:db8::7]", "http://[2001:db8::7]:2375", "", "http://[2001:db8::7]:2375"),
        ("tcp://media.lan:8080/docker/", "http://media.lan:8080/docker", "", "http://media.lan:8080/docker"),
        ("http://media.lan:2375", "http://media.lan:2375", "", "http://media.lan:2375"),
        ("https://media.lan", "https://media.lan", "", "https://media.lan"),
    ],
)
def test_an_address_is_read_as_docker_writes_it(written: str, url: str, socket: str, address: str) -> None:
    config = Config(url=written)
    assert (config.url, config.socket, config.address) == (url, socket, address)
    assert config.encrypted == url.startswith("https")
    again = replace(config, timeout=3.0)
    assert (again.url, again.socket, again.address, again.timeout) == (url, socket, address, 3.0)


def test_a_socket_can_be_named_alone() -> None:
    config = Config(socket="/run/user/1000/docker.sock")
    assert config.address == "unix:///run/user/1000/docker.sock"
    assert config.url == "http://docker"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "ssh://ann@media.lan"}, r"begins with ssh://\. Forward the socket \(ssh -nNT -L"),
        ({"url": "npipe:////./pipe/docker_engine"}, "begins with npipe://"),
        ({"url": "fd://"}, "begins with fd://"),
        ({"url": ""}, "is empty. Write e.g. unix://"),
        ({"url": "/var/run/docker.sock"}, "Write it like unix:///var/run/docker.sock"),
        ({"url": "unix://"}, "Write it like unix:///"),
        ({"url": "unix://docker.sock"}, "names the socket 'docker.sock'. Give an absolute path"),
        ({"url": f"unix:///{'x' * 107}"}, "at most 107 bytes"),
        ({"socket": "docker.sock"}, "DOCKER_SOCKET names the socket 'docker.sock'"),
        ({"socket": "/a.sock", "url": "tcp://media.lan"}, "DOCKER_SOCKET and DOCKER_URL are both set"),
        ({"url": "tcp://media.lan:x"}, "is 'http://media.lan:x'"),
        ({"url": "tcp://ann:hunter2@media.lan"}, "carries a user name or a password"),
        ({"url": "tcp://media.lan", "cert_path": Path("/nonexistent")}, "DOCKER_CERT_PATH is '/nonexistent'"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_remedy(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        Config(**settings)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("written", ["tcp://media.lan", "tcp://media.lan:2376", "http://media.lan:2376"])
def test_certificates_turn_tcp_into_tls(tmp_path: Path, written: str) -> None:
    config = Config(url=written, cert_path=certificates(tmp_path, "ca", "cert", "key"))
    assert config.url == "https://media.lan:2376"
    assert config.ca_cert == tmp_path / "ca.pem"
    assert config.identity is not None
    assert config.identity.certificate.reveal() == "-----cert-----\n"
    assert config.identity.key.reveal() == "-----key-----\n"
    assert "-----key" not in repr(config)


def test_an_authority_alone_is_no_identity(tmp_path: Path) -> None:
    config = Config(url="tcp://media.lan", cert_path=certificates(tmp_path, "ca"))
    assert config.encrypted
    assert config.identity is None


def test_an_authority_that_was_named_is_kept(tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    config = Config(url="tcp://media.lan", cert_path=certificates(tmp_path, "ca"), ca_cert=other)
    assert config.ca_cert == other


@pytest.mark.parametrize("there", [("cert",), ("ca", "key"), ()])
def test_half_an_identity_is_refused(tmp_path: Path, there: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=r"cert\.pem together with key.pem"):
        Config(url="tcp://media.lan", cert_path=certificates(tmp_path, *there))


def test_a_key_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    config = Config(url="tcp://media.lan", cert_path=certificates(tmp_path, "cert", "key"))
    (tmp_path / "key.pem").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"DOCKER_CERT_PATH holds key\.pem, which cannot be read"):
        _ = config.identity


def test_tls_can_be_asked_for_without_a_folder() -> None:
    assert Config(url="tcp://media.lan", tls_verify=True).url == "https://media.lan:2376"


def test_the_names_of_dockers_own_client_are_settings(tmp_path: Path) -> None:
    folder = certificates(tmp_path, "ca", "cert", "key")
    config = docker(
        {"DOCKER_HOST": "tcp://media.lan", "DOCKER_CERT_PATH": str(folder), "DOCKER_TLS_VERIFY": "1"}
    )
    assert (config.url, config.tls_verify) == ("https://media.lan:2376", True)
    assert not config.allow_changes


def test_names_that_belong_to_other_programs_are_left_alone() -> None:
    others = {
        "DOCKER_CONTEXT": "x",
        "DOCKER_CONFIG": "x",
        "DOCKER_BUILDKIT": "1",
        "DOCKER_PASSWORD": "x",
        "DOCKER_TLS_CERTDIR": "/certs",
    }
    assert load({"HOME": "/nonexistent", **others}).systems == ()
    assert docker({"DOCKER_HOST": "tcp://media.lan", **others}).url == "http://media.lan:2375"


def test_a_slip_of_the_pen_is_answered_with_the_right_name() -> None:
    with pytest.raises(ConfigError, match="Did you mean DOCKER_ALLOW_CHANGES"):
        load({"HOME": "/nonexistent", "DOCKER_HOST": "tcp://media.lan", "DOCKER_ALLOW_CHANGE": "1"})
