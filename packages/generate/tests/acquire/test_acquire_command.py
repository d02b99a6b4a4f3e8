from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pyarrow.parquet as pq
import pytest

from audioml.core.errors import OutputError
from audioml.generate.acquire import Request, acquire

SONG = b"ID3" + bytes(range(256)) * 400


@pytest.fixture
def table(tmp_path, host):
    """A table of five songs, which the host has."""
    rows = [
        {"id": f"song{n}", "url": host.put(f"/{n}.mp3", SONG + bytes([n])), "licence": licence}
        for n, licence in enumerate(["CC0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-SA-3.0", "?"])
    ]
    path = tmp_path / "songs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


@pytest.fixture
def out(tmp_path):
    return tmp_path / "raw"


def ids(folder):
    return pq.read_table(folder / "manifest.parquet")["id"].to_pylist()


def command(*arguments):
    return [sys.executable, "-m", "audioml.core.cli", "generate", "acquire", *map(str, arguments)]


def test_the_command_tells_what_it_did(audioml_cli, table, out, host):
    done = audioml_cli("generate", "acquire", "urls", str(table), "-o", str(out))
    assert done.code == 0, done.err
    assert done.out == ""
    assert "3 fetched (307 kB), 0 there before, 2 refused by licence" in done.err
    assert "(CC-BY-NC-4.0: 1, unknown: 1), 0 failed" in done.err
    assert sorted(p.name for p in out.iterdir()) == ["ATTRIBUTION.md", "audio", "manifest.parquet"]
    page = (out / "ATTRIBUTION.md").read_text()
    assert "3 recordings, acquired by audioml from urls." in page
    assert "## CC-BY-4.0 (1)" in page

    asked = len(host.log)
    done = audioml_cli("generate", "acquire", "urls", str(table), "-o", str(out))
    assert (done.code, len(host.log)) == (0, asked)
    assert "0 fetched (0 bytes), 3 there before" in done.err
    done = audioml_cli(
        "-q", "generate", "acquire", "urls", str(table), "-o", str(out), "--allow", "nc"
    )
    assert (done.code, done.err) == (0, "")
    assert ids(out) == ["song0", "song1", "song2", "song3"]


def test_a_failure_is_told_and_the_others_are_got(audioml_cli, table, out, host):
    del host.files["/1.mp3"]
    done = audioml_cli("generate", "acquire", "urls", str(table), "-o", str(out))
    assert done.code == 1
    assert f"failed: song1: {host.url}/1.mp3 answered 404 Not Found" in done.err
    assert ids(out) == ["song0", "song3"]


