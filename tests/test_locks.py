"""The locks: exact versions with hashes, of everything, and nothing about where they come from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
CORE = ROOT / "requirements.lock"
DEV = ROOT / "requirements-dev.lock"
PYTHONS = ("3.11", "3.12", "3.13")
PLATFORMS = ("linux", "darwin")


class Pin(NamedTuple):
    """One package of a lock."""

    version: str
    marker: str
    hashes: tuple[str, ...]


def pins(lock: Path) -> dict[str, Pin]:
    """The packages of a lock by name.

    Every line must be understood: a comment, a pin, or a hash of the pin before it.
    """
    found: dict[str, Pin] = {}
    joined = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in joined.splitlines():
        if line.startswith("#"):
            continue
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        match = re.fullmatch(r"([a-z0-9-]+)==([^\s;]+)(?: ; (.+))?", requirement)
        assert match, f"{lock.name}: {line!r} is no pinned package"
        name, version, marker = match.groups(default="")
        assert name not in found, f"{name} stands twice in {lock.name}"
        found[name] = Pin(version, marker, tuple(hashes))
    return found


def wanted(*, dev: bool) -> list[Requirement]:
    """What pyproject.toml asks for, with what builds the project itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    texts = [*project["project"]["dependencies"], *project["dependency-groups"]["build"]]
    if dev:
        texts += project["project"]["optional-dependencies"]["dev"]
    return [Requirement(text) for text in [*texts, *project["build-system"]["requires"]]]


@pytest.mark.parametrize("lock", [CORE, DEV], ids=lambda lock: lock.name)
def test_each_package_has_an_exact_version_and_hashes(lock: Path) -> None:
    for name, pin in pins(lock).items():
        assert pin.hashes, name
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", text) for text in pin.hashes), name


@pytest.mark.parametrize("lock", [CORE, DEV], ids=lambda lock: lock.name)
def test_no_lock_says_where_packages_come_from(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"--(?!hash=)|@ |/[a-z]", text)


@pytest.mark.parametrize(("lock", "dev"), [(CORE, False), (DEV, True)], ids=["core", "dev"])
def test_the_lock_is_as_the_project_says(lock: Path, *, dev: bool) -> None:
    locked = pins(lock)
    for requirement in wanted(dev=dev):
        pin = locked.get(canonicalize_name(requirement.name))
        assert pin, f"{requirement} is not in {lock.name}: make lock"
        assert requirement.specifier.contains(pin.version), f"{requirement} is {pin.version} in {lock.name}"


def test_the_development_lock_holds_the_core_lock() -> None:
    dev = pins(DEV)
    assert {name: pin for name, pin in pins(CORE).items() if dev.get(name) != pin} == {}


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_what_the_project_asks_for_is_locked_on_each_python(python: str, platform: str) -> None:
    environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": platform}
    direct = {canonicalize_name(requirement.name) for requirement in wanted(dev=True)}
    left_out = {
        name for name, pin in pins(DEV).items() if pin.marker and not Marker(pin.marker).evaluate(environment)
    }
    assert not direct & left_out
