"""Loki's HTTP API over what the house writes and what clients push."""
