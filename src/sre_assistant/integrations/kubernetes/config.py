"""Settings of one Kubernetes cluster: an address with a token, a kubeconfig, or the pod we run in."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from sre_assistant.domain.errors import ConfigError
from sre_assistant.integrations.kubernetes.kubeconfig import NOTHING, Entry, read_entry
from sre_assistant.kit.endpoint import Endpoint, Identity, Purpose
from sre_assistant.kit.secret import Secret

IN_CLUSTER_URL: Final = "https://kubernetes.default.svc"
_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_NAMESPACE = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
_WAYS = (
    "Set it, e.g. KUBERNETES_URL=https://kube.lan:6443 with KUBERNETES_TOKEN; or "
    "KUBERNETES_KUBECONFIG=~/.kube/config; or, in a pod, KUBERNETES_IN_CLUSTER=true."
)
_LONGEST_TOKEN = 64 * 1024


class _Entered(Endpoint):
    """Room for what a kubeconfig brings, which is no setting of its own."""

    __slots__ = ("_entry",)
    _entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(_Entered):
    """Where the API server is and who asks.

    A URL that is given wins over the one in the kubeconfig; where the two name different servers, nothing of
    the kubeconfig is used. A token that is given wins over the kubeconfig's user and the pod's account.
    """

    prefix: ClassVar[str] = "KUBERNETES"
    credential: ClassVar[str] = "token"

    url: str = field(
        default="",
        metadata={"doc": "The API server, e.g. https://kube.lan:6443, where no kubeconfig names it."},
    )
    token: Secret | None = field(
        default=None,
        metadata={"doc": "Token of a service account that may only read; sent as a bearer token."},
    )
    kubeconfig: Path | None = field(
        default=None,
        metadata={"doc": "A kubeconfig, or several joined by colons; server and user are read from it."},
    )
    context: str = field(
        default="", metadata={"doc": "Context of the kubeconfig; its current one otherwise."}
    )
    in_cluster: bool = field(
        default=False, metadata={"doc": "Whether to use the service account of the pod that this runs in."}
    )
    account_dir: Path = field(
        default=_ACCOUNT, metadata={"doc": "Folder of that account's `token` and `ca.crt`."}
    )
    namespaces: str = field(
        default="",
        metadata={"doc": "Namespaces to read, separated by commas; all that may be read when empty."},
    )
    allow_changes: bool = field(
        default=False, metadata={"doc": "Whether workloads may be restarted and pods deleted on approval."}
    )
    change_token: Secret | None = field(
        default=None, metadata={"doc": "Token used for changes alone; the reading one otherwise."}
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_entry", self._found())
        self._take("url", self._entry.server)
        self._take("ca_cert", self._entry.ca_cert)
        self._take("token", self._entry.token)
        if self._entry.unverified:
            object.__setattr__(self, "verify_ssl", False)
        if not self.url:
            raise ConfigError(self.setting("url"), "is not set", _WAYS)
        Endpoint.__post_init__(self)

    @property
    def spaces(self) -> tuple[str, ...]:
        """The namespaces to read; none for all."""
        return tuple(dict.fromkeys(each.strip() for each in self.namespaces.split(",") if each.strip()))

    @property
    def identity(self) -> Identity | None:
        """The client certificate of the kubeconfig's user."""
        return self._entry.identity

    @property
    def authority(self) -> str:
        """The authority that the kubeconfig has inline."""
        return "" if self.ca_cert else self._entry.authority

    @property
    def usual_namespace(self) -> str:
        """The namespace that the kubeconfig's context begins in; empty when it says none."""
        return self._entry.namespace

    @property
    def passed_over(self) -> str:
        """Why nothing of the kubeconfig is used; empty when it is, or there is none."""
        return self._entry.passed_over

    @property
    def unreadable(self) -> str:
        """Why the file that the token is read from cannot be; empty when it can, or there is none."""
        path = self._entry.token_file
        if path is None or self.token:
            return ""
        try:
            return "" if _file_token(path) else f"{path} is empty"
        except OSError as error:
            return f"{path} cannot be read: {error.strerror}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must never be shown, those from files included."""
        key = self._entry.identity.key.reveal() if self._entry.identity else ""
        held = (self.token, self.change_token, self._entry.password)
        return tuple(text for text in (*(one.reveal() for one in held if one), self._reread(), key) if text)

    def headers(self, purpose: Purpose = "read") -> dict[str, str]:
        """The bearer token, read again where a file holds it; without one, the kubeconfig's password."""
        given = self.change_token if purpose == "change" and self.change_token else self.token
        token = given.reveal() if given else self._reread()
        if token:
            return {"Authorization": f"Bearer {token}"}
        if self._entry.password:
            pair = f"{self._entry.username}:{self._entry.password.reveal()}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return {}

    def _found(self) -> Entry:
        """What the kubeconfig or the pod brings."""
        if self.in_cluster and self.kubeconfig:
            raise ConfigError(
                self.setting("in_cluster"),
                f"and {self.setting('kubeconfig')} are both set",
                "Keep one of the two.",
            )
        if self.in_cluster:
            return self._of_the_pod()
        if self.kubeconfig:
            return read_entry(
                str(self.kubeconfig),
                self.context,
                setting=self.setting,
                url=self.url,
                token_given=bool(self.token),
            )
        return NOTHING

    def _of_the_pod(self) -> Entry:
        token, authority = self.account_dir / "token", self.account_dir / "ca.crt"
        known = authority if authority.is_file() else None
        # With a URL the account may be elsewhere, as in a replay; without one this must be a pod.
        if not self.url and not self.token and not token.is_file():
            raise ConfigError(
                self.setting("in_cluster"),
                f"is true, but there is no {token}",
                "Run it in a pod with a service account whose token is mounted, or give "
                f"{self.setting('url')} and {self.setting('token')}.",
            )
        return Entry(server=IN_CLUSTER_URL, ca_cert=known, token_file=token)

    def _take(self, name: str, found: object) -> None:
        """Fills a setting that was not given."""
        if found and not getattr(self, name):
            object.__setattr__(self, name, found)

    def _reread(self) -> str:
        """The token in the file; nothing when it cannot be read, which the server then answers with 401."""
        path = self._entry.token_file
        try:
            token = _file_token(path) if path else ""
        except OSError:
            return ""
        return token if token.isascii() and token.isprintable() else ""

    def _check(self) -> None:
        Endpoint._check(self)
        for name in ("token", "change_token"):
            held: Secret | None = getattr(self, name)
            self._check_bare(name, held.reveal() if held else "")
        for space in self.spaces:
            if not _NAMESPACE.fullmatch(space):
                raise ConfigError(
                    self.setting("namespaces"),
                    f"holds {space!r}, which is no name of a namespace",
                    "Write names separated by commas, e.g. web,home.",
                )


def _file_token(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_LONGEST_TOKEN).decode("utf-8", "replace").strip()
