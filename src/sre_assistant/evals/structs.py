"""The JSON schema of a typed YAML file: what may be written, and what each field means.

``msgspec.json.schema`` cannot tell the defaults of quantities such as ``40GiB/h``, and describes what is
decoded where a person writes.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

import msgspec

from sre_assistant.runtime.schemas import Document, field_notes

_PLAIN: Final[dict[type, Document]] = {
    msgspec.inspect.AnyType: {},
    msgspec.inspect.NoneType: {"type": "null"},
    msgspec.inspect.BoolType: {"type": "boolean"},
    msgspec.inspect.IntType: {"type": "integer"},
    msgspec.inspect.FloatType: {"type": "number"},
    msgspec.inspect.StrType: {"type": "string"},
    msgspec.inspect.DateTimeType: {"type": "string", "format": "date-time"},
}
_SIMPLE: Final = (str, int, float, bool)


def file_schema(kind: type) -> Document:
    """The schema of a file that holds one struct of this kind, with those it is made of in ``$defs``."""
    definitions: dict[type, Document] = {}
    schema = _of(msgspec.inspect.type_info(kind), definitions)
    named = {one.__name__: definition for one, definition in definitions.items()}
    if len(named) < len(definitions):
        raise TypeError(f"of the structs in {kind.__name__} two have the same name")
    return {**schema, "$defs": dict(sorted(named.items()))}


def _of(info: Any, definitions: dict[type, Document]) -> Document:
    """The schema of one type; structs are put among the definitions."""
    match info:
        case msgspec.inspect.StructType():
            return _struct(info, definitions)
        case msgspec.inspect.UnionType(types=types):
            return {"anyOf": [_of(one, definitions) for one in types]}
        case msgspec.inspect.LiteralType(values=values):
            return {"enum": list(values)}
        case msgspec.inspect.DictType(value_type=value):
            return {"type": "object", "additionalProperties": _of(value, definitions)}
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            return {"type": "array", "items": _of(item, definitions)}
        case msgspec.inspect.Metadata(type=inner):
            return _of(inner, definitions)
        case msgspec.inspect.CustomType(cls=cls):
            return {"type": ["string", "number"], "description": _text(cls)}
    if type(info) not in _PLAIN:
        raise TypeError(f"no schema is known for {info!r}")
    return dict(_PLAIN[type(info)])


def _struct(info: msgspec.inspect.StructType, definitions: dict[type, Document]) -> Document:
    if info.cls not in definitions:
        definitions[info.cls] = {}  # it may refer to itself
        notes = _notes(info.cls)
        properties: dict[str, Document] = {}
        if info.tag_field is not None:
            properties[info.tag_field] = {"const": info.tag}
        for field in info.fields:
            told = {"description": notes[field.name]} if field.name in notes else {}
            properties[field.encode_name] = {**_of(field.type, definitions), **_default(field), **told}
        required = [field.encode_name for field in info.fields if field.required]
        definitions[info.cls] = {
            "type": "object",
            "description": _text(info.cls),
            "properties": properties,
            "required": sorted([*required, *([info.tag_field] if info.tag_field else [])]),
            "additionalProperties": not info.forbid_unknown_fields,
        }
    return {"$ref": f"#/$defs/{info.cls.__name__}"}


def _notes(kind: type) -> dict[str, str]:
    """The sentences below the fields, its ancestors' included."""
    notes: dict[str, str] = {}
    for one in reversed(_ancestors(kind)):
        notes |= field_notes(one)
    return notes


def _ancestors(kind: type) -> list[type]:
    own = (one for one in kind.__mro__ if issubclass(one, msgspec.Struct) and one is not msgspec.Struct)
    return [one for one in own if one.__module__ != "msgspec"]


def _default(field: msgspec.inspect.Field) -> Document:
    """The default, where it is written as it is held."""
    return {"default": field.default} if type(field.default) in _SIMPLE else {}


def _text(kind: type) -> str:
    return " ".join((inspect.getdoc(kind) or "").replace("``", "`").split())
