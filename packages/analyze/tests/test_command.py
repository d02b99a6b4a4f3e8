from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audioml.analyze import analyze
from audioml.core.audio import write
from audioml.core.testing import music, noise, silence


def chords(text: str) -> list[str]:
    return [e["value"] for a in json.loads(text)["annotations"] for e in a["data"]]


def names(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_one_recording_goes_to_standard_output_as_jams(fake, audioml_cli, song) -> None:
    result = audioml_cli("analyze", str(song), "-e", "fake")
    assert result.code == 0
    assert chords(result.out) == ["C:maj", "N"]
    assert json.loads(result.out)["file_metadata"]["duration"] == pytest.approx(4.0)
    assert result.err == f"audioml: warning: {song} has no tag for title, artist, album\n"


@pytest.mark.weights
def test_compat_answers_as_crema_does(weights, audioml_cli, song) -> None:
    ours = audioml_cli("analyze", str(song), "-f", "lab").out.splitlines()
    theirs = audioml_cli("analyze", str(song), "-f", "lab", "--compat", "crema").out.splitlines()
    assert len(ours) == len(theirs)
    assert float(ours[-1].split()[1]) == pytest.approx(4.0)
    assert float(theirs[-1].split()[1]) == pytest.approx((4 * 44100 // 4096 + 1) * 4096 / 44100)


def test_several_estimators_may_be_named_as_on_the_command_line(fake, song) -> None:
    both = analyze(song, estimators="fake, chatty")
    assert list(both.predictions) == ["fake", "chatty"]


def test_python_answers_as_the_command_line(fake, audioml_cli, song) -> None:
    from audioml.core.formats.jams import JAMS

    out = audioml_cli("analyze", str(song), "-e", "fake").out
    assert json.loads(JAMS.encode(analyze(song, estimators="fake"))) == json.loads(out)
    samples, rate = soundfile.read(song)
    for found in (
        analyze(samples, rate, estimators=["fake"]),
        analyze(samples.T, rate, estimators=["fake"]),
    ):
        assert next(found.annotations("chord")).values == ("C:maj", "N")
        assert found.recording.path is None


def test_the_module_is_the_command(song) -> None:
    command = [sys.executable, "-m", "audioml.analyze", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "audioml analyze [OPTIONS] [RECORDINGS]" in done.stdout


@pytest.mark.parametrize(
    ("out", "written"),
    [
        (["-o", "x.jams"], ["x.jams"]),
        (["-o", "x.lab"], ["x.lab"]),
        (["-o", "x.lab", "-f", "csv"], ["x.lab"]),
        (["-o", "d/"], ["d/song.jams"]),
        (["-o", "d", "-f", "lab,csv"], ["d/song.csv", "d/song.lab"]),
        (["-o", "x.jams", "--report"], ["x.html", "x.jams"]),
        (["--report"], ["song.html"]),
    ],
)
def test_outputs_go_where_they_are_asked_to(
    fake, audioml_cli, song, tmp_path, monkeypatch, out, written
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    result = audioml_cli("analyze", str(song), "-e", "fake", *out)
    assert result.code == 0, result.err
    assert names(here) == written
    assert bool(result.out) == ("-o" not in out)


def test_the_suffix_names_the_format(fake, audioml_cli, song, tmp_path) -> None:
    audioml_cli("analyze", str(song), "-e", "fake", "-o", str(tmp_path / "x.lab"))
    assert (tmp_path / "x.lab").read_text().split()[2] == "C:maj"


@pytest.mark.parametrize("heard", ["music", "silence"])
def test_notes_are_written_in_every_format_that_has_them(
    fake, audioml_cli, song, tmp_path, heard
) -> None:
    mido = pytest.importorskip("mido")
    jams = pytest.importorskip("jams")
    if heard == "silence":
        write(song, silence(4.0))
    out = tmp_path / "out"
    forms = "midi,jams,csv,sv,audacity,text,json,npz,html"
    result = audioml_cli("analyze", str(song), "-e", "pianist", "-f", forms, "-o", f"{out}{os.sep}")
    assert result.code == 0
    suffixes = ["audacity.txt", "csv", "html", "jams", "json", "mid", "npz", "svl", "txt"]
    assert names(out) == [f"song.{suffix}" for suffix in suffixes]
    played = 4 * (heard == "music")
    messages = list(mido.MidiFile(out / "song.mid"))
    assert sum(m.type == "note_on" for m in messages) == played
    assert sum(m.is_cc(64) for m in messages) == played // 2
    (notes,) = jams.load(str(out / "song.jams")).search(namespace="note_midi")
    assert len(notes.data) == len(notes.sandbox["velocity"]) == played
    assert f"<b>{played}</b> notes" in (out / "song.html").read_text()


def test_a_folder_keeps_its_shape(fake, audioml_cli, song, tmp_path) -> None:
    inside = song.parent / "deep" / "er"
    inside.mkdir(parents=True)
    shutil.copy(song, inside / "other.wav")
    write(song.with_suffix(".flac"), noise(1.0))
    (song.parent / "notes.txt").write_text("no audio")
    result = audioml_cli("analyze", str(song.parent), "-e", "fake", "-o", str(tmp_path / "o"))
    assert (result.code, result.out) == (0, "")
    assert names(tmp_path / "o") == ["deep/er/other.jams", "song.flac.jams", "song.wav.jams"]
    assert "3 analysed, 0 done before, 0 failed" in result.err


def test_patterns_and_odd_names(fake, audioml_cli, song, tmp_path) -> None:
    for name in ("é 日本.wav", "with\nnewline.wav", "[live].wav", "*.wav"):
        shutil.copy(song, song.parent / name)
    out = tmp_path / "o"
    pattern = str(song.parent / "*.wav")
    assert audioml_cli("analyze", pattern, "-e", "fake", "-o", f"{out}/").code == 0
    assert len(names(out)) == 1  # a file of that very name is the file
    result = audioml_cli("analyze", str(song.parent / "s*.wav"), "-e", "fake", "-o", f"{out}/p/")
    assert names(out / "p") == ["song.jams"], result.err
    assert audioml_cli("analyze", str(song.parent), "-e", "fake", "-o", f"{out}/q").code == 0
    assert len(names(out / "q")) == 5


def test_a_bad_recording_is_a_line_and_a_code(fake, audioml_cli, song, tmp_path) -> None:
    (song.parent / "empty.mp3").write_bytes(b"")
    (song.parent / "text.mp3").write_text("prose\n" * 100)
    samples = silence(1.0).samples[0].copy()
    samples[5] = np.nan
    soundfile.write(song.parent / "nan.wav", samples, 44100, "FLOAT")
    out = tmp_path / "o"
    result = audioml_cli("analyze", str(song.parent), "missing.wav", "-e", "fake", "-o", str(out))
    assert result.code == 1
    assert names(out) == ["song.jams"]
    failed = [line for line in result.err.splitlines() if "failed:" in line]
    assert len(failed) == 4
    assert "1 analysed, 0 done before, 4 failed" in result.err
    assert "Traceback" not in result.err


@pytest.mark.weights
def test_several_at_once_answer_as_one_by_one(weights, audioml_cli, song, tmp_path) -> None:
    shutil.copy(song, song.with_name("other.wav"))
    (song.parent / "empty.mp3").write_bytes(b"")
    texts = []
    for jobs in ("1", "2"):
        out = tmp_path / jobs
        result = audioml_cli(
            "analyze", str(song.parent), "-o", str(out), "-j", jobs, "--no-cache", "-f", "lab"
        )
        assert result.code == 1
        assert "2 analysed, 0 done before, 1 failed" in result.err
        texts.append([(out / name).read_text() for name in names(out)])
    assert texts[0] == texts[1]
    assert len(texts[0]) == 2


def test_a_bug_in_one_estimator_is_named_and_ends_nothing(fake, audioml_cli, song, tmp_path):
    result = audioml_cli("analyze", str(song.parent), "-e", "cross", "-o", str(tmp_path / "o"))
    assert result.code == 1
    assert "song.wav: ZeroDivisionError" in result.err


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux")
def test_a_name_that_is_no_text_is_read(fake, audioml_cli, song, tmp_path) -> None:
    odd = Path(os.fsdecode(os.fsencode(song.parent) + b"/caf\xe9.wav"))
    shutil.copy(song, odd)
    assert "C:maj" in audioml_cli("analyze", str(odd), "-e", "fake", "-f", "lab").out
    formats = "jams,lab,csv,json,midi,audacity,sv,html,npz,text"
    result = audioml_cli("analyze", str(odd), "-e", "fake", "-f", formats, "-o", f"{tmp_path}/o/")
    assert result.code == 0, result.err
    assert len(names(tmp_path / "o")) == 10


def test_standard_input(fake, song, monkeypatch, audioml_cli) -> None:
    with song.open("rb") as stream:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(stream))
        result = audioml_cli("analyze", "-", "-e", "fake")
    assert (result.code, result.err) == (0, "")
    assert chords(result.out) == ["C:maj", "N"]
    assert audioml_cli("analyze", "-", str(song), "-e", "fake").code == 2
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"prose " * 100)))
    result = audioml_cli("analyze", "-", "-e", "fake")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("audioml: standard input ")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "no recording is named"),
        (["missing.wav"], 1, "missing.wav does not exist"),
        (["{folder}", "-o", "x"], 1, "holds no audio file"),
        (["{folder}/*.wav"], 1, "matches no file"),
        (["{song}", "b.wav"], 2, "2 recordings need a folder to write to: -o FOLDER"),
        (["{song}", "-f", "pdf"], 2, "format 'pdf' is not one of audacity, csv"),
        (["{song}", "-f", "lab,csv"], 2, "several formats need a folder"),
        (["{song}", "-e", "nope"], 3, "no model is called 'nope'"),
        (["{song}", "-e", ","], 2, "no estimator is named"),
        (["{song}", "-e", "absent"], 3, "pip install no-such-thing"),
        (["{song}", "--compat", "crema"], 2, "has --compat crema"),
        (["{song}", "-j", "0"], 2, "0"),
        (["{song}", "-o", "x.txt2"], 2, "names no format"),
        (["{song}", "b.wav", "-o", "x.jams"], 2, "names a file, but several"),
        (["https://example.org/a.mp3"], 2, "is an address"),
    ],
)
def test_mistakes_get_one_sentence(fake, audioml_cli, song, tmp_path, arguments, code, said):
    empty = tmp_path / "empty"
    empty.mkdir()
    given = [a.format(folder=empty, song=song) for a in arguments]
    if given and "-e" not in given:
        given += ["-e", "fake"]
    result = audioml_cli("analyze", *given)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert "Traceback" not in result.err


