import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from audioml.core import load
from audioml.core.audio.conform import conform
from audioml.core.corpus.encoding import encode
from audioml.core.errors import AudioError, IntegrityError, ManifestError, UsageError
from audioml.core.models.manifest import Manifest
from audioml.core.stages import GenerationOptions, Generator
from audioml.core.testing import sounds
from audioml.core.values import Audio
from audioml_wavenet.engine import Sampling
from audioml_wavenet.engine.plain import PlainSongs
from audioml_wavenet.generator import WaveNet

SECOND = GenerationOptions(seconds=1.0, seed=4)


@pytest.fixture
def model(model_folder, audioml_home):
    return load(model_folder())


def joined(blocks):
    return np.concatenate([block.samples[0] for block in blocks])


def song(model, options=SECOND, **changes):
    return joined(model.start(replace(options, **changes)))


def test_a_model_folder_is_a_generator(model_folder, audioml_home):
    model = load(model_folder(rate=16000))
    assert isinstance(model, Generator)
    assert isinstance(model, WaveNet)
    spec = model.spec
    assert (spec.name, spec.version, spec.task, spec.rate) == ("tiny", "1", "song", 16000)
    assert spec.weights == Manifest.read(model_folder("again")).files["weights.npz"].sha256


def test_a_song_comes_in_blocks_of_a_tenth_of_a_second(model):
    blocks = list(model.start(replace(SECOND, seconds=0.25)))
    assert [block.samples.shape for block in blocks] == [(1, 100), (1, 100), (1, 50)]
    assert [block.start for block in blocks] == pytest.approx([0.0, 0.1, 0.2])
    assert {block.rate for block in blocks} == {1000}
    assert np.abs(joined(blocks)).max() <= 1.0


def test_the_same_seed_makes_the_same_song(model):
    assert np.array_equal(song(model), song(model))
    assert not np.array_equal(song(model), song(model, seed=5))
    assert not np.array_equal(song(model), song(model, temperature=0.5))


def test_no_seconds_are_no_song_but_a_state(model):
    begun = model.start(replace(SECOND, seconds=0))
    assert list(begun) == []
    assert np.array_equal(song(model, extra={"state": begun.state}), song(model))


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.33, 0.987])
def test_a_song_goes_on_as_if_it_had_never_stopped(model, seconds):
    options = replace(SECOND, extra={"genre": "jazz"}, prompt=sounds.sine(seconds=0.1, rate=1000))
    begun = model.start(replace(options, seconds=seconds))
    first = list(begun)
    extra = {"state": begun.state}
    second = list(model.start(GenerationOptions(1.0 - seconds, extra=extra)))
    assert second[0].start == pytest.approx(seconds)
    assert np.array_equal(joined(first + second), song(model, options))


def test_a_state_in_the_middle_of_a_song(model):
    begun = model.start(SECOND)
    first = list(itertools.islice(begun, 3))
    rest = list(model.start(replace(SECOND, seconds=0.7, extra={"state": begun.state})))
    assert np.array_equal(joined(first + rest), song(model))


def test_songs_made_together_are_those_made_alone(model):
    state = model.start(replace(SECOND, seconds=0)).state
    options = [
        SECOND,
        replace(SECOND, seed=7, temperature=0.8, top_k=30),
        replace(SECOND, extra={"genre": "rock"}, prompt=sounds.noise(0.02, rate=1000)),
        replace(SECOND, extra={"state": state}),
    ]
    together = list(model.start_many(options))
    for at, each in enumerate(options):
        made = joined(blocks[at] for blocks in together)
        np.testing.assert_array_equal(made, song(model, each))


def test_genres_differ(model):
    made = {genre: song(model, extra={"genre": genre}) for genre in model.genres}
    assert len({each.tobytes() for each in made.values()}) == 3
    assert not np.array_equal(song(model), made["folk"])


