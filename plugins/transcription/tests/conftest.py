"""Tests of what needs more than the plugin itself are left out where that is not installed."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # for what the tests share

TRAINING = ("torch", "lightning", "hydra", "mir_eval", "onnx", "onnxruntime", "pyarrow")
NEEDS = {
    "test_transcription_crnn.py": ("torch",),
    "test_transcription_dataset.py": ("pyarrow",),
    "test_transcription_export.py": TRAINING,
    "test_transcription_harmonic.py": ("torch",),
    "test_transcription_scoring.py": ("mir_eval",),
    "test_transcription_task_data.py": TRAINING,
    "test_transcription_task_evaluate.py": TRAINING,
    "test_transcription_task_learning.py": TRAINING,
    "test_transcription_task_run.py": TRAINING,
    "test_transcription_task_start.py": TRAINING,
    "test_transcription_task_synth.py": TRAINING,
    "test_transcription_task_tuning.py": TRAINING,
}

collect_ignore = [
    file for file, modules in NEEDS.items() if any(find_spec(module) is None for module in modules)
]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Work on one thread: tensors are too small here to be shared."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
