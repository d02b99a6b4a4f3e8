"""The configuration of the task embedding."""
