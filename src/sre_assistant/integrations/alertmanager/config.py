"""Settings of one Alertmanager."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from sre_assistant.kit.endpoint import HttpEndpoint, Purpose
from sre_assistant.kit.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(HttpEndpoint):
    """Where Alertmanager is, with its path if it has one."""

    prefix: ClassVar[str] = "ALERTMANAGER"

    allow_changes: bool = field(
        default=False, metadata={"doc": "Whether there are tools that make and end silences."}
    )
    change_bearer_token: Secret | None = field(
        default=None,
        metadata={"doc": "Token for making and ending silences, where it is not the one for reading."},
    )

    def headers(self, purpose: Purpose = "read") -> dict[str, str]:
        """What says who we are, for reading or for changing. To be sent, never shown."""
        headers = HttpEndpoint.headers(self, purpose)
        if purpose == "change" and self.change_bearer_token:
            headers["Authorization"] = f"Bearer {self.change_bearer_token.reveal()}"
        return headers

    def _check(self) -> None:
        HttpEndpoint._check(self)
        token = self.change_bearer_token
        self._check_bare("change_bearer_token", token.reveal() if token else "")
