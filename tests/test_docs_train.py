"""What the documentation says of training is so, and can be followed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONF = ROOT / "packages/train/src/audioml/train/conf"
TUTORIAL = ROOT / "docs/tutorial/first-training.md"
ELSEWHERE = ("pip ", "audioml serve ", "curl ")  # test_docs_serve follows a model behind an address


def test_every_group_and_choice_is_in_the_reference() -> None:
    page = (ROOT / "docs/reference/train.md").read_text(encoding="utf-8")
    text = page.partition("## The folder of a run")[0]
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", text, re.MULTILINE))
    for group in (path for path in CONF.iterdir() if path.is_dir()):
        if group.name in {"hydra", "task", "__pycache__"}:
            continue
        choices = {path.stem for path in group.glob("*.yaml")}
        assert choices <= set(re.findall(r"`([a-z_]+)`", rows[group.name])), group.name


def test_what_the_reference_shows_is_there() -> None:
    page = ROOT / "docs/reference/train.md"
    shown = re.findall(r"{literalinclude} (\S+)", page.read_text(encoding="utf-8"))
    assert len(shown) == 5
    assert all((page.parent / path).is_file() for path in shown)


def blocks(language: str) -> list[str]:
    text = TUTORIAL.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_first_training_can_be_followed(tmp_path) -> None:
    for module in ("audioml.train", "audioml.analyze", "audioml.edge", "audioml_onnx"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    (tmp_path / "sounds.py").write_text(blocks("python")[0], encoding="utf-8")
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    lines = [line for line in lines if not line.startswith(ELSEWHERE)]
    assert len(lines) > 7
    places = [str(Path(sys.executable).parent), os.environ["PATH"]]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(places),
        "AUDIOML_HOME": str(tmp_path / "home"),
    }
    done = subprocess.run(
        ["bash", "-ec", "\n".join(lines)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"labels": ["bell", "engine", "rain"]' in done.stdout
    assert '"name": "00.wav"' in done.stdout
    assert float(re.search(r"test/accuracy +(\S+)", done.stdout)[1]) > 0.9
