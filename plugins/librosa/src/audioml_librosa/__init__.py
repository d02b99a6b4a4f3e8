"""librosa's features, beats, tempo and onsets for audioml."""

__version__ = "0.1.0"
__all__ = ["__version__"]
