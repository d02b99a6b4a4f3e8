from __future__ import annotations

import hashlib
import http.server
import os
import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import tiny as tiny_plugin

from audioml.core.errors import (
    IntegrityError,
    NotFoundError,
    OfflineError,
    OutputError,
    UntrustedError,
    UsageError,
)
from audioml.core.models.published import Origin, Published
from audioml.core.store import Store

DATA = b"weights of a tiny model" * 100


DIGEST = f"sha256:{hashlib.sha256(DATA).hexdigest()}"


def write(fetched: tuple[Path, ...], folder: Path) -> None:
    assert [path.read_bytes() for path in fetched] == [DATA]
    tiny_plugin.write_folder(folder)


def published(url: str, *, size: int = len(DATA), digest: str = DIGEST, **fields) -> Published:
    about = Published(
        name="tiny-loud",
        version="1.0",
        license="MIT",
        description="tiny",
        origins=(Origin(url, digest, size),),
        write=write,
    )
    return replace(about, **fields)


@pytest.fixture
def file_url(tmp_path) -> str:
    path = tmp_path / "weights.bin"
    path.write_bytes(DATA)
    return path.as_uri()


@pytest.fixture
def server():
    """A loopback server; what it serves and how is set by `server.reply`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            code, length, body = self.server.reply
            self.server.count += 1
            self.send_response(code)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        found.reply, found.count = (200, len(DATA), DATA), 0
        found.url = f"http://127.0.0.1:{found.server_port}/weights.bin"
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def leftovers(store: Store) -> list[Path]:
    return [p for p in store.root.rglob("*") if p.name.startswith(".")]


def test_a_file_is_fetched_checked_and_kept(audioml_home, file_url) -> None:
    store = Store()
    folder = store.pull(published(file_url))
    assert folder == audioml_home / "models" / "tiny-loud" / "1.0"
    assert list(store.folders()) == [folder]
    assert not leftovers(store)


def test_a_server_is_asked_once(audioml_home, server) -> None:
    told = []
    store = Store()
    store.pull(published(server.url), progress=lambda *now: told.append(now))
    store.pull(published(server.url))
    assert server.count == 1
    assert told[-1] == (len(DATA), len(DATA))


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        ((404, 0, b""), NotFoundError, "answered 404"),
        ((200, len(DATA), DATA[:100]), IntegrityError, "closed after 100 of 2300 bytes"),
        ((200, len(DATA), DATA[::-1]), IntegrityError, "is not the published tiny-loud 1.0"),
    ],
)
def test_a_server_that_fails_leaves_nothing(audioml_home, server, reply, error, said) -> None:
    server.reply = reply
    store = Store()
    with pytest.raises(error, match=said):
        store.pull(published(server.url))
    assert not list(store.folders())
    assert not leftovers(store)


def test_nobody_answers(audioml_home) -> None:
    with pytest.raises(OfflineError, match="cannot be reached"):
        Store().pull(published("http://127.0.0.1:9/weights.bin"))


def test_offline_means_that_no_one_is_asked(audioml_home, server, monkeypatch) -> None:
    monkeypatch.setenv("AUDIOML_OFFLINE", "1")
    with pytest.raises(OfflineError, match="audioml models pull tiny-loud"):
        Store().pull(published(server.url))
    assert server.count == 0


@pytest.mark.parametrize("url", ["http://example.org/x", "ftp://x/y", "pip:nonsense", "x"])
def test_other_places_are_refused(audioml_home, url) -> None:
    with pytest.raises(UsageError, match="expected"):
        Store().pull(published(url))


def test_a_conversion_that_fails_leaves_nothing(audioml_home, file_url) -> None:
    def fail(fetched: Path, folder: Path) -> None:
        (folder / "half").write_text("")
        raise RuntimeError("no")

    store = Store()
    with pytest.raises(RuntimeError):
        store.pull(published(file_url, write=fail))
    assert not list(store.folders())
    assert not leftovers(store)


def test_many_at_once_end_with_one_whole_model(audioml_home, file_url) -> None:
    with ThreadPoolExecutor(8) as pool:
        pulls = [pool.submit(Store().pull, published(file_url)) for _ in range(8)]
    assert len({pull.result() for pull in pulls}) == 1
    assert (pulls[0].result() / "model.json").is_file()
    assert not leftovers(Store())


@pytest.fixture
def wheel(tmp_path) -> Path:
    path = tmp_path / "tiny_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny_weights/weights.bin", DATA)
        archive.writestr("tiny_weights/__init__.py", "raise SystemExit('code of the wheel ran')")
        archive.writestr("tiny_weights-1.0.dist-info/METADATA", METADATA)
        archive.writestr("tiny_weights-1.0.dist-info/WHEEL", WHEEL)
        archive.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    return path


METADATA = "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
PIP_URL = "pip:tiny-weights==1.0/tiny_weights/weights.bin"


def test_a_wheel_of_the_users_index_is_a_source(audioml_home, wheel, monkeypatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    told = []
    assert Store().pull(published(PIP_URL), progress=lambda *now: told.append(now))


def test_a_wheel_that_is_not_there_is_said(audioml_home, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(NotFoundError, match="pip cannot download tiny-weights==1.0"):
        Store().pull(published(PIP_URL))


def test_without_a_network_pip_is_said_to_reach_nothing(audioml_home, monkeypatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(OfflineError, match="--from FILE.whl"):
        Store().pull(published(PIP_URL))


def test_a_wheel_in_hand_needs_no_index(audioml_home, wheel, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("AUDIOML_OFFLINE", "1")
    assert Store().pull(published(PIP_URL), given=[wheel])
    with pytest.raises(NotFoundError, match="is not a file"):
        Store(tmp_path / "other").pull(published(PIP_URL), given=[tmp_path / "nope.whl"])
    other = tmp_path / "other.whl"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("x", "y")
    with pytest.raises(NotFoundError, match="does not hold"):
        Store(tmp_path / "other").pull(published(PIP_URL), given=[other])


def test_an_exported_model_is_imported_elsewhere(audioml_home, tmp_path) -> None:
    folder = tiny_plugin.write_folder(tmp_path / "m")
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    Store().export(folder, one)
    Store().export(folder, two)
    assert one.read_bytes() == two.read_bytes()
    added = Store().add(one)
    assert (added / "gain.json").read_text() == '{"gain": 2.0}'
    with pytest.raises(UsageError, match="in the store already"):
        Store().add(folder)
    Store().remove(added)
    assert not list(Store().folders())
    with pytest.raises(UsageError, match="not in the store"):
        Store().remove(folder)


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "a\\b"])
def test_an_archive_cannot_write_outside(audioml_home, tmp_path, name) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", "{}")
        archive.writestr(name, "x")
    with pytest.raises(IntegrityError, match="unsafe name"):
        Store().add(path)


def test_what_is_no_model_is_not_imported(audioml_home, tmp_path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("hello")
    with pytest.raises(UsageError, match="neither a model folder nor"):
        Store().add(path)


def test_damaged_archives_are_said(audioml_home, tmp_path) -> None:
    archive = tmp_path / "m.zip"
    Store().export(tiny_plugin.write_folder(tmp_path / "m"), archive)
    data = bytearray(archive.read_bytes())
    data[60] ^= 0xFF
    archive.write_bytes(bytes(data))
    with pytest.raises(IntegrityError, match="is damaged"):
        Store().add(archive)
    about = published(archive.as_uri(), write=None, size=0, digest=f"sha256:{0:064}")
    with pytest.raises(NotFoundError, match="is not a file"):
        Store().pull(published((tmp_path / "gone").as_uri()))
    with pytest.raises(IntegrityError, match="is not the published"):
        Store().pull(about)


def test_pins_that_cannot_be_read_are_not_taken_for_none(audioml_home, tmp_path) -> None:
    trust = Store().trust
    path = tmp_path / "x.pkl"
    path.write_bytes(b"code")
    trust.allow(path)
    (audioml_home / "trust.json").write_text("{half")
    with pytest.raises(IntegrityError, match="mend it, or delete it"):
        trust.allow(path)


@pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs")
def test_a_full_store_is_said_and_stays_clean(file_url, tmp_path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=100", "tmpfs", full], check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        (full / "ballast").write_bytes(bytes(4096))
        with pytest.raises(OutputError, match="cannot write the store .*No space left"):
            Store(full).pull(published(file_url))
        assert [p.name for p in full.iterdir()] == ["ballast"]
    finally:
        subprocess.run(["umount", full], check=True)


def test_trust_holds_for_one_content(audioml_home, tmp_path) -> None:
    trust = Store().trust
    path = tmp_path / "extractor.pkl"
    path.write_bytes(b"code")
    with pytest.raises(UntrustedError, match=r"run: audioml edge allow .*extractor.pkl"):
        trust.require(path, allow_command="audioml edge allow")
    trust.allow(path)
    assert trust.require(path, allow_command="audioml edge allow") == b"code"
    path.write_bytes(b"evil")
    with pytest.raises(UntrustedError, match="has changed since it was allowed"):
        trust.require(path, allow_command="audioml edge allow")
    path.write_bytes(b"code")
    assert trust.revoke(path)
    assert not trust.revoke(path)
    with pytest.raises(UntrustedError):
        trust.require(path, allow_command="audioml edge allow")


def in_another_process(code: str) -> subprocess.Popen[bytes]:
    """Start a Python that can import this module."""
    folders = [str(Path(tiny_plugin.__file__).parent), str(Path(__file__).parent)]
    head = f"import os, sys\nsys.path[:0] = {folders!r}\nimport test_store\n"
    return subprocess.Popen([sys.executable, "-c", head + code])


def test_processes_that_pull_at_once_all_have_the_model(audioml_home, file_url) -> None:
    code = f"test_store.Store().pull(test_store.published({file_url!r}))"
    processes = [in_another_process(code) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0, 0, 0, 0]
    assert len(list(Store().folders())) == 1
    assert not leftovers(Store())


def test_a_killed_pull_leaves_no_model(audioml_home, file_url) -> None:
    code = f"""
