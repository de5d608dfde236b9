"""Rules, their alerts, and who is told of them by Prometheus, Alertmanager and Grafana."""
