"""Piano transcription for audioml: notes, velocities and pedal."""

__all__: list[str] = []
