from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audioml.core.errors import NotFoundError, UsageError, ValidationError
from audioml.generate.acquire import Request, acquire

SONG = b"ID3" + bytes(5000)


def get(tmp_path, source, web, **more):
    return acquire(
        Request(collection="urls", source=str(source), destination=tmp_path / "raw", **more),
        web=web,
    )


def rows_of(tmp_path):
    return pq.read_table(tmp_path / "raw" / "manifest.parquet").to_pylist()


def as_csv(path, rows, separator=","):
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return path


def as_jsonl(path, rows):
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    return path


def as_parquet(path, rows):
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (as_csv, "t.csv"),
        (lambda p, r: as_csv(p, r, "\t"), "t.tsv"),
        (lambda p, r: as_csv(p, r, ";"), "t.csv"),
        (as_jsonl, "t.jsonl"),
        (as_parquet, "t.parquet"),
    ],
)
def test_the_rows_of_a_table_are_acquired(tmp_path, host, web, write, name):
    row = {
        "URL": host.put("/a/My%20Song.MP3", SONG),
        "License": "CC BY 4.0",
        "artist": "Ann",
        "Title": "One",
        "split": "dev",
        "sha256": hashlib.sha256(SONG).hexdigest(),
        "mood": "calm",
    }
    report = get(tmp_path, write(tmp_path / name, [row]), web)
    assert (report.fetched, report.failed) == (1, {})
    (found,) = rows_of(tmp_path)
    assert found["id"].startswith("My Song-")
    assert found["path"] == f"audio/{found['id']}.mp3"
    assert (tmp_path / "raw" / found["path"]).read_bytes() == SONG
    assert (found["artist"], found["title"], found["split"]) == ("Ann", "One", "validation")
    assert found["licence"] == "CC-BY-4.0"
    assert found["url"] == row["URL"]


def test_rows_that_make_no_sense_fail_alone(tmp_path, host, web):
    good = host.put("/good.mp3", SONG)
    rows = [
        {"url": good, "licence": "CC0"},
        {"url": "file:///etc/passwd", "licence": "CC0"},
        {"url": "", "licence": "CC0"},
        {"url": host.url + "/none.mp3", "licence": "CC0"},
        {"url": good + "?2", "licence": "CC0", "split": "sometimes"},
        {"url": good + "?3", "licence": "CC0", "sha1": "123"},
        {"url": host.put("/other.mp3", SONG), "licence": "CC0", "sha1": "0" * 40},
        {"url": good + "?4", "licence": "mine, all mine"},
        {"url": good + "?5", "licence": ""},
        {"url": good, "licence": "CC0"},
        {"url": host.put("/empty.mp3", b""), "licence": "CC0"},
    ]
    rows = [{"url": "", "licence": "", "sha1": "", "split": "", **row} for row in rows]
    report = get(tmp_path, as_csv(tmp_path / "t.csv", rows), web)
    assert report.fetched == 1
    assert dict(report.refused) == {"unknown": 2}
    reasons = " / ".join(report.failed.values())
    for words in ("http or https", "'url'", "answered 404", "split is", "sha1 is 40",
                  "is not what was expected", "two of this name", "is empty"):  # fmt: skip
        assert words in reasons
    assert len(report.failed) == 8


def test_a_licence_can_be_stated_for_what_has_none(tmp_path, host, web):
    rows = [
        {"id": "a", "url": host.put("/a.mp3", SONG), "licence": ""},
        {"id": "b", "url": host.put("/b.mp3", SONG), "licence": "all rights reserved"},
    ]
    report = get(tmp_path, as_csv(tmp_path / "t.csv", rows), web, licence="CC-BY-SA-4.0")
    assert [row["licence"] for row in rows_of(tmp_path)] == ["CC-BY-SA-4.0"]
    assert report.refused == {"unknown": 1}
    with pytest.raises(UsageError, match="--licence"):
        get(tmp_path, tmp_path / "t.csv", web, licence="something")


def test_the_ending_is_found_out_from_the_bytes(tmp_path, host, web):
    kinds = {"mp3": b"\xff\xfb\x90\x00", "wav": b"RIFF\0\0\0\0WAVEfmt ", "ogg": b"OggS", "": b"??"}
    rows = [
        {"id": f"x{n}", "url": host.put(f"/stream?{n}", data + bytes(50)), "licence": "CC0"}
        for n, data in enumerate(kinds.values())
    ]
    get(tmp_path, as_jsonl(tmp_path / "t.jsonl", rows), web)
    endings = [row["path"].rpartition("/")[2] for row in rows_of(tmp_path)]
    assert endings == ["x0.mp3", "x1.wav", "x2.ogg", "x3"]


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return buffer.getvalue()


