"""Training: segments, augmentation, losses, and a loop that is taken up where it was left."""

__all__: list[str] = []
