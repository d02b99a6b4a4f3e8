"""The configuration of the task ``chords``."""
