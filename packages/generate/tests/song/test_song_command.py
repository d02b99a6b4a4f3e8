"""The command: files, standard output, states, tags, and what it refuses."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import song_ramps
import soundfile

from audioml.core.audio import conform, read
from audioml.core.files import sha256

FORMATS = pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])


def samples(path):
    return soundfile.read(path, dtype="int16")[0]


def comment(path):
    with soundfile.SoundFile(path) as file:
        return json.loads(file.comment)


@FORMATS
def test_a_song_in_a_file_says_what_made_it(sing, suffix):
    done = sing("--seconds", 1.25, "--seed", 3, "-o", "a" + suffix)
    assert (done.code, done.out) == (0, "")
    assert f"audioml: a{suffix}: 1.2 s in " in done.err
    assert " times real time" in done.err
    with soundfile.SoundFile("a" + suffix) as file:
        assert (file.samplerate, file.channels, file.frames) == (8000, 1, 10000)
        assert file.title == "ramps 1, seed 3"
        assert file.software.startswith("audioml-generate ")
    told = comment("a" + suffix)
    assert (told["model"], told["version"], told["weights"]) == ("ramps", "1", told["weights"])
    assert (told["seed"], told["seconds"], told["temperature"]) == (3, 1.25, 1.0)
    if suffix != ".ogg":
        assert np.array_equal(samples("a" + suffix), song_ramps.ramp(3, 0, 10000))


def test_the_same_command_makes_the_same_file(sing):
    for name in ("a.wav", "b.wav"):
        assert sing("--seconds", 0.5, "-o", name).code == 0
    assert sha256(Path("a.wav")) == sha256(Path("b.wav"))


def test_several_songs_get_numbers_and_seeds(sing):
    done = sing("-n", 18, "--seconds", 0.2, "--seed", 7, "-o", "new/a.wav", "--save-state", "s")
    assert done.code == 0, done.err
    assert "new/a-01.wav, new/a-02.wav, new/a-03.wav and 15 more: 3.6 s" in done.err
    assert len(list(Path("new").iterdir())) == 18
    for at in (1, 16, 17, 18):
        made = samples(f"new/a-{at:02}.wav")
        assert np.array_equal(made, song_ramps.ramp(6 + at, 0, 1600))
        assert comment(f"new/a-{at:02}.wav")["seed"] == 6 + at
    assert len(list(Path().glob("s-*"))) == 18


def test_a_song_goes_on_from_a_state_to_the_last_bit(sing):
    assert sing("--seconds", 0.85, "-o", "whole.wav").code == 0
    assert sing("--seconds", 0.33, "-o", "a.wav", "--save-state", "s").code == 0
    assert sing("--seconds", 0.52, "-o", "b.wav", "--state", "s", "--save-state", "s").code == 0
    parts = np.concatenate([samples("a.wav"), samples("b.wav")])
    assert np.array_equal(parts, samples("whole.wav"))
    told = comment("b.wav")
    assert "seed" not in told
    assert len(told["state"]) == 64


def test_no_seconds_leave_the_state_after_the_prompt(sing):
    soundfile.write("p.wav", np.full(900, 0.25), 8000)
    assert sing("--prompt", "p.wav", "--seconds", 0, "--save-state", "s").code == 0
    assert sing("--state", "s", "--seconds", 0.1, "-o", "a.wav").code == 0
    assert np.array_equal(samples("a.wav"), song_ramps.ramp(0, 0, 800, 8192))


def test_a_prompt_at_another_rate_is_brought_to_the_model_s(sing):
    soundfile.write("p.wav", np.full((30000, 2), 0.25), 22050)
    done = sing("--prompt", "p.wav", "--seconds", 0.1, "-o", "a.wav")
    assert done.code == 0
    heard = conform(read("p.wav"), song_ramps.spec()).samples[0, -1]
    wanted = song_ramps.ramp(0, 0, 800, round(float(heard) * 32768))
    assert np.array_equal(samples("a.wav"), wanted)
    assert comment("a.wav")["prompt"] == sha256(Path("p.wav"))


def test_standard_output_is_a_wav_whose_header_knows_its_length(sing, capfdbinary):
    from audioml.core.cli.main import run

    folder = ["generate", "song", "--model", "../model", "--seconds", "0.25", "-o", "-"]
    capfdbinary.readouterr()
    assert run(folder) == 0
    out, err = capfdbinary.readouterr()
    data, rate = soundfile.read(io.BytesIO(out), dtype="int16")
    assert rate == 8000
    assert np.array_equal(data, song_ramps.ramp(0, 0, 2000))
    assert b"standard output: 0.2 s in " in err
    assert run([*folder, "--raw"]) == 0
    out, _ = capfdbinary.readouterr()
    assert np.array_equal(np.frombuffer(out, "<i2"), song_ramps.ramp(0, 0, 2000))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-o", "a.xyz"], "expected a name that ends in .wav, .flac or .ogg"),
        (["-o", "a"], "cannot write a: expected a name that ends in .wav"),
        ([], "-o names the file of the song"),
        (["--save-state", "s"], "say --seconds 0 for the state alone"),
        (["-o", "a.wav", "--seconds", "0"], "a song of 0 seconds has no sound"),
        (["-o", "a.wav", "--seconds", "-1"], "must be 0 seconds or more, got -1.0"),
        (["-o", "a.wav", "--seconds", "nan"], "must be 0 seconds or more, got nan"),
        (["-o", "a.wav", "--seconds", "1e6"], "a WAV file holds at most 26"),
        (["-o", "a.wav", "--temperature", "-1"], "temperature must be 0 or above, got -1.0"),
        (["-o", "-", "-n", "2"], "standard output takes one song"),
        (["-o", "-", "--report", "r.html"], "a report draws a file"),
        (["-o", "a.wav", "--raw"], "--raw is for standard output"),
        (["-o", "a.wav", "--save-state", "a.wav"], "write a file each: give them other names"),
        (["-o", "a.wav", "--state", "none"], "the state none cannot be read: No such file"),
        (["-o", "a.wav", "--state", "none", "--seed", "1"], "leave --seed out"),
    ],
)
def test_what_makes_no_sense_is_2_and_touches_no_file(sing, options, said):
    done = sing(*options)
    assert done.code == 2, done.err
    assert said in done.err
    assert not list(Path().iterdir())


def test_what_is_read_is_not_overwritten(sing):
    soundfile.write("p.wav", np.zeros(900), 8000)
    done = sing("--prompt", "p.wav", "-o", "./p.wav")
    assert done.code == 2
    assert "-o would overwrite p.wav" in done.err


def test_models_that_make_no_sound_or_are_not_here(sing, ramps, tmp_path):
    other = ramps.write_folder(tmp_path / "other", kind="estimator")
    done = sing("-o", "a.wav", model=other)
    assert done.code == 2
    assert "answers about sound and makes none" in done.err
    assert sing("-o", "a.wav", model="nothing").code == 3
    done = sing("-o", "a.wav", model="wavenet")
    assert done.code == 3
    assert "name a folder with --model" in done.err


@FORMATS
@pytest.mark.parametrize("name", ["file/a", "folder"])
def test_an_output_that_cannot_be_written_is_1(sing, suffix, name):
    Path("file").touch()
    Path("folder" + suffix).mkdir()
    done = sing("-o", name + suffix)
    assert done.code == 1, done.err
    assert f"audioml: cannot write {name}{suffix}: " in done.err
    assert done.err.count("\n") == 1


LIMITED = """
import resource, sys
import song_ramps
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
import audioml.core.plugin, audioml.generate.plugin
from audioml.core.plugins import Registry, using
plugins = {"core": audioml.core.plugin, "generate": audioml.generate.plugin, "r": song_ramps}
from audioml.core.cli.main import run
with using(Registry(plugins)):
    sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX's")
