"""What somebody has set up in Grafana: dashboards, alert rules, contact points; read from the files here."""
