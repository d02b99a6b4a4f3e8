"""The configuration of the task regression."""
