"""Sound that arrives live: where it comes from, and the engine that runs a model on it."""
