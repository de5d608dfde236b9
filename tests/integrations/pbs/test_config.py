from __future__ import annotations

from collections.abc import Callable

import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.integrations.pbs.config import Config
from sre_assistant.kit.secret import Secret

URL = "https://pbs.lan:8007"


def config(token: str) -> Config:
    return Config(url=URL, api_token=Secret(token))


@pytest.mark.parametrize("prefix", ["", "PBSAPIToken="])
def test_a_token_is_taken_with_and_without_the_name_of_its_header(prefix: str) -> None:
    made = config(f"{prefix}ann@lan.example@pbs!read:aa-bb")
    assert made.headers() == {"Authorization": "PBSAPIToken=ann@lan.example@pbs!read:aa-bb"}
    assert made.token_id == "ann@lan.example@pbs!read"


@pytest.mark.parametrize(
    "token", ["sre@pbs!read=aa-bb", "PVEAPIToken=sre@pve!ro=aa-bb", "PVEAPIToken=sre@pbs!ro:aa-bb"]
)
def test_a_token_written_as_on_proxmox_ve_is_explained(token: str) -> None:
    with pytest.raises(ConfigError, match="as on Proxmox VE, with '=' before the secret") as caught:
        config(token)
    assert str(caught.value).startswith("PBS_API_TOKEN of 'sre@")
    assert "wants a colon there: USER@REALM!TOKENID:SECRET" in str(caught.value)
    assert "aa-bb" not in str(caught.value)


@pytest.mark.parametrize(
    "token",
    ["aa-bb", "sre!read:aa-bb", "sre@pbs:aa-bb", "ann@pbs!read:", "sre@pbs!read:a b", "sre@pbs!read:ä"],
)
def test_what_is_no_token_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ConfigError, match=r"^PBS_API_TOKEN ") as caught:
        config(token)
    assert token not in str(caught.value)


def test_without_a_token_nothing_says_who_we_are() -> None:
    made = Config(url=URL)
    assert (made.headers(), made.token_id) == ({}, "")


def test_the_secret_is_hidden_alone_too() -> None:
    assert config("sre@pbs!read:aa-bb-cc").quoted("it was aa-bb-cc") == "it was [hidden]"


@pytest.mark.parametrize(("setting", "value"), [("node", ""), ("node", "a/b"), ("default_datastore", "../x")])
def test_a_name_that_is_none_is_refused(setting: str, value: str) -> None:
    settings: dict[str, Callable[[str], Config]] = {
        "node": lambda text: Config(url=URL, node=text),
        "default_datastore": lambda text: Config(url=URL, default_datastore=text),
    }
    with pytest.raises(ConfigError, match=f"^PBS_{setting.upper()} is"):
        settings[setting](value)


def test_a_login_in_the_url_is_sent_to_the_token() -> None:
    with pytest.raises(ConfigError, match="Write them to PBS_API_TOKEN"):
        Config(url="https://ann:secret@pbs.lan:8007")
