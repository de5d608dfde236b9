from __future__ import annotations

from pathlib import Path

import pytest

from sre_assistant.domain.errors import CallError, ConfigError
from sre_assistant.evals.selection import choose, only_place_of
from sre_assistant.sim.scenario import scenario_names

STORY = "name: {name}\ntitle: A quiet night\nstart: 2026-11-15T00:30:00Z\ntags: [{tag}]\n"


def write(path: Path, *, name: str = "quiet", tag: str = "healthy") -> Path:
    path.write_text(STORY.format(name=name, tag=tag))
    return path


def names(*what: str, tags: tuple[str, ...] = ()) -> list[str]:
    return [one.scenario.name for one in choose(what, tags)]


def test_nothing_means_all_that_come_with_the_program() -> None:
    assert len(names()) == len(scenario_names())


def test_names_files_and_folders_can_be_mixed(tmp_path: Path) -> None:
    one = write(tmp_path / "one.yaml", name="one")
    write(tmp_path / "two.yml", name="two")
    (tmp_path / "notes.txt").write_text("no scenario")
    assert names("healthy", str(tmp_path), str(one)) == ["healthy", "one", "two"]


def test_tags_keep_what_carries_one_of_them(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", name="a", tag="backup")
    write(tmp_path / "b.yaml", name="b", tag="busy")
    assert names(str(tmp_path), tags=("busy",)) == ["b"]
    assert names(str(tmp_path), tags=("busy", "backup")) == ["a", "b"]
    with pytest.raises(CallError, match="none of 2 scenarios is tagged 'double'"):
        names(str(tmp_path), tags=("double",))


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("helthy", "Did you mean healthy"),
        ("no/such/folder", "no scenario file and no folder"),
        ("missing.yaml", "no scenario file and no folder"),
    ],
)
def test_what_is_not_there_is_said(what: str, told: str) -> None:
    with pytest.raises(CallError, match=told):
        names(what)


def test_a_folder_without_scenarios_is_no_choice(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="there is no scenario in"):
        names(str(tmp_path))


def test_an_unknown_tag_is_answered_with_the_nearest() -> None:
    with pytest.raises(CallError, match="Did you mean backup"):
        names(tags=("bakcup",))


def test_two_scenarios_of_one_name_cannot_be_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml")
    write(tmp_path / "b.yaml")
    with pytest.raises(CallError, match="are both named 'quiet'"):
        names(str(tmp_path))


def test_a_broken_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yaml", tag="bakcup")
    with pytest.raises(ConfigError, match=r"a\.yaml:4 names an unknown tag.*Did you mean 'backup'"):
        names(str(path))


def test_one_scenario_is_no_folder_of_several(tmp_path: Path) -> None:
    one = write(tmp_path / "a.yaml", name="a")
    assert only_place_of(str(tmp_path)) == str(one)
    write(tmp_path / "b.yaml", name="b")
    with pytest.raises(CallError, match="holds 2 scenarios"):
        only_place_of(str(tmp_path))