def test_a_recording_is_never_overwritten(fake, audioml_cli, song) -> None:
    before = song.read_bytes()
    folder = song.parent
    shutil.copy(song, folder / "x.txt")  # a recording whose name is that of an output
    result = audioml_cli(
        "analyze", str(song), str(folder / "x.txt"), "-e", "fake", "-f", "text", "-o", str(folder)
    )
    assert result.code == 2
    assert "would be overwritten" in result.err
    assert audioml_cli("analyze", str(song), "-e", "fake", "-o", str(song)).code == 2
    assert song.read_bytes() == before


def test_an_unwritable_place_is_said(fake, audioml_cli, song, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    result = audioml_cli("analyze", str(song), "-e", "fake", "-o", str(tmp_path / "file/x.jams"))
    assert result.code == 1
    assert "cannot write" in result.err


@pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs")
def test_a_full_disk_leaves_nothing_half_written(fake, audioml_cli, song, tmp_path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", full], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        result = audioml_cli("analyze", str(song), "-e", "fake", "-o", str(full / "x.html"))
        assert result.code == 1
        assert result.err.splitlines()[-1].endswith("No space left on device")
        assert names(full) == []
    finally:
        subprocess.run(["umount", full], check=True)


def test_what_is_not_a_file_is_written_to(fake, audioml_cli, song, tmp_path) -> None:
    link, real = tmp_path / "link.lab", tmp_path / "real.lab"
    link.symlink_to(real)
    assert audioml_cli("analyze", str(song), "-e", "fake", "-o", str(link)).code == 0
    assert link.is_symlink()
    assert "C:maj" in real.read_text()
    result = audioml_cli("analyze", str(song), "-e", "fake", "-o", "-", "-f", "lab")
    assert "C:maj" in result.out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_read(fake, song, audioml_cli, tmp_path) -> None:
    import threading

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(song.read_bytes()))
    writer.start()
    result = audioml_cli("analyze", str(pipe), "-e", "fake,chatty", "-f", "lab")
    writer.join(5)
    assert "C:maj" in result.out, result.err


@pytest.mark.parametrize("nonsense", ["number", "raises", "no-spec", "a-class", "exits"])
def test_a_plugin_that_returns_nonsense_is_named(fake, audioml_cli, song, nonsense) -> None:
    for arguments in (["analyze", str(song), "-e", nonsense], ["analyze", "--list"]):
        result = audioml_cli(*arguments)
        assert "Traceback" not in result.err
        if "--list" in arguments:
            assert result.code == 0
            assert "fake" in result.out
        else:
            assert result.code == 3
            assert nonsense in result.err


def test_what_a_plugin_prints_is_not_the_result(fake, audioml_cli, song) -> None:
    result = audioml_cli("analyze", str(song), "-e", "chatty", "-f", "lab")
    assert result.out.startswith("0.000000")
    assert "hello from a plugin" in result.err


def test_the_list_shows_every_estimator_with_its_licence(fake, audioml_cli) -> None:
    out = audioml_cli("analyze", "--list").out
    assert "fake" in out
    assert "MIT" in out
    assert "pip install no-such-thing" in out


def test_all_leaves_out_what_cannot_run(fake) -> None:
    from audioml.analyze.estimators import names_of

    assert set(names_of("all")) >= {"cross", "fake"}
    assert "absent" not in names_of("all")


def test_tags_are_read(fake, audioml_cli, tmp_path) -> None:
    path = tmp_path / "song.flac"
    tags = {"title": "Ti<tle", "artist": "Ärtist", "album": "Album"}
    write(path, music(bar=0.25)[0], tags=tags)
    result = audioml_cli("analyze", str(path), "-e", "fake")
    about = json.loads(result.out)["file_metadata"]
    assert (about["title"], about["artist"], about["release"]) == ("Ti<tle", "Ärtist", "Album")
    assert result.err == ""


@pytest.mark.slow
@pytest.mark.weights
def test_an_interrupt_leaves_finished_files_finished(weights, song, tmp_path) -> None:
    import signal
    import time

    for number in range(40):
        shutil.copy(song, song.with_name(f"{number:02}.wav"))
    out = tmp_path / "o"
    command = [
        sys.executable,
        "-m",
        "audioml.core.cli",
        "analyze",
        str(song.parent),
        "-o",
        str(out),
    ]
    for jobs in ("1", "2"):
        process = subprocess.Popen(
            [*command, "-j", jobs, "--no-cache"], stderr=subprocess.PIPE, start_new_session=True
        )
        deadline = time.monotonic() + 60
        while not list(out.glob("*.jams")) and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 130, err
        assert b"Traceback" not in err
        assert b"interrupted" in err
        left = [p for p in out.iterdir() if p.suffix != ".jams"]
        assert not left
        for path in out.glob("*.jams"):
            json.loads(path.read_text())
            path.unlink()
