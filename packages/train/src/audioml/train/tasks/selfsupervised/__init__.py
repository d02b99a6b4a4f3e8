"""The task selfsupervised: an encoder that is learnt from recordings without labels."""
