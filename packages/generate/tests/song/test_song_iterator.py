import numpy as np
import pytest
import song_ramps

from audioml.core.errors import AudioError, NotFoundError, UsageError
from audioml.core.values import Audio
from audioml.generate.song import song, songs

BOTH = pytest.mark.parametrize("model", [song_ramps.Ramps(), song_ramps.Together()])


def joined(blocks):
    return np.rint(np.concatenate([block.samples[0] for block in blocks]) * 32768)


def test_a_song_is_an_iterator_of_blocks():
    blocks = list(song(song_ramps.Ramps(), seconds=0.25, seed=3))
    assert [block.samples.shape for block in blocks] == [(1, 800), (1, 800), (1, 400)]
    assert np.array_equal(joined(blocks), song_ramps.ramp(3, 0, 2000))


@BOTH
def test_songs_come_side_by_side_each_with_a_seed_of_its_own(model):
    made = songs(model, count=3, seconds=0.2, seed=5)
    blocks = list(made)
    assert [len(each) for each in blocks] == [3, 3]
    for at in range(3):
        wanted = song_ramps.ramp(5 + at, 0, 1600)
        assert np.array_equal(joined(each[at] for each in blocks), wanted)
    assert len(set(made.states)) == 3


def test_a_song_goes_on_from_its_state():
    begun = song(song_ramps.Ramps(), seconds=0.25, seed=3)
    first = list(begun)
    second = list(song(song_ramps.Ramps(), seconds=0.3, state=begun.state))
    assert np.array_equal(joined(first + second), song_ramps.ramp(3, 0, 4400))


def test_a_prompt_is_a_recording_or_its_path(tmp_path):
    from audioml.core.audio import write

    prompt = Audio(np.full((1, 4000), 1000 / 32768, np.float32), song_ramps.RATE)
    write(tmp_path / "prompt.wav", prompt)
    for given in (prompt, tmp_path / "prompt.wav"):
        made = joined(song(song_ramps.Ramps(), seconds=0.1, prompt=given))
        assert np.array_equal(made, song_ramps.ramp(0, 0, 800, 1000))
    with pytest.raises(AudioError, match="nowhere.wav does not exist"):
        song(song_ramps.Ramps(), prompt=tmp_path / "nowhere.wav")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seconds": -1}, "must be 0 seconds or more, got -1"),
        ({"seconds": float("inf")}, "must be 0 seconds or more, got inf"),
        ({"count": 0}, "the number of songs must be 1 or more, got 0"),
        ({"count": 2, "state": b"{}"}, "goes on with one song"),
        ({"temperature": -0.5}, "temperature must be 0 or above"),
    ],
)
def test_options_that_make_no_sense(options, said):
    with pytest.raises(UsageError, match=said):
        songs(song_ramps.Ramps(), **options)


def test_a_model_is_found_by_its_folder_or_as_the_only_one(ramps, tmp_path):
    from audioml.core.store import Store

    with pytest.raises(NotFoundError, match="no model that makes songs is here: train one"):
        song()
    folder = ramps.write_folder(tmp_path / "model")
    assert next(iter(song(folder))).rate == song_ramps.RATE
    Store().make(ramps.write_folder)
    assert song().spec.name == "ramps"


def test_without_a_plugin_that_makes_songs_it_is_said_what_to_install(
    audioml_plugins, audioml_home
):
    audioml_plugins()
    with pytest.raises(NotFoundError, match=r'run: pip install "audioml\[generate\]"'):
        song()


def test_a_model_that_makes_no_sound_is_refused(ramps, tmp_path):
    folder = ramps.write_folder(tmp_path / "model", kind="estimator")
    with pytest.raises(UsageError, match="ramps .task song. answers about sound and makes none"):
        song(folder)
    with pytest.raises(UsageError, match="deaf .task silence. answers about sound"):
        song("deaf")
