"""Settings of one Proxmox Backup Server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.endpoint import Endpoint, Purpose
from sre_assistant.kit.secret import Secret

_SCHEME = "PBSAPIToken="
_TOKEN = re.compile(r"(?P<id>[^\s:/!=]+@[^\s:/!=@]+![^\s:/!=]+)(?P<between>[:=])(?P<secret>\S+)")
_FORM = "USER@REALM!TOKENID:SECRET, e.g. sre@pbs!read:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(Endpoint):
    """Where the backup server is, with its port, e.g. ``https://pbs.lan:8007``, and the token to enter with.

    Raises:
        ConfigError: the token is none, or is written as Proxmox VE writes its own.
    """

    prefix: ClassVar[str] = "PBS"
    credential: ClassVar[str] = "api_token"

    api_token: Secret | None = field(
        default=None,
        metadata={"doc": "API token as USER@REALM!TOKENID:SECRET, with a colon before the secret."},
    )
    node: str = field(
        default="localhost",
        metadata={"doc": "Name of its node in the API; localhost is right unless a proxy says otherwise."},
    )
    default_datastore: str = field(
        default="", metadata={"doc": "Datastore whose backups are listed when none is named; otherwise all."}
    )

    @property
    def token_id(self) -> str:
        """Who the token is, without its secret, e.g. ``sre@pbs!read``; empty without one."""
        return self._parts[0]

    def headers(self, purpose: Purpose = "read") -> dict[str, str]:  # noqa: ARG002  it only reads
        """What says who we are. To be sent, never shown."""
        name, secret = self._parts
        return {"Authorization": f"{_SCHEME}{name}:{secret}"} if name else {}

    def _sent(self, purpose: Purpose) -> Iterator[str]:
        yield from Endpoint._sent(self, purpose)
        yield self._parts[1]

    @property
    def _parts(self) -> tuple[str, str]:
        """Who the token is, and its secret."""
        text = self.api_token.reveal().removeprefix(_SCHEME) if self.api_token else ""
        found = _TOKEN.fullmatch(text)
        return (found["id"], found["secret"]) if found else ("", "")

    def _check(self) -> None:
        Endpoint._check(self)
        if self.api_token:
            self._check_token(self.api_token.reveal())
        for name, text in (("node", self.node), ("default_datastore", self.default_datastore)):
            if text and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", text):
                raise ConfigError(self.setting(name), f"is {text!r}", "Write the bare name.")
        if not self.node:
            raise ConfigError(self.setting("node"), "is empty", "Write localhost.")

    def _check_token(self, text: str) -> None:
        self._check_bare("api_token", text)
        setting = self.setting("api_token")
        found = _TOKEN.fullmatch(text.removeprefix(_SCHEME).removeprefix("PVEAPIToken="))
        if found is None:
            raise ConfigError(setting, "is no API token", f"Write {_FORM}.")
        if found["between"] == "=" or text.startswith("PVE"):
            problem = f"of {found['id']!r} is written as on Proxmox VE, with '=' before the secret"
            raise ConfigError(setting, problem, f"A backup server wants a colon there: {_FORM}.")
