"""blackbox_exporter: probes of web pages and name servers, and pings."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import fixed, gauge, many, process
from sre_assistant.sim.metrics.targets import Family, Level, Point
from sre_assistant.sim.signals import Wander

if TYPE_CHECKING:
    from sre_assistant.sim.things.around import Device
    from sre_assistant.sim.things.hosts import Host
    from sre_assistant.sim.world import Page

_UNANSWERED: Final = 3.07  # seconds until the network says that nobody is there
_UNHEARD: Final = 5.0
"""Seconds until a question without an answer is given up."""
_DNS_PHASES: Final = {"connect": 0.03, "request": 0.95, "resolve": 0.001}
_PHASES: Final = {"resolve": 0.03, "connect": 0.06, "tls": 0.2, "processing": 0.6, "transfer": 0.11}


def page_families(page: Page, epoch: float, *, secure: bool) -> list[Family]:
    """What a probe of a web page yields."""
    visit = _Visit(page, secure)
    return [*_outcome(visit), *_answer(visit), *(_certificate(visit, epoch) if secure else ())]


@dataclass(frozen=True)
class _Visit:
    """A probe's course at each time."""

    page: Page
    secure: bool

    def answered(self, t: Floats) -> Floats:
        return np.where(self.page.status(t) > 0, 1.0, 0.0)

    def good(self, t: Floats) -> Floats:
        status = self.page.status(t)
        return np.where((status >= 200) & (status < 300), 1.0, 0.0)

    def took(self, t: Floats) -> Floats:
        usual = self.page.spec.answer * (1 + 0.3 * Wander(self.page.seed, 300.0, 1.0).value(t))
        return np.where(self.answered(t) > 0, usual, _UNANSWERED)

    def phase(self, name: str, share: float) -> Level:
        part = 0.0 if name == "tls" and not self.secure else share
        return lambda t: np.where(self.answered(t) > 0, self.took(t) * part, 0.0)

    def length(self, t: Floats) -> Floats:
        return self.good(t) * float(2000 + self.page.seed % 40000)


def _outcome(visit: _Visit) -> list[Family]:
    address = _mark(visit.page.address)
    lookup: Level = lambda t: visit.took(t) * 0.002  # noqa: E731
    return [
        gauge("probe_dns_lookup_time_seconds", "Time of the name lookup in seconds.", lookup),
        gauge("probe_duration_seconds", "Time of the whole probe in seconds.", visit.took),
        gauge("probe_ip_addr_hash", "Hash of the address.", fixed(address)),
        gauge("probe_ip_protocol", "4 or 6.", fixed(4.0)),
        gauge("probe_success", "Whether the probe succeeded.", visit.good),
    ]


def _answer(visit: _Visit) -> list[Family]:
    phases = [({"phase": name}, visit.phase(name, share)) for name, share in _PHASES.items()]
    tls: Level = lambda t: visit.answered(t) * float(visit.secure)  # noqa: E731
    version: Level = lambda t: visit.answered(t) * 1.1  # noqa: E731
    return [
        gauge("probe_failed_due_to_regex", "Whether a pattern made the probe fail.", fixed(0.0)),
        gauge("probe_http_content_length", "Length of the answer.", visit.length),
        many("probe_http_duration_seconds", "gauge", "Time of each phase, all redirects together.", phases),
        gauge("probe_http_redirects", "Redirects followed.", fixed(0.0)),
        gauge("probe_http_ssl", "Whether the last redirect used TLS.", tls),
        gauge("probe_http_status_code", "Status of the answer.", visit.page.status),
        gauge("probe_http_uncompressed_body_length", "Length of the body.", visit.length),
        gauge("probe_http_version", "HTTP version of the answer.", version),
    ]


