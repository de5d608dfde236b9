"""Signals: what can be asked of a house, one pack of data per exporter."""

from sre_assistant.investigation.signals.pack import Kind, Pack, Signal, Signals, Spans, known_signals

__all__ = ["Kind", "Pack", "Signal", "Signals", "Spans", "known_signals"]
