"""LogQL as Loki 3.7 answers it: what this evaluator cannot do is an error, never a wrong answer."""

from sre_assistant.sim.logql.costs import Costs
from sre_assistant.sim.logql.engine import Engine, Found, Logs, Numbers, Point
from sre_assistant.sim.logql.errors import LimitReached, ParseError, PipelineFailed, QueryError, StageError
from sre_assistant.sim.logql.levels import detected_level, service_name
from sre_assistant.sim.logql.parser import parse, parse_matchers

__all__ = [
    "Costs",
    "Engine",
    "Found",
    "LimitReached",
    "Logs",
    "Numbers",
    "ParseError",
    "PipelineFailed",
    "Point",
    "QueryError",
    "StageError",
    "detected_level",
    "parse",
    "parse_matchers",
    "service_name",
]
