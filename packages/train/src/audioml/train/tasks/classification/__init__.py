"""Which class a sound is of, or which classes."""
