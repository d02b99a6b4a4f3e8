"""The task of the tests: a linear network learns from random data in no time."""

from __future__ import annotations


class Tiny:
    config = "pkg://train_tiny_conf"
    commands = {"greet": ("train_tiny_commands:greet", "Say hello.")}

    def data(self, cfg):
        from train_tiny_network import TinyData

        return TinyData(cfg)

    def module(self, cfg):
        from train_tiny_network import module

        return module(cfg)

    def export(self, checkpoint, folder):
        import json

        from audioml.train.module import read, weights

        folder.mkdir(parents=True)
        known = {name: value.tolist() for name, value in weights(checkpoint).items()}
        step = read(checkpoint)["global_step"]
        (folder / "tiny.json").write_text(json.dumps({"weights": known, "step": step}))


class Other(Tiny):
    pass


class Heard(Tiny):
    commands = {}

    def data(self, cfg):
        from train_tiny_heard import data

        return data(cfg)

    def module(self, cfg):
        from train_tiny_heard import module

        return module(cfg)


class Lame:
    config = "pkg://train_tiny_conf"
