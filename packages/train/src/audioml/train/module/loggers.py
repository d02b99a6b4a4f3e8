"""Loggers that a resumed run goes on with, as if it had never stopped."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger, TensorBoardLogger
from lightning_utilities.core.rank_zero import rank_zero_only

from audioml.core.files import replacing, shown, writing

__all__ = ["CSVLog", "TensorBoardLog"]


class CSVLog(Logger):
    """A table ``metrics.csv`` of what was measured: step, epoch, name, value.

    Long rather than wide, so that rows are only ever added.

    Parameters
    ----------
    save_dir
        Folder of the table.
    """

    def __init__(self, save_dir: str) -> None:
        super().__init__()
        self._path = Path(save_dir) / "metrics.csv"
        self._known: set[tuple[str, str]] = set()  # measured at the last step before going on

    @property
    def name(self) -> str:
        """Return what it is called among several."""
        return "csv"

    @property
    def version(self) -> str:
        """Return nothing: the run's folder tells."""
        return ""

    @property
    def save_dir(self) -> str:
        """Return the folder of the table."""
        return os.fspath(self._path.parent)

    def log_hyperparams(self, params: Any, *_: Any, **__: Any) -> None:
        """Do nothing: the configuration stands beside."""

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Add a row for each figure.

        Raises
        ------
        OutputError
            If the disk is full, or the place cannot be written.
        """
        epoch = metrics.get("epoch", "")
        rows = [
            [step, "" if epoch == "" else int(epoch), name, f"{float(value):.9g}"]
            for name, value in metrics.items()
            if name != "epoch" and (str(step), name) not in self._known
        ]
        head = [] if self._path.exists() else [["step", "epoch", "name", "value"]]
        with writing(shown(self._path)):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows([*head, *rows])

    def go_on(self, step: int) -> None:
        """Forget what was measured from ``step`` on, which is measured again."""
        if not self._path.exists():
            return
        with self._path.open(newline="", encoding="utf-8") as file:
            head, *rows = list(csv.reader(file)) or [[]]
        kept = [row for row in rows if len(row) == len(head) and int(row[0]) < step]
        self._known = {(row[0], row[2]) for row in kept if int(row[0]) == step - 1}
        with (
            replacing(self._path) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            csv.writer(file, lineterminator="\n").writerows([head, *kept])


class TensorBoardLog(TensorBoardLogger):
    """Lightning's own, which hides what a resumed run measures again."""

    def go_on(self, step: int) -> None:
        """Hide what was measured from ``step`` on."""
        self._kwargs["purge_step"] = step
