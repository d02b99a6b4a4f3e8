from __future__ import annotations

import csv
import hashlib
import io
import zipfile

import pyarrow.parquet as pq
import pytest

from audioml.core.errors import IntegrityError, NotFoundError, UsageError
from audioml.generate.acquire import Request, acquire
from audioml.generate.acquire.run import choose
from audioml.generate.acquire.sources.fma import SHA1, FMADataSet

BY = "http://creativecommons.org/licenses/by/3.0/us/"
TRACKS = [
    # number, subset, split, licence, its address, genre, artist, title
    (2, "medium", "training", "Attribution-NonCommercial-ShareAlike 3.0 International",
     "http://creativecommons.org/licenses/by-nc-sa/3.0/", "Hip-Hop", "AWOL", "Food"),
    (5, "small", "training", "Attribution", BY, "Hip-Hop", "AWOL", "This World"),
    (10, "small", "validation", "CC0 1.0 Universal", "", "Pop", "Kurt", "Freeway\nLive"),
    (140, "small", "test", "FMA-Limited: Download Only", "http://freemusicarchive.org/FMA_License",
     "Folk", "Alec", "Queen Of The Wires"),
    (141, "small", "test", "", "", "Folk", "Alec", "Ohio"),
    (123456, "large", "training", "Attribution-ShareAlike 3.0", "", "", "Éo", 'Say "no", *now*'),
]  # fmt: skip


def song(number):
    return hashlib.sha256(b"%d" % number).digest() * 400


