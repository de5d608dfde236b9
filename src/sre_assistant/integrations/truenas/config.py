"""Settings of one TrueNAS."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from sre_assistant.domain.errors import ConfigError
from sre_assistant.integrations.truenas.replies import LOGIN, lapsed, refusal
from sre_assistant.kit.endpoint import Endpoint, Purpose, RpcLogin
from sre_assistant.kit.secret import Secret

Api: TypeAlias = Literal["auto", "jsonrpc", "rest"]
_PATHS = ("/api/current", "/api/v2.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(Endpoint):
    """Where TrueNAS is and which key opens it.

    Raises:
        ConfigError: the key would travel unencrypted, or a setting cannot be used.
    """

    prefix: ClassVar[str] = "TRUENAS"
    credential: ClassVar[str] = "api_key"
    rpc_path: ClassVar[str] = "/api/current"

    api_key: Secret | None = field(
        default=None, metadata={"doc": "API key of a user with the role READONLY_ADMIN."}
    )
    api: Api = field(
        default="auto",
        metadata={"doc": "jsonrpc (25.04 and later), rest (before 26), or auto, which finds out."},
    )

    def __post_init__(self) -> None:
        """Takes the address of either API for that of the system."""
        url = self.url.strip()
        for plain, socket in (("http", "ws"), ("https", "wss")):
            url = url.replace(f"{socket}://", f"{plain}://", 1) if url.startswith(f"{socket}://") else url
        url = url.rstrip("/")
        for path in _PATHS:
            url = url.removesuffix(path)
        object.__setattr__(self, "url", url)
        Endpoint.__post_init__(self)

    @property
    def rpc_login(self) -> RpcLogin | None:
        """Opens a connection with the key."""
        if not self.api_key:
            return None
        return RpcLogin(method=LOGIN, params=(self.api_key.reveal(),), refusal=refusal, lapsed=lapsed)

    def headers(self, purpose: Purpose = "read") -> dict[str, str]:  # noqa: ARG002  it only reads
        """What the REST API is told of who we are. To be sent, never shown."""
        return {"Authorization": f"Bearer {self.api_key.reveal()}"} if self.api_key else {}

    def _check(self) -> None:
        Endpoint._check(self)
        self._check_bare("api_key", self.api_key.reveal() if self.api_key else "")
        if self.api not in get_args(Api):
            raise ConfigError(self.setting("api"), f"is {self.api!r}", f"Write {', '.join(get_args(Api))}.")
        if self.api_key and not self.encrypted and not _loopback(urlsplit(self.url).hostname or ""):
            raise ConfigError(
                self.setting("url"),
                f"is {self.url!r}: the API key would travel unencrypted, and TrueNAS revokes such a key",
                f"Write {self.url.replace('http:', 'https:', 1)}",
            )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
