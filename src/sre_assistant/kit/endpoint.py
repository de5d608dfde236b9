"""Where a system is and how it is entered."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, TypeAlias, get_args
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.secret import HIDDEN, Secret

Purpose: TypeAlias = Literal["read", "change"]
"""What a call is for: reading and changing may be done with different credentials."""

_PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
_SHORTEST_HIDDEN = 4


class Identity(NamedTuple):
    """A client certificate with its key, both as PEM texts."""

    certificate: Secret
    key: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcLogin:
    """How a JSON-RPC connection says who it is; a reply is the JSON text of one, without its id."""

    method: str
    params: tuple[object, ...] = field(repr=False)
    """To be sent, never shown."""
    refusal: Callable[[bytes], str]
    """Why the reply to the login does not let us in; empty when it does."""
    lapsed: Callable[[bytes], bool]
    """Whether the reply to another call says that the login is no longer valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Address and bounds of one system; a subclass adds how it is entered.

    Each field's metadata ``doc`` is its line in the settings reference.

    Raises:
        ConfigError: the URL or a bound cannot be used; names the setting.
    """

    prefix: ClassVar[str] = ""
    """What the operator's settings for this system begin with, e.g. ``PROMETHEUS``."""
    credential: ClassVar[str] = ""
    """The field whose secret says who we are; names the setting when the system does not know us."""
    rpc_path: ClassVar[str] = ""
    """Where the system speaks JSON-RPC over a WebSocket, beside HTTP; empty when it does not."""

    url: str = field(metadata={"doc": "Where it is, e.g. http://prom.lan:9090, with a path if it has one."})
    ca_cert: Path | None = field(
        default=None,
        metadata={"doc": "PEM file of the authority that signed its certificate, if it is your own."},
    )
    verify_ssl: bool = field(
        default=True,
        metadata={"doc": "Whether its certificate is checked; off, anybody between may read along."},
    )
    timeout: float = field(default=10.0, metadata={"doc": "Most seconds one call may take."})
    max_body: int = field(
        default=32 * 1024 * 1024, metadata={"doc": "Largest answer that is read, in bytes (32 MiB)."}
    )

    def __post_init__(self) -> None:
        parts = self._parsed()
        self._entered_as(parts)
        host = parts.netloc.rpartition("@")[2]
        object.__setattr__(self, "url", urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", "")))
        self._check()

    def setting(self, name: str) -> str:
        """What the operator calls a field, e.g. ``PROMETHEUS_CA_CERT``."""
        return f"{self.prefix}_{name.upper()}" if self.prefix else name.upper()

    @property
    def encrypted(self) -> bool:
        """Whether the URL asks for TLS."""
        return self.url.startswith("https:")

    @property
    def socket(self) -> str:
        """Path of the unix socket that carries the calls; empty for the network."""
        return ""

    @property
    def identity(self) -> Identity | None:
        """The certificate that says who we are, for systems that ask for one."""
        return None

    @property
    def authority(self) -> str:
        """The PEM text of the authority that signed its certificate, where it is not in a file."""
        return ""

    @property
    def rpc_login(self) -> RpcLogin | None:
        """The first call of each JSON-RPC connection; None where nobody asks who we are."""
        return None

    def headers(self, purpose: Purpose = "read") -> dict[str, str]:  # noqa: ARG002  subclasses tell them apart
        """What says who we are, for reading or for changing. To be sent, never shown."""
        return {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must never be shown."""
        held = (getattr(self, one.name) for one in fields(self))
        return tuple(one.reveal() for one in held if isinstance(one, Secret) and one)

    def quoted(self, text: str, limit: int = 300) -> str:
        """What the system said, fit to be shown: bounded, printable, without any credential."""
        sent = (value for purpose in _PURPOSES for value in self._sent(purpose))
        for secret in sorted({*self.secrets, *sent}, key=len, reverse=True):
            if len(secret) >= _SHORTEST_HIDDEN:
                text = text.replace(secret, HIDDEN)
        return bounded(redact(text), limit)

    def _sent(self, purpose: Purpose) -> Iterator[str]:
        """The credential as it travels, whole and without its scheme."""
        authorization = self.headers(purpose).get("Authorization", "")
        yield from (authorization, authorization.partition(" ")[2])

    def _parsed(self) -> SplitResult:
        setting = self.setting("url")
        shown = repr(bounded(redact(self.url), 100))
        if "://" not in self.url:
            raise ConfigError(setting, f"is {shown}: the scheme is missing", f"Write http://{shown[1:-1]}")
        remedy = "Write it like http://prom.lan:9090"
        try:
            parts = urlsplit(self.url.strip())
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise ConfigError(setting, f"is {shown}: {error}", remedy) from error
        if parts.scheme not in {"http", "https"}:
            raise ConfigError(setting, f"is {shown}: {parts.scheme!r} is not http or https", remedy)
        if not host or any(c.isspace() for c in self.url.strip()) or not self.url.isprintable():
            raise ConfigError(setting, f"is {shown}: there is no usable host in it", remedy)
        if parts.query or parts.fragment:
            raise ConfigError(setting, f"is {shown}: a query or fragment has no place in it", remedy)
        if any(unquote(step) in {".", ".."} for step in parts.path.split("/")):
            raise ConfigError(setting, f"is {shown}: its path goes up", remedy)
        return parts

    def _entered_as(self, parts: SplitResult) -> None:
        """What user name and password in the URL mean: nothing, unless a subclass says so."""
        if parts.username is not None or parts.password is not None:
            remedy = f"Write them to {self.setting(self.credential)}." if self.credential else "Remove them."
            raise ConfigError(self.setting("url"), "carries a user name or a password", remedy)

    def _check(self) -> None:
        if not 0 < self.timeout <= 600:
            raise ConfigError(
                self.setting("timeout"), f"is {self.timeout!r}", "Write seconds between 0 and 600."
            )
        if self.max_body < 1024:
            raise ConfigError(
                self.setting("max_body"), f"is {self.max_body!r}", "Write bytes, at least 1024."
            )

    def _check_bare(self, name: str, text: str) -> None:
        """Refuses what an HTTP header cannot carry."""
        if not (text.isascii() and text.isprintable()) or text != text.strip():
            raise ConfigError(
                self.setting(name), "holds white space or characters outside ASCII", "Write the bare text."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpEndpoint(Endpoint):
    """An endpoint entered as most of HTTP is: with a token, or a user name and a password.

    User name and password in the URL are moved to ``username`` and ``password``.

    Raises:
        ConfigError: a credential cannot be used, or there are two.
    """

    credential: ClassVar[str] = "bearer_token"

    bearer_token: Secret | None = field(
        default=None,
        metadata={"doc": "Token sent as `Authorization: Bearer …`; not together with a user name."},
    )
    username: str = field(default="", metadata={"doc": "User name for basic authentication."})
    password: Secret | None = field(default=None, metadata={"doc": "Password for basic authentication."})
    tenant: str = field(
        default="",
        metadata={"doc": "Tenant sent as `X-Scope-OrgID`, for Mimir, Cortex, Loki and Grafana Cloud."},
    )

    def headers(self, purpose: Purpose = "read") -> dict[str, str]:  # noqa: ARG002
        """What says who we are; the same for reading and changing. To be sent, never shown."""
        headers = {}
        if self.bearer_token:
            headers["Authorization"] = f"Bearer {self.bearer_token.reveal()}"
        elif self.username:
            secret = self.password.reveal() if self.password else ""
            pair = base64.b64encode(f"{self.username}:{secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        if self.tenant:
            headers["X-Scope-OrgID"] = self.tenant
        return headers

    def _entered_as(self, parts: SplitResult) -> None:
        if parts.username is None and parts.password is None:
            return
        if self.username or self.password or self.bearer_token:
            raise ConfigError(
                self.setting("url"),
                "carries credentials and so do other settings",
                f"Keep either those in the URL or {self.setting('username')}, {self.setting('password')}.",
            )
        object.__setattr__(self, "username", unquote(parts.username or ""))
        object.__setattr__(self, "password", Secret(unquote(parts.password or "")))

    def _check(self) -> None:
        Endpoint._check(self)
        if self.bearer_token and self.username:
            raise ConfigError(
                self.setting("bearer_token"),
                f"and {self.setting('username')} are both set",
                "Keep one of them.",
            )
        self._check_bare("bearer_token", self.bearer_token.reveal() if self.bearer_token else "")
        self._check_bare("tenant", self.tenant)
        if ":" in self.username:
            raise ConfigError(
                self.setting("username"), "holds a colon", "Basic authentication cannot carry one."
            )
