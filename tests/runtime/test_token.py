from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.runtime.files import create_private, write_private
from sre_assistant.runtime.token import ensure_token, read_token, token_path, usable_token


def test_a_token_is_made_once_and_read_ever_after(tmp_path: Path) -> None:
    first = ensure_token(tmp_path)
    assert len(first) >= 40
    assert ensure_token(tmp_path) == first


def test_two_installations_have_different_tokens(tmp_path: Path) -> None:
    assert ensure_token(tmp_path / "a") != ensure_token(tmp_path / "b")


def test_the_token_and_its_folder_are_the_owners_alone(tmp_path: Path) -> None:
    ensure_token(tmp_path / "state")
    path = token_path(tmp_path / "state")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_processes_that_start_at_once_agree_on_one_token(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: ensure_token(tmp_path), range(16)))
    assert len(found) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["api-token"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666])
def test_a_token_others_can_reach_is_refused_with_the_line_that_mends_it(tmp_path: Path, mode: int) -> None:
    ensure_token(tmp_path)
    path = token_path(tmp_path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
        ensure_token(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"short", b"two words of sufficient length", b"\xff" * 40, b"x" * 5000, b"a\x00" * 20],
)
def test_a_file_without_a_usable_token_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "api-token"
    write_private(path, content)
    with pytest.raises(ConfigError, match="openssl rand"):
        read_token(path)


def test_a_token_is_never_part_of_the_error_about_it() -> None:
    with pytest.raises(ConfigError) as refused:
        usable_token(b"hunter2", "SRE_TOKEN", "the settings")
    assert "hunter2" not in str(refused.value)


def test_a_missing_token_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sre serve"):
        read_token(tmp_path / "api-token")


def test_a_state_folder_that_cannot_be_written_is_the_operators_to_mend(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    with pytest.raises(ConfigError, match="SRE_STATE_DIR"):
        ensure_token(tmp_path / "state" / "inner")


def test_writing_again_replaces_the_whole_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_private(path, b"a long first text")
    write_private(path, b"short")
    assert path.read_bytes() == b"short"
    assert list(tmp_path.iterdir()) == [path]


def test_creating_leaves_a_file_that_is_there_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert create_private(path, b"first")
    assert not create_private(path, b"second")
    assert path.read_bytes() == b"first"
