"""What a question costs: wall time, processor time, requests at the wire."""

from __future__ import annotations

from collections.abc import Sized

from sre_assistant.evals import product
from sre_assistant.evals.results import Effort
from sre_assistant.kit.clock import Clock
from sre_assistant.sim.homelab import Homelab


class Meter:
    """What a question costs from the last look on."""

    def __init__(self, clock: Clock, homelab: Homelab, pid: int | None = None) -> None:
        self._clock = clock
        self._homelab = homelab
        self._pid = pid
        self._began = self._read()

    def effort(self, question: str, coverage: Sized) -> Effort:
        """The cost since the last look."""
        before, self._began = self._began, self._read()
        seconds, cpu, requests = self._began
        return Effort(
            question=question,
            seconds=round(seconds - before[0], 4),
            cpu_seconds=None if cpu is None or before[1] is None else round(cpu - before[1], 2),
            requests=requests - before[2],
            lookups=len(coverage),
        )

    def _read(self) -> tuple[float, float | None, int]:
        cpu = None if self._pid is None else product.cpu_seconds(self._pid)
        return self._clock.monotonic(), cpu, self._homelab.requests
