"""The HomeLab SRE Assistant: explains a homelab from live data, every number traceable."""

__version__ = "0.1.0"
