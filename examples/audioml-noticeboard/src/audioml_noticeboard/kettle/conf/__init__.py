"""The configuration of the task kettle."""
