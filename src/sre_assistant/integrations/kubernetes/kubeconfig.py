"""Kubeconfig files: found, merged as kubectl merges them, and read strictly."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sre_assistant.domain.errors import ConfigError
from sre_assistant.integrations.kubernetes.grants import GRANT
from sre_assistant.integrations.kubernetes.kubefiles import (
    LARGEST,
    Cluster,
    Context,
    Merged,
    User,
    read_files,
)
from sre_assistant.kit.endpoint import Identity
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.secret import Secret

OWN_ACCOUNT: Final = (
    f"Make an account that may only read and give its token: {'; '.join(GRANT).partition('  #')[0]}; "
    "then KUBERNETES_URL and KUBERNETES_TOKEN_FILE=kubernetes-token"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a cluster is entered, as a kubeconfig or a pod says it."""

    server: str = ""
    ca_cert: Path | None = None
    authority: str = ""
    """PEM text, where it is not in a file."""
    unverified: bool = False
    token: Secret | None = None
    token_file: Path | None = None
    """Read for each call, since it rotates."""
    identity: Identity | None = None
    username: str = ""
    password: Secret | None = None
    namespace: str = ""
    passed_over: str = ""
    """Why nothing of the file is used."""


NOTHING: Final = Entry()


def read_entry(
    paths: str, context: str, *, setting: Callable[[str], str], url: str, token_given: bool
) -> Entry:
    """The entry that a context of some kubeconfig files names.

    Args:
        paths: one file, or several joined by the system's path separator; missing ones are passed over.
        context: its name; the current one when empty.
        setting: what the operator calls a field.
        url: an address given elsewhere; an entry of another server is passed over then.
        token_given: whether a token was given elsewhere; the file's user does not matter then.

    Raises:
        ConfigError: a file cannot be used, or asks for what is not supported.
    """
    ours = setting("kubeconfig")
    merged = read_files(paths, ours, needed=not url)
    if merged is None:
        return Entry(passed_over=f"there is no file at {paths}")
    chosen = _chosen(merged, context or merged.current, paths, setting("context"))
    cluster, folder = _cluster(merged, chosen, paths, ours)
    if url and url.strip().rstrip("/") != cluster.server.strip().rstrip("/"):
        shown = bounded(redact(cluster.server), 100)
        return Entry(passed_over=f"its server is {shown}, another than {bounded(redact(url), 100)}")
    reader = _Reader(ours, paths)
    reader.check_cluster(cluster, chosen.cluster)
    entry = Entry(
        server=cluster.server,
        ca_cert=reader.file(folder, cluster.certificate_authority)
        if not cluster.certificate_authority_data
        else None,
        authority=reader.data(cluster.certificate_authority_data, "certificate-authority-data"),
        unverified=cluster.insecure_skip_tls_verify,
        namespace=chosen.namespace,
    )
    if token_given or not chosen.user:
        return entry
    found = merged.users.get(chosen.user)
    if found is None or found[0].user is None:
        raise ConfigError(
            ours, f"({paths}) has no user {chosen.user!r}", f"Known are: {_known(merged.users)}."
        )
    return reader.entered(entry, found[0].user, chosen.user, found[1])


def _chosen(merged: Merged, name: str, paths: str, setting: str) -> Context:
    known = f"Known are: {_known(merged.contexts)}."
    if not name:
        raise ConfigError(setting, f"is not set, and {paths} has no current context", known)
    found = merged.contexts.get(name)
    if found is None or found[0].context is None:
        raise ConfigError(setting, f"is {name!r}, and {paths} has no such context", known)
    return found[0].context


def _cluster(merged: Merged, chosen: Context, paths: str, setting: str) -> tuple[Cluster, Path]:
    found = merged.clusters.get(chosen.cluster)
    if found is None or found[0].cluster is None or not found[0].cluster.server:
        remedy = f"Known are: {_known(merged.clusters)}."
        raise ConfigError(setting, f"({paths}) has no server for the cluster {chosen.cluster!r}", remedy)
    return found[0].cluster, found[1]


def _known(names: Mapping[str, object]) -> str:
    return bounded(", ".join(sorted(names)) or "none", 300)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads what an entry points at; errors name the setting and the file."""

    setting: str
    paths: str

    def check_cluster(self, cluster: Cluster, name: str) -> None:
        """Refuses what would silently lead elsewhere."""
        for asked, key in ((cluster.tls_server_name, "tls-server-name"), (cluster.proxy_url, "proxy-url")):
            if asked:
                raise self._refused(
                    f"cluster {name!r} has {key}, which is not supported",
                    "Give an address that its certificate holds and that is reached directly.",
                )

    def entered(self, entry: Entry, user: User, name: str, folder: Path) -> Entry:
        """The entry with what says who we are."""
        for asked, key in ((user.exec, "exec"), (user.auth_provider, "auth-provider")):
            if asked is not None:
                raise self._refused(
                    f"user {name!r} is entered by a program ({key}), which is not run", OWN_ACCOUNT
                )
        if user.impersonated:
            raise self._refused(
                f"user {name!r} acts as {user.impersonated!r}, which is not supported", OWN_ACCOUNT
            )
        token_file = self.file(folder, user.token_file)
        return Entry(
            server=entry.server,
            ca_cert=entry.ca_cert,
            authority=entry.authority,
            unverified=entry.unverified,
            namespace=entry.namespace,
            token=Secret(user.token) if user.token and token_file is None else None,
            token_file=token_file,
            identity=self._identity(user, name, folder),
            username=user.username,
            password=Secret(user.password) if user.username else None,
        )

    def file(self, folder: Path, name: str) -> Path | None:
        """A file named in the kubeconfig, which must be there."""
        if not name:
            return None
        path = folder / Path(name).expanduser()
        if not path.is_file():
            raise self._refused(
                f"names {path}, and there is no such file", "Put it there, or name another kubeconfig."
            )
        return path

    def data(self, text: str, key: str) -> str:
        """A PEM text that is inline in base64."""
        try:
            return base64.b64decode(text, validate=True).decode("ascii")
        except (binascii.Error, ValueError) as error:
            raise self._refused(f"has {key} that is no base64 of a PEM text", "Write it again.") from error

    def _identity(self, user: User, name: str, folder: Path) -> Identity | None:
        certificate = self._pem(
            user.client_certificate_data, user.client_certificate, "client-certificate", folder
        )
        key = self._pem(user.client_key_data, user.client_key, "client-key", folder)
        if not certificate and not key:
            return None
        if not certificate or not key:
            raise self._refused(
                f"user {name!r} has a client certificate without its key, or the reverse", "Give both."
            )
        if "ENCRYPTED" in key:
            raise self._refused(
                f"user {name!r} has an encrypted client key", "Give it unencrypted, or a token."
            )
        return Identity(Secret(certificate), Secret(key))

    def _pem(self, data: str, name: str, key: str, folder: Path) -> str:
        if data:
            return self.data(data, f"{key}-data")
        path = self.file(folder, name)
        if path is None:
            return ""
        try:
            return path.read_bytes()[:LARGEST].decode("ascii")
        except (OSError, ValueError) as error:
            raise self._refused(f"names {path}, which cannot be read as PEM", "Let us read it.") from error

    def _refused(self, problem: str, remedy: str) -> ConfigError:
        return ConfigError(self.setting, f"({self.paths}) {problem}", remedy)
