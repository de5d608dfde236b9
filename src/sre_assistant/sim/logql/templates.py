"""Runs Go text templates over the labels of a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sre_assistant.sim.logql import template_functions
from sre_assistant.sim.logql.gotext import quoted
from sre_assistant.sim.logql.printing import shown
from sre_assistant.sim.logql.template_functions import Failed
from sre_assistant.sim.logql.template_nodes import (
    Action,
    Block,
    Call,
    Field,
    Jump,
    Node,
    Operand,
    Pipeline,
    Text,
    Value,
    Variable,
)
from sre_assistant.sim.logql.template_syntax import fields_of, parse_template

_LONGEST: Final = 1 << 20


class TemplateFailed(ValueError):
    """A template that could not be filled in for this line; the text is close to Go's."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template, read once and run over many lines."""

    name: str
    nodes: tuple[Node, ...]

    @classmethod
    def of(cls, text: str, name: str) -> Template:
        """Reads a template.

        Raises:
            BadTemplate: it cannot be read.
        """
        return cls(name, parse_template(text, name, template_functions.NAMES))

    @property
    def labels(self) -> frozenset[str]:
        """The labels it reads by name."""
        return fields_of(self.nodes)

    def filled(self, labels: Mapping[str, str], line: str, at: int) -> str:
        """The text for a line at a time (unix nanoseconds).

        Raises:
            TemplateFailed: a function refused its arguments.
        """
        run = _Run(self.name, {"__line__": line, "__timestamp__": at}, [{"$": labels}])
        return run.text(self.nodes, labels)


class _Left(Exception):
    """``break`` or ``continue`` on its way to its loop, with what was written before."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(kind)
        self.kind, self.text = kind, text


@dataclass(slots=True)
class _Run:
    name: str
    surroundings: Mapping[str, object]
    scopes: list[dict[str, object]] = field(default_factory=list)

    def text(self, nodes: tuple[Node, ...], dot: object) -> str:
        pieces: list[str] = []
        for node in nodes:
            match node:
                case Text():
                    pieces.append(node.text)
                case Action():
                    value = self.value(node.pipeline, dot)
                    pieces.append("" if node.pipeline.variables else shown(value))
                case Block():
                    pieces.append(self._block(node, dot))
                case Jump():
                    raise _Left(node.kind, "".join(pieces))
        return "".join(pieces)

    def _block(self, node: Block, dot: object) -> str:
        self.scopes.append({})
        try:
            value = self.value(node.pipeline, dot)
            if node.kind == "range":
                return self._range(node, value, dot)
            if not template_functions.truth(value):
                return self.text(node.otherwise, dot)
            return self.text(node.body, value if node.kind == "with" else dot)
        finally:
            self.scopes.pop()

    def _range(self, node: Block, value: object, dot: object) -> str:
        items: list[tuple[object, object]] = []
        if isinstance(value, Mapping):
            items = [(key, value[key]) for key in sorted(value)]
        elif isinstance(value, list):
            items = list(enumerate(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            items = [(one, one) for one in range(min(value, _LONGEST))]
        elif value is not None:
            raise self._failed(f"range can't iterate over {shown(value)}")
        pieces = []
        for key, item in items:
            names = node.pipeline.variables
            self.scopes[-1].update(zip(names, (item,) if len(names) == 1 else (key, item), strict=False))
            try:
                pieces.append(self.text(node.body, item))
            except _Left as jump:
                pieces.append(jump.text)
                if jump.kind == "break":
                    break
        return "".join(pieces) if items else self.text(node.otherwise, dot)

    def value(self, pipeline: Pipeline, dot: object) -> object:
        value: object = None
        for place, command in enumerate(pipeline.commands):
            if place and not isinstance(command, Call):
                raise self._failed("can't give argument to non-function")
            value = self._operand(command, dot, (value,) if place else ())
        if pipeline.variables and not (isinstance(value, Mapping) and len(pipeline.variables) > 1):
            self._assign(pipeline, value)
        return value

    def _assign(self, pipeline: Pipeline, value: object) -> None:
        name = pipeline.variables[-1]
        scopes = (
            self.scopes[-1:] if pipeline.declares else [s for s in reversed(self.scopes) if name in s][:1]
        )
        for scope in scopes:
            scope[name] = value

    def _operand(self, operand: Operand, dot: object, last: tuple[object, ...] = ()) -> object:
        match operand:
            case Value():
                return operand.value
            case Field():
                return self._fields(
                    dot if operand.of is None else self._operand(operand.of, dot), operand.names
                )
            case Variable():
                found = next((s[operand.name] for s in reversed(self.scopes) if operand.name in s), None)
                return self._fields(found, operand.names)
            case Pipeline():
                return self.value(operand, dot)
            case Call():
                return self._call(operand, dot, last)

    def _fields(self, value: object, names: tuple[str, ...]) -> object:
        for name in names:
            if isinstance(value, Mapping):
                missing = "" if value is self.scopes[0]["$"] else None
                value = value.get(name, missing)
            else:
                raise self._failed(f"can't evaluate field {name} in type {template_functions.kind(value)}")
        return value

    def _call(self, call: Call, dot: object, last: tuple[object, ...]) -> object:
        if call.function in self.surroundings:
            return template_functions.surrounding(call.function, self.surroundings[call.function])
        if call.function in {"and", "or"}:
            return self._lazily(call, dot, last)
        arguments = (*(self._operand(one, dot) for one in call.arguments), *last)
        try:
            return template_functions.called(call.function, arguments)
        except Failed as error:
            place = f"{self.name}:{call.place}: executing {quoted(self.name)} at <{call.written}>"
            raise TemplateFailed(f"template: {place}: error calling {call.function}: {error}") from error

    def _lazily(self, call: Call, dot: object, last: tuple[object, ...]) -> object:
        value: object = None
        for one in (*call.arguments, *(Value(value) for value in last)):
            value = self._operand(one, dot)
            if template_functions.truth(value) == (call.function == "or"):
                return value
        return value

    def _failed(self, problem: str) -> TemplateFailed:
        return TemplateFailed(f"template: {self.name}: executing {quoted(self.name)}: {problem}")
