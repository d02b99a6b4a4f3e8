from __future__ import annotations

from audioml.core.plugins import Component, hookimpl


@hookimpl
def components():
    yield Component("task", "tiny", "train_tiny_task:Tiny", "a linear network on random data")
    yield Component("task", "other", "train_tiny_task:Other", "another")
    yield Component("task", "heard", "train_tiny_task:Heard", "a linear network on a corpus")
    yield Component("task", "lame", "train_tiny_task:Lame", "what lacks half of a task")
