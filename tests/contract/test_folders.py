"""What every integration folder holds."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields, is_dataclass
from importlib.util import find_spec

import pytest

from sre_assistant.contracts.tool import Effect
from sre_assistant.domain.errors import ConfigError
from tests.contract.folders import FOLDERS, Folder

FILES = {"__init__.py", "manifest.toml", "config.py", "client.py", "tools.py", "README.md"}
CONTRACTS = {"metrics", "targets", "rules", "alerts", "logs", "inventory", "changes", "backups", "actuator"}
NEEDED = {"name", "title", "env_prefix", "offers", "effects", "api", "least_permission"}
ALLOWED = NEEDED | {"aliases", "shared", "foreign", "grant", "grant_changes"}
pytestmark = pytest.mark.parametrize("folder", FOLDERS, ids=[folder.kind for folder in FOLDERS])


def test_the_folder_has_its_files(folder: Folder) -> None:
    assert {file.name for file in folder.path.iterdir()} >= FILES


def test_the_manifest_says_who_it_is(folder: Folder) -> None:
    manifest = folder.manifest
    assert set(manifest) >= NEEDED
    assert set(manifest) <= ALLOWED
    assert manifest["name"] == folder.kind
    assert manifest["env_prefix"] == folder.config.prefix
    assert re.fullmatch("[A-Z]+", manifest["env_prefix"])
    assert set(manifest["offers"]) <= CONTRACTS
    assert set(manifest["effects"]) <= {str(effect) for effect in Effect}
    assert manifest["api"]
    assert manifest["least_permission"]


def test_it_offers_what_the_manifest_promises(folder: Folder) -> None:
    integration = folder.unasked("x", **folder.changing)
    assert {name for name in CONTRACTS if getattr(integration, name)} == set(folder.manifest["offers"])
    assert {str(tool.effect) for tool in integration.tools} == set(folder.manifest["effects"])
    assert (integration.name, integration.kind) == ("x", folder.kind)


def test_nothing_that_changes_exists_until_it_is_allowed(folder: Folder) -> None:
    integration = folder.unasked()
    assert integration.actuator is None
    assert {tool.effect for tool in integration.tools} == {Effect.READ}


def test_what_can_be_changed_is_said_in_the_manifest(folder: Folder) -> None:
    changes = "change" in folder.manifest["effects"]
    assert changes == ("allow_changes" in {field.name for field in fields(folder.config)})
    assert changes >= ("actuator" in folder.manifest["offers"])


def test_connecting_asks_nothing(folder: Folder) -> None:
    folder.unasked()


def test_the_folder_lets_out_connect_alone(folder: Folder) -> None:
    package = __import__(f"sre_assistant.integrations.{folder.kind}", fromlist=["__all__"])
    assert package.__all__ == ["connect"]


def test_each_setting_is_described_in_a_sentence(folder: Folder) -> None:
    assert is_dataclass(folder.config)
    docs = {field.name: str(field.metadata.get("doc", "")) for field in fields(folder.config)}
    assert all(doc.endswith(".") and len(doc) < 120 for doc in docs.values()), docs


def test_nothing_but_the_url_is_needed(folder: Folder) -> None:
    config = folder.config(url="http://x.lan")
    assert config.verify_ssl
    with pytest.raises(ConfigError, match=f"^{folder.config.prefix}_URL is 'x.lan:1': the scheme is missing"):
        folder.config(url="x.lan:1")


def test_the_readme_says_what_it_sees_and_changes(folder: Folder) -> None:
    text = (folder.path / "README.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    assert headings[0] == folder.manifest["title"]
    assert {"Sees", "Changes", "Least permission", "Settings", "Limits"} <= set(headings)
    assert f"{folder.config.prefix}_URL" in text


def test_loading_it_loads_nothing_heavy(folder: Folder) -> None:
    heavy = {
        "httpx2",
        "websockets",
        "yaml",
        "httpcore2",
        "fastapi",
        "starlette",
        "uvicorn",
        "numpy",
        "rich",
        "promql_parser",
    }
    code = f"import sys, sre_assistant.integrations.{folder.kind}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(loaded.stdout.split())


def test_it_has_a_simulated_counterpart(folder: Folder) -> None:
    assert find_spec(f"sre_assistant.sim.servers.{folder.kind}")