def die(fetched, folder):
    (folder / "model.json").write_text("half")
    os._exit(9)
test_store.Store().pull(test_store.published({file_url!r}, write=die))
"""
    assert in_another_process(code).wait(60) == 9
    assert not list(Store().folders())
    assert Store().pull(published(file_url))


def test_what_a_killed_pull_left_is_swept_away_after_a_day(audioml_home, file_url) -> None:
    left = audioml_home / ".part-dead"
    left.mkdir(parents=True)
    Store().pull(published(file_url))
    assert left.exists()
    os.utime(left, (0, 0))
    Store().pull(published(file_url), again=True)
    assert not left.exists()


def test_a_model_of_two_files_is_made_of_both_in_their_order(tmp_path, audioml_home):
    paths = [tmp_path / "weights.bin", tmp_path / "scales.bin"]
    paths[0].write_bytes(b"weights")
    paths[1].write_bytes(b"scales")
    seen = []

    def write(fetched: tuple[Path, ...], folder: Path) -> None:
        seen.extend(path.read_bytes() for path in fetched)
        tiny_plugin.write_folder(folder)

    digests = [
        f"sha512:{hashlib.sha512(b'weights').hexdigest()}",
        f"sha256:{hashlib.sha256(b'scales').hexdigest()}",
    ]
    urls = [path.as_uri() for path in paths]
    origins = tuple(map(Origin, urls, digests))
    about = replace(published(urls[0]), origins=origins, write=write)
    Store().pull(about)
    assert seen == [b"weights", b"scales"]
    with pytest.raises(UsageError, match=r"2 file\(s\) \(weights.bin, scales.bin\), got 1"):
        Store(tmp_path / "other").pull(about, given=paths[:1])
    with pytest.raises(IntegrityError, match=r"weights.bin is not the published .* got 7 bytes"):
        Store(tmp_path / "other").pull(about, given=[paths[0], paths[0]])
