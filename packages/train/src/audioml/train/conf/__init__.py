"""The configuration of every run: ``train.yaml`` and its groups, in Hydra's form."""
