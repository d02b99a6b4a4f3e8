"""What a command imports: being light is a feature."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {
    *("IPython", "flask", "gunicorn", "jams", "keras", "librosa", "lightning", "matplotlib"),
    *("numba", "onnxruntime"),
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
    [
        *(("--help",), ("plugins",), ("models", "list"), ("analyze", "--help")),
        *(("analyze", "--list"), ("edge", "--help"), ("edge", "watch", "--help")),
        *(("generate", "--help"), ("generate", "song", "--help")),
        *(("serve", "--help"), ("serve", "run", "--help"), ("serve", "key", "--help")),
    ],
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


def test_a_watcher_needs_nothing_heavy(audioml_home, tmp_path, monkeypatch) -> None:
    pytest.importorskip("audioml_tflite", reason="audioml-tflite is not installed")
    monkeypatch.syspath_prepend(ROOT / "plugins" / "tflite" / "tests")
    from tflite_models import small_conv

    from audioml.core.audio import write
    from audioml.core.testing import music

    (tmp_path / "street").mkdir()
    write(tmp_path / "street" / "a.wav", music(bar=0.5)[0])
    small_conv(tmp_path / "model.tflite")
    (tmp_path / "model.toml").write_text('[extractor]\nname = "sonyc-v1"\n')
    model = ("-m", str(tmp_path / "model.tflite"))
    loaded = modules_of("edge", "watch", str(tmp_path / "street"), *model, "--once")
    assert "ai_edge_litert" in loaded or "tflite_runtime" in loaded
    rare = {"dill", "joblib", "paho", "prometheus_client", "rich", "sounddevice"}
    assert not loaded & (HEAVY | rare)
