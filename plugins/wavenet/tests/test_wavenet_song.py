"""`audioml generate song` with WaveNets."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import wavenet_tiny

pytest.importorskip("audioml.generate.song", reason="audioml-generate is not installed")

from audioml.core.corpus.encoding import encode
from audioml.generate.song import song, songs


@pytest.fixture
def sing(audioml_cli, audioml_home, model_folder, tmp_path, monkeypatch):
    """Return a function: ``audioml generate song`` in an empty folder, of the tiny network."""
    folder = model_folder()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(*options, model=folder):
        return audioml_cli("generate", "song", "--model", str(model), *map(str, options))

    return run


def samples(name):
    return soundfile.read(name, dtype="int16")[0]


def test_a_song_that_goes_on_is_the_song_in_one_piece(sing):
    about = ["--seed", 4, "--genre", "jazz", "--top-k", 40, "--top-p", 0.9]
    assert sing("--seconds", 1, "-o", "whole.wav", *about).code == 0
    assert sing("--seconds", 0.37, "-o", "a.wav", "--save-state", "s", *about).code == 0
    about = about[4:]  # seed and genre are those of the state
    assert sing("--seconds", 0.63, "-o", "b.wav", "--state", "s", *about).code == 0
    joined = np.concatenate([samples("a.wav"), samples("b.wav")])
    assert np.array_equal(joined, samples("whole.wav"))


def test_songs_together_are_those_that_come_alone(sing):
    pytest.importorskip("numba", reason="numba is not installed")
    assert sing("--seconds", 0.3, "-n", 3, "--seed", 2, "-o", "a.flac").code == 0
    for number in (1, 2, 3):
        assert sing("--seconds", 0.3, "--seed", 1 + number, "-o", "b.flac").code == 0
        assert np.array_equal(samples(f"a-{number}.flac"), samples("b.flac"))


@pytest.mark.parametrize("temperature", [0, 0.5])
def test_temperatures(sing, temperature):
    for seed in (1, 2):
        options = ["--temperature", temperature, "--seed", seed, "-o", f"{seed}.wav"]
        assert sing("--seconds", 0.3, *options).code == 0
    assert np.array_equal(samples("1.wav"), samples("2.wav")) == (temperature == 0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--temperature", "-1"], "temperature must be 0 (always the likeliest) or above"),
        (
            ["--genre", "polka"],
            "genre 'polka' is unknown to the model (it knows: folk, rock, jazz)",
        ),
        (["--compat", "cs205"], "cannot repeat the loop of 'cs205'"),
        (["--top-k", "0"], "top-k must be a whole number from 1 on"),
        (["--top-p", "1.5"], "top-p must be above 0 and at most 1"),
    ],
)
def test_what_makes_no_sense_to_the_model_is_2_and_touches_no_file(sing, options, said):
    done = sing("-o", "a.wav", *options)
    assert done.code == 2, done.err
    assert said in done.err
    assert not Path("a.wav").exists()


def test_the_state_of_another_model_and_a_damaged_one(sing, model_folder):
    other = model_folder("other", seed=1)
    assert sing("--seconds", 0.1, "-o", "a.wav", "--save-state", "s").code == 0
    done = sing("-o", "b.wav", "--state", "s", model=other)
    assert done.code == 2
    assert "the state is that of another model" in done.err
    Path("s").write_bytes(Path("s").read_bytes()[:-1])
    done = sing("-o", "b.wav", "--state", "s")
    assert done.code == 1
    assert "the state is damaged" in done.err


def test_a_prompt_that_is_shorter_than_what_is_heard(sing):
    soundfile.write("p.wav", np.full(5, 0.5), 1000)
    done = sing("--prompt", "p.wav", "--seconds", 0.1, "-n", 2, "-o", "a.wav")
    assert done.code == 0
    field = wavenet_tiny.ODD.receptive_field / 1000
    said = f"the prompt lasts 0.005 s and the model hears {field:.3f} s: silence stands before it"
    assert done.err.count(said) == 1


def test_a_prompt_at_another_rate_makes_another_song(sing):
    soundfile.write("p.wav", np.random.default_rng(0).uniform(-0.5, 0.5, (9000, 2)), 22050)
    assert sing("--seconds", 0.2, "-o", "a.wav", "--prompt", "p.wav").code == 0
    assert sing("--seconds", 0.2, "-o", "b.wav").code == 0
    assert not np.array_equal(samples("a.wav"), samples("b.wav"))


def test_without_numba_it_is_said_that_it_goes_slowly(sing, monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    for module in [m for m in sys.modules if m.startswith("audioml_wavenet.engine.")]:
        monkeypatch.delitem(sys.modules, module)
    done = sing("--seconds", 0.1, "-o", "a.wav")
    assert done.code == 0, done.err
    assert "audioml: warning: songs are made by numpy, far slower than by compiled code" in done.err
    assert 'run: pip install "audioml-wavenet[fast]"' in done.err
    assert len(samples("a.wav")) == 100


def test_a_network_of_cs205_sings_in_their_loop(sing, tmp_path, audioml_home):
    pytest.importorskip("h5py", reason="h5py is not installed")
    from audioml_wavenet.cs205.importer import IMPORTER

    folder = tmp_path / "cs205"
    folder.mkdir()
    IMPORTER.write(wavenet_tiny.write_cs205(tmp_path), folder, options={})
    for name, options in (("a", []), ("b", ["--compat", "cs205"])):
        assert sing("--seconds", 0.5, "-o", f"{name}.wav", *options, model=folder).code == 0
    assert len(samples("b.wav")) == 4000
    assert not np.array_equal(samples("a.wav"), samples("b.wav"))


def test_programs_get_blocks(model_folder, audioml_home):
    folder = model_folder()
    begun = song(folder, seconds=0.25, genre="folk")
    assert [block.samples.shape[1] for block in begun] == [100, 100, 50]
    together = list(songs(folder, count=2, seconds=0.1))
    assert [len(blocks) for blocks in together] == [2]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_an_hour_may_be_asked_for_and_takes_no_more_memory(model_folder, audioml_home):
    pytest.importorskip("numba", reason="numba is not installed")
    made = iter(song(model_folder(rate=16000), seconds=3600))
    for _ in range(20):
        next(made)
    before = resident()
    for _ in range(200):
        next(made)
    assert resident() - before < 4_000


def resident():
    """Anonymous memory in kB."""
    with Path("/proc/self/status").open() as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no POSIX signals")
def test_ctrl_c_in_an_hour_leaves_what_can_be_played(model_folder, audioml_home, tmp_path):
    import signal
    import subprocess
    import time

    command = [sys.executable, "-m", "audioml.core.cli", "generate", "song", "-o", "a.wav"]
    command += ["-m", str(model_folder(rate=16000)), "--seconds", "3600", "--save-state", "s"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    song_file = tmp_path / "a.wav"
    while not (song_file.exists() and song_file.stat().st_size > 20_000):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted; what was made so far can be played" in err
    heard = samples(song_file)
    assert len(heard) % 1600 == 0
    again = model_folder(rate=16000, name="again")
    whole = np.concatenate([b.samples[0] for b in song(again, seconds=len(heard) / 16000)])
    assert np.array_equal(heard, encode(whole, "int16"))
    assert (tmp_path / "s").is_file()
