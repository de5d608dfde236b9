"""Settings of one Docker daemon."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.endpoint import Endpoint, Identity
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.secret import Secret

OVER_A_SOCKET: Final = "http://docker"
"""What stands for the address where a unix socket carries the calls."""
_LONGEST_SOCKET: Final = 107
_PORTS: Final = {"http": 2375, "https": 2376}
_ELSEWHERE: Final = {
    "ssh": "Forward the socket (ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock HOST) and write "
    "unix:///tmp/docker.sock, or give the tcp address of a read-only socket proxy there.",
    "npipe": "Windows pipes are not spoken: let the daemon listen on tcp with TLS and write that address.",
    "fd": "Write the address it listens on, e.g. unix:///var/run/docker.sock.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(Endpoint):
    """Where one daemon is, in the words of Docker's own client.

    ``tcp://`` becomes ``http://``, or ``https://`` where TLS is asked for; ``unix://`` becomes ``socket``.

    Raises:
        ConfigError: the address or a certificate cannot be used; names the setting.
    """

    prefix: ClassVar[str] = "DOCKER"

    url: str = field(
        default="",
        metadata={"doc": "Where it is: unix:///var/run/docker.sock, tcp://media.lan:2375 or https://…."},
    )
    socket: str = field(
        default="", metadata={"doc": "Path of the daemon's unix socket, in place of the address."}
    )
    timeout: float = field(
        default=20.0,
        metadata={"doc": "Most seconds one call may take; a stop waits for the container's grace period."},
    )
    tls_verify: bool = field(
        default=False,
        metadata={"doc": "Whether a tcp address is spoken to with TLS, as Docker's client has it."},
    )
    cert_path: Path | None = field(
        default=None,
        metadata={"doc": "Folder with ca.pem, cert.pem and key.pem for TLS, as Docker's client has it."},
    )
    allow_changes: bool = field(
        default=False, metadata={"doc": "Whether containers may be restarted, started and stopped."}
    )

    def __post_init__(self) -> None:
        if self.cert_path is not None:
            self._take_certificates(self.cert_path)
        self._take_address(self.url.strip())
        Endpoint.__post_init__(self)

    @property
    def address(self) -> str:
        """Where it is, as a person reads it."""
        return f"unix://{self.socket}" if self.socket else self.url

    @property
    def identity(self) -> Identity | None:
        """The client certificate in ``cert_path``, where there is one.

        Raises:
            ConfigError: it cannot be read.
        """
        if self.cert_path is None or not (self.cert_path / "cert.pem").exists():
            return None
        texts = [self._read(self.cert_path / name) for name in ("cert.pem", "key.pem")]
        return Identity(certificate=Secret(texts[0]), key=Secret(texts[1]))

    def _take_address(self, written: str) -> None:
        scheme, found, rest = written.partition("://")
        scheme = scheme.lower() if found else ""
        if scheme in _ELSEWHERE:
            raise ConfigError(self.setting("url"), f"begins with {scheme}://", _ELSEWHERE[scheme])
        if scheme == "unix" or written.startswith("/"):
            self._take_socket(written, rest if scheme else "")
        elif self.socket and written in {"", OVER_A_SOCKET}:
            self._check_socket(self.setting("socket"), self.socket)
            object.__setattr__(self, "url", OVER_A_SOCKET)
        elif self.socket:
            raise ConfigError(
                self.setting("socket"), f"and {self.setting('url')} are both set", "Keep one of the two."
            )
        elif not written:
            raise ConfigError(self.setting("url"), "is empty", "Write e.g. unix:///var/run/docker.sock")
        elif scheme in {"tcp", "http"}:
            object.__setattr__(self, "url", self._web_address(scheme, rest))

    def _take_socket(self, written: str, path: str) -> None:
        setting = self.setting("url")
        if not path:
            shown = repr(bounded(redact(written), 100))
            raise ConfigError(setting, f"is {shown}", "Write it like unix:///var/run/docker.sock")
        self._check_socket(setting, path)
        object.__setattr__(self, "socket", path)
        object.__setattr__(self, "url", OVER_A_SOCKET)

    def _check_socket(self, setting: str, path: str) -> None:
        if not path.startswith("/") or not path.isprintable() or len(path.encode()) > _LONGEST_SOCKET:
            raise ConfigError(
                setting,
                f"names the socket {bounded(redact(path), 120)!r}",
                f"Give an absolute path of at most {_LONGEST_SOCKET} bytes, e.g. /var/run/docker.sock",
            )

    def _web_address(self, scheme: str, rest: str) -> str:
        """``tcp`` in the words of HTTP, with the port that Docker's client takes when none is given."""
        web = "https" if self.tls_verify or self.cert_path is not None else "http"
        if scheme != "tcp":
            return f"{web}://{rest}"
        host, slash, path = rest.partition("/")
        if host.startswith(":"):
            host = f"127.0.0.1{host}"
        if ":" not in host.rpartition("]")[2]:
            host = f"{host}:{_PORTS[web]}"
        return f"{web}://{host}{slash}{path}"

    def _take_certificates(self, folder: Path) -> None:
        there = {name for name in ("ca", "cert", "key") if (folder / f"{name}.pem").is_file()}
        if not there or ("cert" in there) != ("key" in there):
            lacking = ", ".join(f"{name}.pem" for name in ("ca", "cert", "key") if name not in there)
            raise ConfigError(
                self.setting("cert_path"),
                f"is {str(folder)!r}, where {lacking} cannot be read",
                "Name the folder that holds ca.pem, and cert.pem together with key.pem.",
            )
        if self.ca_cert is None and "ca" in there:
            object.__setattr__(self, "ca_cert", folder / "ca.pem")

    def _read(self, file: Path) -> str:
        try:
            return file.read_text(encoding="ascii")
        except (OSError, ValueError) as error:
            raise ConfigError(
                self.setting("cert_path"),
                f"holds {file.name}, which cannot be read: {error}",
                "Mend that file.",
            ) from error
