import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from audioml.core.corpus import Corpus, CorpusWriter
from audioml.core.errors import (
    IntegrityError,
    MissingDependencyError,
    NotFoundError,
    OutputError,
    UsageError,
    ValidationError,
)

pytest.importorskip("pyarrow")
RATE = 100


def song(n, *, size=250):
    return np.random.default_rng(n).integers(-9999, 9999, size, dtype=np.int16)


def write(path, count=7, **options):
    with CorpusWriter(path, rate=RATE, **options) as corpus:
        for n in range(count):
            split, labels = ("train", ["a"]) if n % 3 else ("test", [])
            corpus.append(f"song{n}", song(n), split=split, artist=None, labels=labels)
    return Corpus.open(path)


@pytest.fixture
def corpus(tmp_path):
    return write(tmp_path / "corpus", shard_bytes=1200)


def test_samples_and_rows_come_back(corpus):
    assert (len(corpus), corpus.rate, corpus.encoding) == (7, RATE, "int16")
    assert corpus.seconds == pytest.approx(7 * 2.5)
    for n, entry in enumerate(corpus):
        np.testing.assert_array_equal(entry.samples, song(n))
        assert entry.id == corpus.row(n)["id"] == f"song{n}"
    assert corpus.row("song2")["labels"] == ["a"]
    assert corpus.column("artist") == [None] * 7
    corpus.verify()


def test_shards_are_plain_arrays_of_bounded_size(corpus):
    shards = sorted(corpus.path.glob("shard-*.npy"))
    assert len(shards) == 4
    assert all(shard.stat().st_size <= 1200 for shard in shards)
    np.testing.assert_array_equal(np.load(shards[0]), np.concatenate([song(0), song(1)]))


def test_a_row_longer_than_a_shard_has_one_to_itself(tmp_path):
    with CorpusWriter(tmp_path / "c", rate=RATE, shard_bytes=400) as writer:
        for n, size in enumerate([10, 5000, 10]):
            writer.append(str(n), song(n, size=size))
    assert len(list((tmp_path / "c").glob("shard-*.npy"))) == 3
    np.testing.assert_array_equal(Corpus.open(tmp_path / "c").read(1), song(1, size=5000))


def test_reading_gives_a_view_of_the_file(corpus):
    samples = corpus.read("song3", 20, 30)
    np.testing.assert_array_equal(samples, song(3)[20:30])
    assert not samples.flags.owndata
    assert not samples.flags.writeable


def test_audio_is_decoded_and_has_its_clock(corpus):
    audio = corpus.audio(1, 50, 150)
    np.testing.assert_array_equal(audio.samples[0], song(1)[50:150] / np.float32(32768))
    assert (audio.rate, audio.start) == (RATE, 0.5)


def test_rows_are_chosen_by_their_columns(corpus):
    tests = corpus.filter(split="test")
    assert tests.column("id") == ["song0", "song3", "song6"]
    np.testing.assert_array_equal(tests.read(1), song(3))
    assert len(corpus.filter(split="train", id=["song1", "song3"])) == 1
    assert len(corpus.filter(split="nowhere")) == 0
    with pytest.raises(ValidationError, match="no column 'genre'; it has id, shard"):
        corpus.filter(genre="Rock")


def test_a_corpus_crosses_to_another_process_without_its_samples(corpus):
    corpus.read(0)
    packed = pickle.dumps(corpus.filter(split="test"))
    assert len(packed) < 8000
    np.testing.assert_array_equal(pickle.loads(packed).read("song6"), song(6))


@pytest.mark.parametrize("which", ["song9", 7, -1])
def test_a_row_that_is_not_there_is_told(corpus, which):
    with pytest.raises(NotFoundError, match="no row"):
        corpus.read(which)


@pytest.mark.parametrize("span", [(0, 251), (-1, 5), (6, 5)])
def test_samples_that_are_not_there_are_told(corpus, span):
    with pytest.raises(ValidationError, match=r"samples 0\.\.250"):
        corpus.read(0, *span)