EVIL = {
    "songs/a.mp3": SONG,
    "songs/b.flac": b"fLaC" + SONG,
    "../out.mp3": b"out",
    "/abs.mp3": b"abs",
    "songs/../../up.wav": b"up",
    "README.txt": b"text",
}


def test_a_zip_gives_all_its_recordings_and_none_outside_its_folder(tmp_path, host, web):
    url = host.put("/set.zip", zipped(EVIL))
    report = get(tmp_path, url, web, licence="CC-BY-4.0")
    assert report.fetched == 2
    assert set(report.failed) == {"../out.mp3", "/abs.mp3", "songs/../../up.wav"}
    assert {row["path"].partition("/")[2][-12:] for row in rows_of(tmp_path)} == {
        "/songs/a.mp3", "songs/b.flac"
    }  # fmt: skip
    written = {p.name for p in tmp_path.rglob("*") if p.is_file()}
    assert written == {"a.mp3", "b.flac", "manifest.parquet", "ATTRIBUTION.md"}


def test_a_row_can_name_one_member_of_a_zip(tmp_path, host, web):
    url = host.put("/set.zip", zipped(EVIL))
    rows = [
        {"id": "one", "url": url, "member": "songs/a.mp3", "licence": "CC0",
         "sha1": hashlib.sha1(SONG).hexdigest()},
        {"id": "two", "url": url, "member": "../out.mp3", "licence": "CC0", "sha1": ""},
        {"id": "six", "url": url, "member": "songs/c.mp3", "licence": "CC0", "sha1": ""},
    ]  # fmt: skip
    report = get(tmp_path, as_csv(tmp_path / "t.csv", rows), web)
    assert [row["path"] for row in rows_of(tmp_path)] == ["audio/one.mp3"]
    assert set(report.failed) == {"../out.mp3", "six"}


def test_names_in_a_table_stay_in_the_folder(tmp_path, host, web):
    names = ["../../up", "/etc/x", "a\\..\\..\\b", "con", "x" * 300, "tab\there", ".hidden"]
    rows = [
        {"id": name, "url": host.put(f"/{n}.mp3", SONG), "licence": "CC0"}
        for n, name in enumerate(names)
    ]
    report = get(tmp_path, as_jsonl(tmp_path / "t.jsonl", rows), web)
    assert report.fetched == len(names)
    paths = [row["path"] for row in rows_of(tmp_path)]
    assert set(paths) >= {"audio/up.mp3", "audio/etc/x.mp3", "audio/a/b.mp3", "audio/_con.mp3"}
    assert all((tmp_path / "raw" / path).is_file() for path in paths)


def test_a_table_on_the_web_is_fetched_first(tmp_path, host, web):
    song = host.put("/song.mp3", SONG)
    url = host.put("/table.jsonl", json.dumps({"url": song, "licence": "CC0"}).encode())
    assert get(tmp_path, url, web).fetched == 1


@pytest.mark.parametrize(
    ("name", "text", "error", "words"),
    [
        ("none.csv", None, NotFoundError, "does not exist"),
        ("t.txt", "url\n", UsageError, "a table is one of"),
        ("t.csv", "link,licence\nx,CC0\n", ValidationError, "needs a column 'url'; it has page"),
        ("t.csv", "url,licence\nx\n", ValidationError, "line 2 of .* must have 2 cells"),
        ("t.csv", "url,licence\nx,y,z\n", ValidationError, "must have 2 cells"),
        ("t.jsonl", '{"url": 1}\n[1]\n', ValidationError, "line 2 of .* must be a JSON object"),
        ("t.jsonl", "{\n", ValidationError, "is no JSON"),
        ("t.parquet", "PAR1", ValidationError, "is no Parquet table"),
    ],
)
def test_what_is_no_table_is_told(tmp_path, web, name, text, error, words):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(error, match=words):
        get(tmp_path, tmp_path / name, web)


def test_bytes_that_are_no_text_are_told(tmp_path, web):
    (tmp_path / "t.csv").write_bytes(b"url\n\xff\xfe\n")
    with pytest.raises(ValidationError, match="no table of text"):
        get(tmp_path, tmp_path / "t.csv", web)
