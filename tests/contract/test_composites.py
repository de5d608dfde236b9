"""What every folder holds that combines what other systems offer, instead of connecting one."""

from __future__ import annotations

import inspect

import pytest

from sre_assistant.contracts.house import House
from sre_assistant.contracts.tool import Effect
from sre_assistant.kit.clock import FixedClock
from sre_assistant.runtime.discovery import composer
from tests.contract.folders import ALL_FOLDERS, FOLDERS, NOW, Folder

COMPOSITES = [folder for folder in ALL_FOLDERS if folder not in FOLDERS]
pytestmark = pytest.mark.parametrize("folder", COMPOSITES, ids=[folder.kind for folder in COMPOSITES])


def test_the_manifest_says_who_it_is_and_that_it_only_reads(folder: Folder) -> None:
    assert set(folder.manifest) == {"name", "title", "offers", "effects", "api", "least_permission"}
    assert folder.manifest["name"] == folder.kind
    assert folder.manifest["effects"] == ["read"]


def test_the_folder_has_its_files(folder: Folder) -> None:
    assert {file.name for file in folder.path.iterdir()} >= {"__init__.py", "tools.py", "README.md"}


def test_it_has_nothing_to_say_where_nothing_is_connected(folder: Folder) -> None:
    assert composer(folder.kind)(House(()), FixedClock(NOW)) == ()


def test_its_tools_are_typed_described_and_asked_nothing_when_made(folder: Folder) -> None:
    connected = House(tuple(each.unasked() for each in FOLDERS))
    tools = composer(folder.kind)(connected, FixedClock(NOW))
    assert tools
    for tool in tools:
        assert tool.effect is Effect.READ
        assert 20 <= len(tool.says) <= 110
        assert inspect.iscoroutinefunction(tool.call)
        assert all(parameter.says.endswith(".") for parameter in tool.parameters)
