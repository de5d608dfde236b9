"""Tools that know nothing of homelabs: wire, clock, units, time, redaction."""
