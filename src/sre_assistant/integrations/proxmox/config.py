"""Settings of one Proxmox VE cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.endpoint import Endpoint, Purpose
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.secret import Secret

PORT: Final = 8006
"""Where Proxmox VE listens unless somebody moved it."""
_SCHEME: Final = "PVEAPIToken="
_TOKEN: Final = re.compile(r"(?P<who>[^\s!=:/]+@[^\s!=:/]+![A-Za-z][\w.-]*)=(?P<secret>\S+)", re.ASCII)
_NODE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(Endpoint):
    """Where one node of the cluster is; the others are asked through it.

    Raises:
        ConfigError: a token is not of Proxmox VE's form, or the node is no name.
    """

    prefix: ClassVar[str] = "PROXMOX"
    credential: ClassVar[str] = "api_token"

    api_token: Secret | None = field(
        default=None, metadata={"doc": "API token that reads, as `USER@REALM!TOKENID=UUID`."}
    )
    node: str = field(
        default="", metadata={"doc": "Node that is shown and asked first; all nodes of the cluster are read."}
    )
    allow_changes: bool = field(
        default=False, metadata={"doc": "Whether guests may be started, shut down, rebooted and stopped."}
    )
    change_api_token: Secret | None = field(
        default=None, metadata={"doc": "API token for changes; `PROXMOX_API_TOKEN` when left out."}
    )

    def headers(self, purpose: Purpose = "read") -> dict[str, str]:
        """The token for reading, or the one for changing. To be sent, never shown."""
        token = self._token(purpose)
        return {"Authorization": _SCHEME + token.reveal()} if token else {}

    def who(self, purpose: Purpose = "read") -> str:
        """The token without its secret, e.g. ``sre@pve!read``; empty without one."""
        token = self._token(purpose)
        return token.reveal().partition("=")[0] if token else ""

    @property
    def separate(self) -> bool:
        """Whether changes are made with a token of their own."""
        return bool(self.change_api_token)

    def _token(self, purpose: Purpose) -> Secret | None:
        return (self.change_api_token or self.api_token) if purpose == "change" else self.api_token

    def _sent(self, purpose: Purpose) -> Iterator[str]:
        yield from Endpoint._sent(self, purpose)
        token = self._token(purpose)
        yield token.reveal().partition("=")[2] if token else ""

    def _check(self) -> None:
        Endpoint._check(self)
        object.__setattr__(self, "url", self.url.removesuffix("/api2/json").rstrip("/"))
        for name in ("api_token", "change_api_token"):
            token: Secret | None = getattr(self, name)
            if token:
                object.__setattr__(self, name, self._formed(name, token.reveal()))
        if self.node and not _NODE.fullmatch(self.node):
            raise ConfigError(
                self.setting("node"), f"is {bounded(self.node, 60)!r}", "Write a node's name, e.g. pve1."
            )

    def _formed(self, name: str, text: str) -> Secret:
        """The token without the scheme in front of it."""
        bare = text.strip().removeprefix("Authorization:").strip().removeprefix(_SCHEME)
        if not _TOKEN.fullmatch(bare) or not (bare.isascii() and bare.isprintable()):
            raise ConfigError(
                self.setting(name),
                "is no API token of Proxmox VE",
                "Write it as USER@REALM!TOKENID=UUID, e.g. sre@pve!read=xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx "
                "(pveum user token add shows it once).",
            )
        return Secret(bare)
