"""What hangs on what, what happens when, and how trouble travels."""
