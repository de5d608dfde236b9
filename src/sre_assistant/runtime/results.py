"""The results that surfaces write out, where they are more than one domain value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sre_assistant.domain.diagnosis import Diagnosis
from sre_assistant.workflows.investigate import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisList:
    """Several diagnoses. The JSON form is this class, field by field."""

    schema: int = 1
    diagnoses: tuple[Diagnosis, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Investigation:
    """What an investigation brought, and where its recording lies."""

    selection: Selection
    diagnoses: tuple[Diagnosis, ...]
    bundle: Path | None = None
    """None when it was not recorded."""
    unrecorded: str = ""
    """Why it could not be recorded, in words fit to show."""

    @property
    def document(self) -> Diagnosis | DiagnosisList:
        """The machine format: one diagnosis for one alert, a list where several could have been meant."""
        several = self.selection.everything or len(self.selection.alerts) > 1 or len(self.diagnoses) != 1
        return DiagnosisList(diagnoses=self.diagnoses) if several else self.diagnoses[0]
