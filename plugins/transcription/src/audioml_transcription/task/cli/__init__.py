"""The commands that the task adds to `audioml train`."""

__all__: list[str] = []
