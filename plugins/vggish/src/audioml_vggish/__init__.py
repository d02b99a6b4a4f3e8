"""VGGish: embeddings of sound, as the network published with AudioSet makes them."""

__version__ = "0.1.0"
