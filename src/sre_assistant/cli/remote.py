"""The same jobs, done by a running server."""

from __future__ import annotations

from random import SystemRandom
from typing import TypeVar
from urllib.parse import urlsplit

from sre_assistant.cli.door import wait_for
from sre_assistant.domain.answer import Answer
from sre_assistant.domain.diagnosis import Diagnosis
from sre_assistant.domain.errors import CallError, ConfigError, Malformed, SreError, Unreachable
from sre_assistant.kit import codec
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.endpoint import HttpEndpoint
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from sre_assistant.kit.wire import Request, Response
from sre_assistant.runtime.results import DiagnosisList, Investigation
from sre_assistant.runtime.settings import Settings
from sre_assistant.runtime.token import read_token, token_path
from sre_assistant.workflows.alerts import AlertList
from sre_assistant.workflows.investigate import Selection

T = TypeVar("T")
_SERVER = "server"
_PATIENCE = 120.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def investigate_remotely(url: str, token: str, settings: Settings, selection: Selection) -> Investigation:
    """What ``Program.investigate`` does, on the server; the recording stays there."""
    if selection.alerts:
        wanted: dict[str, object] = {"alerts": selection.alerts}
    else:
        wanted = {"all": True} if selection.everything else {"name": selection.name}
    body = _answer(url, token, settings, _post("/investigate", wanted))
    several = "diagnoses" in _read(body, dict)
    found = _read(body, DiagnosisList).diagnoses if several else (_read(body, Diagnosis),)
    return Investigation(selection=selection, diagnoses=found)


def ask_remotely(url: str, token: str, settings: Settings, question: str, session: str) -> Answer:
    """What ``Program.ask`` does, on the server, which also remembers the conversation."""
    wanted = {"question": question, "session_id": session}
    return _read(_answer(url, token, settings, _post("/ask", wanted)), Answer)


def alerts_remotely(url: str, token: str, settings: Settings) -> AlertList:
    """What ``Program.alerts`` does, on the server."""
    asked = Request(method="GET", path="/alerts", repeatable=True)
    return _read(_answer(url, token, settings, asked), AlertList)


def _post(path: str, body: object) -> Request:
    return Request(method="POST", path=path, json=body, repeatable=False)


def _answer(url: str, token: str, settings: Settings, request: Request) -> bytes:
    endpoint = HttpEndpoint(url=url, bearer_token=_token(url, token, settings), timeout=_PATIENCE)
    return wait_for(_sent(endpoint, request))


async def _sent(endpoint: HttpEndpoint, request: Request) -> bytes:
    wire = LiveWire(_SERVER, endpoint, SystemClock(), SystemRandom())
    try:
        response = await wire.send(request)
    finally:
        await wire.aclose()
    if response.status != 200:
        raise _refused(endpoint, request, response)
    return response.body


def _token(url: str, token: str, settings: Settings) -> Secret | None:
    """The token given; for a server on this machine also the one it made itself."""
    if token:
        return Secret(token)
    if settings.own.token is not None:
        return settings.own.token
    path = token_path(settings.own.state_dir)
    if urlsplit(url).hostname in _LOOPBACK and path.exists():
        return Secret(read_token(path))
    return None


def _refused(endpoint: HttpEndpoint, request: Request, response: Response) -> SreError:
    """The server's problem document as the error it stands for."""
    try:
        detail = str(codec.decode(response.body, dict).get("detail", ""))
    except codec.DecodeError:
        detail = ""
    said = endpoint.quoted(detail or f"HTTP {response.status}", 1000)
    if response.status == 401:
        return ConfigError("SRE_TOKEN", f"is not what {endpoint.url} wants", "Give its token with --token.")
    if response.status < 500 and response.status != 429:
        return CallError(said)
    return Unreachable(_SERVER, request.operation, said)


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return codec.decode(body, kind)
    except codec.DecodeError as error:
        raise Malformed(_SERVER, kind.__name__, f"the answer cannot be read: {error}") from error
