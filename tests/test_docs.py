"""What the documents tell people to type is typed here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent


def blocks(path: str, language: str) -> list[str]:
    """Return the code blocks of a document in one language."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def commands(path: str) -> list[str]:
    """Return the ``audioml`` command lines of a document, without their comments."""
    lines = [line for block in blocks(path, "sh") for line in block.splitlines()]
    return [line.split(" #")[0].strip() for line in lines if line.startswith("audioml ")]


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environment}
    return subprocess.run(
        line, shell=True, capture_output=True, text=True, check=False, env=env, timeout=120
    )


@pytest.fixture
def song(tmp_path, monkeypatch) -> Path:
    """A folder in which ``song.mp3``, ``song.wav`` and a few more lie, and we."""
    from audioml.core.audio import write
    from audioml.core.testing import music

    monkeypatch.chdir(tmp_path)
    audio, _ = music(bar=0.6)
    for name in ("song.mp3", "song.wav", "music/live/a.flac", "live/b.flac"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / name, audio)
    return tmp_path / "song.mp3"


@pytest.fixture
def sensor(song, monkeypatch) -> None:
    """Recordings, and a small TFLite model that hears what SONYC's hear, in the same folder."""
    pytest.importorskip("audioml_tflite", reason="audioml-tflite is not installed")
    monkeypatch.syspath_prepend(ROOT / "plugins" / "tflite" / "tests")
    from tflite_models import small_conv

    small_conv(Path("model.tflite"))
    Path("recordings").mkdir()
    shutil.copyfile("song.wav", "recordings/song.wav")


@pytest.mark.weights
@pytest.mark.parametrize("path", ["README.md", "docs/tutorial/first-analysis.md"])
def test_the_commands_of_the_documents_work(path, weights, song, sensor) -> None:
    lines = commands(path)
    assert len(lines) > 1
    for line in lines:
        if line.startswith(("audioml serve ", "audioml models pull ", "audioml train ")):
            continue  # see test_docs_serve, and what each task tests of its quick experiment
        done = shell(f"{line} --once" if " edge watch " in line else line)  # it would go on
        assert done.returncode == 0, (line, done.stderr)
    assert Path("song.jams").stat().st_size > 1000
    assert Path("song.html").stat().st_size > 10000


@pytest.mark.slow
def test_the_first_sensor_can_be_followed(sensor) -> None:
    import numpy as np
    from tflite_models import dense

    page = "docs/tutorial/first-sensor.md"
    dense(Path("classes.tflite"), np.eye(8, dtype=np.float32), np.zeros(8, np.float32),
          shape=(1, 8), out=(1, 8))  # fmt: skip
    Path("recordings").rename("street")
    Path("street/song.wav").rename("street/monday.wav")
    chain, described = blocks(page, "toml")
    lines, codes = commands(page), blocks(page, "python")
    assert len(lines) == 5
    names: dict[str, object] = {}
    for line in lines:
        if "street.chain" in line:
            exec(compile(codes[0], page, "exec"), names)
            Path("street.chain").write_text(chain, encoding="utf-8")
            Path("street.toml").write_text(described, encoding="utf-8")
        watches = " edge watch " in line and "--once" not in line  # it would go on
        done = shell(f"{line} --once" if watches else line)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
    exec(compile(codes[1], page, "exec"), names)
    assert set(names["record"]["scores"]) >= {"engine", "dog"}


@pytest.mark.weights
def test_the_python_of_the_first_analysis_works(weights, song) -> None:
    from audioml.core.audio import read

    audio = read(song)
    names = {"y": audio.samples, "sr": audio.rate, "audio": audio}
    for block in blocks("docs/tutorial/first-analysis.md", "python"):
        exec(compile(block, "first-analysis.md", "exec"), names)
    assert names["prediction"]["tag"].values.shape[1] == 170


@pytest.mark.weights
def test_how_to_analyse_many_works(weights, song, tmp_path) -> None:
    line = commands("docs/howto/analyze.md")[0].replace("~/music", "music")
    assert shlex.split(line)[1] == "analyze"
    done = shell(line)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in Path("chords/live").iterdir()) == ["a.jams", "a.lab"]


@pytest.mark.weights
def test_models_move_as_documented(weights, song, tmp_path) -> None:
    lines = [x for x in commands("docs/howto/offline.md") if "--from" not in x]
    home = str(tmp_path / "elsewhere")
    for line in lines:
        here = {"AUDIOML_HOME": home} if "import" in line else {}
        done = shell(line, **here)
        assert done.returncode == 0, (line, done.stderr)
    done = shell("audioml --offline analyze song.wav -f lab", AUDIOML_HOME=home)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_first_plugin_is_written_as_told(song, audioml_home, fresh_environment) -> None:
    page = "docs/tutorial/first-plugin.md"
    estimator, test = blocks(page, "python")
    own = [line for block in (estimator, test) for line in block.splitlines() if line.strip()]
    assert len(own) < 40
    begin, example, again = (block.splitlines() for block in blocks(page, "sh"))
    for line in [*begin, *example]:
        done = shell(line, **fresh_environment)
        assert done.returncode == 0, (line, done.stdout + done.stderr)
    folder = Path("audioml-brightness")
    code, tests = folder / "src/audioml_brightness/estimator.py", folder / "tests/test_estimator.py"
    code.write_text(estimator, encoding="utf-8")
    generated = tests.read_text(encoding="utf-8")
    tests.write_text(generated[: generated.rindex("def test_")] + test, encoding="utf-8")
    for line in again:
        done = shell(line, **fresh_environment)
        assert done.returncode == 0, (line, done.stdout + done.stderr)
    assert "brightness" in done.stdout
    code.write_text(estimator.replace("audio.start", "0.0"), encoding="utf-8")
    broken = shell(again[0], **fresh_environment).stdout
    assert "'brightness' starts at 0.0 s, and should at 10.0 s" in broken
