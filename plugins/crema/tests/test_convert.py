from dataclasses import replace

import h5py
import numpy as np
import pytest

from audioml.core.errors import IntegrityError
from audioml.core.files import sha256
from audioml.core.models.golden import check
from audioml.core.models.manifest import Manifest
from audioml.core.store import Store
from audioml_crema.convert import golden, weights
from audioml_crema.model import CHORD


@pytest.mark.weights
def test_the_folder_says_what_it_is(chord_folder):
    manifest = Manifest.read(chord_folder)
    assert set(manifest.files) == {"weights.npz", "MODEL_CARD.md"}
    for name, entry in manifest.files.items():
        assert (sha256(chord_folder / name), (chord_folder / name).stat().st_size) == (
            entry.sha256,
            entry.bytes,
        )
    assert manifest.spec.answers == ("chord",)
    assert manifest.spec.license == "BSD-2-Clause"
    assert manifest.part("decoder", "crema").params == {"compat": True}
    assert manifest.metrics == CHORD.metrics


@pytest.mark.weights
def test_the_card_carries_the_licence_and_the_figures(chord_folder):
    card = (chord_folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "Copyright (c) 2017, Brian McFee" in card
    assert "THIS SOFTWARE IS PROVIDED" in card
    assert "| majmin | 0.785 |" in card


@pytest.mark.weights
def test_the_optimisers_state_stays_behind(chord_folder):
    with np.load(chord_folder / "weights.npz", allow_pickle=False) as file:
        assert sum(file[name].size for name in file.files) == 528139
        assert {file[name].dtype for name in file.files} == {np.dtype(np.float32)}


@pytest.mark.weights
def test_the_self_test_is_what_crema_itself_answers(chord_folder, chords):
    manifest = Manifest.read(chord_folder)
    assert manifest.golden == golden()
    check(chords(), manifest.golden)
    shifted = {name: [v + 0.01 for v in values] for name, values in golden().expected.items()}
    with pytest.raises(IntegrityError, match="self-test of crema-chord fails"):
        check(chords(), replace(golden(), expected=shifted))


@pytest.mark.weights
def test_pulling_again_gives_the_same_bytes(chord_folder, tmp_path):
    again = Store(tmp_path).pull(CHORD)
    for path in chord_folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()


def test_another_file_is_refused(tmp_path):
    text, other = tmp_path / "text.h5", tmp_path / "other.h5"
    text.write_text("not HDF5")
    with h5py.File(other, "w") as file:
        file["model_weights/conv2d_1/conv2d_1/kernel:0"] = np.zeros(3)
    for path in (text, other):
        with pytest.raises(IntegrityError, match="is not the chord model of crema"):
            weights(path)
