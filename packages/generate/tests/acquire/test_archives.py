from __future__ import annotations

import hashlib
import io
import os
import zipfile

import pytest

from audioml.core.errors import IntegrityError, NotFoundError
from audioml.generate.acquire.errors import FetchError
from audioml.generate.acquire.fetcher import Fetcher
from audioml.generate.acquire.item import Member

SONGS = {f"set/{n:03d}.mp3": os.urandom(20_000) for n in range(30)}


def zipped(files=SONGS, method=zipfile.ZIP_BZIP2, comment=b""):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        file.comment = comment
        for name, data in files.items():
            file.writestr(name, data)
    return buffer.getvalue()


def sums(files=SONGS):
    lines = [f"{hashlib.sha1(d).hexdigest()}  {n.removeprefix('set/')}" for n, d in files.items()]
    return {"set/checksums": ("\n".join(lines) + "\n").encode()}


@pytest.fixture
def fetcher(tmp_path, web):
    return Fetcher(tmp_path / ".parts", web)


def sent(host, path="/set.zip"):
    """Return the bytes that were asked for."""
    total = 0
    for headers in host.asked(path):
        first, _, last = headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        total += (int(last) + 1 if last else len(host.files[path].data)) - int(first)
    return total


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
@pytest.mark.parametrize("comment", [b"", b"made by hand " * 100])
def test_of_a_zip_on_the_web_only_some_members_are_read(host, fetcher, method, comment):
    url = host.put("/set.zip", zipped(method=method, comment=comment))
    archive = fetcher.archive(url)
    for name in ("set/003.mp3", "set/029.mp3", "set/000.mp3"):
        archive.want(name)
    for name in ("set/003.mp3", "set/029.mp3", "set/000.mp3"):
        part = Member(url, name).get(fetcher)
        assert part.path.read_bytes() == SONGS[name]
    assert sent(host) < 67_000 + 3 * 22_000
    assert len(host.asked("/set.zip")) == 5  # what it is, its directory, three members


def test_a_large_directory_is_read_whole(host, fetcher):
    files = {f"set/{n:06d}.mp3": b"%d" % n for n in range(3000)}
    url = host.put("/set.zip", zipped(files, zipfile.ZIP_STORED))
    assert Member(url, "set/002345.mp3").get(fetcher).path.read_bytes() == b"2345"


def test_members_are_got_through_cuts(host, fetcher):
    url = host.put("/set.zip", zipped(), cut=8_000)
    for name in ("set/003.mp3", "set/004.mp3"):
        assert Member(url, name).get(fetcher).path.read_bytes() == SONGS[name]


def test_of_what_most_is_wanted_all_is_fetched_once_and_checked(host, fetcher):
    data = zipped()
    url = host.put("/set.zip", data, cut=200_000)
    whole = f"sha1:{hashlib.sha1(data).hexdigest()}"
    archive = fetcher.archive(url, digest=whole)
    for name in SONGS:
        archive.want(name)
    for name, song in SONGS.items():
        assert Member(url, name, whole=whole).get(fetcher).path.read_bytes() == song
    assert len(host.asked("/set.zip")) < 8
    fetcher.close(finished=True)
    assert not fetcher.part(url).path.exists()


def test_a_host_without_ranges_is_asked_for_all_of_it(host, fetcher):
    data = zipped()
    url = host.put("/set.zip", data, ranges=False)
    digest = f"sha1:{hashlib.sha1(data).hexdigest()}"
    member = Member(url, "set/003.mp3", whole=digest)
    assert member.get(fetcher).path.read_bytes() == SONGS["set/003.mp3"]
    wrong = Member(host.put("/other.zip", data, ranges=False), "x", whole="sha1:" + "0" * 40)
    with pytest.raises(IntegrityError, match="sha1"):
        wrong.get(fetcher)


def test_a_zip_that_was_fetched_whole_before_is_not_asked_for_again(host, fetcher):
    url = host.put("/set.zip", zipped())
    fetcher.download(url)
    before = len(host.log)
    assert Member(url, "set/003.mp3").get(fetcher).path.read_bytes() == SONGS["set/003.mp3"]
    assert len(host.log) == before


def test_a_zip_that_changes_on_the_way_is_opened_anew(host, fetcher):
    url = host.put("/set.zip", zipped())
    Member(url, "set/003.mp3").get(fetcher)
    others = {name: data[::-1] for name, data in SONGS.items()}
    host.put("/set.zip", zipped(others))
    assert Member(url, "set/004.mp3").get(fetcher).path.read_bytes() == others["set/004.mp3"]


