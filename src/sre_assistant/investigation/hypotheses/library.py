"""All hypotheses, by family."""

from sre_assistant.investigation.hypotheses import compute, filesystem, monitoring, reachability
from sre_assistant.investigation.hypotheses.model import Hypothesis

LIBRARY: tuple[Hypothesis, ...] = (
    *filesystem.FAMILY,
    *compute.FAMILY,
    *reachability.FAMILY,
    *monitoring.FAMILY,
)

_BY_ID = {h.id: h for h in LIBRARY}


def hypothesis(name: str) -> Hypothesis:
    """The hypothesis with this id; a KeyError is a defect of the caller."""
    return _BY_ID[name]
