"""What a run's folder tells of it: how far it is, and how it was started."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from audioml.core.errors import IntegrityError
from audioml.core.files import shown, write_bytes

__all__ = ["State", "read_overrides"]

_NAME = "state.json"


@dataclass(frozen=True, slots=True)
class State:
    """How far a run is: ``status`` is ``running``, ``done`` or ``failed``."""

    task: str
    status: str
    overrides: tuple[str, ...] = ()
    metric: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    checkpoints: tuple[str, ...] = ()
    model: str | None = None
    error: str | None = None
    exit_code: int = 0

    def write(self, folder: Path) -> None:
        """Put it into a run's folder."""
        write_bytes(folder / _NAME, json.dumps(asdict(self), indent=1).encode())

    @classmethod
    def read(cls, folder: Path) -> State | None:
        """Return that of a folder, or None where there is none that can be read."""
        try:
            known: dict[str, Any] = json.loads((folder / _NAME).read_bytes())
            for name in ("overrides", "checkpoints"):
                known[name] = tuple(known[name])
            return cls(**known)
        except (OSError, ValueError, TypeError, KeyError):
            return None


def read_overrides(folder: Path) -> tuple[list[str], bool]:
    """Return the settings that a run or a sweep was started with, and whether it is a sweep."""
    from omegaconf import OmegaConf

    sweep = folder / "multirun.yaml"
    try:
        if sweep.is_file():
            hydra: Any = OmegaConf.load(sweep)
            asked = hydra.hydra.overrides
            return [*_own(asked.task), *_own(asked.hydra)], True
        saved: Any = OmegaConf.load(folder / ".hydra" / "overrides.yaml")
        return _own(saved), False
    except Exception as error:  # whatever a cut-off YAML file makes of its reader
        raise IntegrityError(f"what {shown(folder)} was started with cannot be read") from error


_OURS = ("ckpt_path=", "hydra.mode=", "hydra.searchpath=", "hydra.sweep.dir=", "hydra.run.dir=")


def _own(overrides: Any) -> list[str]:
    from omegaconf import OmegaConf

    plain: Any = OmegaConf.to_container(overrides, resolve=False)
    return [str(each) for each in plain if not str(each).startswith(_OURS)]
