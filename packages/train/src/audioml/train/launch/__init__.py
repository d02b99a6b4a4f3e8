"""From a command line to a finished run. Importing this imports neither hydra nor torch."""
