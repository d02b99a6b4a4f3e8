"""What a person at a terminal sees: progress on stderr, and only results on stdout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="pseudo-terminals are POSIX")


def run_in_terminal(arguments: list[str]) -> tuple[int, bytes, str]:
    """Return the exit code, what came on stdout, and what the terminal on stderr showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "audioml.core.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(theirs)
    out = process.communicate()[0]
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    return process.returncode, out, shown.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.weights
def test_a_batch_draws_its_progress_on_stderr_only(weights, song, tmp_path) -> None:
    shutil.copy(song, song.with_name("other [b]x[-b].wav"))
    code, out, shown = run_in_terminal(["analyze", str(song.parent), "-o", str(tmp_path / "o")])
    assert code == 0
    assert out == b""
    assert "2/2" in shown
    assert "2 analysed" in shown


@pytest.mark.weights
def test_a_result_is_only_the_result(weights, song) -> None:
    import json

    code, out, shown = run_in_terminal(["analyze", str(song)])
    assert code == 0
    assert json.loads(out)["annotations"]
    assert "has no tag for" in shown


def test_a_pull_shows_what_it_fetches(tmp_path: Path, audioml_home) -> None:
    pytest.importorskip("audioml_crema", reason="audioml-crema is not installed")
    nothing = tmp_path / "crema.whl"
    nothing.write_bytes(b"no wheel")
    code, out, shown = run_in_terminal(["models", "pull", "crema-chord", "--from", str(nothing)])
    assert (code, out) == (1, b"")
    assert "6.4 MB, licence BSD-2-Clause" in shown
    assert "is not the published crema-chord" in shown
