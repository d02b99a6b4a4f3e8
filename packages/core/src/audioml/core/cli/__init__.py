"""The command line: a lazy root, and the commands that belong to the core."""
