"""The findings that every check-up shares: way in, TLS, permission, clock, breaker."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from sre_assistant.domain.checkup import Finding
from sre_assistant.domain.errors import Denied, Missing, Rejected, SourceError, Unauthorised, Unreachable
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.kit.breaker import BreakerState
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.tls import tls_failure
from sre_assistant.kit.units import format_value

_SKEW_SEEN = 0.1
_SKEW_NOTED = 2.0
_SKEW_WRONG = 60.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def transport(endpoint: Endpoint, *, reached: bool) -> tuple[Finding, ...]:
    """How well the way to the system is guarded; a certificate counts as verified only once it was seen."""
    if endpoint.encrypted and endpoint.verify_ssl:
        inline = "the authority given with it" if endpoint.authority else "a known authority"
        by = f"signed by {endpoint.ca_cert or inline}"
        return (Finding(level="ok", check="tls", text=f"certificate verified, {by}"),) if reached else ()
    if endpoint.encrypted:
        return (
            Finding(
                level="warning",
                check="tls",
                text=f"certificate not verified, anybody between can read: {endpoint.setting('verify_ssl')}",
                fix=f"{endpoint.setting('verify_ssl')}=true {endpoint.setting('ca_cert')}=/path/to/ca.pem",
            ),
        )
    sent = endpoint.headers() | endpoint.headers("change")
    if "Authorization" in sent and urlsplit(endpoint.url).hostname not in _LOOPBACK:
        return (
            Finding(
                level="warning",
                check="tls",
                text="the credential travels unencrypted",
                fix=f"{endpoint.setting('url')}={endpoint.url.replace('http:', 'https:', 1)}",
            ),
        )
    return ()


def failure(endpoint: Endpoint, error: SourceError, path: str) -> Finding:
    """What stands in the way when the system cannot be asked at all; ``path`` is where a person may try."""
    check, fix = _obstacle(endpoint, error, path)
    return Finding(level="error", check=check, text=error.detail, fix=fix)


def permission(endpoint: Endpoint, what: str, error: SourceError, path: str) -> Finding:
    """What cannot be read of a system that answers otherwise."""
    level: Literal["warning", "error"] = "warning" if isinstance(error, Missing) else "error"
    return Finding(
        level=level,
        check="permission",
        text=f"{what}: {error.detail}",
        fix=_obstacle(endpoint, error, path)[1],
    )


async def readable(
    endpoint: Endpoint, what: str, ask: Callable[[], Awaitable[Reading[object]]], path: str
) -> Finding:
    """Whether one thing can be read: asks for it; a failure and a missing right are findings alike."""
    try:
        reading = await ask()
    except SourceError as error:
        return permission(endpoint, what, error, path)
    if reading.completeness is Completeness.DENIED:
        return Finding(level="error", check="permission", text=f"{what}: {reading.detail}")
    return Finding(level="ok", check="permission", text=f"{what} can be read")


def broader(rights: Sequence[str], fix: str) -> tuple[Finding, ...]:
    """A warning when a credential that only reads may do more than that.

    Args:
        rights: what it may do beyond reading, in the system's own words.
        fix: the line that narrows it.
    """
    if not rights:
        return ()
    text = f"the credential may do more than is needed: {', '.join(rights)}"
    return (Finding(level="warning", check="permission", text=text, fix=fix),)


def skew(ours: datetime, theirs: datetime, *, precision: float = 0.0) -> Finding:
    """How far the system's clock is from ours.

    Args:
        ours: our clock at about the same moment.
        theirs: its clock.
        precision: seconds by which ``theirs`` may be off for want of digits.
    """
    seconds = (theirs - ours).total_seconds()
    apart = max(0.0, abs(seconds) - precision)
    if apart <= max(precision, _SKEW_SEEN):
        return Finding(level="ok", check="clock", text="its clock agrees with ours")
    said = (
        f"its clock is {format_value(abs(seconds), 'seconds')} {'ahead of' if seconds > 0 else 'behind'} ours"
    )
    if apart <= _SKEW_NOTED:
        return Finding(level="ok", check="clock", text=said)
    return Finding(
        level="error" if apart > _SKEW_WRONG else "warning",
        check="clock",
        text=f"{said}: what happened when cannot be compared",
        fix="timedatectl set-ntp true",
    )


def breaker(state: BreakerState) -> tuple[Finding, ...]:
    """A line when calls are being held back."""
    if state.phase == "closed":
        return ()
    wait = f", next try in {format_value(state.next_try, 'seconds')}" if state.next_try else ""
    text = f"circuit breaker {state.phase} after {state.failures} failed calls{wait}: {state.reason}"
    return (Finding(level="warning", check="breaker", text=text),)


def _credential(endpoint: Endpoint) -> str:
    """The line that gives the system another credential."""
    secret = "password" if getattr(endpoint, "username", "") else endpoint.credential
    if not secret:
        return f"{endpoint.setting('url')}=…"
    return f"{endpoint.setting(secret)}_FILE=/path/to/{secret.replace('_', '-')}"


def _obstacle(endpoint: Endpoint, error: SourceError, path: str) -> tuple[str, str]:
    """Which check failed and the line that mends it or shows more."""
    if tls_failure(error):
        return "tls", f"{endpoint.setting('ca_cert')}=/path/to/ca.pem"
    if isinstance(error, Unauthorised):
        return "authorised", _credential(endpoint)
    if isinstance(error, Denied):
        return "permission", f"allow GET {path} for this credential in front of {endpoint.url}"
    if isinstance(error, Unreachable):
        return "reachable", f"curl -sS {shlex.quote(endpoint.url + path)}"
    if isinstance(error, Rejected) and "HTTPS" in error.detail and not endpoint.encrypted:
        return "reachable", f"{endpoint.setting('url')}={endpoint.url.replace('http:', 'https:', 1)}"
    # It answers, but not as this system does: most often the address lacks a path.
    return "reachable", f"{endpoint.setting('url')}={endpoint.url}/PATH-OF-ITS-API"
