from __future__ import annotations

import asyncio
import gzip
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copy2

import pytest

from sre_assistant.domain.errors import CallError
from sre_assistant.kit import codec
from sre_assistant.runtime import bundles
from sre_assistant.runtime.discovery import config_type
from sre_assistant.runtime.replay import replay
from sre_assistant.runtime.results import Investigation
from sre_assistant.runtime.settings import System
from sre_assistant.sim.homelab import Homelab
from sre_assistant.workflows.investigate import Selection
from tests.runtime.homelab import connected, nobody

TOKEN = "correct-horse-battery-staple"


@pytest.fixture(scope="module")
def original(homelab: Homelab, tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    folder = tmp_path_factory.mktemp("original")

    async def investigation() -> Investigation:
        async with connected(homelab, folder, PROMETHEUS_BEARER_TOKEN=TOKEN) as program:
            return await program.investigate(Selection(everything=True), emit=nobody)

    return asyncio.run(investigation())


@pytest.fixture
def recorded(original: Investigation, tmp_path: Path) -> Investigation:
    """The investigation with a copy of its bundle that a test may change."""
    return replace(original, bundle=Path(copy2(path_of(original), tmp_path)))


def path_of(found: Investigation) -> Path:
    assert found.bundle is not None
    return found.bundle


def content(path: Path) -> dict[str, object]:
    document = json.loads(gzip.decompress(path.read_bytes()))
    assert isinstance(document, dict)
    return document


def rewritten(path: Path, change: Callable[[dict[str, object]], object]) -> Path:
    document = content(path)
    change(document)
    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    return path


async def test_a_replay_comes_to_the_same_bytes_every_time(recorded: Investigation) -> None:
    bundle = bundles.load(path_of(recorded))
    first, second = await replay(bundle), await replay(bundle)
    assert first.same
    assert codec.encode(first.result) == codec.encode(second.result) == codec.encode(recorded.document)


async def test_a_replay_needs_no_system(homelab: Homelab, tmp_path: Path) -> None:
    with Homelab("backup-fills-nas", at="shows") as short_lived:
        async with connected(short_lived, tmp_path) as program:
            alerts = (await program.alerts(emit=nobody)).alerts
            found = await program.investigate(Selection(name=alerts[0].fingerprint), emit=nobody)
    played = await replay(bundles.load(path_of(found)))
    assert codec.encode(played.result) == codec.encode(found.document)


async def test_alerts_handed_in_are_part_of_the_bundle(homelab: Homelab, tmp_path: Path) -> None:
    async with connected(homelab, tmp_path) as program:
        alerts = (await program.alerts(emit=nobody)).alerts
        found = await program.investigate(Selection(alerts=alerts[:1]), emit=nobody)
    assert (await replay(bundles.load(path_of(found)))).same


async def test_a_follow_up_question_is_replayed_with_what_it_followed(
    homelab: Homelab, tmp_path: Path
) -> None:
    path = tmp_path / "question.bundle"
    async with connected(homelab, tmp_path, TZ="Asia/Kathmandu") as program:
        first = await program.ask("how is nas?", emit=nobody)
        second = await program.ask(
            "and memory on the same machine?", emit=nobody, previous=first, session_id="s", keep=path
        )
    played = await replay(bundles.load(path))
    assert played.same
    assert played.result == second


async def test_systems_that_fail_are_replayed_as_failing(tmp_path: Path) -> None:
    with Homelab("healthy") as broken:
        broken.prometheus.fail("500", "/api/v1/rules")
        async with connected(broken, tmp_path) as program:
            found = await program.investigate(Selection(everything=True), emit=nobody)
    assert any(not line.completeness.answered for line in found.diagnoses[0].coverage)
    assert (await replay(bundles.load(path_of(found)))).same


async def test_a_bundle_is_the_owners_alone_and_holds_no_secret(recorded: Investigation) -> None:
    path = path_of(recorded)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert TOKEN not in gzip.decompress(path.read_bytes()).decode()


async def test_the_same_bundle_is_written_as_the_same_bytes(recorded: Investigation, tmp_path: Path) -> None:
    bundle = bundles.load(path_of(recorded))
    for name in ("one", "two"):
        bundles.save(bundle, tmp_path / name)
    assert (
        (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == path_of(recorded).read_bytes()
    )


async def test_a_result_that_came_out_differently_is_told_apart(recorded: Investigation) -> None:
    path = rewritten(path_of(recorded), lambda bundle: bundle.update(result="0" * 64))
    assert not (await replay(bundles.load(path))).same


def test_only_the_newest_bundles_are_kept(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"2026030{number}T000000-r.bundle").write_bytes(b"")
    (tmp_path / "notes.txt").write_bytes(b"")
    bundles.prune(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "20260303T000000-r.bundle",
        "20260304T000000-r.bundle",
        "notes.txt",
    ]


def test_a_kept_bundle_is_found_by_its_bare_name(tmp_path: Path) -> None:
    kept = tmp_path / "bundles" / "demo.bundle"
    kept.parent.mkdir()
    kept.write_bytes(b"")
    assert bundles.located("demo", tmp_path) == kept
    assert bundles.located("./demo", tmp_path) == Path("demo")
    assert bundles.located("../demo", tmp_path) == Path("../demo")


async def test_an_investigation_that_cannot_be_recorded_is_still_told(
    homelab: Homelab, tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("in the way")
    async with connected(homelab, tmp_path, SRE_STATE_DIR=str(tmp_path / "state")) as program:
        found = await program.investigate(Selection(everything=True), emit=nobody)
    assert found.diagnoses
    assert found.bundle is None
    assert "SRE_STATE_DIR" in found.unrecorded


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda b: b.update(schema=2), "it has schema 2"),
        (lambda b: b.update(at="2026-03-01T00:00:00"), "its time has no zone"),
        (lambda b: b.update(systems=b["systems"] * 2), "two of its systems have one name"),
        (
            lambda b: b.update(exchanges=[{**b["exchanges"][0], "status": 0}]),
            "neither an answer nor a known error",
        ),
        (lambda b: b.update(exchanges=[{**b["exchanges"][0], "error": "SystemExit"}]), "nor a known error"),
        (lambda b: b.update(exchanges=[{**b["exchanges"][0], "base64": "%"}]), "neither an answer"),
        (lambda b: b.update(asked={"command": "act"}), "is no bundle"),
        (lambda b: b.update(ids="none"), "is no bundle"),
        (lambda b: b.pop("site"), "is no bundle"),
    ],
)
async def test_a_bundle_that_does_not_hold_together_is_refused(
    recorded: Investigation, change: Callable[[dict[str, object]], object], expected: str
) -> None:
    path = rewritten(path_of(recorded), change)
    with pytest.raises(CallError, match=expected):
        bundles.load(path)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda b: b["systems"][0].update(kind="os"), "unknown here"),
        (lambda b: b["systems"][0].update(kind="../sim"), "unknown here"),
        (
            lambda b: b["systems"][0]["settings"].update(bearer_token="x"),
            "a setting 'bearer_token' it cannot have",
        ),
        (lambda b: b["systems"][0]["settings"].update(url=7), "a setting 'url' it cannot have"),
        (lambda b: b["systems"][0]["settings"].update(url="gopher://x"), "make no sense"),
        (lambda b: b["systems"][0].update(settings={}), "make no sense"),
        (lambda b: b.update(ids=[]), "notes '' where an id"),
        (lambda b: b.update(ids=["x-1"]), "notes 'x-1' where an id"),
        (
            lambda b: b.update(zone="Mars/Olympus", asked={"command": "ask", "question": "how is nas?"}),
            "time zone",
        ),
    ],
)
async def test_a_bundle_that_cannot_be_played_is_the_callers_to_correct(
    recorded: Investigation, change: Callable[[dict[str, object]], object], expected: str
) -> None:
    bundle = bundles.load(rewritten(path_of(recorded), change))
    with pytest.raises(CallError, match=expected):
        await replay(bundle)


