"""The data set that we can make: scores, performances, pianos, rooms."""

__all__: list[str] = []
