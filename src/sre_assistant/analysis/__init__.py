"""Pure algorithms on numbers: no I/O, no clock, nothing of the house."""
