"""TensorFlow models for audioml."""

__all__: list[str] = []
