"""A simulated homelab that speaks each system's own language on the wire."""
