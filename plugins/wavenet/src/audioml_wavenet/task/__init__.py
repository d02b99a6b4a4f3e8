"""The task wavenet: a network that foretells the next sample of songs."""
