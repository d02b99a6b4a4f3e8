"""audiomentations, one example at a time."""

import random
import sys

import numpy as np
import pytest

from audioml.core.errors import MissingDependencyError, UsageError
from audioml.train.augment import PerExample


class Scale:
    """Draws as audiomentations does, from the global generators."""

    def __call__(self, samples, sample_rate):
        return samples * random.random() + np.random.random()  # noqa: NPY002


class Shift(Scale):
    pass


class Compose:
    def __init__(self, *transforms):
        self.transforms = transforms


SOUND = np.linspace(-1, 1, 100, dtype=np.float32)


def test_numbers_depend_on_seed_epoch_and_example_only():
    each = PerExample(Scale(), sample_rate=16000, seed=1)
    first = each(SOUND, 5)
    random.random()
    np.random.random()  # noqa: NPY002
    np.testing.assert_array_equal(first, each(SOUND, 5))
    assert not np.array_equal(first, each(SOUND, 6))
    assert not np.array_equal(first, PerExample(Scale(), sample_rate=1, seed=2)(SOUND, 5))
    each.epoch = 1
    assert not np.array_equal(first, each(SOUND, 5))
    assert first.dtype == np.float32


def test_the_global_generators_go_on_as_if_nothing_had_happened():
    each = PerExample(Scale(), sample_rate=16000)
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    wanted = random.random(), np.random.random()  # noqa: NPY002
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    each(SOUND)
    assert (random.random(), np.random.random()) == wanted  # noqa: NPY002


def test_what_moves_sound_away_from_its_labels_is_refused():
    with pytest.raises(UsageError, match="Shift would move the sound"):
        PerExample(Compose(Scale(), Compose(Shift())), sample_rate=16000)
    PerExample(Shift(), sample_rate=16000, moving=True)


def test_transforms_of_audiomentations_by_name():
    pytest.importorskip("audiomentations", reason="audiomentations is not installed")
    spec = ("AddGaussianNoise", {"min_amplitude": 0.01, "max_amplitude": 0.02, "p": 1.0})
    each = PerExample.named(spec, ("PolarityInversion", {"p": 1.0}), sample_rate=16000)
    out = each(SOUND, 3)
    assert (out.shape, out.dtype) == (SOUND.shape, np.float32)
    assert 0.005 < np.abs(out + SOUND).mean() < 0.03
    np.testing.assert_array_equal(out, each(SOUND, 3))
    with pytest.raises(UsageError, match="no transform 'Nope'"):
        PerExample.named(("Nope", {}), sample_rate=16000)


def test_audiomentations_missing_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "audiomentations", None)
    with pytest.raises(MissingDependencyError, match="run: pip install audiomentations"):
        PerExample.named(("Gain", {}), sample_rate=16000)
