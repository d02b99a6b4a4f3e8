"""The training of the chord network: crema's own, made repeatable; torch is needed here alone."""

__all__: list[str] = []