@pytest.mark.parametrize(
    ("samples", "columns", "message"),
    [
        (song(0), {"split": 1}, "is new or missing"),
        (song(0), {"kind": 1, "shard": 2}, "shard are the corpus's own"),
        (song(0)[::2].reshape(5, 25), {"kind": 1}, r"must have shape \(n,\), got \(5, 25\)"),
        (song(0).astype(np.int32), {"kind": 1}, "must be floating point or int16, got int32"),
        (np.array([0.0, np.nan]), {"kind": 1}, "not all finite"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_and_the_others_stay(
    tmp_path, samples, columns, message
):
    with CorpusWriter(tmp_path / "c", rate=RATE) as writer:
        writer.append("good", song(1), kind=1)
        with pytest.raises(ValidationError, match=message):
            writer.append("bad", samples, **columns)
        with pytest.raises(ValidationError, match="a row 'good' already"):
            writer.append("good", song(1), kind=1)
        writer.append("better", song(2), kind=2)
    assert Corpus.open(tmp_path / "c").column("id") == ["good", "better"]


def test_a_column_that_changes_its_type_leaves_no_corpus(tmp_path):
    with (
        pytest.raises(ValidationError, match="does not keep its type"),
        CorpusWriter(tmp_path / "c", rate=RATE) as writer,
    ):
        writer.append("a", song(0), year=1999)
        writer.append("b", song(0), year="unknown")
    assert list(tmp_path.iterdir()) == []


def test_floats_are_encoded(tmp_path):
    samples = np.linspace(-1, 1, 50, dtype=np.float32)
    for encoding in ("float32", "int16", "mulaw"):
        with CorpusWriter(tmp_path / encoding, rate=RATE, encoding=encoding) as writer:
            writer.append("a", samples[np.newaxis])
        got = Corpus.open(tmp_path / encoding).audio("a").samples[0]
        np.testing.assert_allclose(got, samples, atol=0.025)


def test_after_an_exception_nothing_is_left(tmp_path):
    with (
        pytest.raises(KeyError),
        CorpusWriter(tmp_path / "c", rate=RATE) as writer,
    ):
        writer.append("a", song(0))
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(corpus):
    with (
        pytest.raises(OutputError, match="exists already; remove it"),
        CorpusWriter(corpus.path, rate=RATE),
    ):
        pass
    assert len(Corpus.open(corpus.path)) == 7


def test_a_writer_that_is_not_open_says_so(tmp_path):
    with pytest.raises(UsageError, match="within its 'with' block"):
        CorpusWriter(tmp_path / "c", rate=RATE).append("a", song(0))


def test_a_corpus_whose_writer_was_killed_is_refused(tmp_path):
    code = """
        import os, signal, sys, pathlib, numpy
        from audioml.core.corpus import CorpusWriter
        with CorpusWriter(pathlib.Path(sys.argv[1]), rate=100, shard_bytes=1000) as corpus:
            for n in range(5000):
                corpus.append(str(n), numpy.zeros(450, numpy.int16))
            os.kill(os.getpid(), signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    """
    path = tmp_path / "corpus"
    command = [sys.executable, "-c", textwrap.dedent(code), path]
    assert subprocess.run(command, check=False).returncode != 0
    (part,) = tmp_path.iterdir()
    for place in (path, part):
        with pytest.raises(IntegrityError, match="is unfinished: its writer was interrupted"):
            Corpus.open(place)


def test_no_corpus_is_another_thing_than_a_broken_one(tmp_path, corpus):
    with pytest.raises(NotFoundError, match="there is no corpus in"):
        Corpus.open(tmp_path / "elsewhere")
    (corpus.path / "manifest.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(IntegrityError, match="is not the manifest of a corpus"):
        Corpus.open(corpus.path)


@pytest.mark.parametrize("damage", ["missing", "short"])
def test_a_shard_that_is_not_whole_is_told_at_once(corpus, damage):
    shard = corpus.path / "shard-00002.npy"
    if damage == "missing":
        shard.unlink()
    else:
        os.truncate(shard, 500)
    with pytest.raises(IntegrityError, match=r"shard-00002\.npy must have 1128 bytes"):
        Corpus.open(corpus.path)


def test_samples_that_changed_are_found_by_their_hash(corpus):
    with (corpus.path / "shard-00001.npy").open("r+b") as file:
        file.seek(300)
        file.write(b"oops")
    with pytest.raises(IntegrityError, match="samples of row 'song2'"):
        Corpus.open(corpus.path).verify()


def test_an_empty_corpus_is_a_corpus(tmp_path):
    assert list(write(tmp_path / "c", count=0)) == []


def test_a_missing_pyarrow_is_named_with_its_extra(monkeypatch, corpus, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "audioml-core\[corpus\]"'):
        Corpus.open(corpus.path)
    with (
        pytest.raises(MissingDependencyError),
        CorpusWriter(tmp_path / "new", rate=RATE),
    ):
        pass
    assert not (tmp_path / "new").exists()


def test_importing_the_package_imports_no_pyarrow():
    code = "import sys, audioml.core.corpus; sys.exit('pyarrow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_manifest_is_read_by_anyone_who_reads_parquet(corpus):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(corpus.path / "manifest.parquet")
    first = table.slice(0, 1).to_pylist()[0]
    assert (first["rate"], first["encoding"], first["n"]) == (RATE, "int16", 250)


_MEMORY = """
    import re, sys, pathlib, numpy
    from audioml.core.corpus import Corpus, CorpusWriter, WindowSampler

    def anonymous():
        status = pathlib.Path("/proc/self/status").read_text()
        return int(re.search(r"RssAnon:\\s+(\\d+)", status)[1]) / 1024

    def write(path, count):
        with CorpusWriter(path, rate=16_000, shard_bytes=2**25) as writer:
            for n in range(count):
                writer.append(str(n), minute, split="train")

    path = pathlib.Path(sys.argv[1])
    minute = numpy.ones(960_000, numpy.int16)
    write(path.with_name("small"), 1)  # pyarrow takes its 33 MiB once, whatever it writes
    before = anonymous()
    write(path, 100)
    print("writing", anonymous() - before)
    corpus = Corpus.open(path)
    sampler = WindowSampler(corpus, length=16_385)
    before = anonymous()
    for _ in range(400):
        assert sampler.batch(16).all()
    for entry in corpus:
        assert entry.samples.all()
    print("reading", anonymous() - before)
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists()
    or "RssAnon" not in Path("/proc/self/status").read_text(),
    reason="anonymous memory is told by Linux alone",
)
def test_neither_writing_nor_reading_holds_the_corpus_in_memory(tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(_MEMORY), tmp_path / "corpus"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    grown = {line.split()[0]: float(line.split()[1]) for line in lines if line}
    assert (tmp_path / "corpus").is_dir()
    assert grown["writing"] < 8
    assert grown["reading"] < 8  # MiB, of a corpus of 183
