"""What a command imports: being light is a feature."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    *("IPython", "jams", "keras", "librosa", "lightning", "matplotlib", "numba", "onnxruntime"),
    *("pandas", "pyarrow", "scipy", "sklearn", "tensorflow", "torch", "torchaudio"),
}
SCRIPT = """
import json, sys
from audioml.core.cli.main import run
code = run(json.loads(sys.argv[1]))
third_party = {m.partition(".")[0] for m in sys.modules} - set(sys.stdlib_module_names)
print(json.dumps([code, sorted(third_party)]), file=sys.stderr)
"""


def modules_of(*arguments: str) -> set[str]:
    command = [sys.executable, "-c", SCRIPT, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("plugins",), ("models", "list"), ("analyze", "--help"), ("analyze", "--list")],
)
def test_looking_around_needs_no_array(arguments, audioml_home) -> None:
    loaded = modules_of(*arguments)
    assert not loaded & HEAVY
    assert "soundfile" not in loaded
    if "list" not in arguments[-1]:  # a list reads manifests, whose types numpy belongs to
        assert "numpy" not in loaded


@pytest.mark.weights
def test_chords_need_numpy_and_a_decoder_and_nothing_heavier(weights, tmp_path) -> None:
    from audioml.core.audio import write
    from audioml.core.testing import music

    write(tmp_path / "song.wav", music(bar=0.5)[0])
    loaded = modules_of("analyze", str(tmp_path / "song.wav"))
    ours = {n for n in loaded if n.startswith(("audioml", "_audioml", "__editable__"))}
    allowed = {
        *("__main__", "_cffi_backend", "_soundfile", "_soundfile_data", "cffi", "numpy"),
        *("platformdirs", "pluggy", "soundfile", "tinytag", "click", "sitecustomize"),
        *("_distutils_hack", "usercustomize", "typing_extensions"),
        *(n for n in loaded if "cython" in n),  # what numpy.random is written in
    }
    assert loaded - ours <= allowed, sorted(loaded - ours - allowed)
