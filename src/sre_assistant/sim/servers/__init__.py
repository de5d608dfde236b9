"""The systems on the wire, each answering as its product does."""
