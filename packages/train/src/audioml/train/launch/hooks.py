"""What Hydra calls beside the runs themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import OmegaConf

from audioml.core.files import write_bytes

from .outcome import replace_all
from .state import State

__all__ = ["Gathered"]


class Gathered(Callback):
    """Learns by files how the runs of a sweep ended, which may have been in other processes."""

    def on_multirun_start(self, config: Any, **_: Any) -> None:
        """Keep what the sweep was started with; of Hydra's sweepers only the basic one does."""
        folder = Path(config.hydra.sweep.dir)
        write_bytes(folder / "multirun.yaml", OmegaConf.to_yaml(config).encode())

    def on_multirun_end(self, config: Any, **_: Any) -> None:
        """Read how each run of the sweep ended."""
        folder = Path(config.hydra.sweep.dir)
        paths = sorted(folder.iterdir(), key=_place) if folder.is_dir() else []
        known = [(path, State.read(path)) for path in paths]
        replace_all([(path, state) for path, state in known if state is not None])


def _place(path: Path) -> tuple[int, str]:
    return (int(path.name) if path.name.isdecimal() else 0, path.name)
