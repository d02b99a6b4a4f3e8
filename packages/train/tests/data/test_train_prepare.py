import os
import shutil
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from train_sounds import RATE, midi, write_song, write_wav

from audioml.core.corpus import Corpus
from audioml.core.errors import AudioError, NotFoundError, OutputError, UsageError, ValidationError
from audioml.train.data import Prepared, Report, Settings, prepare


@pytest.fixture
def songs(tmp_path):
    """A folder with three songs and their notes."""
    for n in range(3):
        write_song(tmp_path / "songs", f"song {n}", seed=n, seconds=6)
    return tmp_path / "songs"


@pytest.fixture
def made(tmp_path):
    """What prepares a folder, in this process and at a low rate."""

    def work(source, **given):
        usual = {"destination_path": tmp_path / "corpus", "label_ext": ".mid", "workers": 1}
        return prepare(source_path=source, **{**usual, "sample_rate": RATE, **given})

    return work


def problems(report):
    return {(p.kind, p.file) for p in report.problems}


def test_a_folder_becomes_a_corpus_with_its_notes(songs, made, tmp_path):
    report = made(songs)
    assert report.problems == ()
    assert [f.name for f in report.files] == ["song 0", "song 1", "song 2"]
    assert sum(split.recordings for split in report.splits.values()) == 3
    prepared = Prepared.open(tmp_path / "corpus")
    prepared.corpus.verify()
    assert prepared.lengths.tolist() == [6 * RATE] * 3
    notes = write_song(tmp_path / "again", "song 2", seed=2, seconds=6)
    np.testing.assert_allclose(prepared.labels(2).notes, notes, atol=1e-3)
    assert Report.read(tmp_path / "corpus" / "report.json") == report
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again", "corpus", "songs"]


def test_stereo_at_any_rate_becomes_mono_at_one(made, tmp_path):
    left = np.sin(np.arange(22050) * 2 * np.pi * 440 / 22050)
    write_wav(tmp_path / "in/x.wav", np.stack([left, 0 * left], axis=1) * 0.5, rate=22050)
    made(tmp_path / "in", label_ext=None)
    corpus = Corpus.open(tmp_path / "corpus")
    assert (corpus.rate, corpus.encoding, corpus.lengths.tolist()) == (RATE, "int16", [RATE])
    assert np.abs(corpus.audio(0).samples[0, 1000:-1000]).max() == pytest.approx(0.25, abs=0.01)


def test_several_processes_make_the_same_corpus(songs, made, tmp_path):
    pytest.importorskip("joblib")
    one = made(songs)
    two = made(songs, workers=2, destination_path=tmp_path / "two")
    assert (two.digest, two.files, two.splits) == (one.digest, one.files, one.splits)
    for name in ("manifest.parquet", "shard-00000.npy", "labels/notes.npy"):
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "corpus" / name).read_bytes()


def test_an_engine_of_the_callers_does_the_work(songs, made):
    from audioml.core.executor.outcome import attempt

    class Backwards:
        def run(self, function, items, /, *, workers, ordered):
            for index, item in reversed([*enumerate(items)]):
                yield attempt(function, index, item)

    assert [f.name for f in made(songs, engine=Backwards()).files] == ["song 0", "song 1", "song 2"]


