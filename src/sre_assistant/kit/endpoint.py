"""Where a system is and how it is entered."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.secret import HIDDEN, Secret

_SHORTEST_HIDDEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Address, credentials and bounds of one system.

    Each field's metadata ``doc`` is its line in the settings reference.

    User name and password in the URL are moved to ``username`` and ``password``.

    Raises:
        ConfigError: the URL, a credential or a bound cannot be used; names the setting.
    """

    prefix: ClassVar[str] = ""
    """What the operator's settings for this system begin with, e.g. ``PROMETHEUS``."""

    url: str = field(metadata={"doc": "Where it is, e.g. http://prom.lan:9090, with a path if it has one."})
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
        if parts.username is not None or parts.password is not None:
            self._take_credentials(parts)
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
    def headers(self) -> dict[str, str]:
        """What says who we are. To be sent, never shown."""
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

    def quoted(self, text: str, limit: int = 300) -> str:
        """What the system said, fit to be shown: bounded, printable, without any credential."""
        for secret in (self.bearer_token, self.password):
            if secret and len(secret.reveal()) >= _SHORTEST_HIDDEN:
                text = text.replace(secret.reveal(), HIDDEN)
        authorization = self.headers.get("Authorization", "")
        if authorization:
            text = text.replace(authorization.partition(" ")[2], HIDDEN)
        return bounded(redact(text), limit)

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

    def _take_credentials(self, parts: SplitResult) -> None:
        if self.username or self.password or self.bearer_token:
            raise ConfigError(
                self.setting("url"),
                "carries credentials and so do other settings",
                f"Keep either those in the URL or {self.setting('username')}, {self.setting('password')}.",
            )
        object.__setattr__(self, "username", unquote(parts.username or ""))
        object.__setattr__(self, "password", Secret(unquote(parts.password or "")))

    def _check(self) -> None:
        if self.bearer_token and self.username:
            raise ConfigError(
                self.setting("bearer_token"),
                f"and {self.setting('username')} are both set",
                "Keep one of them.",
            )
        token = self.bearer_token.reveal() if self.bearer_token else ""
        for name, text in (("bearer_token", token), ("tenant", self.tenant)):
            if not (text.isascii() and text.isprintable()) or text != text.strip():
                raise ConfigError(
                    self.setting(name),
                    "holds white space or characters outside ASCII",
                    "Write the bare text.",
                )
        if ":" in self.username:
            raise ConfigError(
                self.setting("username"), "holds a colon", "Basic authentication cannot carry one."
            )
        if not 0 < self.timeout <= 600:
            raise ConfigError(
                self.setting("timeout"), f"is {self.timeout!r}", "Write seconds between 0 and 600."
            )
        if self.max_body < 1024:
            raise ConfigError(
                self.setting("max_body"), f"is {self.max_body!r}", "Write bytes, at least 1024."
            )
