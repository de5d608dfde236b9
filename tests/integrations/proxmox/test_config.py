from __future__ import annotations

import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.integrations.proxmox.config import Config
from sre_assistant.kit.secret import Secret

UUID = "11111111-2222-3333-4444-555555555555"
URL = "https://pve.lan:8006"


@pytest.mark.parametrize(
    "written",
    [
        f"sre@pve!read={UUID}",
        f"PVEAPIToken=sre@pve!read={UUID}",
        f"Authorization: PVEAPIToken=sre@pve!read={UUID}",
        f" sre@pve!read={UUID} ",
    ],
)
def test_a_token_is_taken_with_or_without_its_scheme(written: str) -> None:
    config = Config(url=URL, api_token=Secret(written))
    assert config.headers() == {"Authorization": f"PVEAPIToken=sre@pve!read={UUID}"}
    assert config.who() == "sre@pve!read"


@pytest.mark.parametrize(
    "wrong", [UUID, f"sre!read={UUID}", f"sre@pve={UUID}", "sre@pve!read", f"a@b!c d={UUID}"]
)
def test_a_malformed_token_shows_the_form_and_not_the_secret(wrong: str) -> None:
    with pytest.raises(
        ConfigError, match=r"PROXMOX_API_TOKEN is no API token.*USER@REALM!TOKENID=UUID"
    ) as caught:
        Config(url=URL, api_token=Secret(wrong))
    assert UUID not in str(caught.value)


def test_changes_go_with_their_own_token_or_with_the_only_one() -> None:
    read, change = Secret(f"sre@pve!read={UUID}"), Secret(f"sre@pve!change={UUID[::-1]}")
    both = Config(url=URL, api_token=read, change_api_token=change)
    assert (both.who("read"), both.who("change")) == ("sre@pve!read", "sre@pve!change")
    assert both.headers("change") != both.headers("read")
    alone = Config(url=URL, api_token=read)
    assert alone.headers("change") == alone.headers("read")
    assert Config(url=URL).headers("change") == {}


def test_no_part_of_a_token_is_quoted() -> None:
    config = Config(url=URL, api_token=Secret(f"sre@pve!read={UUID}"))
    shown = config.quoted(f"sent {UUID}, as sre@pve!read={UUID}, or PVEAPIToken=sre@pve!read={UUID}")
    assert UUID not in shown
    assert UUID not in repr(config)


def test_the_path_of_the_api_is_not_needed_in_the_url() -> None:
    assert Config(url=f"{URL}/api2/json/").url == URL
    assert Config(url="https://lab.example/pve").url == "https://lab.example/pve"


@pytest.mark.parametrize("node", ["../access", "pve 1", "-pve", "pve1\n"])
def test_a_node_must_be_a_name(node: str) -> None:
    with pytest.raises(ConfigError, match="PROXMOX_NODE is"):
        Config(url=URL, node=node)
