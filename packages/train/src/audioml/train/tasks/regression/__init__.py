"""Numbers of a sound."""
