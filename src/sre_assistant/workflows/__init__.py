"""The order of things; each step is a call into one stage."""
