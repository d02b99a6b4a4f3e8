from __future__ import annotations

import os

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from audioml.core.errors import NotFoundError, UsageError, ValidationError
from audioml.generate.acquire import Request, acquire


def get(source, out, web, **more):
    more = {"licence": "own", **more}
    return acquire(
        Request(collection="folder", source=str(source), destination=out, **more), web=web
    )


def rows_of(out):
    return {row["id"]: row for row in pq.read_table(out / "manifest.parquet").to_pylist()}


@pytest.fixture
def songs(tmp_path):
    folder = tmp_path / "songs"
    (folder / "sub" / ".hidden").mkdir(parents=True)
    for name in ("a.wav", "a.flac", "sub/b.wav", "sub/.hidden/c.wav", ".d.wav"):
        soundfile.write(folder / name, np.zeros(100, np.float32), 8000)
    (folder / "notes.txt").write_text("x")
    (folder / "empty.wav").write_bytes(b"")
    return folder


def test_recordings_are_copied_and_their_source_left_alone(songs, tmp_path, web):
    report = get(songs, tmp_path / "raw", web)
    rows = rows_of(tmp_path / "raw")
    assert list(rows) == ["a.flac", "a.wav", "sub/b"]
    assert rows["sub/b"]["path"] == "audio/sub/b.wav"
    copied = tmp_path / "raw" / rows["sub/b"]["path"]
    assert copied.read_bytes() == (songs / "sub/b.wav").read_bytes()
    assert not copied.is_symlink()
    assert {row["licence"] for row in rows.values()} == {"LicenseRef-own"}
    assert {row["url"] for row in rows.values()} == {None}
    assert list(report.failed) == ["empty"]
    assert "is empty" in report.failed["empty"]


def test_links_can_be_made_instead(songs, tmp_path, web):
    get(songs, tmp_path / "raw", web, settings={"link": "yes"})
    link = tmp_path / "raw/audio/sub/b.wav"
    assert link.is_symlink()
    assert link.resolve() == (songs / "sub/b.wav").resolve()
    assert rows_of(tmp_path / "raw")["sub/b"]["bytes"] == (songs / "sub/b.wav").stat().st_size
    assert get(songs, tmp_path / "raw", web, settings={"link": "yes"}).before == 3
    with pytest.raises(UsageError, match="yes or no"):
        get(songs, tmp_path / "other", web, settings={"link": "perhaps"})


def test_tags_and_a_table_tell_what_is_known(songs, tmp_path, web):
    with soundfile.SoundFile(songs / "sub/b.wav", "w", 8000, 1) as file:
        file.artist, file.title = "Tagged", "From the tag"
        file.write(np.zeros(100))
    (songs / "metadata.csv").write_text(
        "path,artist,licence,genre\nsub/b.wav,,CC-BY-4.0,Jazz\n./a.wav,Ann,who knows,\n"
    )
    report = get(songs, tmp_path / "raw", web)
    rows = rows_of(tmp_path / "raw")
    known = rows["sub/b"]
    assert (known["artist"], known["title"], known["genre"]) == ("Tagged", "From the tag", "Jazz")
    assert known["licence"] == "CC-BY-4.0"
    assert "a.wav" not in rows
    assert report.refused == {"unknown": 1}


def test_without_a_licence_nothing_is_acquired(songs, tmp_path, web):
    report = get(songs, tmp_path / "raw", web, licence=None)
    assert report.fetched == 0
    assert report.refused == {"unknown": 4}
    assert not (tmp_path / "raw/manifest.parquet").exists()


def test_a_folder_within_its_own_source_is_not_acquired_again(songs, web):
    out = songs / "raw"
    assert get(songs, out, web).fetched == 3
    assert get(songs, out, web).before == 3
    with pytest.raises(UsageError, match="into itself"):
        get(songs, songs, web)


def test_what_is_no_folder_is_told(tmp_path, songs, web):
    with pytest.raises(NotFoundError, match="is not a folder"):
        get(tmp_path / "none", tmp_path / "raw", web)
    with pytest.raises(UsageError, match="no setting 'metdata'"):
        get(songs, tmp_path / "raw", web, settings={"metdata": "x"})
    with pytest.raises(NotFoundError):
        get(songs, tmp_path / "raw", web, settings={"metadata": str(tmp_path / "none.csv")})
    (tmp_path / "t.csv").write_text("artist\nAnn\n")
    with pytest.raises(ValidationError, match="'path'"):
        get(songs, tmp_path / "raw", web, settings={"metadata": str(tmp_path / "t.csv")})


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_a_recording_that_cannot_be_read_fails_alone(songs, tmp_path, web):
    (songs / "gone.wav").symlink_to("nowhere.wav")
    report = get(songs, tmp_path / "raw", web)
    assert "gone.wav cannot be read: No such file" in report.failed["gone"]
    assert report.fetched == 3


@pytest.mark.skipif(os.name != "posix", reason="names are text elsewhere")
def test_any_name_can_be_acquired(songs, tmp_path, web):
    odd = os.fsdecode(b"na\xefve\n?.wav")
    (songs / "a.wav").rename(songs / odd)
    get(songs, tmp_path / "raw", web)
    assert "na_ve__" in rows_of(tmp_path / "raw")
