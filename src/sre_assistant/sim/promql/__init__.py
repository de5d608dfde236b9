"""PromQL as Prometheus 2.42 answers it: what this evaluator cannot do is an error, never a wrong number."""

from sre_assistant.sim.promql.engine import Answer, Engine
from sre_assistant.sim.promql.errors import BadData, ExecutionFailed, QueryError, QueryTimedOut
from sre_assistant.sim.promql.syntax import parse_matchers

__all__ = ["Answer", "BadData", "Engine", "ExecutionFailed", "QueryError", "QueryTimedOut", "parse_matchers"]
