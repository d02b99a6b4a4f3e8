"""From folders of recordings to corpora, in this process."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest
import soxr
from prepare_songs import RATE, acquired, plain, tune, write

from audioml.core.corpus import Corpus, WindowSampler, encode
from audioml.core.errors import (
    IntegrityError,
    NotFoundError,
    OutputError,
    UsageError,
    ValidationError,
)
from audioml.generate.prepare import Report


def left(out):
    return sorted(path.name for path in out.parent.iterdir())


def lost(report):
    return {each.id: each.reason for each in report.quarantined}


def test_what_was_acquired_becomes_a_corpus_with_its_provenance(tmp_path, made, corpus, out):
    report = made(acquired(tmp_path / "raw"), rate=RATE)
    assert (report.rate, report.encoding, report.quarantined) == (RATE, "mulaw", [])
    found = corpus()
    found.verify()
    assert found.column("id") == ["fma/s0", "fma/s1", "fma/s2", "fma/s3"]
    assert found.lengths.tolist() == [6 * RATE] * 4
    row = found.row("fma/s1")
    assert (row["artist"], row["genre"], row["licence"]) == ("Ben", "Rock", "CC-BY-4.0")
    assert (row["path"], row["url"]) == ("audio/s1.wav", "https://example.org/1")
    assert row["attribution"] == '"Song 1" by Ben, licence CC-BY-4.0'
    page = (out / "ATTRIBUTION.md").read_text()
    assert "- The *archive*" in page
    assert '- "Song 3" by Cid, licence CC-BY-4.0 (`audio/s3.wav`)' in page
    assert left(out) == ["corpus"]
    assert WindowSampler(found.filter(genre="Folk"), length=400).batch(3).shape == (3, 400)


def test_the_samples_are_those_of_soxr_in_mu_law_of_a_fixed_range(tmp_path, made, corpus):
    wave = tune(1, rate=8000)
    write(tmp_path / "raw" / "x.flac", wave, rate=8000)
    made(tmp_path / "raw")
    expected = encode(soxr.resample(wave[:, 0], 8000, RATE, quality="HQ"), "mulaw")
    found = corpus().read("x")
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1  # flac has 16 bits
    assert (found == expected).mean() > 0.99


def test_sixteen_bits_keep_more(tmp_path, made, corpus):
    wave = tune(1, rate=RATE)
    write(tmp_path / "raw" / "x.wav", wave, rate=RATE)
    made(tmp_path / "raw", encoding="int16")
    np.testing.assert_allclose(corpus().audio("x").samples[0], wave[:, 0], atol=1 / 32768)


@pytest.mark.parametrize(("rate", "channels"), [(44100, 1), (48000, 2), (11025, 8), (4000, 1)])
def test_any_rate_and_any_channels_become_one(tmp_path, made, corpus, rate, channels):
    write(tmp_path / "raw" / "x.wav", tune(3, rate=rate, channels=channels), rate=rate)
    made(tmp_path / "raw")
    found = corpus().audio("x").samples[0]
    assert len(found) == 6 * RATE
    assert found.std() == pytest.approx(tune(3, rate=8000).std(), rel=0.05)


def test_an_artist_is_in_one_split_however_the_name_is_written(tmp_path, made, corpus):
    artists = [f"{name} {n % 7}" for n, name in enumerate(["The  Band", "the band"] * 14)]
    made(acquired(tmp_path / "raw", artists), split="40/30/30")
    rows = list(corpus().rows())
    splits = {}
    for row in rows:
        splits.setdefault(" ".join(row["artist"].casefold().split()), set()).add(row["split"])
    assert len(splits) == 7
    assert all(len(names) == 1 for names in splits.values())
    assert len({row["split"] for row in rows}) > 1


def test_songs_that_come_later_change_no_split(tmp_path, made, corpus, out):
    made(plain(tmp_path / "raw", 4))
    before = {row["id"]: row["split"] for row in corpus().rows()}
    made(plain(tmp_path / "raw", 8), again=True)
    assert before.items() <= {row["id"]: row["split"] for row in corpus().rows()}.items()


def test_given_splits_are_used_and_can_be_set_aside(tmp_path, made, corpus):
    raw = acquired(tmp_path / "raw", split="test")
    report = made(raw)
    assert set(corpus().column("split")) == {"test"}
    assert report.warnings == ["no song is in train and validation"]
    made(raw, split="100/0/0", again=True)
    assert set(corpus().column("split")) == {"train"}


def test_splits_that_are_wanted_must_be_given(tmp_path, made):
    with pytest.raises(UsageError, match=r"the split of 'fma/s0' and 3 more is not given"):
        made(acquired(tmp_path / "raw"), split="given")


def test_an_empty_split_is_told_with_a_seed_that_fills_it(tmp_path, made):
    raw = plain(tmp_path / "raw", 4)
    report = made(raw, seed=1, split="34/33/33")
    told = [text for text in report.warnings if "no song is in" in text]
    seeds = [int(text.split()[-3]) for text in told]
    for seed in seeds:
        again = made(raw, seed=seed, split="34/33/33", again=True)
        assert set(again.songs) == {"train", "validation", "test"}


def test_a_plain_folder_is_grouped_by_folder_and_its_licence_is_unknown(tmp_path, made, corpus):
    report = made(plain(tmp_path / "raw"))
    row = corpus().row("band 1/song 1")
    assert (row["artist"], row["licence"], row["group"]) == (None, "unknown", "folder band 1")
    assert len(row["sha256"]) == 64
    assert "the licence of 3 songs is unknown; state it with --licence" in report.warnings


def test_a_licence_can_be_stated_for_what_has_none(tmp_path, made, corpus, out):
    report = made(plain(tmp_path / "raw"), licence="cc by 4.0")
    assert report.licences == {"CC-BY-4.0": 3}
    assert "## CC-BY-4.0 (3)" in (out / "ATTRIBUTION.md").read_text()
    made(acquired(tmp_path / "other"), licence="CC0", again=True)
    assert set(corpus().column("licence")) == {"CC-BY-4.0"}


def test_what_cannot_be_used_is_quarantined_with_its_reason(tmp_path, made, corpus, out):
    raw = plain(tmp_path / "raw", 1)
    write(raw / "short.wav", tune(1, seconds=3))
    write(raw / "still.wav", np.full(48000, 0.25, np.float32))
    write(raw / "silent.wav", tune(1) * 1e-4)
    write(raw / "against.wav", np.stack([tune(1)[:, 0], -tune(1)[:, 0]], axis=1))
    (raw / "empty.mp3").touch()
    (raw / "noise.mp3").write_bytes(np.random.default_rng(0).bytes(5000))
    (raw / "link.wav").symlink_to("nowhere.wav")
    whole = write(raw / "whole.wav", tune(5)).read_bytes()
    (raw / "whole.wav").write_bytes(whole[:-30000])
    reasons = lost(made(raw))
    assert reasons.keys() == {
        *("short", "still", "silent", "against", "empty", "noise", "link", "whole")
    }
    assert reasons["short"] == "short.wav lasts 3.00 s, which is less than 5 s"
    assert reasons["still"] == "still.wav holds no sound: every sample is 0.246"
    assert "silent.wav is silent: its level is -8" in reasons["silent"]
    assert "holds no sound" in reasons["against"]
    assert reasons["empty"] == "empty.mp3 is empty (0 bytes)"
    assert reasons["noise"].startswith("noise.mp3 ")
    assert reasons["link"] == "link.wav does not exist"
    assert "cut short" in reasons["whole"]
    assert corpus().column("id") == ["band 0/song 0"]
    table = (out / "quarantine.csv").read_text().splitlines()
    assert table[0] == "id,path,reason"
    assert len(table) == 9
    assert Report.read(out).quarantined[-1].id == "whole"


def test_a_damaged_song_can_be_kept(tmp_path, made, corpus):
    whole = write(tmp_path / "raw" / "x.wav", tune(5, seconds=12))
    whole.write_bytes(whole.read_bytes()[:-48000])
    assert made(tmp_path / "raw", keep_damaged=True).quarantined == []
    assert corpus().lengths.tolist() == [9 * RATE]


def test_a_file_that_is_not_the_acquired_one_is_quarantined(tmp_path, made):
    raw = acquired(tmp_path / "raw")
    write(raw / "audio" / "s1.wav", tune(9))
    assert lost(made(raw)) == {
        "fma/s1": "audio/s1.wav is not the file that was acquired: its hash is another"
    }


def test_a_song_that_is_there_twice_is_used_once(tmp_path, made, corpus):
    raw = plain(tmp_path / "raw", 2)
    write(raw / "copy.flac", tune(1))
    write(raw / "first.flac", tune(1))
    assert lost(made(raw))["first"] == "sounds as copy does, to the last bit"
    assert "copy" in corpus().column("id")


def test_when_nothing_can_be_used_there_is_no_corpus(tmp_path, made, out):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "x.mp3").touch()
    with pytest.raises(ValidationError, match=r"not one of 1 songs .* x.mp3 is empty"):
        made(tmp_path / "raw")
    assert not out.exists()


def test_the_same_again_is_there_already_and_another_is_refused(tmp_path, made, out):
    raw = plain(tmp_path / "raw")
    first = made(raw)
    stamp = (out / "manifest.parquet").stat().st_mtime_ns
    assert made(raw) == first
    assert (out / "manifest.parquet").stat().st_mtime_ns == stamp
    with pytest.raises(OutputError, match="exists already and was made otherwise; --again"):
        made(raw, encoding="int16")
    made(raw, encoding="int16", again=True)
    assert Corpus.open(out).encoding == "int16"


def test_what_stands_in_the_way_is_left_alone(tmp_path, made, out):
    out.mkdir(parents=True)
    (out / "precious").touch()
    with pytest.raises(OutputError, match="exists already"):
        made(plain(tmp_path / "raw"))
    assert left(out) == ["corpus"]
    assert (out / "precious").exists()


def test_nothing_there_is_told(tmp_path, made):
    with pytest.raises(NotFoundError, match="nowhere does not exist"):
        made(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="there is no recording below"):
        made(tmp_path / "empty")
    (tmp_path / "empty" / "manifest.parquet").write_bytes(b"PAR1")
    with pytest.raises(IntegrityError, match="is not the manifest of acquired recordings"):
        made(tmp_path / "empty")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rate": 10}, "a rate is from 1000 to 400000 Hz, got 10"),
        ({"encoding": "mp3"}, "an encoding is one of mulaw, int16, got 'mp3'"),
        ({"split": "80/20"}, "a split is three shares such as 80/10/10, or given, got '80/20'"),
        ({"split": "0/0/0"}, "a split is three shares"),
        ({"split": "nan/1/1"}, "a split is three shares"),
        ({"min_seconds": -1}, "'min_seconds' must be 0 or above, got -1"),
        ({"licence": "gratis"}, "a licence is a name such as CC-BY-4.0, or own, got 'gratis'"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, made, given, words):
    with pytest.raises(UsageError, match=words):
        made(tmp_path, **given)


def test_parquet_stays_where_it_is_wanted_and_makes_the_same_corpus(tmp_path, made, out):
    raw, kept = acquired(tmp_path / "raw"), tmp_path / "kept"
    made(raw, parquet=kept)
    table = pq.read_table(kept)
    assert sorted(table["id"].to_pylist()) == ["fma/s0", "fma/s1", "fma/s2", "fma/s3"]
    assert {"licence", "artist", "genre", "split", "sha256", "audio"} <= set(table.column_names)
    first = {p.name: p.read_bytes() for p in out.iterdir() if p.name != "prepare.json"}
    report = made(kept, destination=tmp_path / "other")
    assert report.warnings == []
    second = {p.name: p.read_bytes() for p in (tmp_path / "other").iterdir()}
    del second["prepare.json"]
    assert second == first


def test_parquet_that_is_wanted_of_a_corpus_that_is_there_is_written(tmp_path, made, out):
    raw, kept = plain(tmp_path / "raw"), tmp_path / "kept"
    first = made(raw)
    stamp = (out / "manifest.parquet").stat().st_mtime_ns
    assert made(raw, parquet=kept) == first
    assert (out / "manifest.parquet").stat().st_mtime_ns == stamp
    assert sorted(pq.read_table(kept)["id"].to_pylist()) == sorted(Corpus.open(out).column("id"))
    parts = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
    made(raw, parquet=kept)
    assert {path: path.stat().st_mtime_ns for path in kept.iterdir()} == parts


def test_parquet_says_itself_what_it_is(tmp_path, made):
    made(plain(tmp_path / "raw"), parquet=tmp_path / "kept")
    other = {"destination": tmp_path / "other"}
    with pytest.raises(UsageError, match="has mulaw at 4000 Hz"):
        made(tmp_path / "kept", rate=8000, **other)
    with pytest.raises(UsageError, match="whose splits are settled"):
        made(tmp_path / "kept", split="80/10/10", **other)
    (tmp_path / "kept" / "_SUCCESS").unlink()
    with pytest.raises(IntegrityError, match="is unfinished"):
        made(tmp_path / "kept", **other)
    (tmp_path / "kept" / "_SUCCESS").touch()
    part = next((tmp_path / "kept").glob("part-*.parquet"))
    part.write_bytes(part.read_bytes()[:-100])
    with pytest.raises(IntegrityError, match="cannot be read as Parquet"):
        made(tmp_path / "kept", **other)


def test_parquet_of_others_needs_five_columns(tmp_path, made, corpus):
    import pyarrow as pa

    audio = np.arange(6 * RATE, dtype=np.uint32).astype(np.uint8)
    rows = [{"id": "x", "rate": RATE, "encoding": "mulaw", "n": len(audio), "audio": b""}]
    path = tmp_path / "theirs.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    with pytest.raises(IntegrityError, match=r"'x' in .* must have 24000 samples of uint8"):
        made(path)
    pq.write_table(pa.Table.from_pylist([{**rows[0], "audio": audio.tobytes()}]), path)
    made(path)
    assert corpus().row("x")["licence"] == "unknown"
    np.testing.assert_array_equal(corpus().read("x"), audio)
    report = made(path, licence="CC0", again=True)
    assert (report.licences, report.warnings) == ({"CC0-1.0": 1}, [])
    pq.write_table(pa.table({"id": ["x"]}), path)
    with pytest.raises(IntegrityError, match="has no column audio, encoding, n, rate"):
        made(path, again=True)


def test_parquet_of_another_corpus_is_not_mixed_with_this_one(tmp_path, made):
    kept = {"parquet": tmp_path / "kept"}
    made(plain(tmp_path / "raw", 1), **kept)
    other = write(tmp_path / "other" / "x.wav", tune(7)).parent
    with pytest.raises(OutputError, match="holds other songs"):
        made(other, destination=tmp_path / "second", **kept)
    made(other, destination=tmp_path / "second", again=True, **kept)
    assert pq.read_table(tmp_path / "kept")["id"].to_pylist() == ["x"]
