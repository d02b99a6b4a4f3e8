"""The configuration of the task selfsupervised."""
