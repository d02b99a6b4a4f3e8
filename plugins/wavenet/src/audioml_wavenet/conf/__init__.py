"""The configuration of the task wavenet."""
