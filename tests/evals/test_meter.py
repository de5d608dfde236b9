from __future__ import annotations

from sre_assistant.evals.meter import Meter
from sre_assistant.kit.clock import FixedClock
from sre_assistant.sim.homelab import Homelab
from tests.evals.replies import NOW


class Counted(Homelab):
    """A homelab that has been asked so often."""

    asked = 0

    @property
    def requests(self) -> int:
        """As a test says."""
        return self.asked


async def test_a_question_costs_what_passed_since_the_last_look() -> None:
    clock, homelab = FixedClock(NOW), Counted("healthy")
    homelab.asked = 3
    meter = Meter(clock, homelab)
    await clock.sleep(1.5)
    homelab.asked = 10
    first = meter.effort("investigate", ("a", "b"))
    second = meter.effort("ask", ())
    assert (first.seconds, first.requests, first.lookups, first.cpu_seconds) == (1.5, 7, 2, None)
    assert (second.seconds, second.requests, second.lookups) == (0.0, 0, 0)