def written(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def metadata():
    head = [
        ["", "album", "artist", "artist", "set", "set", "track", "track", "track"],
        ["", "title", "bio", "name", "split", "subset", "genre_top", "license", "title"],
        ["track_id", *[""] * 8],
    ]
    rows = [
        [
            n,
            f"album {n}",
            "long " * (30_000 if n == 10 else 1),
            artist,
            split,
            subset,
            genre,
            licence,
            title,
        ]
        for n, subset, split, licence, _, genre, artist, title in TRACKS
    ]
    raw = [["track_id", "license_title", "license_url", "track_url"]]
    raw += [
        [n, "", url, f"http://freemusicarchive.org/music/{n}"] for n, _, _, _, url, *_ in TRACKS
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_BZIP2) as file:
        file.writestr("fma_metadata/tracks.csv", written([*head, *rows]))
        file.writestr("fma_metadata/raw_tracks.csv", written(raw))
    return buffer.getvalue()


def audio(subset, subsets, more=0):
    """Return a zip as FMA's are, with some other tracks besides."""
    files = {f"{n // 1000:03d}/{n:06d}.mp3": song(n) for n, s, *_ in TRACKS if s in subsets}
    files |= {f"900/{900_000 + n}.mp3": song(n) for n in range(more)}
    sums = [f"{hashlib.sha1(data).hexdigest()}  {name}\n" for name, data in files.items()]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(f"fma_{subset}/README.txt", "text", zipfile.ZIP_BZIP2)
        file.writestr(f"fma_{subset}/checksums", "".join(sums), zipfile.ZIP_BZIP2)
        for name, data in files.items():
            file.writestr(f"fma_{subset}/{name}", data)
    return buffer.getvalue()


@pytest.fixture
def fma(host, audioml_home, monkeypatch):
    """FMA, published by the host."""
    zips = {
        "fma_metadata.zip": metadata(),
        "fma_small.zip": audio("small", ["small"], more=40),
        "fma_large.zip": audio("large", ["small", "medium", "large"]),
        "fma_full.zip": audio("full", ["small", "medium", "large"]),
        "fma_medium.zip": b"",
    }
    for name, data in zips.items():
        host.put(f"/fma/{name}", data)
    sha1 = {name: hashlib.sha1(data).hexdigest() for name, data in zips.items()}
    monkeypatch.setattr("audioml.generate.acquire.sources.fma.FMA", FMADataSet(sha1))
    return f"{host.url}/fma"


def rows_of(folder):
    return {row["id"]: row for row in pq.read_table(folder / "manifest.parquet").to_pylist()}


def test_tracks_whose_licences_allow_it_are_taken_out_of_the_zip(fma, host, tmp_path, web):
    out = tmp_path / "raw"
    report = acquire(Request(collection="fma", source=fma, destination=out), web=web)
    assert (report.fetched, report.before, report.failed) == (2, 0, {})
    assert dict(report.refused) == {"unknown": 2}
    rows = rows_of(out)
    assert list(rows) == ["fma/000/000005", "fma/000/000010"]
    food = rows["fma/000/000005"]
    assert (out / food["path"]).read_bytes() == song(5)
    assert food["path"] == "audio/fma/000/000005.mp3"
    assert food["sha256"] == hashlib.sha256(song(5)).hexdigest()
    assert food["bytes"] == len(song(5))
    assert food["url"] == f"{fma}/fma_small.zip#fma_small/000/000005.mp3"
    assert (food["licence"], food["licence_url"]) == ("CC-BY-3.0-US", BY)
    assert (food["artist"], food["title"], food["album"]) == ("AWOL", "This World", "album 5")
    assert (food["genre"], food["split"], food["collection"]) == ("Hip-Hop", "train", "fma")
    assert food["tool"].startswith("audioml-generate ")
    assert food["fetched_at"].utcoffset().total_seconds() == 0
    assert food["attribution"] == (
        '"This World" by AWOL, from "album 5", http://freemusicarchive.org/music/5, '
        f"licence CC-BY-3.0-US ({BY})"
    )
    assert rows["fma/000/000010"]["licence_url"].endswith("/zero/1.0/")
    assert not (out / ".parts").exists()
    asked = sum("bytes=" in h.get("Range", "") for h in host.asked("/fma/fma_small.zip"))
    assert asked == len(host.asked("/fma/fma_small.zip")) == 5  # nothing else of it was read


def test_attribution_names_every_track_and_the_data_set(fma, tmp_path, web):
    out = tmp_path / "raw"
    acquire(Request(collection="fma", source=fma, destination=out, settings={"subset": "large"}),
            web=web)  # fmt: skip
    page = (out / "ATTRIBUTION.md").read_text()
    assert "- Metadata and selection: [FMA, a dataset" in page
    assert "## CC-BY-SA-3.0 (1)" in page
    assert r'"Say "no", \*now\*" by Éo, from "album 123456"' in page
    assert '"Freeway Live" by Kurt' in page


def test_a_second_run_fetches_nothing_and_knows_the_tracks(fma, host, tmp_path, web, hands):
    out = tmp_path / "raw"
    acquire(Request(collection="fma", source=fma, destination=out), web=web)
    before = len(host.log)
    report = acquire(Request(collection="fma", source=fma, destination=out), web=web)
    assert (report.fetched, report.before) == (0, 2)
    assert len(host.log) == before


def test_more_can_be_allowed_and_most_of_a_zip_is_fetched_whole(fma, host, tmp_path, web):
    request = Request(collection="fma", source=fma, destination=tmp_path / "raw",
                      settings={"subset": "large"}, allow=("nc",))  # fmt: skip
    report = acquire(request, web=web)
    assert report.fetched == 4
    assert host.asked("/fma/fma_large.zip")[-1].get("Range") is None
    assert rows_of(tmp_path / "raw")["fma/000/000002"]["licence"] == "CC-BY-NC-SA-3.0"


def test_whole_tracks_are_other_files_than_clips(fma, tmp_path, web):
    for subset in ("small", "full"):
        acquire(Request(collection="fma", source=fma, destination=tmp_path, limit=1,
                        settings={"subset": subset}), web=web)  # fmt: skip
    assert list(rows_of(tmp_path)) == ["fma-full/000/000005", "fma/000/000005"]


def test_genre_and_limit_choose(fma, tmp_path, web):
    chosen, report = choose(
        Request(collection="fma", source=fma, destination=tmp_path, genres=("pop", "FOLK")), web=web
    )
    assert [item.artist for item, _ in chosen] == ["Kurt"]
    assert report.refused.total() == 2
    chosen, _ = choose(
        Request(collection="fma", source=fma, destination=tmp_path, limit=1), web=web
    )
    assert len(chosen) == 1


def test_a_genre_that_there_is_none_of_is_told_with_those_that_there_are(fma, tmp_path, web):
    with pytest.raises(UsageError, match="genre Fok; there is Folk, Hip-Hop, Pop"):
        choose(
            Request(collection="fma", source=fma, destination=tmp_path, genres=("Fok",)), web=web
        )


def test_zips_that_lie_here_need_no_network(fma, host, tmp_path, web):
    zips = tmp_path / "zips"
    zips.mkdir()
    for name in ("fma_metadata.zip", "fma_small.zip"):
        (zips / name).write_bytes(host.files[f"/fma/{name}"].data)
    report = acquire(Request(collection="fma", source=str(zips), destination=tmp_path / "raw"),
                     web=web)  # fmt: skip
    assert report.fetched == 2
    assert rows_of(tmp_path / "raw")["fma/000/000005"]["url"] is None
    assert not host.log
    with pytest.raises(NotFoundError, match=r"fma_large\.zip"):
        acquire(Request(collection="fma", source=str(zips), destination=tmp_path / "raw",
                        settings={"subset": "large"}), web=web)  # fmt: skip


def test_metadata_that_are_not_those_that_are_published_are_refused(fma, host, tmp_path, web):
    host.put("/fma/fma_metadata.zip", metadata() + b"x")
    with pytest.raises(IntegrityError, match="not what was expected"):
        acquire(Request(collection="fma", source=fma, destination=tmp_path / "raw"), web=web)
    assert list((tmp_path / "raw").iterdir()) == []


def test_a_spoilt_track_fails_alone(fma, host, tmp_path, web):
    file = host.files["/fma/fma_small.zip"]
    file.data = file.data.replace(song(5), song(6))
    report = acquire(Request(collection="fma", source=fma, destination=tmp_path), web=web)
    assert list(rows_of(tmp_path)) == ["fma/000/000010"]
    assert "damaged" in report.failed["fma/000/000005"]


def test_a_subset_that_is_none_is_refused(fma, tmp_path, web):
    with pytest.raises(UsageError, match="small, medium, large, full"):
        acquire(Request(collection="fma", source=fma, destination=tmp_path,
                        settings={"subset": "huge"}), web=web)  # fmt: skip


def test_the_published_sums_are_those_of_the_data_set():
    assert SHA1["fma_small.zip"] == "ade154f733639d52e35e32f5593efe5be76c6d70"
    assert {len(digest) for digest in SHA1.values()} == {40}
