"""What is trained on is what is run on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from audioml.core.errors import UsageError, ValidationError
from audioml.core.features import LogMel as Extractor
from audioml.core.values import Audio
from audioml.train.augment import BatchAugmentation, FrequencyMask, Gain, TimeMask
from audioml.train.features import LogMel, SpectralModule, divided, settings

RATE = 8000


def sound(seconds=3.0):
    """Return a tone whose leakage is 100 dB below it, silence, and noise."""
    count = int(seconds * RATE)
    time = np.arange(count) / RATE
    samples = np.sin(2 * np.pi * 440 * time)
    samples[count // 3 : count // 2] = 0
    samples[count // 2 :] = np.random.default_rng(0).normal(0, 0.1, count - count // 2)
    return samples.astype(np.float32)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"pad_mode": "reflect", "n_mels": 40, "win_length": 300, "fmin": 60.0, "fmax": 3000.0},
        {"center": False, "power": 1.0, "log": "ln", "offset": 1e-2, "htk": True, "norm": None},
        {"ref": "max", "top_db": 60.0, "dtype": "float64"},
        {"log": "log10", "amin": 1e-5},
        {"log": None, "ref": 1.0, "power": 0.5},
        {"ref": 0.01, "window": 0.1, "hop": 0.1, "pad_mode": "reflect"},
    ],
)
def test_the_layer_gives_the_numbers_of_the_extractor(given):
    parameters = {"rate": RATE, "window": 0.8, "hop": 0.3, "n_fft": 512, "hop_length": 128, **given}
    samples, layer = sound(), LogMel(**parameters)
    wanted = Extractor(pad="drop", **parameters)(Audio(samples, RATE))
    length, hop = layer.samples, round(parameters["hop"] * RATE)
    windows = np.stack(
        [samples[at : at + length] for at in range(0, len(samples) - length + 1, hop)]
    )
    found = layer(torch.from_numpy(windows))
    assert found.dtype == torch.float32
    assert found.shape == (len(wanted), *layer.shape)
    assert np.abs(found.numpy() - wanted.tensors["logmel"]).max() < 1e-3


def test_a_manifest_gets_what_it_was_made_of():
    layer = LogMel(rate=RATE, window=1.0, hop=0.5, n_mels=20, n_fft=256)
    part = layer.part()
    assert part.name == "logmel"
    assert part.params == {"rate": RATE, "window": 1.0, "hop": 0.5, "n_mels": 20, "n_fft": 256}
    assert Extractor(**part.params) == layer.made
    assert layer.state_dict() == {}


def test_features_of_a_configuration():
    task = {"rate": RATE, "window": 1.0, "hop": 0.5, "features": {"n_mels": 20}, "kind": "x"}
    assert settings(task) == {"rate": RATE, "window": 1.0, "hop": 0.5, "n_mels": 20}


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"n_mel": 3}, "unexpected keyword argument 'n_mel'"),
        ({"layout": "tm"}, "'layout' must be 'mt'"),
        ({"n_fft": 1}, "'n_fft' must be at least 2"),
    ],
)
def test_parameters_that_make_no_sense(parameters, told):
    with pytest.raises(ValidationError, match=told):
        LogMel(rate=RATE, **parameters)


@pytest.mark.parametrize("shape", [(RATE,), (2, 1, RATE), (2, 0)])
def test_samples_of_another_shape(shape):
    layer = LogMel(rate=RATE, n_fft=512, hop_length=128, center=False)
    with pytest.raises(UsageError, match=r"shape \(batch, n\)"):
        layer(torch.zeros(shape))


def test_half_precision_around_it_changes_nothing():
    layer = LogMel(rate=RATE, n_fft=512, hop_length=128)
    samples = torch.from_numpy(sound(0.5))[None]
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(layer(samples), layer(samples.float()))
    assert layer(samples).dtype == torch.float32


def test_masks_are_told_from_what_changes_sound():
    gain, mask = Gain(p=1.0), TimeMask(p=1.0, labels="keep")
    chain = BatchAugmentation(mask, gain, FrequencyMask(p=1.0), seed=3)
    keys = [part._key for part in chain]
    samples, spectra = divided(chain)
    assert [type(each) for each in samples] == [Gain]
    assert [type(each) for each in spectra] == [TimeMask, FrequencyMask]
    assert [part._key for part in (*spectra, *samples)] == [keys[0], keys[2], keys[1]]
    assert divided(None) == (None, None)
    assert divided(mask) == (None, mask)
    assert divided(gain) == (gain, None)
    whole = BatchAugmentation(gain)
    assert divided(whole) == (whole, None)


class Kept(torch.nn.Module):
    """Keeps what it is given."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))

    def forward(self, spectra):
        self.seen = spectra
        return self.weight * spectra.mean((1, 2))


def module(augmentation, **facts):
    return SpectralModule(
        Kept(),
        features=LogMel(rate=RATE, n_fft=256, hop_length=64, n_mels=16, window=0.5, hop=0.5),
        augmentation=augmentation,
        loss=lambda answer, labels: (answer - labels).square().mean(),
        optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.1),
        facts=facts,
    )


def test_masks_act_on_spectrograms_in_training_alone():
    hidden = module(TimeMask(p=1.0, share=1.0, fill=-200.0, labels="keep"))
    batch = {"audio": torch.randn(4, RATE // 2), "labels": torch.zeros(4)}
    hidden.step(batch, "train")
    columns = (hidden.network.seen == -200.0).all(1)  # whole frames are hidden, not bands
    assert 0 < columns.float().mean() < 1
    hidden.step(batch, "val")
    assert torch.equal(hidden.network.seen, hidden.features(batch["audio"]))


def test_a_run_does_not_go_on_with_other_facts():
    checkpoint = {}
    before = module(None, labels=["a", "b"])
    before._gathered("train").reset()
    before.on_save_checkpoint(checkpoint)
    with pytest.raises(UsageError, match=r"other labels: \['a', 'b'\] there and \['a', 'c'\] here"):
        module(None, labels=["a", "c"]).on_load_checkpoint(checkpoint)
