"""Writes a query as the server does: one canonical text, or laid out over lines when it is long."""

from __future__ import annotations

from sre_assistant.sim.logql.gotext import bytes_text, duration_text, plain_text, quoted, scalar_text
from sre_assistant.sim.logql.syntax import (
    Binary,
    BothFilters,
    BytesFilter,
    Decolorize,
    DurationFilter,
    Format,
    Grouping,
    IpFilter,
    JsonParser,
    LabelFilter,
    LabelFormat,
    LabelReplace,
    LineFilter,
    LineFormat,
    LogfmtParser,
    Match,
    Matching,
    Needle,
    Number,
    NumberFilter,
    Pick,
    Query,
    RangeAggregation,
    Selection,
    Stage,
    TextParser,
    Unpack,
    VectorAggregation,
    VectorOf,
    Window,
)
from sre_assistant.sim.promql.text import duration_text as span_text

_WIDEST = 100


def query_text(tree: Query) -> str:
    """The whole query in one line."""
    match tree:
        case Selection():
            return " ".join([selector_text(tree.matches), *(stage_text(one) for one in tree.stages)])
        case Number():
            return scalar_text(tree.value)
        case VectorOf():
            return f"vector({tree.value:f})"
        case RangeAggregation():
            parameter = "" if tree.parameter is None else f"{plain_text(tree.parameter)},"
            grouping = "" if tree.grouping is None else grouping_text(tree.grouping)
            return f"{tree.function}({parameter}{window_text(tree.window)}){grouping}"
        case VectorAggregation():
            return f"{_aggregation_head(tree)}({_rank_text(tree)}{query_text(tree.of)})"
        case LabelReplace():
            texts = (tree.target, tree.replacement, tree.source, tree.pattern)
            return f"label_replace({query_text(tree.of)},{','.join(quoted(text) for text in texts)})"
        case Binary():
            return f"({query_text(tree.left)} {_operator_text(tree)} {query_text(tree.right)})"


def laid_out(tree: Query, depth: int = 0) -> str:
    """The query over several indented lines where one would be too long."""
    indent = "  " * depth
    text = indent + query_text(tree)
    if len(text) <= _WIDEST:
        return text
    match tree:
        case Selection():
            lines = [selector_text(tree.matches), *(f"  {stage_text(one)}" for one in tree.stages)]
            return "\n".join(indent + line for line in lines)
        case RangeAggregation():
            grouping = "" if tree.grouping is None else grouping_text(tree.grouping)
            parameter = "" if tree.parameter is None else f"{indent}  {plain_text(tree.parameter)},\n"
            inner = _laid_window(tree.window, depth + 1)
            return f"{indent}{tree.function}(\n{parameter}{inner}\n{indent}){grouping}"
        case VectorAggregation():
            rank = f"{indent}  {tree.parameter},\n" if tree.parameter else ""
            return f"{indent}{_aggregation_head(tree)}(\n{rank}{laid_out(tree.of, depth + 1)}\n{indent})"
        case Binary():
            left, right = laid_out(tree.left, depth + 1), laid_out(tree.right, depth + 1)
            return f"{left}\n{indent}{_operator_text(tree)}\n{right}"
        case LabelReplace():
            inner = "  " * (depth + 1)
            texts = (tree.target, tree.replacement, tree.source, tree.pattern)
            rest = ",\n".join(inner + quoted(one) for one in texts)
            return f"{indent}label_replace(\n{laid_out(tree.of, depth + 1)},\n{rest}\n{indent})"
    return text


def _laid_window(window: Window, depth: int) -> str:
    text = "  " * depth + window_text(window)
    if len(text) <= _WIDEST:
        return text
    return f"{laid_out(window.source, depth)}{_unwrap_text(window)} {_span(window)}"


def selector_text(matches: tuple[Match, ...]) -> str:
    """A selector."""
    return "{" + ", ".join(_match_text(one) for one in matches) + "}"


def window_text(window: Window) -> str:
    """Lines of a span of time."""
    return f"{query_text(window.source)}{_unwrap_text(window)}{_span(window)}"


