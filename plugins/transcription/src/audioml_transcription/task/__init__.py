"""The task ``transcription`` of `audioml train`."""

__all__: list[str] = []
