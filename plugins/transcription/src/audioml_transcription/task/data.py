"""The data of a run: segments to train on, whole recordings to validate and to test on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from omegaconf import OmegaConf
from torch.utils.data import Dataset

from audioml.core.errors import ValidationError
from audioml.train.module import ResumableLoader

from ..synth.dataset import Row
from .families import family_of
from .making import Wanted, made
from .segments import Segments
from .sets import excerpt, rows_of

__all__ = ["Pieces", "Recordings"]

_log = logging.getLogger("audioml.transcription")


class Recordings(Dataset[dict[str, Any]]):
    """Whole recordings: an item has ``audio``, int16, shape (1, n), and what is played.

    ``notes`` is a table as `Notes.table`, ``pedal`` are intervals, ``name`` and ``family`` say
    which recording it is.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        row = self.rows[index]
        return {
            "audio": torch.tensor(row.samples)[None],
            "notes": row.notes.table,
            "pedal": row.pedal.intervals,
            "name": row.id,
            "family": row.family,
        }


class Pieces(LightningDataModule):
    """Piano recordings with their notes, made on the spot where the settings say so.

    Parameters
    ----------
    cfg
        The run's configuration. ``cfg.data`` holds ``train``, ``valid`` and ``test``: data sets by
        name, each a ``path``, and a recipe (see `Wanted`) where it is to be made.
    """

    def __init__(self, cfg: Any) -> None:
        super().__init__()
        plain: Any = OmegaConf.to_container(cfg, resolve=True)
        self.data, self.seed = plain["data"], int(plain["seed"])
        self.family, self.frames = family_of(plain["model"]), int(plain["model"]["frames"])
        self._rows: dict[str, list[Row]] = {}

    def prepare_data(self) -> None:
        """Make what is not there."""
        for stage in ("train", "valid", "test"):
            for given in self._sets(stage).values():
                if set(given) == {"path"}:
                    continue
                share = 0.0 if stage == "train" else 1.0
                made(Wanted.of({"valid": share, **given}), processes=self.data["processes"])

    def rows(self, stage: str) -> list[Row]:
        """Return the recordings of a stage: ``train``, ``valid`` or ``test``.

        There are at most ``held_out`` for validation, taken evenly, of ``longest`` seconds each.
        """
        if stage not in self._rows:
            paths = [Path(given["path"]) for given in self._sets(stage).values()]
            found = [row for path in paths for row in rows_of(path, stage)]
            if stage == "valid":
                count = min(int(self.data["held_out"]), len(found))
                some = (found[at * len(found) // count] for at in range(count))
                found = [excerpt(row, self.data["longest"]) for row in some]
            self._rows[stage] = found
            _log.info("%d recordings to %s", len(found), stage)
        return self._rows[stage]

    def train_dataloader(self) -> ResumableLoader:
        """Return segments of the recordings that are trained on."""
        size = int(self.data["batch_size"])
        segments = Segments(
            self._some("train"),
            family=self.family,
            frames=self.frames,
            items=size * int(self.data["steps"]) * self._processes(),
        )
        return ResumableLoader(
            segments, batch_size=size, workers=int(self.data["workers"]), seed=self.seed
        )

    def val_dataloader(self) -> ResumableLoader:
        """Return the recordings that are validated on."""
        return self._whole("valid")

    def test_dataloader(self) -> ResumableLoader:
        """Return the recordings that are tested on."""
        return self._whole("test")

    def _sets(self, stage: str) -> Mapping[str, Mapping[str, Any]]:
        return {name: given for name, given in self.data[stage].items() if given is not None}

    def _some(self, stage: str) -> list[Row]:
        found = self.rows(stage)
        if not found:
            paths = ", ".join(str(given["path"]) for given in self._sets(stage).values())
            raise ValidationError(
                f"there are no recordings to {stage} in {paths or 'no data set'}; "
                f"name some by data.{stage}.NAME.path=FOLDER"
            )
        return found

    def _whole(self, stage: str) -> ResumableLoader:
        return ResumableLoader(Recordings(self._some(stage)), batch_size=1, collate=_only)

    def _processes(self) -> int:
        return 1 if self.trainer is None else int(self.trainer.world_size)


def _only(items: list[dict[str, Any]]) -> dict[str, Any]:
    return items[0]
