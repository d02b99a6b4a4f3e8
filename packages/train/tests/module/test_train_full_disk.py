"""What a disk that is really full does to what a run writes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import torch

from audioml.core.errors import OutputError
from audioml.train.module import CSVLog, SafeCheckpointIO, read


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder on a disk of 512 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except OSError:
        pytest.skip("there is no mount")
    if done.returncode:
        pytest.skip("only root may mount a disk in memory")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_the_checkpoint_that_is_there_stays_and_nothing_half_written(small_disk):
    path = small_disk / "last.ckpt"
    SafeCheckpointIO().save_checkpoint({"global_step": 1}, path)
    large = {"global_step": 2, "state_dict": {"weight": torch.zeros(1 << 18)}}
    with pytest.raises(OutputError, match=r"cannot write .*last\.ckpt: No space left on device"):
        SafeCheckpointIO().save_checkpoint(large, path)
    assert [each.name for each in small_disk.iterdir()] == ["last.ckpt"]
    assert read(path) == {"global_step": 1}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_figures_that_cannot_be_written_are_told_in_a_sentence(tmp_path):
    (tmp_path / "metrics.csv").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"cannot write .*metrics\.csv: No space left on device"):
        CSVLog(str(tmp_path)).log_metrics({"val/loss": 0.5}, 3)
