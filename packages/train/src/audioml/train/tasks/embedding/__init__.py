"""The task embedding: vectors in which like sounds are near each other, and their neighbours."""