def _certificate(visit: _Visit, epoch: float) -> list[Family]:
    """What is known of the certificate; nothing while nobody answers."""
    until: Level = lambda t: np.rint(epoch + visit.page.valid_until(t))  # noqa: E731
    facts: tuple[tuple[str, str, dict[str, str], Level], ...] = (
        ("probe_ssl_earliest_cert_expiry", "First expiry in the chain, unix time.", {}, until),
        ("probe_ssl_last_chain_expiry_timestamp_seconds", "Expiry of the last chain, unix time.", {}, until),
        ("probe_tls_version_info", "TLS version used.", {"version": "TLS 1.3"}, fixed(1.0)),
    )
    return [
        Family(name, "gauge", about, (Point(labels, level, visit.answered),))
        for name, about, labels, level in facts
    ]


def ping_families(address: str, gone: Level, seed: int) -> list[Family]:
    """What a ping yields."""

    def alive(t: Floats) -> Floats:
        return 1.0 - gone(t)

    def trip(t: Floats) -> Floats:
        return alive(t) * (0.0004 + Wander(seed + 77, 240.0, 0.0002).value(t))

    return [
        gauge("probe_dns_lookup_time_seconds", "Time of the name lookup in seconds.", fixed(0.0003)),
        gauge(
            "probe_duration_seconds",
            "Time of the whole probe in seconds.",
            lambda t: np.where(alive(t) > 0, trip(t) + 0.0006, 5.0),
        ),
        many(
            "probe_icmp_duration_seconds",
            "gauge",
            "Time of each phase of the ping.",
            [
                ({"phase": "resolve"}, fixed(0.0003)),
                ({"phase": "rtt"}, trip),
                ({"phase": "setup"}, fixed(0.0002)),
            ],
        ),
        gauge("probe_icmp_reply_hop_limit", "Hop limit of the reply.", lambda t: alive(t) * 64.0),
        gauge(
            "probe_ip_addr_hash",
            "Hash of the address.",
            fixed(_mark(address)),
        ),
        gauge("probe_ip_protocol", "4 or 6.", fixed(4.0)),
        gauge("probe_success", "Whether the probe succeeded.", alive),
    ]


def dns_families(device: Device, gone: Level) -> list[Family]:
    """What a question to a name server yields."""
    usual = device.spec.answer

    def answered(t: Floats) -> Floats:
        return 1.0 - gone(t)

    def took(t: Floats) -> Floats:
        return usual * (1 + 0.4 * Wander(device.seed + 5, 300.0, 1.0).value(t))

    def phase(share: float) -> Level:
        return lambda t: answered(t) * took(t) * share

    phases = [({"phase": name}, phase(share)) for name, share in _DNS_PHASES.items()]
    return [
        gauge("probe_dns_additional_rrs", "Additional records.", fixed(0.0)),
        gauge("probe_dns_answer_rrs", "Records of the answer.", answered),
        gauge("probe_dns_authority_rrs", "Authority records.", fixed(0.0)),
        many("probe_dns_duration_seconds", "gauge", "Time of each phase of the question.", phases),
        gauge("probe_dns_lookup_time_seconds", "Time of the name lookup in seconds.", fixed(1.1e-05)),
        gauge("probe_dns_query_succeeded", "Whether the question was answered.", answered),
        gauge(
            "probe_duration_seconds",
            "Time of the whole probe in seconds.",
            lambda t: np.where(answered(t) > 0, took(t), _UNHEARD),
        ),
        gauge("probe_ip_addr_hash", "Hash of the address.", fixed(_mark(device.spec.address))),
        gauge("probe_ip_protocol", "4 or 6.", fixed(4.0)),
        gauge("probe_success", "Whether the probe succeeded.", answered),
    ]


def _mark(address: str) -> float:
    return float(zlib.crc32(address.encode()))


def own_families(host: Host, epoch: float) -> list[Family]:
    """What the exporter tells of itself."""
    info = {
        "branch": "debian/sid",
        "goversion": "go1.19.8",
        "revision": "0.23.0-4",
        "version": "0.23.0",
    }
    return [
        many("blackbox_exporter_build_info", "gauge", "Version of the exporter.", [(info, fixed(1.0))]),
        gauge(
            "blackbox_exporter_config_last_reload_successful",
            "Whether the configuration was accepted.",
            fixed(1.0),
        ),
        *process(host.seed + 300, host.boots + 30, epoch, 24e6),
    ]
