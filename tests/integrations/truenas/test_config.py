from __future__ import annotations

import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.integrations.truenas.config import Config
from sre_assistant.kit.secret import Secret
from sre_assistant.runtime.settings import load

KEY = Secret("1-s3cr3t")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://nas.lan", "https://nas.lan"),
        ("https://nas.lan:8443/", "https://nas.lan:8443"),
        ("wss://nas.lan/api/current", "https://nas.lan"),
        ("wss://nas.lan/api/current/", "https://nas.lan"),
        ("https://nas.lan/api/v2.0/", "https://nas.lan"),
        ("https://proxy.lan/nas/api/v2.0", "https://proxy.lan/nas"),
        ("ws://127.0.0.1:6000/api/current", "http://127.0.0.1:6000"),
    ],
)
def test_the_address_of_either_api_is_understood(written: str, meant: str) -> None:
    assert Config(url=written, api_key=KEY).url == meant


@pytest.mark.parametrize("host", ["127.0.0.1:80", "localhost", "[::1]:6000", "127.9.9.9"])
def test_a_key_may_travel_plain_on_this_machine(host: str) -> None:
    assert Config(url=f"http://{host}", api_key=KEY).headers() == {"Authorization": "Bearer 1-s3cr3t"}


@pytest.mark.parametrize("url", ["http://nas.lan", "ws://192.0.2.5/api/current", "http://127.0.0.1.example"])
def test_a_key_does_not_travel_plain_elsewhere(url: str) -> None:
    with pytest.raises(
        ConfigError, match=r"^TRUENAS_URL is .*unencrypted, and TrueNAS revokes such a key\. Write https://"
    ):
        Config(url=url, api_key=KEY)


def test_without_a_key_a_plain_address_is_no_mistake() -> None:
    config = Config(url="http://nas.lan")
    assert (config.headers(), config.rpc_login) == ({}, None)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"api": "soap"}, "TRUENAS_API is 'soap'"),
        ({"api_key": Secret("1-a\nb")}, "TRUENAS_API_KEY holds white space"),
        ({"timeout": 0}, "TRUENAS_TIMEOUT is 0"),
    ],
)
def test_what_cannot_be_used_is_named(settings: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Config(url="https://nas.lan", **settings)  # type: ignore[arg-type]


def test_user_and_password_in_the_address_are_pointed_to_the_key() -> None:
    with pytest.raises(ConfigError, match="Write them to TRUENAS_API_KEY"):
        Config(url="https://root:pw@nas.lan")


def test_the_settings_of_the_environment_are_these() -> None:
    given = {"TRUENAS_URL": "https://nas.lan", "TRUENAS_API_KEY": "1-s3cr3t", "TRUENAS_API": "rest"}
    [system] = load({**given, "TRUENAS_VERIFY_SSL": "false", "HOME": "/nonexistent"}).systems
    assert isinstance(system.config, Config)
    assert (system.kind, system.config.api, system.config.verify_ssl) == ("truenas", "rest", False)
    assert "1-s3cr3t" not in repr(system)


def test_the_login_carries_the_key_and_does_not_show_it() -> None:
    login = Config(url="https://nas.lan", api_key=KEY).rpc_login
    assert login
    assert (login.method, login.params) == ("auth.login_with_api_key", ("1-s3cr3t",))
    assert "1-s3cr3t" not in repr(login)
    assert login.refusal(b'{"result":true}') == ""
    assert "revoked" in login.refusal(b'{"result":false}')
    assert "revoked" in login.refusal(b'{"result":{"response_type":"SUCCESS"}}')
    assert login.refusal(
        b'{"error":{"code":-32001,"message":"m","data":{"error":16,"reason":"Rate limit"}}}'
    ) == ("the login failed: Rate limit")
    assert "no reply" in login.refusal(b'{"error":3}')


def test_a_lapsed_login_is_known_by_its_error_alone() -> None:
    login = Config(url="https://nas.lan", api_key=KEY).rpc_login
    assert login
    assert login.lapsed(b'{"error":{"code":-32001,"data":{"error":207}}}')
    assert not login.lapsed(b'{"error":{"code":-32001,"data":{"error":13}}}')
    assert not login.lapsed(b'{"result":[{"error":207,"errname":"ENOTAUTHENTICATED"}]}')
    assert not login.lapsed(b'{"error":[207]}')
