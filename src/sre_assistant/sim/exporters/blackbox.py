"""blackbox_exporter: probes of web pages and pings."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import fixed, many, one, process
from sre_assistant.sim.signals import DAY, Wander
from sre_assistant.sim.targets import Family, Level

if TYPE_CHECKING:
    from sre_assistant.sim.hosts import Host
    from sre_assistant.sim.world import Page

_UNANSWERED: Final = 3.07  # seconds until the network says that nobody is there
_PHASES: Final = {"resolve": 0.03, "connect": 0.06, "tls": 0.2, "processing": 0.6, "transfer": 0.11}


def page_families(page: Page, epoch: float, *, secure: bool) -> list[Family]:
    """What a probe of a web page yields."""

    def answered(t: Floats) -> Floats:
        return np.where(page.status(t) > 0, 1.0, 0.0)

    def good(t: Floats) -> Floats:
        status = page.status(t)
        return np.where((status >= 200) & (status < 300), 1.0, 0.0)

    def took(t: Floats) -> Floats:
        usual = page.spec.answer * (1 + 0.3 * Wander(page.seed, 300.0, 1.0).value(t))
        return np.where(answered(t) > 0, usual, _UNANSWERED)

    def phase(name: str, share: float) -> Level:
        part = 0.0 if name == "tls" and not secure else share
        return lambda t: np.where(answered(t) > 0, took(t) * part, 0.0)

    length = float(2000 + page.seed % 40000)
    families = [
        one(
            "probe_dns_lookup_time_seconds",
            "gauge",
            "Time of the name lookup in seconds.",
            lambda t: took(t) * 0.002,
        ),
        one("probe_duration_seconds", "gauge", "Time of the whole probe in seconds.", took),
        one("probe_failed_due_to_regex", "gauge", "Whether a pattern made the probe fail.", fixed(0.0)),
        one(
            "probe_http_content_length",
            "gauge",
            "Length of the answer.",
            lambda t: np.where(good(t) > 0, length, 0.0),
        ),
        many(
            "probe_http_duration_seconds",
            "gauge",
            "Time of each phase of the request, all redirects together.",
            [({"phase": name}, phase(name, share)) for name, share in _PHASES.items()],
        ),
        one("probe_http_redirects", "gauge", "Redirects followed.", fixed(0.0)),
        one(
            "probe_http_ssl",
            "gauge",
            "Whether the last redirect used TLS.",
            lambda t: answered(t) * float(secure),
        ),
        one("probe_http_status_code", "gauge", "Status of the answer.", page.status),
        one(
            "probe_http_uncompressed_body_length",
            "gauge",
            "Length of the body.",
            lambda t: np.where(good(t) > 0, length, 0.0),
        ),
        one("probe_http_version", "gauge", "HTTP version of the answer.", lambda t: answered(t) * 1.1),
        one(
            "probe_ip_addr_hash",
            "gauge",
            "Hash of the address.",
            fixed(float(zlib.crc32(page.host.spec.address.encode()))),
        ),
        one("probe_ip_protocol", "gauge", "4 or 6.", fixed(4.0)),
        one("probe_success", "gauge", "Whether the probe succeeded.", good),
    ]
    if secure:
        until = round(epoch + page.start + (page.spec.certificate or 90 * DAY))
        families += [
            one(
                "probe_ssl_earliest_cert_expiry",
                "gauge",
                "First expiry in the chain, unix time.",
                fixed(float(until)),
            ),
            one(
                "probe_ssl_last_chain_expiry_timestamp_seconds",
                "gauge",
                "Expiry of the last chain, unix time.",
                fixed(float(until)),
            ),
            many(
                "probe_tls_version_info", "gauge", "TLS version used.", [({"version": "TLS 1.3"}, fixed(1.0))]
            ),
        ]
    return families


def ping_families(host: Host) -> list[Family]:
    """What a ping yields."""

    def alive(t: Floats) -> Floats:
        return 1.0 - host.is_gone(t)

    def trip(t: Floats) -> Floats:
        return alive(t) * (0.0004 + Wander(host.seed + 77, 240.0, 0.0002).value(t))

    return [
        one("probe_dns_lookup_time_seconds", "gauge", "Time of the name lookup in seconds.", fixed(0.0003)),
        one(
            "probe_duration_seconds",
            "gauge",
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
        one("probe_icmp_reply_hop_limit", "gauge", "Hop limit of the reply.", lambda t: alive(t) * 64.0),
        one(
            "probe_ip_addr_hash",
            "gauge",
            "Hash of the address.",
            fixed(float(zlib.crc32(host.spec.address.encode()))),
        ),
        one("probe_ip_protocol", "gauge", "4 or 6.", fixed(4.0)),
        one("probe_success", "gauge", "Whether the probe succeeded.", alive),
    ]


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
        one(
            "blackbox_exporter_config_last_reload_successful",
            "gauge",
            "Whether the configuration was accepted.",
            fixed(1.0),
        ),
        *process(host.seed + 300, host.boots + 30, epoch, 24e6),
    ]
