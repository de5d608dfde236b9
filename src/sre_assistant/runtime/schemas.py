"""The published JSON schemas of the machine formats, and of the config file."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from sre_assistant.domain.answer import Answer
from sre_assistant.domain.diagnosis import Diagnosis
from sre_assistant.kit import codec
from sre_assistant.kit.secret import Secret
from sre_assistant.runtime import discovery
from sre_assistant.runtime.bundles import Bundle
from sre_assistant.runtime.fields import Fields
from sre_assistant.runtime.results import DiagnosisList
from sre_assistant.runtime.settings import own_table, system_table
from sre_assistant.workflows.alerts import AlertList
from sre_assistant.workflows.connected import ConnectedList, Inventory
from sre_assistant.workflows.doctor import CheckupReport

Document: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FORMATS: dict[str, type] = {
    "diagnosis": Diagnosis,
    "diagnoses": DiagnosisList,
    "answer": Answer,
    "alerts": AlertList,
    "checkup": CheckupReport,
    "integrations": ConnectedList,
    "inventory": Inventory,
    "bundle": Bundle,
}


def published() -> dict[str, Document]:
    """Every schema by its name."""
    return {name: described(kind) for name, kind in _FORMATS.items()} | {"config": config_schema()}


def write(folder: Path, documents: Mapping[str, Document]) -> None:
    """Writes each schema to ``NAME.json``; the same program writes the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        (folder / f"{name}.json").write_bytes(codec.encode(document, indent=2) + b"\n")


def described(kind: type) -> Document:
    """The schema of an output format: every field is always there, and says what it is."""
    document = {"$schema": DIALECT, **codec.schema(kind)}
    classes = {one.__name__: one for one in _dataclasses(kind)}
    for name, definition in document["$defs"].items():
        if name not in classes:
            continue
        notes = field_notes(classes[name])
        # A docstring's indentation depends on the Python that read it.
        definition["description"] = inspect.cleandoc(definition["description"])
        definition["required"] = sorted(definition["properties"])
        for key, part in definition["properties"].items():
            part.pop("default", None)
            if key in notes:
                part["description"] = notes[key]
    return document


def field_notes(kind: type) -> dict[str, str]:
    """The sentence below each field of a dataclass, by the field's name."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    notes: dict[str, str] = {}
    last = ""
    for node in body.body if isinstance(body, ast.ClassDef) else ():
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)):
                last = name
            case ast.Expr(value=ast.Constant(value=str(text))) if last:
                notes[last] = " ".join(text.replace("``", "`").split())
            case _:
                last = ""
    return notes


def config_schema() -> Document:
    """The schema of ``config.yaml``."""
    manifests = discovery.manifests()
    own = own_table({})
    properties = _properties(own) | {
        manifest.kind: {
            "description": f"{manifest.title}: one system, or a list of several with names of their own.",
            "oneOf": [_ref(manifest.kind), {"type": "array", "items": _ref(manifest.kind)}],
        }
        for manifest in manifests
    }
    return {
        "$schema": DIALECT,
        "title": "config.yaml of the HomeLab SRE Assistant",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "$defs": {manifest.kind: _system(system_table(manifest)) for manifest in manifests},
    }


def _ref(kind: str) -> Document:
    return {"$ref": f"#/$defs/{kind}"}


def _system(table: Fields) -> Document:
    name = {"type": "string", "description": "What it is called, where there are several."}
    required = [one.name for one in fields(table.kind) if one.default is MISSING]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {"name": name, **_properties(table)},
        "required": required,
    }


def _properties(table: Fields) -> Document:
    docs = {one.name: one.metadata.get("doc", "") for one in fields(table.kind)}
    return {
        key: {**_type_of(table.hints[name]), "description": docs[name]}
        if key == name
        else {"type": "string", "description": f"File that holds `{name}`."}
        for key, name in table.keys.items()
    }


def _type_of(hint: object) -> Document:
    arms = [arm for arm in get_args(hint) if arm is not NoneType]
    if get_origin(hint) is Literal:
        return {"enum": list(get_args(hint))}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": {"type": "string"}}
    plain = {
        str: "string",
        bool: "boolean",
        int: "integer",
        float: "number",
        Path: "string",
        Secret: "string",
    }
    kind = arms[0] if arms else hint
    return {"type": plain[kind]} if isinstance(kind, type) else {}


def _dataclasses(hint: object) -> Iterator[type]:
    """All dataclasses a type is made of, itself included."""
    pending, seen = [hint], set[object]()
    while pending:
        one = pending.pop()
        if one in seen:
            continue
        seen.add(one)
        pending.extend(get_args(one))
        if isinstance(one, type) and is_dataclass(one):
            pending.extend(get_type_hints(one).values())
            yield one
