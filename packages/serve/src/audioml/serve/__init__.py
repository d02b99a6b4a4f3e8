"""Models behind an HTTP API: ``audioml serve``."""
