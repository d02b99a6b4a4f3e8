"""The configurations of the group ``augmentation``."""

from pathlib import Path

import pytest
import torch

from audioml.train.augment import BatchAugmentation

omegaconf = pytest.importorskip("omegaconf", reason="omegaconf is not installed")
hydra = pytest.importorskip("hydra.utils", reason="hydra-core is not installed")

CONF = Path(__file__).parents[2] / "src/audioml/train/conf/augmentation"


PATHS = [path for path in sorted(CONF.glob("*.yaml")) if path.stem != "none"]


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.stem)
@pytest.mark.parametrize("rest", [{}, {"seed": 3, "data": {"sample_rate": 8000}}])
def test_a_configuration_makes_a_chain_that_runs(path, rest):
    cfg = omegaconf.OmegaConf.create({**rest, "augmentation": omegaconf.OmegaConf.load(path)})
    chain = hydra.instantiate(cfg.augmentation)
    assert isinstance(chain, BatchAugmentation)
    assert len(chain) > 1
    audio = torch.randn(3, 40, 20) if path.stem == "spectrogram" else torch.randn(3, 4000)
    out, _ = chain(audio, None)
    assert out.shape == audio.shape
    rates = {a.sample_rate for a in chain if hasattr(a, "sample_rate")}
    assert rates <= {8000.0 if rest else 16000.0}


def test_without_augmentation_there_is_nothing_to_make():
    assert not omegaconf.OmegaConf.load(CONF / "none.yaml").get("_args_")
