from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from sre_assistant.evals import schemas
from sre_assistant.evals.catalogue import catalogue
from sre_assistant.evals.comparison import compared
from sre_assistant.evals.floors import checked_floors
from sre_assistant.evals.measures import shares
from sre_assistant.evals.report import Evaluation, grouped
from sre_assistant.evals.structs import file_schema
from sre_assistant.kit import codec
from sre_assistant.sim.scenario import load_scenario, scenario_names
from tests.evals.replies import NOW, result

SCENARIOS = resources.files("sre_assistant.sim").joinpath("scenarios")


class AsWritten(yaml.SafeLoader):
    """YAML in which times stay texts, as in JSON."""


AsWritten.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


PUBLISHED = schemas.published()


def validate(name: str, document: Any) -> None:
    jsonschema.Draft202012Validator(PUBLISHED[name]).validate(document)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_every_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(PUBLISHED[name])


def test_a_report_has_the_published_shape() -> None:
    results = (result("a", top1=(1, 1)), result("b", failure="it ended", answered=(0, 1)))
    report = Evaluation(
        version="1.0",
        began_at=NOW,
        seconds=2.0,
        via="api",
        workers=1,
        results=results,
        groups=grouped(results),
        costs=(),
        floors=checked_floors({"top1": 1.0}, shares([one.scores for one in results]), ()),
        against=compared(results, results, began_at=NOW, version="0.9"),
    )
    validate("evaluation", json.loads(codec.encode(report)))


def test_a_list_of_scenarios_has_the_published_shape() -> None:
    listed = catalogue(load_scenario(name) for name in scenario_names()[:3])
    validate("scenarios", json.loads(codec.encode(listed)))


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_fits_the_schema_of_scenario_files(name: str) -> None:
    text = SCENARIOS.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    validate("scenario", yaml.load(text, AsWritten))


@pytest.mark.parametrize(
    "changed",
    [
        {"start": 5},
        {"titel": "misspelt"},
        {"timeline": [{"fault": "no-such-fault", "at": "01:00"}]},
        {"truth": {"causes": [{"cause": "host-gone"}]}},
    ],
)
def test_what_is_no_scenario_does_not_fit(changed: dict[str, object]) -> None:
    document = {"name": "a", "title": "b", "start": "2026-11-15T00:30:00Z"}
    validate("scenario", document)
    with pytest.raises(jsonschema.ValidationError):
        validate("scenario", document | changed)


def test_fields_are_described_by_the_sentence_below_them() -> None:
    definitions = PUBLISHED["scenario"]["$defs"]
    assert "time of day" in definitions["Scenario"]["properties"]["shows"]["description"]


class Leaf(msgspec.Struct):
    """A leaf."""


class Other:
    """Another namespace."""

    class Leaf(msgspec.Struct):
        """Another leaf."""


class Tree(msgspec.Struct):
    """Has leaves."""

    one: Leaf
    other: Other.Leaf


class Odd(msgspec.Struct):
    """Has what no file can hold."""

    raw: bytes


def test_two_structs_of_one_name_are_not_mixed_up() -> None:
    with pytest.raises(TypeError, match="two have the same name"):
        file_schema(Tree)


def test_a_type_without_a_schema_is_refused() -> None:
    with pytest.raises(TypeError, match="no schema is known"):
        file_schema(Odd)
