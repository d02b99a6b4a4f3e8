"""Training: a task of a plugin, a configuration, and in the end a model folder."""
