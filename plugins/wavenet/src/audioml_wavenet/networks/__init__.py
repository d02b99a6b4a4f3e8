"""The network in torch, for training, and its numbers as the engines take them."""
