"""Settings, discovery, wiring: starts the product, also inside a test."""