def test_members_are_compared_with_the_sums_beside_them(host, fetcher):
    listed = sums()
    url = host.put("/set.zip", zipped({**SONGS, **listed}))
    Member(url, "set/003.mp3", sums="set/checksums").get(fetcher).discard()
    spoilt = {**SONGS, "set/003.mp3": b"other" * 100}
    url = host.put("/spoilt.zip", zipped({**spoilt, **listed}))
    with pytest.raises(IntegrityError, match="sha1"):
        Member(url, "set/003.mp3", sums="set/checksums").get(fetcher)
    assert list(fetcher.folder.iterdir()) == []


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_damaged_member_is_an_error_of_its_own(host, fetcher, method):
    data = bytearray(zipped(method=method))
    at = data.find(b"set/003.mp3") + 2000
    data[at : at + 2000] = bytes(2000)
    url = host.put("/set.zip", bytes(data))
    with pytest.raises(FetchError, match=r"set/003\.mp3 in .* is damaged"):
        Member(url, "set/003.mp3").get(fetcher)
    assert Member(url, "set/004.mp3").get(fetcher).path.read_bytes() == SONGS["set/004.mp3"]


@pytest.mark.parametrize("data", [b"x" * 100, b"x" * 100_000, b"PK\x05\x06" + b"\xff" * 200])
def test_what_is_no_zip_is_told(host, fetcher, data):
    with pytest.raises(FetchError, match="damaged, or no zip"):
        fetcher.archive(host.put("/set.zip", data)).members()


def test_an_empty_file_is_no_zip(host, fetcher):
    with pytest.raises(FetchError, match="is empty"):
        fetcher.archive(host.put("/set.zip", b"")).members()


@pytest.mark.parametrize("name", ["../out.mp3", "/out.mp3", "a/../../out.mp3", "C:/out.mp3"])
def test_a_member_that_would_leave_its_folder_is_not_unpacked(host, fetcher, name):
    url = host.put("/set.zip", zipped({name: b"x", "in.mp3": b"y"}))
    with pytest.raises(FetchError, match="unsafe name"):
        Member(url, name).get(fetcher)
    assert Member(url, "in.mp3").get(fetcher).path.read_bytes() == b"y"


def test_a_link_in_a_zip_is_not_unpacked(tmp_path, fetcher):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as file:
        info = zipfile.ZipInfo("link.mp3")
        info.external_attr = 0o120777 << 16
        file.writestr(info, "/etc/passwd")
    with pytest.raises(FetchError, match="unsafe name"):
        Member(str(path), "link.mp3").get(fetcher)


def test_a_member_that_is_not_there_is_told(tmp_path, fetcher):
    path = tmp_path / "set.zip"
    path.write_bytes(zipped({"in.mp3": b"y"}))
    with pytest.raises(FetchError, match=r"holds no 'out\.mp3'"):
        Member(str(path), "out.mp3").get(fetcher)
    with pytest.raises(NotFoundError):
        Member(str(tmp_path / "none.zip"), "out.mp3").get(fetcher)


def test_a_method_that_python_lacks_is_told_with_what_to_do(tmp_path, fetcher):
    data = bytearray(zipped({"in.mp3": b"y" * 100}, zipfile.ZIP_DEFLATED))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.find(mark) + at] = 9  # deflate64
    path = tmp_path / "set.zip"
    path.write_bytes(data)
    with pytest.raises(FetchError, match="7z"):
        Member(str(path), "in.mp3").get(fetcher)


def test_a_member_that_would_fill_the_disk_is_not_unpacked(tmp_path, fetcher, monkeypatch):
    monkeypatch.setattr("audioml.generate.acquire.archive._LARGEST_SUMS", 1000)
    path = tmp_path / "set.zip"
    path.write_bytes(zipped({"in.mp3": b"x", "sums": bytes(100_000)}, zipfile.ZIP_DEFLATED))
    with pytest.raises(FetchError, match="unpacks to 100000 bytes"):
        Member(str(path), "in.mp3", sums="sums").get(fetcher)


def test_sums_that_are_damaged_are_an_error_of_the_members(host, fetcher):
    data = bytearray(zipped({**SONGS, **sums()}))
    at = data.find(b"set/checksums") + 200
    data[at : at + 100] = bytes(100)
    url = host.put("/set.zip", bytes(data))
    with pytest.raises(FetchError, match=r"set/checksums in .* is damaged"):
        Member(url, "set/003.mp3", sums="set/checksums").get(fetcher)


@pytest.mark.parametrize("first", [[(404, {})] * 99, []])
def test_a_zip_that_cannot_be_had_is_asked_for_once(host, fetcher, first):
    url = host.put("/set.zip", zipped(), ranges=False, first=first)
    member = Member(url, "set/003.mp3", whole="sha1:" + "0" * 40)
    for _ in range(5):
        with pytest.raises((FetchError, IntegrityError)):
            member.get(fetcher)
    assert len(host.asked("/set.zip")) <= 2
