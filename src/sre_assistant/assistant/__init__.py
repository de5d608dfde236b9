"""The conversation: what was meant, and what to answer."""
