"""Settings of one Grafana."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from sre_assistant.kit.endpoint import Endpoint, Purpose
from sre_assistant.kit.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(Endpoint):
    """Where Grafana is, with its path if it is served below one."""

    prefix: ClassVar[str] = "GRAFANA"
    credential: ClassVar[str] = "service_account_token"

    service_account_token: Secret | None = field(
        default=None, metadata={"doc": "Token of a service account with the role Viewer."}
    )
    org_id: int = field(
        default=0, metadata={"doc": "Organisation to read, sent as `X-Grafana-Org-Id`; 0 is the token's own."}
    )

    def headers(self, purpose: Purpose = "read") -> dict[str, str]:  # noqa: ARG002  it only reads
        """What says who we are. To be sent, never shown."""
        headers = {}
        if self.service_account_token:
            headers["Authorization"] = f"Bearer {self.service_account_token.reveal()}"
        if self.org_id:
            headers["X-Grafana-Org-Id"] = str(self.org_id)
        return headers

    def _check(self) -> None:
        Endpoint._check(self)
        token = self.service_account_token
        self._check_bare("service_account_token", token.reveal() if token else "")
