from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from sre_assistant.kit import codec
from sre_assistant.runtime import schemas
from sre_assistant.sim.homelab import Homelab
from sre_assistant.workflows.investigate import Selection
from tests.runtime.homelab import connected, nobody


def check(name: str, value: object) -> None:
    jsonschema.Draft202012Validator(schemas.published()[name]).validate(json.loads(codec.encode(value)))


@pytest.mark.parametrize("name", sorted(schemas.published()))
def test_every_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas.published()[name])


async def test_what_is_written_has_the_published_shape(homelab: Homelab, tmp_path: Path) -> None:
    async with connected(homelab, tmp_path) as program:
        found = await program.investigate(Selection(everything=True), emit=nobody)
        check("diagnoses", found.document)
        check("diagnosis", found.diagnoses[0])
        check("answer", await program.ask("how is nas?", emit=nobody))
        check("alerts", await program.alerts(emit=nobody))
        check("checkup", await program.doctor(emit=nobody))


def test_fields_are_described_by_the_sentence_below_them() -> None:
    properties = schemas.published()["diagnosis"]["$defs"]["Evidence"]["properties"]
    assert "readable units" in properties["statement"]["description"]


def test_every_field_of_an_output_is_required() -> None:
    definition = schemas.published()["diagnosis"]["$defs"]["Diagnosis"]
    assert set(definition["required"]) == set(definition["properties"])


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("prometheus: {url: 'http://a.lan'}\nport: 1\n", True),
        ("prometheus: [{name: a, url: 'http://a.lan'}, {name: b, url: 'http://b.lan'}]\n", True),
        ("allowed_hosts: [a.lan]\ntoken_file: /run/secrets/t\n", True),
        ("prometheus: {uri: 'http://a.lan'}\n", False),
        ("promethus: {}\n", False),
        ("log_level: loud\n", False),
    ],
)
def test_the_schema_of_the_config_file_tells_good_from_bad(text: str, valid: bool) -> None:
    validator = jsonschema.Draft202012Validator(schemas.config_schema())
    assert validator.is_valid(yaml.safe_load(text)) is valid


def test_schemas_are_written_the_same_every_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        schemas.write(tmp_path / name, schemas.published())
    first = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert "diagnosis.json" in first
