"""The configuration of the task transcription."""
