"""Recordings as vectors on disk, and the nearest of them."""
