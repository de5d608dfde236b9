"""The published JSON schemas of what is written here, and of scenario files."""

from __future__ import annotations

from sre_assistant.evals.catalogue import Catalogue, Simulation
from sre_assistant.evals.report import Evaluation
from sre_assistant.evals.structs import file_schema
from sre_assistant.runtime.schemas import DIALECT, Document, described
from sre_assistant.sim.scenario import Scenario


def published() -> dict[str, Document]:
    """Every schema by its name."""
    formats: dict[str, type] = {
        "evaluation": Evaluation,
        "scenarios": Catalogue,
        "simulation": Simulation,
    }
    return {name: described(kind) for name, kind in formats.items()} | {"scenario": scenario_schema()}


def scenario_schema() -> Document:
    """The schema of a scenario file."""
    return {"$schema": DIALECT, "title": "A scenario of the simulated homelab", **file_schema(Scenario)}
