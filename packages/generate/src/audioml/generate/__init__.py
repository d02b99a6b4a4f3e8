"""From recordings with known licences to songs: ``audioml generate``."""
