"""`sre serve`: the HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sre_assistant.cli import exits

if TYPE_CHECKING:
    import socket

    from sre_assistant.runtime.settings import Settings

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PATIENCE = 5
"""Seconds that requests under way may still take when the server is told to stop."""


def serve(
    *,
    host: Annotated[
        str, typer.Option(help="Address to listen on, instead of SRE_HOST.", show_default=False)
    ] = "",
    port: Annotated[
        str, typer.Option(help="Port to listen on, instead of SRE_PORT.", show_default=False)
    ] = "",
) -> int:
    """Serve the HTTP API until stopped.

    A token is made on the first start; every request must show it.
    """
    from sre_assistant.cli import screen
    from sre_assistant.cli.door import wait_for
    from sre_assistant.runtime.settings import ambient, load
    from sre_assistant.runtime.token import token_path

    flags = {name: given for name, given in (("SRE_HOST", host), ("SRE_PORT", port)) if given}
    settings = load(ambient(), flags=flags)
    token = _token(settings)
    with _listening(settings) as listener:
        address, bound = listener.getsockname()[:2]
        shown = f"[{address}]" if ":" in address else address
        screen.note(f"sre serve: http://{shown}:{bound}")
        place = "SRE_TOKEN" if settings.own.token else str(token_path(settings.own.state_dir))
        screen.note(f"the token is in {place}")
        if settings.own.host not in _LOOPBACK:
            screen.note("warning: others on the network can reach it, and the token travels unencrypted")
        for warning in settings.warnings:
            screen.note(f"warning: {warning}")
        wait_for(_serving(settings, token, listener))
    return exits.OK


def _token(settings: Settings) -> str:
    from sre_assistant.runtime.token import ensure_token, usable_token

    if settings.own.token is None:
        return ensure_token(settings.own.state_dir)
    return usable_token(settings.own.token.reveal().encode(), "SRE_TOKEN", "the settings")


def _listening(settings: Settings) -> socket.socket:
    import socket

    from sre_assistant.domain.errors import ConfigError

    host, port = settings.own.host, settings.own.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
        # asyncio does this only for sockets it made itself; without it a reused connection waits 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = (
            "Choose another with --port or SRE_PORT."
            if "in use" in reason
            else "Correct SRE_HOST or SRE_PORT."
        )
        raise ConfigError("SRE_PORT", f"cannot listen on {host}:{port}: {reason}", remedy) from error
    return listener


async def _serving(settings: Settings, token: str, listener: socket.socket) -> None:
    import uvicorn

    from sre_assistant.api.app import create_app
    from sre_assistant.api.logs import configure_logs
    from sre_assistant.cli.door import program_on_machine

    configure_logs(settings.own.log_level)
    async with program_on_machine(settings) as program:
        app = create_app(program, token=token)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=_PATIENCE,
        )
        await uvicorn.Server(config).serve(sockets=[listener])
