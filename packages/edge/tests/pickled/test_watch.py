"""The watcher beside extractors that misbehave."""

from __future__ import annotations

import time

import pytest
from edge_tiny import age, started, until, write_wav

from audioml.edge.database import JOURNAL

HANGS = """
def get_features(y, sr, hop_size=None, duration=1.0):
    import time
    import numpy as np
    if abs(y).max() > 0.9:
        time.sleep(60)
    return np.abs(y[: int(sr)]).reshape(1, -1)[:, :100]
"""
CRASHES = HANGS.replace("import time", "import ctypes")
CRASHES = CRASHES.replace("time.sleep(60)", "ctypes.string_at(0)")


@pytest.mark.parametrize(
    ("source", "reason"), [(HANGS, "took longer than 1.5 s"), (CRASHES, "crashed (SIGSEGV)")]
)
def test_a_bad_extractor_costs_the_file_that_it_fails_on(
    source, reason, pickle_of, folder, tiny_model, audioml_cli
) -> None:
    path = pickle_of(source)
    tiny_model.with_suffix(".toml").write_text(
        f'[extractor]\nname = "pickle"\n[extractor.params]\npath = "{path}"\n'
        "timeout = 1.5\nrate = 8000\n"
    )
    loud, quiet = write_wav(folder / "a.wav", level=1.0), write_wav(folder / "b.wav", level=0.1)
    age(loud)
    age(quiet, seconds=1800)
    done = audioml_cli("edge", "watch", str(folder), "-m", str(tiny_model), "--once", "--to", "npz")
    assert done.code == 1
    assert "a.wav is given up" in done.err
    assert reason in done.err
    results = folder.with_name("street-results")
    assert [path.name for path in results.glob("*.npz")] == ["b.npz"]


def test_sigterm_does_not_wait_for_an_extractor_that_hangs(
    pickle_of, folder, tiny_model, audioml_home, tmp_path
) -> None:
    path = pickle_of(HANGS)
    tiny_model.with_suffix(".toml").write_text(
        f'[extractor]\nname = "pickle"\n[extractor.params]\npath = "{path}"\nrate = 8000\n'
    )
    age(write_wav(folder / "a.wav", level=1.0))
    output = tmp_path / "out"
    process = started(
        "watch", str(folder), "-m", str(tiny_model), "-o", str(output), home=audioml_home
    )
    until((output / JOURNAL).exists)
    time.sleep(2.0)  # by now it hangs
    began = time.monotonic()
    process.terminate()
    _, err = process.communicate(timeout=20)
    assert (process.returncode, time.monotonic() - began < 2.5) == (0, True), err
    assert not list(output.glob("*.npz"))
