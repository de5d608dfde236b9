"""What Prometheus tells of its targets, rules and itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import QueryParams

from sre_assistant.sim.alerting.rules import Alert, Group, Recording, Rule, Rules
from sre_assistant.sim.exporters.prometheus import VERSION
from sre_assistant.sim.metrics.series import NAME
from sre_assistant.sim.metrics.targets import SCRAPE_INTERVAL_MS, Reported, Target, metadata_of
from sre_assistant.sim.promql.errors import BadData
from sre_assistant.sim.promql.text import duration_text, scientific
from sre_assistant.sim.servers.answers import nanoseconds
from sre_assistant.sim.world import World

RULE_FILE: Final = "/etc/prometheus/rules/homelab.yml"
_TOP: Final = 10


def buildinfo() -> dict[str, str]:
    """Version and build."""
    return {
        "version": VERSION["version"],
        "revision": VERSION["revision"],
        "branch": VERSION["branch"],
        "buildUser": "team+pkg-go@tracker.debian.org",
        "buildDate": "20260604-00:58:54",
        "goVersion": VERSION["goversion"],
    }


def runtimeinfo(world: World) -> dict[str, object]:
    """State of the process."""
    begun = world.unix_ms(world.hosts[world.house.monitoring].boots[-1] + 35)
    return {
        "startTime": nanoseconds(begun),
        "CWD": "/",
        "reloadConfigSuccess": True,
        "lastConfigTime": nanoseconds(begun // 1000 * 1000),
        "corruptionCount": 0,
        "goroutineCount": 38 + len(world.targets),
        "GOMAXPROCS": world.hosts[world.house.monitoring].spec.cpus,
        "GOGC": "",
        "GODEBUG": "",
        "storageRetention": "400d",
    }


def flags() -> dict[str, str]:
    """Command line flags."""
    return {
        "config.file": "/etc/prometheus/prometheus.yml",
        "enable-feature": "",
        "log.format": "logfmt",
        "log.level": "info",
        "query.lookback-delta": "5m",
        "query.max-concurrency": "20",
        "query.max-samples": "50000000",
        "query.timeout": "2m",
        "rules.alert.for-grace-period": "10m",
        "rules.alert.for-outage-tolerance": "1h",
        "rules.alert.resend-delay": "1m",
        "scrape.timestamp-tolerance": "2ms",
        "storage.tsdb.path": "/var/lib/prometheus/metrics2/",
        "storage.tsdb.retention": "0s",
        "storage.tsdb.retention.size": "0B",
        "storage.tsdb.retention.time": "400d",
        "web.enable-admin-api": "false",
        "web.enable-lifecycle": "false",
        "web.external-url": "",
        "web.listen-address": "0.0.0.0:9090",
    }


def config(world: World) -> str:
    """The configuration file."""
    exporter = f"{world.house.monitoring}.{world.house.domain}"
    jobs = []
    for job in dict.fromkeys(target.job for target in world.targets):
        path = urlsplit(next(target.url for target in world.targets if target.job == job)).path
        goals = "".join(f"\n    - {target.instance}" for target in world.targets if target.job == job)
        jobs.append(
            f"- job_name: {job}\n  scrape_interval: 15s\n  scrape_timeout: 10s\n  metrics_path: {path}\n"
            f"  scheme: http\n  static_configs:\n  - targets:{goals}\n"
        )
    return (
        "global:\n  scrape_interval: 15s\n  scrape_timeout: 10s\n  evaluation_interval: 30s\n"
        "alerting:\n  alertmanagers:\n  - scheme: http\n    timeout: 10s\n    api_version: v2\n"
        "    static_configs:\n"
        f"    - targets:\n      - {exporter}:9093\nrule_files:\n- {RULE_FILE}\nscrape_configs:\n"
        + "".join(jobs)
    )


def alertmanagers(world: World) -> dict[str, object]:
    """Where alerts are sent."""
    url = f"http://{world.house.monitoring}.{world.house.domain}:9093/api/v2/alerts"
    return {"activeAlertmanagers": [{"url": url}], "droppedAlertmanagers": []}


def tsdb(world: World, now: int) -> dict[str, object]:
    """Cardinality of the head."""
    names: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    values: dict[str, set[str]] = {}
    for one in world.index:
        names[dict(one.labels)[NAME]] += 1
        for name, value in one.labels:
            pairs[f"{name}={value}"] += 1
            values.setdefault(name, set()).add(value)
    memory = {name: sum(map(len, some)) + len(some) * len(name) for name, some in values.items()}
    return {
        "headStats": {
            "numSeries": len(world.index),
            "numLabelPairs": len(pairs),
            "chunkCount": len(world.index) * 4,
            "minTime": now // 7_200_000 * 7_200_000 - 3_600_000,
            "maxTime": now // SCRAPE_INTERVAL_MS * SCRAPE_INTERVAL_MS,
        },
        "seriesCountByMetricName": _top(names),
        "labelValueCountByLabelName": _top({name: len(some) for name, some in values.items()}),
        "memoryInBytesByLabelName": _top(memory),
        "seriesCountByLabelValuePair": _top(pairs),
    }


def metadata(targets: Sequence[Target], params: QueryParams) -> dict[str, list[dict[str, str]]]:
    """Type and help of metrics."""
    limit, wanted = _limit(params), params.get("metric", "")
    found: dict[str, list[dict[str, str]]] = {}
    for name, entries in sorted(metadata_of(targets).items()):
        if wanted and name != wanted:
            continue
        if 0 <= limit <= len(found):
            break
        found[name] = [{"type": kind, "help": about, "unit": ""} for kind, about in sorted(entries)]
    return found


def target_metadata(targets: Sequence[Target], params: QueryParams) -> list[dict[str, object]]:
    """Type and help of metrics, for each target that has them."""
    limit, wanted = _limit(params), params.get("metric", "")
    found: list[dict[str, object]] = []
    for target in targets:
        for name, entries in sorted(metadata_of([target]).items()):
            if wanted and name != wanted:
                continue
            for kind, about in sorted(entries):
                if 0 <= limit <= len(found):
                    return found
                metric = {} if wanted else {"metric": name}
                found.append({"target": target.identity, **metric, "type": kind, "help": about, "unit": ""})
    return found


def targets(found: Sequence[Target], now: int, params: QueryParams) -> dict[str, object]:
    """What is scraped, and how the last scrape went."""
    state = str(params.get("state", "")).lower()
    if state == "dropped":
        return {"activeTargets": [], "droppedTargets": []}
    active = [_target(one, now) for one in found if one.is_known(now)]
    return {"activeTargets": active if state in {"", "any", "active"} else [], "droppedTargets": []}


def rules(found: Rules, now: int, params: QueryParams) -> dict[str, object]:
    """All rules with their alerts."""
    kind = str(params.get("type", "")).lower()
    if kind not in {"", "alert", "record"}:
        raise BadData(f'invalid parameter "type": not supported value "{kind}"')
    wanted = {"alert": Rule, "record": Recording}.get(kind, object)
    return {"groups": [_group(group, now, wanted) for group in found.groups]}


def alert(found: Alert) -> dict[str, object]:
    """One alert."""
    return {
        "labels": dict(found.labels),
        "annotations": dict(sorted(found.annotations.items())),
        "state": found.state,
        "activeAt": nanoseconds(found.active_at),
        "value": scientific(found.value),
    }


def _target(target: Target, now: int) -> dict[str, object]:
    times = target.scrapes(now - SCRAPE_INTERVAL_MS, now)[-1:]
    last = int(times[0])
    outage = target.outage(last)
    reports = {dict(one.labels)[NAME]: one for one in target.series() if isinstance(one, Reported)}
    parts = urlsplit(target.url)
    discovered = {
        "__address__": target.address or target.instance,
        "__metrics_path__": parts.path,
        **{f"__param_{name}": value[0] for name, value in parse_qs(parts.query).items() if name != "target"},
        "__scheme__": "http",
        "__scrape_interval__": duration_text(SCRAPE_INTERVAL_MS),
        "__scrape_timeout__": "10s",
        "job": target.job,
    }
    return {
        "discoveredLabels": discovered,
        "labels": dict(sorted(target.identity.items())),
        "scrapePool": target.job,
        "scrapeUrl": target.url,
        "globalUrl": target.url,
        "lastError": outage.error if outage else "",
        "lastScrape": nanoseconds(last),
        "lastScrapeDuration": float(reports["scrape_duration_seconds"].samples(last, last).values[0]),
        "health": "down" if outage else "up",
        "scrapeInterval": duration_text(SCRAPE_INTERVAL_MS),
        "scrapeTimeout": "10s",
    }


def _group(group: Group, now: int, wanted: type[object]) -> dict[str, object]:
    last = nanoseconds(now // group.interval * group.interval)
    return {
        "name": group.name,
        "file": RULE_FILE,
        "rules": [_rule(rule, now, last) for rule in group.rules if isinstance(rule, wanted)],
        "interval": group.interval // 1000,
        "limit": 0,
        "evaluationTime": 0.0004 * len(group.rules),
        "lastEvaluation": last,
    }


def _rule(rule: Rule | Recording, now: int, last: str) -> dict[str, object]:
    if isinstance(rule, Recording):
        return {
            "name": rule.text.record,
            "query": rule.query,
            **({"labels": rule.text.labels} if rule.text.labels else {}),
            "health": "ok",
            "evaluationTime": 0.0002,
            "lastEvaluation": last,
            "type": "recording",
        }
    return _alerting(rule, now, last)


def _alerting(rule: Rule, now: int, last: str) -> dict[str, object]:
    alerts = rule.alerts(now)
    states = {one.state for one in alerts}
    return {
        "state": "firing" if "firing" in states else "pending" if states else "inactive",
        "name": rule.text.alert,
        "query": rule.query,
        "duration": rule.hold // 1000,
        "keepFiringFor": 0,
        "labels": rule.text.labels,
        "annotations": rule.text.annotations,
        "alerts": [alert(one) for one in alerts],
        "health": "ok",
        "evaluationTime": 0.0004,
        "lastEvaluation": last,
        "type": "alerting",
    }


def _limit(params: QueryParams) -> int:
    text = params.get("limit", "")
    if not text:
        return -1
    try:
        return int(text)
    except ValueError as error:
        raise BadData("limit must be a number") from error


def _top(counts: dict[str, int]) -> list[dict[str, object]]:
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [{"name": name, "value": value} for name, value in ranked[:_TOP]]
