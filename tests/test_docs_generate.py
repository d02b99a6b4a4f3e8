"""What the pages on generating tell people to type is typed here, with tiny networks."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("audioml_wavenet", reason="audioml-wavenet is not installed")

import soundfile

from audioml.core.audio import write
from audioml.core.testing import music

ROOT = Path(__file__).parents[1]
PAGE = "docs/howto/generate-songs.md"


@pytest.fixture
def studio(audioml_home, tmp_path, monkeypatch):
    """An empty folder with what the page takes for granted."""
    monkeypatch.syspath_prepend(ROOT / "plugins" / "wavenet" / "tests")
    monkeypatch.syspath_prepend(ROOT / "tests")
    import wavenet_tiny

    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    write("humming.wav", music(bar=0.2)[0])
    for path in wavenet_tiny.write_cs205(tmp_path):
        path.rename(f"basic_model_v2{path.suffix}")


@pytest.mark.slow
def test_the_page_on_songs(studio) -> None:
    from test_docs import blocks, commands, shell

    pytest.importorskip("h5py", reason="h5py is not installed")
    lines = commands(PAGE)
    assert len(lines) > 10
    for line in lines:
        if "| aplay" not in line:
            done = shell(line)
            assert done.returncode == 0, (line, done.stderr)
    whole = soundfile.read("song.wav")[0] if Path("song.wav").exists() else []
    assert len(whole) == 80_000
    assert len(list(Path("songs").iterdir())) == 4
    assert Path("report.html").stat().st_size > 10_000
    for code in blocks(PAGE, "python"):
        exec(compile(code, PAGE, "exec"), {})


@pytest.fixture
def recordings(tmp_path, monkeypatch) -> Path:
    """Thirty recordings of seven seconds that differ, each by an artist of its own."""
    monkeypatch.syspath_prepend(ROOT / "tests")
    monkeypatch.chdir(tmp_path)
    for number in range(30):
        audio, _ = music(bar=0.8 + 0.01 * number)
        folder = tmp_path / "recordings" / f"artist-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / f"song-{number}.wav", audio)
    return tmp_path


@pytest.mark.slow
def test_the_page_on_a_corpus(recordings) -> None:
    from test_docs import blocks, commands, shell

    page = "docs/howto/generate-corpus.md"
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    lines = [line for line in commands(page) if "--engine" not in line]  # nox -s engines
    assert len(lines) == 4
    for line in lines:
        done = shell(line)
        assert done.returncode == 0, (line, done.stderr)
    names: dict[str, object] = {}
    (code,) = blocks(page, "python")
    code = code.replace(', genre="Folk"', "")  # a folder of recordings tells none
    exec(compile(code, page, "exec"), names)
    assert names["batch"].shape == (16, 16385)


@pytest.mark.slow
def test_the_first_songs_can_be_made_as_told(recordings, audioml_home) -> None:
    from test_docs import blocks, shell

    page = "docs/tutorial/first-songs.md"
    for module in ("audioml.train", "pyarrow"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    told = [line for block in blocks(page, "sh") for line in block.splitlines()]
    lines = [line for line in told if not line.startswith("pip ") and "--engine" not in line]
    assert len(lines) == 9
    script = "\n".join(["set -e", *lines]).replace("00:00:15:00", "00:00:00:08")
    done = shell(script.replace("task=wavenet ", "task=wavenet data.steps=4 data.held_out=4 "))
    assert done.returncode == 0, done.stdout + done.stderr
    for name, seconds in {"song": 10, "lively": 10, "onward": 5, "mine": 10}.items():
        assert soundfile.info(f"{name}.wav").duration == seconds
    assert "bits" in Path("verdict.json").read_text(encoding="utf-8")
