"""A real Prometheus with the simulated samples in it."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import struct
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sre_assistant.sim.arrays import Samples, is_stale
from sre_assistant.sim.metrics.series import NAME, Index, Labels, Matcher, Series
from sre_assistant.sim.promql.text import plain, quoted


@dataclass(frozen=True)
class Shelf:
    """A storage of given series between two moments, without stale markers: what a backfill can carry."""

    index: Index
    start: int
    end: int

    def select(self, matchers: Sequence[Matcher], _start: int, _end: int, /) -> list[Series]:
        """Those that match."""
        return [Unmarked(one, self.start, self.end) for one in self.index.matching(matchers)]


@dataclass(frozen=True)
class Unmarked:
    """A series without stale markers, cut to a window."""

    series: Series
    first: int
    last: int

    @property
    def labels(self) -> Labels:
        """Its identity."""
        return self.series.labels

    def samples(self, start: int, end: int) -> Samples:
        """The samples that are real."""
        samples = self.series.samples(max(start, self.first), min(end, self.last))
        kept = ~is_stale(samples.values)
        return Samples(samples.times[kept], samples.values[kept])


MISSING = [tool for tool in ("prometheus", "promtool") if shutil.which(tool) is None]


def open_metrics(series: Iterable[Series], start: int, end: int) -> str:
    """All samples as OpenMetrics text; stale markers have no form there and are left out."""
    lines = []
    for one in series:
        labels = dict(one.labels)
        name = labels.pop(NAME)
        inner = ",".join(f"{key}={quoted(value)}" for key, value in sorted(labels.items()))
        samples = one.samples(start, end)
        kept = ~is_stale(samples.values)
        for moment, value in zip(samples.times[kept].tolist(), samples.values[kept].tolist(), strict=True):
            lines.append(f"{name}{{{inner}}} {plain(value)} {moment / 1000:.3f}\n")
    return "".join(lines) + "# EOF\n"


@contextlib.contextmanager
def prometheus_with(text: str, folder: Path) -> Iterator[str]:
    """The URL of a Prometheus that holds these samples."""
    (folder / "samples.om").write_text(text)
    (folder / "prometheus.yml").write_text("global: {evaluation_interval: 30s}\n")
    data = folder / "data"
    load = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", "--max-block-duration=48h"]
    subprocess.run(
        [*load, str(folder / "samples.om"), str(data)], check=True, capture_output=True, timeout=120
    )
    with running(folder, data) as url:
        yield url


@contextlib.contextmanager
def running(folder: Path, data: Path, *flags: str) -> Iterator[str]:
    """A Prometheus on a free port, stopped by its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=100y",
        *flags,
    ]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def ask(url: str, path: str, **params: object) -> tuple[int, dict[str, Any]]:
    """Status and JSON body of a GET."""
    query = urllib.parse.urlencode({key.removesuffix("_"): str(value) for key, value in params.items()})
    try:
        with urllib.request.urlopen(f"{url}/api/v1/{path}?{query}", timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        if process.poll() is not None:
            raise RuntimeError(f"prometheus ended with {process.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/-/ready", timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("prometheus did not become ready")


@contextlib.contextmanager
def prometheus_written_to(series: Iterable[Series], start: int, end: int, folder: Path) -> Iterator[str]:
    """The URL of a Prometheus that got these samples by remote write, stale markers included."""
    (folder / "prometheus.yml").write_text("global: {evaluation_interval: 30s}\n")
    rows = [(one.labels, one.samples(start, end)) for one in series]
    with running(folder, folder / "data", "--web.enable-remote-write-receiver") as url:
        for begin in range(start, end, _SLICE_MS):
            _write(url, [_series(labels, samples, begin) for labels, samples in rows])
        yield url


_SLICE_MS = 1_200_000  # the head takes samples of many series only roughly in order of time


def _series(labels: Labels, samples: Samples, begin: int) -> bytes:
    inside = (samples.times >= begin) & (samples.times < begin + _SLICE_MS)
    named = b"".join(_field(1, _field(1, k.encode()) + _field(2, v.encode())) for k, v in labels)
    pairs = zip(samples.times[inside].tolist(), samples.values[inside].view(np.int64).tolist(), strict=True)
    data = b"".join(
        _field(2, b"\x09" + struct.pack("<q", bits) + b"\x10" + _varint(moment)) for moment, bits in pairs
    )
    return _field(1, named + data) if data else b""


def _write(url: str, series: Sequence[bytes]) -> None:
    message = b"".join(series)
    pieces = [message[i : i + 65536] for i in range(0, len(message), 65536)]
    packed = _varint(len(message)) + b"".join(
        bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece for piece in pieces
    )
    headers = {
        "Content-Encoding": "snappy",
        "Content-Type": "application/x-protobuf",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }
    request = urllib.request.Request(f"{url}/api/v1/write", packed, headers, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 204


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