async def test_a_request_that_is_missing_from_the_bundle_is_named(recorded: Investigation) -> None:
    bundle = bundles.load(rewritten(path_of(recorded), lambda bundle: bundle.update(exchanges=[])))
    played = await replay(bundle)
    assert not played.same
    assert b"not in the bundle" in codec.encode(played.result)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "cut off"),
        (b"just text", "it is not gzip"),
        (gzip.compress(b"{}")[:-4], "cut off"),
        (gzip.compress(b"{}") + b"more", "something follows"),
        (gzip.compress(b"[]"), "is no bundle"),
        (gzip.compress(b'{"x":' * 200_000), "nested too deeply"),
        (gzip.compress(b"\xff"), "is no bundle"),
    ],
    ids=["empty", "text", "cut off", "trailing", "list", "nested", "not UTF-8"],
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "given.bundle"
    path.write_bytes(data)
    with pytest.raises(CallError, match=expected):
        bundles.load(path)


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.bundle"
    path.write_bytes(gzip.compress(bytes(bundles.MAX_CONTENT + 1), compresslevel=9))
    with pytest.raises(CallError, match="unpacked it is larger"):
        bundles.load(path)


def test_a_file_larger_than_any_bundle_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.bundle"
    with path.open("wb") as file:
        file.truncate(10 * bundles.MAX_CONTENT)
    with pytest.raises(CallError, match="larger than any bundle"):
        bundles.load(path)


def test_a_missing_bundle_is_named(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="nowhere"):
        bundles.load(tmp_path / "nowhere")


def test_every_plain_setting_of_a_system_is_recorded_and_comes_back() -> None:
    kind = config_type("truenas")
    system = System(name="nas", kind="truenas", config=kind(url="https://nas.lan", api="rest", timeout=5))
    recorded = codec.decode(codec.encode(bundles.recorded_system(system)), bundles.RecordedSystem)
    assert recorded.settings["api"] == "rest"
    assert bundles.restored_system(recorded).config == system.config
    wrong = replace(recorded, settings={**recorded.settings, "api": "carrier pigeon"})
    with pytest.raises(CallError, match="a setting 'api' it cannot have"):
        bundles.restored_system(wrong)
