"""The pages that tell of Loki itself."""

from __future__ import annotations

from typing import Final

VERSION: Final = "3.7.6"
BUILD: Final = {
    "version": VERSION,
    "revision": "5003600d",
    "branch": "release",
    "buildUser": "root@buildkitsandbox",
    "buildDate": "2026-10-12T09:14:51Z",
    "goVersion": "go1.26.6",
}
_SERVICES: Final = (
    *("cache-generation-loader", "store", "query-frontend", "ingester", "distributor", "memberlist-kv"),
    *("query-scheduler", "pattern-ingester-tee", "ruler", "server", "query-frontend-tripperware"),
    *("query-scheduler-ring", "ingester-querier", "pattern-ring-client", "querier", "ring", "compactor"),
    *("rule-evaluator", "pattern-ingester"),
)
SERVICES: Final = "".join(f"{name} => Running\n" for name in _SERVICES)
CONFIG: Final = """\
target: all
auth_enabled: false
server:
  http_listen_network: tcp
  http_listen_port: 3100
  grpc_listen_port: 9095
  log_level: info
common:
  path_prefix: /loki
  replication_factor: 1
  storage:
    filesystem:
      chunks_directory: /loki/chunks
      rules_directory: /loki/rules
  ring:
    kvstore:
      store: inmemory
schema_config:
  configs:
  - from: "2024-04-01"
    store: tsdb
    object_store: filesystem
    schema: v13
    index:
      prefix: index_
      period: 24h0m0s
pattern_ingester:
  enabled: true
limits_config:
  ingestion_rate_mb: 4
  ingestion_burst_size_mb: 6
  max_label_name_length: 1024
  max_label_value_length: 2048
  max_label_names_per_series: 15
  reject_old_samples: true
  reject_old_samples_max_age: 1w
  creation_grace_period: 10m
  max_line_size: 256KB
  max_query_series: 500
  max_entries_limit_per_query: 5000
  max_query_length: 30d1h
  split_queries_by_interval: 1h
  allow_structured_metadata: true
  discover_service_name:
  - service
  - app
  - application
  - app_name
  - name
  - app_kubernetes_io_name
  - container
  - container_name
  - k8s_container_name
  - component
  - workload
  - job
  - k8s_job_name
  discover_log_levels: true
  volume_enabled: true
"""


def metrics(*, lines: int, size: int, streams: int) -> str:
    """A short but real exposition; ``size`` in bytes."""
    labels = 'format="loki",is_internal_stream="false",policy=""'
    return f"""\
# HELP loki_build_info A metric with a constant '1' value labeled by version, revision, branch, goversion \
from which loki was built, and the goos and goarch for the build.
# TYPE loki_build_info gauge
loki_build_info{{branch="release",goarch="amd64",goos="linux",goversion="{BUILD["goVersion"]}",\
revision="{BUILD["revision"]}",tags="noasm",version="{VERSION}"}} 1
# HELP loki_distributor_bytes_received_total The total number of uncompressed bytes received per tenant.
# TYPE loki_distributor_bytes_received_total counter
loki_distributor_bytes_received_total{{{labels},retention_hours="",tenant="fake"}} {size}
# HELP loki_distributor_lines_received_total The total number of lines received per tenant
# TYPE loki_distributor_lines_received_total counter
loki_distributor_lines_received_total{{{labels},tenant="fake"}} {lines}
# HELP loki_ingester_memory_streams The total number of streams in memory per tenant.
# TYPE loki_ingester_memory_streams gauge
loki_ingester_memory_streams{{tenant="fake"}} {streams}
"""