def test_one_reason_of_many_failures_is_told_once(audioml_cli, out, tmp_path):
    rows = [{"url": f"http://127.0.0.1:9/{n}.mp3", "licence": "CC0"} for n in range(50)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = audioml_cli("generate", "acquire", "urls", str(tmp_path / "t.jsonl"), "-o", str(out))
    assert done.code == 1
    assert done.err.count("cannot be reached") == 1
    assert " and 49 more: http://127.0.0.1:9 cannot be reached" in done.err


def test_a_collection_of_a_plugin_cannot_write_elsewhere(audioml_plugins, host, out, web):
    import acquire_choir

    acquire_choir.CHOIR.url = host.put("/kyrie.flac", SONG)
    audioml_plugins(choir=acquire_choir)
    report = acquire(Request(collection="choir", destination=out), web=web)
    assert ids(out) == ["kyrie"]
    assert set(report.failed) == {"../up", "x"}
    assert "- The *choir*\n" in (out / "ATTRIBUTION.md").read_text()


def test_a_dry_run_fetches_nothing(audioml_cli, table, out, host):
    done = audioml_cli("generate", "acquire", "urls", str(table), "-o", str(out), "--dry-run")
    assert done.code == 0
    lines = [line.split() for line in done.out.splitlines()]
    assert ["1", "CC-BY-4.0", "wanted"] in lines
    assert ["1", "unknown", "refused"] in lines
    assert not host.log
    assert not out.exists()


def test_nothing_at_all_is_a_failure(audioml_cli, table, out, tmp_path):
    (tmp_path / "t.jsonl").write_text(table.read_text().splitlines()[-1])
    done = audioml_cli("generate", "acquire", "urls", str(tmp_path / "t.jsonl"), "-o", str(out))
    assert done.code == 1
    assert "all that there is was refused by its licence" in done.err
    (tmp_path / "e.jsonl").write_text("")
    done = audioml_cli("generate", "acquire", "urls", str(tmp_path / "e.jsonl"), "-o", str(out))
    assert done.code == 1
    assert "there is no such recording" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nothing"], 3, "no installed plugin offers the collection 'nothing'"),
        (["urls"], 2, "name a table or a URL"),
        (["folder"], 2, "name the folder"),
        (["urls", "x.csv", "--set", "subset"], 2, "KEY=VALUE"),
        (["urls", "x.csv", "--set", "subset=small"], 2, "has no setting 'subset' (it has: none)"),
        (["urls", "x.csv", "--allow", "all"], 2, "--allow takes nc, nd"),
        (["urls", "x.csv", "--licence", "free"], 2, "--licence takes"),
        (["urls", "none.csv"], 3, "does not exist"),
        (["urls", "x.csv", "--limit", "0"], 2, "limit"),
        (["urls", "x.csv", "--contact", "me\r\nHost: x"], 2, "--contact"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(audioml_cli, out, arguments, code, words):
    done = audioml_cli("generate", "acquire", *arguments, "-o", str(out))
    assert (done.code, words in done.err) == (code, True), done.err
    assert not out.exists() or not any(out.iterdir())


def test_no_network_is_told(audioml_cli, out, monkeypatch):
    url = "http://127.0.0.1:9/set.zip"
    done = audioml_cli("generate", "acquire", "urls", url, "-o", str(out), "--licence", "CC0")
    assert done.code == 1
    assert "is there a network?" in done.err
    done = audioml_cli("generate", "acquire", "fma", "http://127.0.0.1:9", "-o", str(out))
    assert done.code == 3
    monkeypatch.setenv("AUDIOML_OFFLINE", "1")
    done = audioml_cli("generate", "acquire", "fma", "-o", str(out))
    assert done.code == 3
    assert "the network is off" in done.err


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupt_or_a_kill_loses_nothing(table, out, host, number):
    reached, go_on = threading.Event(), threading.Event()

    def wait(at):
        if at >= 40_000 and not go_on.is_set():
            reached.set()
            go_on.wait(30)

    host.files["/1.mp3"].sends, host.files["/1.mp3"].piece = wait, 10_000
    arguments = command("urls", table, "-o", out)
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    assert reached.wait(60)
    journal = out / ".parts/journal.jsonl"
    assert json.loads(journal.read_text())["id"] == "song0"
    (part,) = (out / ".parts").glob("*.part")
    while part.stat().st_size < 40_000:
        time.sleep(0.01)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    go_on.set()
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert "interrupted" in said
        assert "1 fetched" in said
        assert ids(out) == ["song0"]
        assert not journal.exists()

    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 fetched" in done.stderr
    assert "1 there before" in done.stderr
    assert ids(out) == ["song0", "song1", "song3"]
    assert (out / "audio/song1.mp3").read_bytes() == SONG + b"\x01"
    assert len(host.asked("/0.mp3")) == 1
    (again,) = host.asked("/1.mp3")[1:]
    assert int(again["Range"].removeprefix("bytes=").rstrip("-")) == 40_000
    assert not (out / ".parts").exists()


def test_a_full_disk_is_one_sentence_and_the_next_run_goes_on(table, out, host, web, full_disk):
    request = Request(collection="urls", source=str(table), destination=out)
    with (
        full_disk(after=len(SONG) + 50_000),
        pytest.raises(OutputError, match=r"No space left on device; what was got is kept"),
    ):
        acquire(request, web=web)
    assert ids(out) == ["song0"]
    report = acquire(request, web=web)
    assert (report.fetched, report.before) == (2, 1)
    assert host.asked("/1.mp3")[1]["Range"].startswith("bytes=49")
    assert ids(out) == ["song0", "song1", "song3"]


def test_a_manifest_that_cannot_be_written_is_made_of_the_journal_later(
    table, out, host, web, monkeypatch
):
    request = Request(collection="urls", source=str(table), destination=out)
    with monkeypatch.context() as patch:
        patch.setattr(
            "audioml.generate.acquire.destination.write_manifest",
            lambda path, *_: (_ for _ in ()).throw(OutputError(f"cannot write {path}: full")),
        )
        with pytest.raises(OutputError, match="the same command goes on"):
            acquire(request, web=web)
    journal = out / ".parts/journal.jsonl"
    journal.write_text(journal.read_text() + '{"id": "song9", "pa')  # cut off by the same disk
    asked = len(host.log)
    report = acquire(request, web=web)
    assert (report.fetched, report.before, len(host.log)) == (0, 3, asked)
    assert ids(out) == ["song0", "song1", "song3"]


def test_what_was_removed_or_cut_is_fetched_again(table, out, web):
    request = Request(collection="urls", source=str(table), destination=out)
    acquire(request, web=web)
    (out / "audio/song0.mp3").unlink()
    (out / "audio/song1.mp3").write_bytes(b"")
    assert acquire(request, web=web).fetched == 2


def test_two_collections_share_a_folder_and_keep_apart(table, out, web, tmp_path):
    acquire(Request(collection="urls", source=str(table), destination=out), web=web)
    (tmp_path / "own").mkdir()
    for name in ("song0", "SONG1", "mine"):
        (tmp_path / f"own/{name}.mp3").write_bytes(SONG)
    request = Request(collection="folder", source=str(tmp_path / "own"), destination=out,
                      licence="own")  # fmt: skip
    report = acquire(request, web=web)
    assert ids(out) == ["mine", "song0", "song1", "song3"]
    assert "is there from the collection 'urls'" in report.failed["song0"]
    assert "audio/SONG1.mp3 is the file of song1 already" in report.failed["SONG1"]


@pytest.mark.skipif(os.name != "posix", reason="locks of Unix")
def test_two_processes_do_not_share_a_folder(table, out, host, audioml_cli):
    import fcntl

    (out / ".parts").mkdir(parents=True)
    with (out / ".parts/lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = audioml_cli("generate", "acquire", "urls", str(table), "-o", str(out))
    assert done.code == 2
    assert "another process" in done.err
    assert not host.log


def test_a_manifest_of_something_else_is_left_alone(table, out, audioml_cli):
    out.mkdir()
    (out / "manifest.parquet").write_bytes(b"PAR1 of somebody")
    done = audioml_cli("generate", "acquire", "urls", str(table), "-o", str(out))
    assert done.code == 1
    assert "is not the manifest of acquired recordings" in done.err
    assert (out / "manifest.parquet").read_bytes() == b"PAR1 of somebody"


def test_a_place_that_cannot_be_written_is_told(table, tmp_path, audioml_cli):
    (tmp_path / "file").write_text("")
    done = audioml_cli(
        "generate", "acquire", "urls", str(table), "-o", str(tmp_path / "file" / "raw")
    )
    assert done.code == 1
    assert "cannot write" in done.err


def test_looking_around_imports_nothing_heavy():
    script = (
        "import sys; from audioml.core.cli.main import run\n"
        "for a in (['generate', '--help'], ['generate', 'acquire', '--help']): run(a)\n"
        "print(sorted({'numpy', 'pyarrow', 'urllib3', 'tinytag', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
