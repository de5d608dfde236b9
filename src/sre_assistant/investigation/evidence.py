"""The evidence of one diagnosis: observations become numbered, checkable statements."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from sre_assistant.domain.evidence import Evidence, Trend
from sre_assistant.domain.window import Window
from sre_assistant.investigation.observed import Observation


class Exhibits:
    """Numbers observations in the order they are first cited."""

    def __init__(self, trends: dict[Observation, Trend], window: Window) -> None:
        self._trends = trends
        self._window = window
        self._cited: dict[tuple[str, str, str], Evidence] = {}

    def cite(self, observation: Observation) -> str:
        """The id under which an observation is cited."""
        key = (observation.source, observation.query, observation.statement)
        if key not in self._cited:
            trend = self._trends.get(observation)
            self._cited[key] = Evidence(
                id=f"e{len(self._cited) + 1}",
                statement=observation.statement,
                value=_finite(observation),
                unit=observation.signal.unit if observation.numeric else "",
                source=observation.source,
                query=observation.query,
                window=self._window if trend else None,
                observed_at=observation.at,
                link=observation.link,
                trend=trend,
            )
        return self._cited[key].id

    def cite_all(self, observations: Iterable[Observation]) -> tuple[str, ...]:
        """The ids of several, each once."""
        return tuple(dict.fromkeys(self.cite(o) for o in observations))

    def add(self, evidence: Evidence) -> str:
        """Take in evidence that is no observation of a signal; its id is given here."""
        key = (evidence.source, evidence.query, evidence.statement)
        if key not in self._cited:
            self._cited[key] = replace(evidence, id=f"e{len(self._cited) + 1}")
        return self._cited[key].id

    @property
    def all(self) -> tuple[Evidence, ...]:
        """Everything cited, in order."""
        return tuple(self._cited.values())


def _finite(observation: Observation) -> float | None:
    return observation.value if observation.numeric and math.isfinite(observation.value) else None