def test_an_empty_folder_is_refused(made, tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(NotFoundError, match=r"no \.wav, \.wave file lies below .*no audio at all"):
        made(tmp_path / "in")
    (tmp_path / "in" / "x.flac").touch()
    with pytest.raises(NotFoundError, match=r"it holds 1 \.flac: set audio_ext"):
        made(tmp_path / "in")
    with pytest.raises(NotFoundError, match="is not a folder"):
        made(tmp_path / "elsewhere")


def test_audio_without_labels_and_the_reverse_are_listed(songs, made):
    (songs / "song 0.mid").unlink()
    (songs / "song 1.wav").unlink()
    report = made(songs)
    assert problems(report) == {
        ("audio without labels", "song 0.wav"),
        ("labels without audio", "song 1.mid"),
    }
    assert [f.name for f in report.files] == ["song 2"]
    text = "\n".join(report.lines())
    assert "1 left out: audio without labels\n  song 0.wav: no label file bears its name" in text


def test_what_is_unmatched_can_end_the_work(songs, made, tmp_path):
    (songs / "song 0.mid").unlink()
    with pytest.raises(ValidationError, match=r"1 file\(s\) cannot be used \(song 0.wav: no label"):
        made(songs, unmatched="stop")
    assert not (tmp_path / "corpus").exists()


def test_where_nothing_matches_nothing_is_made(made, tmp_path):
    write_wav(tmp_path / "in/a.wav")
    (tmp_path / "in/b.mid").write_bytes(midi([]))
    with pytest.raises(ValidationError, match=r"no recording can be used, 2 were left out, the fi"):
        made(tmp_path / "in")


def test_sound_alone_is_enough_where_there_are_no_labels(made, tmp_path):
    write_wav(tmp_path / "in/a.wav")
    report = made(tmp_path / "in", label_ext=None)
    assert report.problems == ()
    assert Corpus.open(tmp_path / "corpus").column("labelled") == [False]
    assert Prepared.open(tmp_path / "corpus").labels(0).end == 0


@pytest.mark.parametrize("damage", ["noise", "empty", "cut", "not finite"])
def test_corrupt_audio_in_the_middle_of_a_set_is_left_out(songs, made, tmp_path, damage):
    path = songs / "song 1.wav"
    whole = path.read_bytes()
    broken = {"noise": b"RIFF????WAVEnothing", "empty": b"", "cut": whole[: len(whole) // 2]}
    if damage == "not finite":
        import soundfile

        soundfile.write(path, np.full(6 * RATE, np.nan), RATE, subtype="FLOAT")
    else:
        path.write_bytes(broken[damage])
    report = made(songs)
    assert problems(report) == {("corrupt audio", "song 1.wav")}
    assert [f.name for f in report.files] == ["song 0", "song 2"]
    Corpus.open(tmp_path / "corpus").verify()


def test_corrupt_audio_can_end_the_work_or_be_used_as_far_as_it_goes(songs, made):
    path = songs / "song 1.wav"
    path.write_bytes(path.read_bytes()[: 44 + 5 * RATE * 2])
    with pytest.raises(AudioError, match=r"song 1.wav is cut short.*corrupt=skip leaves such"):
        made(songs, corrupt="stop")
    report = made(songs, corrupt="keep")
    assert report.files[1].seconds == 5
    assert "cut short" in "\n".join(report.lines())


def test_labels_far_longer_than_the_audio_are_an_error_or_left_out(songs, made, tmp_path):
    (songs / "song 1.mid").write_bytes(midi([(0.0, 60.0, 60, 80)]))
    with pytest.raises(
        ValidationError, match=r"song 1.mid: the labels end at 60.0 s, but the audi"
    ):
        made(songs)
    assert not (tmp_path / "corpus").exists()
    report = made(songs, long_label="skip")
    assert problems(report) == {("labels too long", "song 1.mid")}
    assert [f.name for f in report.files] == ["song 0", "song 2"]


def test_labels_that_cannot_be_read_are_left_out(songs, made):
    (songs / "song 1.mid").write_bytes(b"not MIDI")
    assert problems(made(songs)) == {("unreadable labels", "song 1.mid")}


def test_silence_and_labels_without_notes_are_fine(made, tmp_path):
    write_wav(tmp_path / "in/x.wav", np.zeros(RATE))
    (tmp_path / "in/x.mid").write_bytes(midi([]))
    (file,) = made(tmp_path / "in").files
    assert (file.offset_ms, file.confidence, file.covered) == (None, None, None)


def test_an_offset_is_told_and_taken_out_where_that_is_wanted(made, tmp_path):
    write_song(tmp_path / "in", "late", late=0.25)
    report = made(tmp_path / "in")
    (file,) = report.files
    assert file.offset_ms == pytest.approx(250, abs=6)
    assert file.is_off
    assert "the sound comes +2" in "\n".join(report.lines())
    untouched = Prepared.open(tmp_path / "corpus").labels(0).notes
    (file,) = made(tmp_path / "in", align="correct", again=True).files
    assert file.corrected
    assert not file.is_off
    moved = Prepared.open(tmp_path / "corpus").labels(0).notes
    np.testing.assert_allclose(moved[:, 0] - untouched[:, 0], 0.25, atol=0.006)
    (file,) = made(tmp_path / "in", align="off", again=True).files
    assert file.offset_ms is None


def test_a_corpus_that_is_there_is_not_made_twice(songs, made, tmp_path):
    first = made(songs)
    stamp = (tmp_path / "corpus" / "manifest.parquet").stat().st_mtime_ns
    assert made(songs) == first
    assert (tmp_path / "corpus" / "manifest.parquet").stat().st_mtime_ns == stamp
    write_song(songs, "song 3", seed=3, seconds=6)
    with pytest.raises(OutputError, match="exists already and was made otherwise; again=true"):
        made(songs)
    assert len(made(songs, again=True).files) == 4


def test_two_files_of_one_stem_keep_their_endings_as_names(made, tmp_path):
    write_wav(tmp_path / "in/x.wav")
    shutil.copy(tmp_path / "in/x.wav", tmp_path / "in/x.flac")
    report = made(tmp_path / "in", audio_ext=".wav,.flac", label_ext=None)
    assert [f.name for f in report.files] == ["x.flac", "x.wav"]
    # one sound, so one group
    assert len({f.split for f in report.files}) == 1


def test_the_first_folder_may_name_the_split(made, tmp_path):
    for split in ("train", "val", "test"):
        write_wav(tmp_path / f"in/{split}/{split}.wav", seed=len(split))
    report = made(tmp_path / "in", label_ext=None)
    assert {f.name: f.split for f in report.files} == {
        "train/train": "train",
        "val/val": "validation",
        "test/test": "test",
    }


def test_hidden_files_are_no_recordings(made, tmp_path):
    write_wav(tmp_path / "in/x.wav")
    (tmp_path / "in/._x.wav").write_bytes(b"a Mac's")
    assert made(tmp_path / "in", label_ext=None).problems == ()


@pytest.mark.skipif(os.name == "nt", reason="no signals")
def test_work_that_was_killed_is_taken_up(songs, made, tmp_path):
    code = """
        import os, pathlib, signal, sys
        from audioml.train.data import prepare, staging
        whole = staging.Stage.__call__
        def deadly(self, item):
            if item.name == "song 2":
                os.kill(os.getpid(), signal.SIGKILL)
            return whole(self, item)
        staging.Stage.__call__ = deadly
        source, corpus = sys.argv[1:]
        prepare(source_path=source, destination_path=corpus, label_ext=".mid", workers=1,
                sample_rate=8000)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), songs, tmp_path / "corpus"]
    done = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": _path()})
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "corpus").exists()
    staged = tmp_path / ".corpus.preparing"
    stamps = {p.name: p.stat().st_mtime_ns for p in staged.glob("*.pcm")}
    assert len(stamps) == 2
    for path in ("song 0.wav", "song 1.wav"):  # not read again: the work is done
        stat = (songs / path).stat()
        (songs / path).write_bytes(b"x" * stat.st_size)
        os.utime(songs / path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    report = made(songs)
    assert report.problems == ()
    assert len(report.files) == 3
    assert not staged.exists()


def _path():
    import audioml.train

    source = next(iter(audioml.train.__path__)).removesuffix("/audioml/train")
    return os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])


def test_a_full_disk_leaves_nothing_that_could_be_taken_for_a_corpus(
    songs, made, tmp_path, monkeypatch
):
    def full(*args, **columns):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("audioml.core.corpus.CorpusWriter.append", full)
    with pytest.raises(OutputError, match="No space left on device"):
        made(songs)
    assert not (tmp_path / "corpus").exists()
    monkeypatch.undo()
    assert len(made(songs).files) == 3


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"sample_rat": 1}, "no setting 'sample_rat'; did you mean 'sample_rate'"),
        ({"sample_rate": "fast"}, "'sample_rate' must be a number of at least 100"),
        ({"processed_ext": ".h5"}, "'processed_ext' must be '.npy'"),
        ({"corrupt": "ignore"}, "'corrupt' must be one of skip, stop, keep"),
        ({"workers": 0}, "'workers' must be at least 1"),
        ({"piece": "("}, "is no regular expression"),
        ({"piece": "song"}, "needs a group"),
        ({"audio_ext": ""}, "'audio_ext' must be an ending"),
        ({"source_path": None}, "source_path=FOLDER"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given, sentence):
    with pytest.raises(UsageError, match=sentence):
        Settings.of({"source_path": "here", **given})