def _unwrap_text(window: Window) -> str:
    unwrap = window.unwrap
    if unwrap is None:
        return ""
    name = f"{unwrap.conversion}({unwrap.name})" if unwrap.conversion else unwrap.name
    return f" | unwrap {name}" + "".join(f" | {filter_text(one)}" for one in unwrap.filters)


def _span(window: Window) -> str:
    offset = f" offset {duration_text(window.offset)}" if window.offset else ""
    return f"[{span_text(window.span // 1_000_000)}]{offset}"


def grouping_text(grouping: Grouping) -> str:
    """``by`` or ``without`` with its labels."""
    return f" {'without' if grouping.without else 'by'} ({','.join(grouping.labels)})"


def _aggregation_head(tree: VectorAggregation) -> str:
    plain = not tree.grouping.labels and not tree.grouping.without
    return tree.function + ("" if plain else grouping_text(tree.grouping))


def _rank_text(tree: VectorAggregation) -> str:
    return f"{tree.parameter}," if tree.parameter else ""


def _operator_text(tree: Binary) -> str:
    op = f"{tree.op} bool" if tree.as_bool else tree.op
    matching: Matching = tree.matching
    if matching.labels is None or not (matching.on or matching.labels):
        return op
    how = "on" if matching.on else "ignoring"
    many = f"group_{matching.many}" if matching.many else ""
    if matching.include is not None:
        many = f"{many} ({','.join(matching.include)})"
    return f"{op} {how} ({','.join(matching.labels)}) {many}".rstrip()


def stage_text(stage: Stage) -> str:  # noqa: PLR0911  one for each kind of stage
    """One stage with the sign that begins it."""
    match stage:
        case LineFilter():
            return f"{stage.op} " + " or ".join(_needle_text(one) for one in stage.needles)
        case JsonParser():
            return "| json" + _chosen_text(stage)
        case LogfmtParser():
            flags = " --strict" * stage.strict + " --keep-empty" * stage.keep_empty
            return "| logfmt" + flags + _chosen_text(stage)
        case TextParser():
            return f"| {stage.kind} {quoted(stage.expression)}"
        case Unpack():
            return "| unpack"
        case LineFormat():
            return f"| line_format {quoted(stage.template)}"
        case LabelFormat():
            return "| label_format " + ",".join(_format_text(one) for one in stage.formats)
        case Decolorize():
            return "| decolorize"
        case Pick():
            return f"| {stage.kind} {','.join(_picked_text(one) for one in stage.labels)}"
        case _:
            return f"| {filter_text(stage)}"


def filter_text(stage: LabelFilter) -> str:
    """A label filter without its pipe."""
    match stage:
        case Match():
            return _match_text(stage)
        case NumberFilter():
            return f"{stage.name}{stage.op}{plain_text(stage.value)}"
        case DurationFilter():
            return f"{stage.name}{stage.op}{duration_text(stage.value)}"
        case BytesFilter():
            return f"{stage.name}{stage.op}{bytes_text(stage.value)}"
        case IpFilter():
            return f"{stage.name}{stage.op}ip({quoted(stage.value)})"
        case BothFilters():
            joint = "," if stage.op == "and" else "or"
            return f"( {filter_text(stage.left)} {joint} {filter_text(stage.right)} )"


def _match_text(one: Match) -> str:
    return f"{one.name}{one.op}{quoted(one.value)}"


def _picked_text(one: str | Match) -> str:
    return one if isinstance(one, str) else _match_text(one)


def _needle_text(needle: Needle) -> str:
    return f"ip({quoted(needle.value)})" if needle.ip else quoted(needle.value)


def _chosen_text(stage: JsonParser | LogfmtParser) -> str:
    chosen = ",".join(f"{one.name}={quoted(one.expression)}" for one in stage.chosen)
    return f" {chosen}" if chosen else ""


def _format_text(one: Format) -> str:
    return f"{one.name}={one.value if one.rename else quoted(one.value)}"
