"""The configuration of the task classification."""
