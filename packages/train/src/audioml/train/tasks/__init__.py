"""Tasks that any sound can be used for: each folder is one, with its configuration."""
