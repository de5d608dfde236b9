"""TLS towards one system: whom we trust, who we say we are, and what a failure means."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.endpoint import Endpoint, Identity

_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})


def tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """What connections to the endpoint are made with.

    Raises:
        ConfigError: the authority's or the client's certificate cannot be used.
    """
    # Reading the machine's authorities takes 20 ms; a plain URL needs none.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not endpoint.encrypted:
        return context
    if endpoint.verify_ssl:
        context = _trusting(endpoint)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    identity = endpoint.identity
    if identity is not None:
        _present(context, identity, endpoint)
    return context


def tls_failure(error: BaseException) -> ssl.SSLError | None:
    """The TLS error behind an error, if that is what it comes from."""
    return next((e for e in behind(error) if isinstance(e, ssl.SSLError)), None)


def tls_cause(error: ssl.SSLError) -> str:
    """What went wrong, in words that say where to look."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if error.reason in _NO_TLS:
        return "it does not speak TLS at this port: write http instead of https"
    return error.reason or str(error)


def behind(error: BaseException | None) -> Iterator[BaseException]:
    """An error and everything it came from, the nearest first; each once, even where they go round."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or error.__context__


def _trusting(endpoint: Endpoint) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=endpoint.ca_cert, cadata=endpoint.authority or None)
    except (OSError, ValueError) as error:
        raise ConfigError(
            endpoint.setting("ca_cert"),
            f"is {str(endpoint.ca_cert or '(inline)')!r}, which cannot be used: "
            f"{getattr(error, 'strerror', '') or error}",
            "Point it at a readable PEM file of your certificate authority.",
        ) from error


def _present(context: ssl.SSLContext, identity: Identity, endpoint: Endpoint) -> None:
    """Loads a client certificate; OpenSSL reads it from a file alone, which is private and gone at once."""
    handle, path = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{identity.certificate.reveal()}\n{identity.key.reveal()}\n")
        context.load_cert_chain(path)
    except (OSError, ValueError) as error:
        raise ConfigError(
            endpoint.setting("url"),
            f"is entered with a client certificate that cannot be used: {error}",
            "Give the certificate and its unencrypted key as PEM.",
        ) from error
    finally:
        Path(path).unlink()
