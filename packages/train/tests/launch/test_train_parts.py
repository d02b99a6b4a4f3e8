from __future__ import annotations

import pytest
from omegaconf import OmegaConf

from audioml.core.errors import UsageError
from audioml.train.launch.parts import loggers, made
from audioml.train.launch.stamp import Stamp

CONFIG = {
    "task": {"name": "tiny", "sizes": {1: "a"}},
    "ckpt_path": "logs/x",
    "notify": {"webhook": "https://example.org/services/hunter2", "email": {"password": "hunter2"}},
    "ledger": "postgresql://me:hunter2@host/db",
    "logger": {"kept": {"_target_": "test_train_parts.Kept"}, "none": None},
}


class Kept:
    """A logger that keeps what it is told."""

    def __init__(self):
        self.told = {}

    def log_hyperparams(self, params):
        self.told |= params


@pytest.fixture
def config(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "test_train_parts", sys.modules[__name__])
    return OmegaConf.create(CONFIG)


def test_loggers_are_told_the_settings_but_no_secrets(config, tmp_path):
    (logger,) = loggers(config, tmp_path)
    assert logger.told["task"] == {"name": "tiny", "sizes": {1: "a"}}
    assert logger.told["ledger"] == "postgresql://***@host/db"
    assert "ckpt_path" not in logger.told
    assert "hunter2" not in str(logger.told)


def test_checkpoints_hold_the_settings_but_no_secrets(config):
    checkpoint = {}
    Stamp(config).on_save_checkpoint(None, None, checkpoint)
    assert checkpoint["audioml"]["config"]["task"]["sizes"] == {1: "a"}
    assert "hunter2" not in str(checkpoint)


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        ({"_target_": "torch.nn.Linaer"}, "torch.nn.Linaer is not to be found"),
        ({"_target_": "torch.nn.Dropout", "q": 1}, "unexpected keyword argument 'q'"),
        (
            {"_target_": "lightning.pytorch.callbacks.ModelCheckpoint", "save_top_k": -5},
            "ModelCheckpoint cannot be made: Invalid value",
        ),
    ],
)
def test_what_cannot_be_made_is_told_in_a_sentence(node, sentence):
    with pytest.raises(UsageError, match=sentence) as error:
        made(OmegaConf.create(node))
    assert "\n" not in str(error.value)
