"""The networks, in PyTorch, which only training and export need."""

__all__: list[str] = []
