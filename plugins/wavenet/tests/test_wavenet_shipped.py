"""The model that comes with this distribution."""

import numpy as np
import pytest

from audioml.core import load
from audioml.core.corpus import encode
from audioml.core.models.load import check
from audioml.core.models.manifest import Manifest
from audioml.core.plugins import Registry
from audioml.core.stages import GenerationOptions
from audioml.core.testing import checks_for
from audioml_wavenet import plugin
from audioml_wavenet.shipped import FOLDER, WAVENET
from audioml_wavenet.task.music.composing import STYLES, composed
from audioml_wavenet.task.music.instrument import played


@pytest.fixture
def model(audioml_home):
    return load("wavenet", plugins=Registry({"wavenet": plugin}))


def sung(model, seconds, **options):
    blocks = model.start(GenerationOptions(seconds=seconds, **options))
    return np.concatenate([block.samples[0] for block in blocks])


def test_what_is_told_of_it_is_what_it_says():
    manifest = Manifest.read(FOLDER)
    for name in ("name", "version", "license", "description", "task"):
        assert getattr(WAVENET, name) == getattr(manifest, name)
    component = next(c for c in plugin.components() if c.kind == "model")
    told = (manifest.name, manifest.task, manifest.description)
    assert (component.name, component.task, component.summary) == told
    assert sum(entry.bytes for entry in manifest.files.values()) < 2e6
    assert {"MODEL_CARD.md", "training.csv", "weights.npz"} <= set(manifest.files)
    assert manifest.metrics["test/bits"] < 0.7 * manifest.metrics["test/markov"]


def test_it_is_what_its_hashes_and_its_self_test_say():
    check(FOLDER, Manifest.read(FOLDER), plugins=Registry({"wavenet": plugin}))


def test_a_melody_that_it_never_heard_costs_what_its_card_says(model):
    rng = np.random.default_rng([7, 7])
    melody = played(composed(STYLES["calm"], rng, seconds=6), seconds=6, rate=model.rate)
    codes = encode(melody, "mulaw")
    told = Manifest.read(FOLDER).metrics["test/bits"]
    first = 2 * model.receptive_field  # it was trained on what a filled field foretells
    assert model.costs(codes, genre="calm")[first:].mean() < told + 0.5
    assert model.costs(codes[::-1].copy(), genre="calm")[first:].mean() > told + 0.5


def test_its_first_song_can_be_heard(model):
    song = sung(model, 3.0)
    frames = np.square(song[: len(song) // 800 * 800].reshape(-1, 800)).mean(1)
    assert 10 * np.log10(np.square(song).mean()) > -20
    assert (frames < 1e-4).mean() < 0.1
    assert (np.abs(song) > 0.99).mean() < 0.01


def pitches(song, rate, size=1024):
    """The MIDI pitch of the strongest frequency, of windows of an eighth of a second."""
    windows = song[: len(song) // size * size].reshape(-1, size) * np.hanning(size)
    spectrum = np.abs(np.fft.rfft(windows, 8 * size))
    return 69 + 12 * np.log2(spectrum.argmax(axis=1) * rate / (8 * size) / 440)


def test_it_sings_tones_of_its_scales_and_changes_them(model):
    keys = {
        key
        for style in STYLES.values()
        for key in range(style.range[0], style.range[1] + 1)
        if key % 12 in style.scale
    }
    heard = np.concatenate([pitches(sung(model, 10.0, seed=s), model.rate) for s in range(3)])
    off = np.abs(heard[:, None] - np.array(sorted(keys))).min(axis=1)
    steady = heard[off < 0.2]
    assert len(steady) > 0.7 * len(heard)
    assert len(set(np.rint(steady).astype(int).tolist())) >= 4
    assert (np.abs(np.diff(heard)) > 0.5).sum() >= 9  # in half a minute


def test_every_rule_of_a_generator_holds(model):
    for rule in checks_for(model):
        rule()


def test_the_command_makes_a_song_of_it(audioml_home, audioml_plugins, audioml_cli, tmp_path):
    generate = pytest.importorskip("audioml.generate.plugin")
    soundfile = pytest.importorskip("soundfile")
    import audioml.core.plugin

    audioml_plugins(core=audioml.core.plugin, generate=generate, wavenet=plugin)
    path = tmp_path / "song.wav"
    done = audioml_cli("generate", "song", "--seconds", "1", "-o", str(path))
    assert done.code == 0, done.err
    sound, rate = soundfile.read(path)
    assert (len(sound), rate) == (8000, 8000)
