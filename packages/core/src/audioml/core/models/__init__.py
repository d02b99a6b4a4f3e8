"""Model folders: the manifest, loading, the self-test."""
