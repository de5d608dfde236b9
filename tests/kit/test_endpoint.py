from __future__ import annotations

import contextlib
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.endpoint import HttpEndpoint
from sre_assistant.kit.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Prom(HttpEndpoint):
    prefix: ClassVar[str] = "PROMETHEUS"


@pytest.mark.parametrize(
    ("given_url", "url"),
    [
        ("http://prom.lan:9090", "http://prom.lan:9090"),
        ("http://prom.lan:9090/", "http://prom.lan:9090"),
        (" https://lab.example/prometheus/ ", "https://lab.example/prometheus"),
        ("http://[::1]:9090", "http://[::1]:9090"),
        ("HTTP://Prom.lan", "http://Prom.lan"),
    ],
)
def test_urls_are_kept_without_a_trailing_slash(given_url: str, url: str) -> None:
    assert Prom(url=given_url).url == url


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "prom.lan:9090",
            "PROMETHEUS_URL is 'prom.lan:9090': the scheme is missing. Write http://prom.lan:9090",
        ),
        ("", "PROMETHEUS_URL is '': the scheme is missing"),
        ("ftp://prom.lan", "'ftp' is not http or https"),
        ("http://", "no usable host"),
        ("http://prom.lan:99999", "Port out of range"),
        ("http://prom.lan:abc", "Port could not be cast"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("http://pr om.lan", "no usable host"),
        ("http://prom.lan\x00", "no usable host"),
        ("http://prom.lan/?x=1", "a query or fragment"),
        ("http://prom.lan/#x", "a query or fragment"),
        ("http://prom.lan/a/%2e%2e/b", "its path goes up"),
    ],
)
def test_a_bad_url_names_its_setting_and_the_remedy(url: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Prom(url=url)
    assert message in str(caught.value)
    assert caught.value.setting == "PROMETHEUS_URL"
    assert caught.value.remedy


def test_credentials_in_the_url_are_moved_out_of_it() -> None:
    endpoint = Prom(url="http://ann:p%40ss@prom.lan:9090/x")
    assert endpoint.url == "http://prom.lan:9090/x"
    assert endpoint.username == "ann"
    assert endpoint.password == Secret("p@ss")
    assert "p@ss" not in repr(endpoint)
    assert "p%40ss" not in repr(endpoint)


def test_a_bad_url_does_not_show_its_password() -> None:
    with pytest.raises(ConfigError) as caught:
        Prom(url="http://ann:hunter2@prom.lan:99999")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "setting"),
    [
        ({"url": "http://a:b@c", "username": "d"}, "PROMETHEUS_URL"),
        ({"url": "http://c", "username": "d", "bearer_token": Secret("t")}, "PROMETHEUS_BEARER_TOKEN"),
        ({"url": "http://c", "bearer_token": Secret("a\r\nX-Evil: 1")}, "PROMETHEUS_BEARER_TOKEN"),
        ({"url": "http://c", "bearer_token": Secret("tökn")}, "PROMETHEUS_BEARER_TOKEN"),
        ({"url": "http://c", "tenant": "a\nb"}, "PROMETHEUS_TENANT"),
        ({"url": "http://c", "username": "a:b"}, "PROMETHEUS_USERNAME"),
        ({"url": "http://c", "timeout": 0.0}, "PROMETHEUS_TIMEOUT"),
        ({"url": "http://c", "timeout": float("nan")}, "PROMETHEUS_TIMEOUT"),
        ({"url": "http://c", "max_body": 0}, "PROMETHEUS_MAX_BODY"),
    ],
)
def test_settings_that_cannot_work_are_named(settings: dict[str, Any], setting: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Prom(**settings)
    assert caught.value.setting == setting


def test_every_field_has_a_sentence_for_the_reference() -> None:
    docs = {field.name: field.metadata.get("doc", "") for field in fields(Prom)}
    assert all(doc.endswith(".") for doc in docs.values()), docs


def test_without_a_prefix_the_setting_is_the_field() -> None:
    assert HttpEndpoint(url="http://c").setting("ca_cert") == "CA_CERT"


@pytest.mark.parametrize(
    "endpoint",
    [
        Prom(url="http://c", bearer_token=Secret("opaque token")),
        Prom(url="http://c", username="ann", password=Secret("opaque token")),
    ],
)
def test_what_the_system_says_is_shown_without_our_credential(endpoint: HttpEndpoint) -> None:
    basic = endpoint.headers()["Authorization"].partition(" ")[2]
    shown = endpoint.quoted(f"you sent opaque token as {basic}\x1b[2J")
    assert "opaque token" not in shown
    assert basic not in shown
    assert "\x1b" not in shown


@given(st.text())
def test_any_text_is_a_url_or_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert Prom(url=text).url.startswith(("http://", "https://"))
