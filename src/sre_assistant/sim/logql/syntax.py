"""The parts of a LogQL query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

MatchOp = Literal["=", "!=", "=~", "!~"]
LineOp = Literal["|=", "!=", "|~", "!~", "|>", "!>"]
CompareOp = Literal["==", "!=", ">", ">=", "<", "<="]


@dataclass(frozen=True, slots=True)
class Match:
    """A condition on the text of one label."""

    name: str
    op: MatchOp
    value: str


@dataclass(frozen=True, slots=True)
class Needle:
    """What a line filter looks for: a text, or with ``ip`` addresses."""

    value: str
    ip: bool = False


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Lines that contain one of the needles, or with a negative operator none of them."""

    op: LineOp
    needles: tuple[Needle, ...]


@dataclass(frozen=True, slots=True)
class Extraction:
    """A label and the expression that finds its value."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class JsonParser:
    """``json``, of everything or of chosen expressions."""

    chosen: tuple[Extraction, ...] = ()


@dataclass(frozen=True, slots=True)
class LogfmtParser:
    """``logfmt``, of everything or of chosen keys."""

    strict: bool = False
    keep_empty: bool = False
    chosen: tuple[Extraction, ...] = ()


@dataclass(frozen=True, slots=True)
class TextParser:
    """``regexp`` or ``pattern`` with its expression."""

    kind: Literal["regexp", "pattern"]
    expression: str


@dataclass(frozen=True, slots=True)
class Unpack:
    """``unpack``."""


@dataclass(frozen=True, slots=True)
class NumberFilter:
    """A label compared with a number."""

    name: str
    op: CompareOp
    value: float


@dataclass(frozen=True, slots=True)
class DurationFilter:
    """A label compared with a duration in nanoseconds."""

    name: str
    op: CompareOp
    value: int


@dataclass(frozen=True, slots=True)
class BytesFilter:
    """A label compared with a size."""

    name: str
    op: CompareOp
    value: int


@dataclass(frozen=True, slots=True)
class IpFilter:
    """A label that holds, or does not hold, an address of a kind."""

    name: str
    op: Literal["=", "!="]
    value: str


@dataclass(frozen=True, slots=True)
class BothFilters:
    """Two label filters joined by ``and`` or ``or``."""

    left: LabelFilter
    right: LabelFilter
    op: Literal["and", "or"]


LabelFilter = Match | NumberFilter | DurationFilter | BytesFilter | IpFilter | BothFilters


@dataclass(frozen=True, slots=True)
class LineFormat:
    """``line_format`` with its template."""

    template: str


@dataclass(frozen=True, slots=True)
class Format:
    """One assignment of ``label_format``: a template, or the label to rename."""

    name: str
    value: str
    rename: bool


@dataclass(frozen=True, slots=True)
class LabelFormat:
    """``label_format``."""

    formats: tuple[Format, ...]


@dataclass(frozen=True, slots=True)
class Decolorize:
    """``decolorize``."""


@dataclass(frozen=True, slots=True)
class Pick:
    """``drop`` or ``keep``: labels by name, or by name and value."""

    kind: Literal["drop", "keep"]
    labels: tuple[str | Match, ...]


Stage = (
    LineFilter
    | JsonParser
    | LogfmtParser
    | TextParser
    | Unpack
    | LabelFilter
    | LineFormat
    | LabelFormat
    | Decolorize
    | Pick
)


@dataclass(frozen=True, slots=True)
class Selection:
    """A log query: a selector and its pipeline."""

    matches: tuple[Match, ...]
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class Unwrap:
    """``unwrap``: the label whose value counts, how it is read, and filters after that."""

    name: str
    conversion: Literal["", "bytes", "duration", "duration_seconds"] = ""
    filters: tuple[LabelFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """Lines of a span of time; nanoseconds."""

    source: Selection
    span: int
    offset: int = 0
    unwrap: Unwrap | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """``by`` or ``without`` some labels."""

    labels: tuple[str, ...]
    without: bool = False


@dataclass(frozen=True, slots=True)
class RangeAggregation:
    """A function over windows of lines."""

    function: str
    window: Window
    parameter: float | None = None
    grouping: Grouping | None = None


@dataclass(frozen=True, slots=True)
class VectorAggregation:
    """A function over series."""

    function: str
    of: Metric
    grouping: Grouping = field(default_factory=lambda: Grouping(()))
    parameter: int = 0


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class VectorOf:
    """``vector(n)``."""

    value: float


@dataclass(frozen=True, slots=True)
class LabelReplace:
    """``label_replace``."""

    of: Metric
    target: str
    replacement: str
    source: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Matching:
    """How the series of two sides are paired; ``labels`` is None where nothing is said."""

    labels: tuple[str, ...] | None = None
    on: bool = False
    many: Literal["", "left", "right"] = ""
    include: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions joined by an operator."""

    op: str
    left: Metric
    right: Metric
    matching: Matching = field(default_factory=Matching)
    as_bool: bool = False


Metric = RangeAggregation | VectorAggregation | Number | VectorOf | LabelReplace | Binary
Query = Selection | Metric