@FORMATS
def test_on_a_full_disk_what_is_there_can_be_played(sing, suffix):
    command = ["generate", "song", "-m", "../model", "--seconds", "600", "-o", "a" + suffix]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *command],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert f"audioml: cannot write a{suffix}: " in done.stderr
    assert "what was made so far" in done.stderr
    assert "Traceback" not in done.stderr
    if suffix == ".wav":
        made = samples("a.wav")
        assert len(made) >= 28_000
        assert np.array_equal(made, song_ramps.ramp(0, 0, len(made)))
    else:
        assert sum(len(block) for block in blocks_of("a" + suffix)) > 8000


def blocks_of(name):
    from audioml.core.audio import read_blocks

    return [block.samples[0] for block in read_blocks(name)]


@FORMATS
def test_after_ctrl_c_the_file_can_be_played_and_the_song_goes_on(sing, ramps, suffix):
    ramps.INTERRUPT.add(4)
    done = sing("--seconds", 60, "-o", "a" + suffix, "--save-state", "s")
    assert done.code == 130, done.err
    assert "interrupted; what was made so far can be played" in done.err
    assert len(samples("a" + suffix)) == 5 * song_ramps.BLOCK
    ramps.INTERRUPT.clear()
    assert sing("--seconds", 0.1, "--state", "s", "-o", "b.wav").code == 0
    assert np.array_equal(samples("b.wav"), song_ramps.ramp(0, 4000, 800))


def test_ctrl_c_before_the_first_sound_leaves_nothing(sing, ramps):
    ramps.INTERRUPT.add(0)
    assert sing("-o", "a.wav").code == 130
    assert not list(Path().iterdir())


def test_a_file_is_whole_after_each_block():
    from audioml.generate.song.files import opened

    blocks = list(song_ramps.Ramps().start(song_options(0.3)))
    with opened(["a.wav"], blocks[:1], frames=2400, tags=[{"title": "t"}]) as (sink,):
        for count, block in enumerate(blocks, 1):
            sink.write(block)
            assert len(samples("a.wav")) == count * song_ramps.BLOCK


def song_options(seconds):
    from audioml.core.stages import GenerationOptions

    return GenerationOptions(seconds)


@pytest.fixture(autouse=True)
def _somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_an_hour_takes_no_more_memory_than_a_minute(sing):
    sing("--seconds", 60, "-o", "a.wav")
    before = resident()
    assert sing("--seconds", 3600, "-o", "a.wav").code == 0
    assert resident() - before < 8_000
    with soundfile.SoundFile("a.wav") as file:
        assert file.frames == 3600 * song_ramps.RATE


def resident():
    """Anonymous memory in kB."""
    with Path("/proc/self/status").open() as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