@pytest.mark.parametrize("seconds", [0.001, 0.5], ids=["shorter-than-heard", "longer"])
def test_a_prompt_is_what_came_before(model, seconds):
    prompt = sounds.noise(seconds, rate=1000, level=0.5)
    heard = encode(prompt.samples[0], "mulaw")[np.newaxis, -model.receptive_field :]
    silence = np.full((1, model.receptive_field - heard.shape[1]), 128)
    begun = PlainSongs(model._weights)
    begun.feed(np.concatenate([silence, heard], axis=1))
    wanted = begun.draw(np.random.Generator(np.random.PCG64(4)).random(10)[None], [Sampling()])
    made = encode(song(model, seconds=0.01, prompt=prompt), "mulaw")
    assert np.array_equal(made, wanted[0])


def test_a_prompt_is_brought_to_the_rate_and_channel_of_the_model(model, caplog):
    music, _ = sounds.music(bar=0.2)
    stereo = Audio(np.repeat(music.samples[:1], 2, axis=0), music.rate)
    with caplog.at_level("INFO"):
        made = song(model, prompt=stereo)
    assert f"resampling from {music.rate} to 1000 Hz" in caplog.text
    assert np.array_equal(made, song(model, prompt=conform(stereo, model.spec)))


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"seconds": -1.0}, UsageError, "must be 0 seconds or more, got -1.0"),
        ({"seconds": float("nan")}, UsageError, "must be 0 seconds or more, got nan"),
        ({"temperature": -1.0}, UsageError, "temperature must be 0"),
        ({"top_k": 0}, UsageError, "top-k must be"),
        ({"top_p": 2.0}, UsageError, "top-p must be"),
        ({"seed": -3}, UsageError, "a seed must be"),
        ({"prompt": Audio(np.zeros((1, 0), np.float32), 1000)}, AudioError, "no samples"),
        ({"prompt": Audio(np.full(99, np.nan), 1000)}, AudioError, "not a finite number"),
        ({"extra": {"genre": "polka"}}, UsageError, "'polka' is unknown.*folk, rock, jazz"),
        ({"extra": {"colour": 1}}, UsageError, "no option 'colour' .they have: compat, device"),
        ({"extra": {"compat": "cs205"}}, UsageError, "cannot repeat the loop of 'cs205'"),
        ({"extra": {"state": b"x"}}, UsageError, "not one that a WaveNet"),
        ({"extra": {"state": "x"}}, UsageError, "not one that a WaveNet.*in bytes"),
    ],
)
def test_options_that_make_no_sense(model, changes, error, said):
    with pytest.raises(error, match=said):
        model.start(replace(SECOND, **changes))


def test_states_that_are_not_of_this_model(model, model_folder):
    begun = model.start(replace(SECOND, seconds=0.1))
    list(begun)
    other = load(model_folder("other", seed=1))
    with pytest.raises(UsageError, match="the state is that of another model"):
        other.start(replace(SECOND, extra={"state": begun.state}))
    damaged = {
        "cut": begun.state[:-1],
        "changed": begun.state[:-1] + b"\xff",
        "no-header": begun.state[:30],
        "nothing": begun.state[:24],
    }
    for state in damaged.values():
        with pytest.raises(IntegrityError, match="the state is damaged"):
            model.start(replace(SECOND, extra={"state": state}))
    prompt = sounds.sine(seconds=0.1, rate=1000)
    with pytest.raises(UsageError, match="from a prompt or from a state, not from both"):
        model.start(replace(SECOND, prompt=prompt, extra={"state": begun.state}))


def test_songs_of_several_lengths_are_not_made_together(model):
    with pytest.raises(UsageError, match="as long as each other"):
        model.start_many([SECOND, replace(SECOND, seconds=2.0)])
    with pytest.raises(UsageError, match="no song to make"):
        model.start_many([])


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"architecture": {"gate": 4}}, ManifestError, "the architecture is incomplete"),
        ({"genres": ["one"]}, ManifestError, "must name the 3 conditions .* got 1 names"),
    ],
)
def test_folders_that_contradict_themselves(model_folder, audioml_home, change, error, said):
    folder = model_folder()
    about = json.loads((folder / "model.json").read_text())
    about["builder"]["params"].update(change)
    (folder / "model.json").write_text(json.dumps(about))
    with pytest.raises(error, match=said):
        load(folder)


def test_a_folder_whose_weights_were_changed(model_folder, audioml_home):
    folder = model_folder()
    (folder / "weights.npz").write_bytes(b"nothing")
    with pytest.raises(IntegrityError, match="weights.npz"):
        load(folder)
