"""What others may ask of a connected system."""
