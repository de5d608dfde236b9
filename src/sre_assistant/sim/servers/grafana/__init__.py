"""Grafana's HTTP API: dashboards, alerts of its own, annotations."""
