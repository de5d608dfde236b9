"""Hypotheses: the library of causes, each with what must be seen, what speaks for it and what against."""

from sre_assistant.investigation.hypotheses.library import LIBRARY, hypothesis
from sre_assistant.investigation.hypotheses.model import Check, Hypothesis, Step, above, below, seen

__all__ = ["LIBRARY", "Check", "Hypothesis", "Step", "above", "below", "hypothesis", "seen"]
