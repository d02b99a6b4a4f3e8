"""The core's own decoder and backend, tried by the rules for those of strangers."""

from __future__ import annotations

import numpy as np

from audioml.core import plugin as core
from audioml.core.chain import ChainBackend
from audioml.core.decoders import Windows
from audioml.core.testing import (
    BackendExample,
    DecoderExample,
    checks_for,
    parametrize_with_checks,
    tiny,
)

SCORES = {"scores": np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)}


@parametrize_with_checks(
    [DecoderExample(Windows(hop=0.5, labels=("a", "b"), activation="softmax"), SCORES, hop=0.5)]
)
def test_the_decoder_of_windows_keeps_every_rule(check):
    check()


def test_a_chain_keeps_every_rule(audioml_plugins, tmp_path):
    audioml_plugins(core=core, tiny=tiny)
    (tmp_path / "gain.tiny").write_text('{"gain": 2}')
    steps = "".join(f'[[step]]\nname = "{name}"\nfile = "gain.tiny"\n' for name in "ab")
    (tmp_path / "twice.chain").write_text(steps)
    feeds = {"audio": np.random.default_rng(0).normal(size=(3, 10)).astype(np.float32)}
    for check in checks_for(BackendExample(ChainBackend(), tmp_path / "twice.chain", feeds)):
        check()
