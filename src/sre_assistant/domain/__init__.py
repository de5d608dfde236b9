"""The nouns everyone shares: frozen values, no I/O."""
