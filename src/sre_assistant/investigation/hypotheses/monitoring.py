"""Clocks, and the watchers themselves."""

from sre_assistant.investigation.hypotheses.model import Hypothesis, Step, above, below

CLOCK_DRIFT = Hypothesis(
    id="clock-drift",
    title="The clock of {instance} drifts",
    key="clock.offset",
    explains=("clock.offset", "clock.skew", "clock.synchronised"),
    requires=((above("clock.offset", 0.05), above("clock.skew", 5.0)),),
    supports=(
        below("clock.synchronised", 0.5, 0.6),
        above("clock.offset", 0.5, 0.6),
        above("clock.skew", 5.0, 0.6),
    ),
    owner="any",
    owner_requires=(
        (above("clock.offset", 0.0), above("clock.skew", 0.0), below("clock.synchronised", 0.5)),
    ),
    harms="times in logs, certificates, tokens and backups of {instance}",
    remedies=(
        Step("See whom it follows", "chronyc tracking || timedatectl timesync-status"),
        Step("Restart the time service; on a guest check that only one of host and guest sets the clock"),
    ),
    next_checks=("Whether the time servers are reachable from there.",),
    words=("clock", "ntp", "time", "drift", "skew"),
)

PROMETHEUS_CONFIG_REJECTED = Hypothesis(
    id="prometheus-config-rejected",
    title="Prometheus at {instance} rejected its configuration and runs on the old one",
    key="prometheus.config_loaded",
    explains=("prometheus.config_loaded",),
    requires=((below("prometheus.config_loaded", 0.5),),),
    harms="rules and targets added since are not in force",
    remedies=(Step("Read what is wrong", "promtool check config /etc/prometheus/prometheus.yml"),),
    words=("config", "configuration", "reload"),
)

ALERTMANAGER_CONFIG_REJECTED = Hypothesis(
    id="alertmanager-config-rejected",
    title="Alertmanager at {instance} rejected its configuration and runs on the old one",
    key="alertmanager.config_loaded",
    explains=("alertmanager.config_loaded",),
    requires=((below("alertmanager.config_loaded", 0.5),),),
    harms="routes and receivers changed since are not in force",
    remedies=(Step("Read what is wrong", "amtool check-config /etc/alertmanager/alertmanager.yml"),),
    words=("config", "configuration", "reload"),
)

RULES_FAILING = Hypothesis(
    id="rules-failing",
    title="Prometheus at {instance} cannot evaluate some of its rules",
    key="prometheus.rule_failures",
    explains=("prometheus.rule_failures",),
    requires=((above("prometheus.rule_failures", 0.5),),),
    harms="alerts of these rules stay silent",
    remedies=(Step("Read the failing rule's error", "sre doctor"),),
    words=("rule", "rules"),
)

ALERTS_UNDELIVERED = Hypothesis(
    id="alerts-undelivered",
    title="Alerts of {instance} reach nobody",
    key="prometheus.notifications_dropped",
    explains=("prometheus.notifications_dropped",),
    requires=((above("prometheus.notifications_dropped", 0.5),),),
    harms="whoever waits to be called",
    remedies=(Step("Check that Prometheus reaches its Alertmanager: Status, Runtime, Alertmanagers"),),
    words=("notification", "notifications"),
)

NOTIFICATIONS_FAILING = Hypothesis(
    id="notifications-failing",
    title="Notifications of Alertmanager at {instance} fail",
    key="alertmanager.notifications_failed",
    explains=("alertmanager.notifications_failed",),
    requires=((above("alertmanager.notifications_failed", 0.5),),),
    harms="whoever waits to be called",
    remedies=(
        Step("Read why: Alertmanager logs each failed notification", "journalctl -u alertmanager -n 50"),
    ),
    words=("notification", "notifications", "delivery"),
)

FAMILY = (
    CLOCK_DRIFT,
    PROMETHEUS_CONFIG_REJECTED,
    ALERTMANAGER_CONFIG_REJECTED,
    RULES_FAILING,
    ALERTS_UNDELIVERED,
    NOTIFICATIONS_FAILING,
)
