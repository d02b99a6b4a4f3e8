"""The data of a training run: a prepared corpus as Lightning takes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from lightning.pytorch import LightningDataModule

from audioml.core.errors import UsageError, ValidationError

from .loader import EvaluationLoader, RandomLoader
from .prepared import Prepared
from .splitting import folds_of
from .targets import targets_of
from .windows import RandomPlaces, Targets, WindowReader

__all__ = ["CorpusData"]


class CorpusData(LightningDataModule):
    """Random windows to train on, and the same windows each time to validate and test on.

    A batch is a dictionary: ``audio``, float32, shape (batch, samples); ``labels``, what the
    targets are, or None; ``row``, ``start`` (seconds) and ``valid`` (samples), of each window.

    Parameters
    ----------
    path
        A corpus that `prepare` made.
    window
        Seconds.
    batch_size, eval_batch_size
        Windows of a batch.
    targets
        Makes arrays of a `Window`; or ``class``, ``multi`` or ``value``.
    hop
        Seconds from one window to the next in validation and test; by default the window's length.
    steps
        Batches of an epoch; by default so many that every recording is heard once.
    seed
        Of the windows.
    short
        Recordings shorter than a window are padded (``pad``) or not trained on (``drop``).
    workers
        Processes that read; 0 reads in this one.
    prefetch
        Batches that each worker has ready.
    pin_memory
        Whether batches go to the GPU by way of pinned memory; by default where there is one.
    where
        Columns of the manifest and the values that rows must have, for all splits.
    folds, fold
        Of so many parts of the splits ``train`` and ``validation``, with no piece in two of them,
        number ``fold`` is validated on and the others are trained on; what is tested on stays.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        window: float,
        batch_size: int,
        eval_batch_size: int | None = None,
        targets: Targets | str | None = None,
        hop: float | None = None,
        steps: int | None = None,
        seed: int = 0,
        short: Literal["pad", "drop"] = "pad",
        workers: int = 0,
        prefetch: int = 2,
        pin_memory: bool | None = None,
        where: Mapping[str, Any] | None = None,
        folds: int | None = None,
        fold: int = 0,
    ) -> None:
        super().__init__()
        if folds is not None and not 0 <= fold < folds:
            raise UsageError(f"'fold' must be from 0 to {folds - 1}, got {fold}")
        if window <= 0 or batch_size < 1:
            raise UsageError(
                f"'window' and 'batch_size' must be above 0, got {window!r} and {batch_size!r}"
            )
        self.path, self.window, self.batch_size = Path(path), window, batch_size
        self.eval_batch_size = eval_batch_size or batch_size
        self.hop, self.steps, self.seed, self.short = hop, steps, seed, short
        self.workers, self.prefetch, self.pin_memory = workers, prefetch, pin_memory
        self.where, self.folds, self.fold = dict(where or {}), folds, fold
        self._given_targets = targets
        self._prepared: Prepared | None = None
        self._train: RandomLoader | None = None
        self._state: dict[str, Any] | None = None

    @property
    def prepared(self) -> Prepared:
        """Return the corpus, opened when it is first needed."""
        if self._prepared is None:
            found = Prepared.open(self.path)
            self._prepared = found.filter(**self.where) if self.where else found
        return self._prepared

    @property
    def rate(self) -> int:
        """Return the sample rate in Hz."""
        return self.prepared.rate

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the classes of all splits, in the order of the targets."""
        return self.prepared.classes

    @property
    def targets(self) -> Targets | None:
        """Return what makes the labels of a batch."""
        return targets_of(self._given_targets, self.prepared)

    def setup(self, stage: str | None = None) -> None:
        """Open the corpus."""
        _ = self.prepared

    def train_dataloader(self) -> RandomLoader:
        """Return random windows of the split ``train``."""
        reader = self._reader("train")
        rank, world = self._processes()
        places = RandomPlaces(
            reader.prepared,
            length=reader.length,
            seed=self.seed,
            short=self.short,
            rank=rank,
            world=world,
        )
        self._train = RandomLoader(
            reader, places, batch_size=self.batch_size, steps=self.steps, **self._options()
        )
        if self._state is not None:
            self._train.load_state_dict(self._state)
            self._state = None
        return self._train

    def val_dataloader(self) -> EvaluationLoader | list[Any]:
        """Return all windows of the split ``validation``; nothing where it is empty."""
        return self._evaluation("validation")

    def test_dataloader(self) -> EvaluationLoader | list[Any]:
        """Return all windows of the split ``test``; nothing where it is empty."""
        return self._evaluation("test")

    def predict_dataloader(self) -> EvaluationLoader | list[Any]:
        """Return the windows of the split ``test``."""
        return self._evaluation("test")

    def state_dict(self) -> dict[str, Any]:
        """Return where the training data stand."""
        return {"train": self._train.state_dict()} if self._train is not None else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where the training data stood."""
        state = state_dict.get("train")
        if state is not None and self._train is not None:
            self._train.load_state_dict(state)
        else:
            self._state = state

    def _reader(self, split: str) -> WindowReader:
        rows = self.prepared.filter(**self._rows(split))
        if split == "train" and not len(rows):
            raise ValidationError(
                f"the corpus in {self.path} has no recordings to train on; see its report.json"
            )
        length = max(1, round(self.window * self.rate))
        return WindowReader(rows, length=length, targets=self.targets)

    def _rows(self, split: str) -> dict[str, Any]:
        if self.folds is None or split == "test":
            return {"split": split}
        learnt = {"split": ["train", "validation"]}
        groups = self.prepared.corpus.filter(**learnt).column("group")
        folds = folds_of(groups, self.folds)
        held = split == "validation"
        return {**learnt, "group": [g for g, f in folds.items() if (f == self.fold) == held]}

    def _evaluation(self, split: str) -> EvaluationLoader | list[Any]:
        reader = self._reader(split)
        if not len(reader.prepared):
            return []
        rank, world = self._processes()
        return EvaluationLoader(
            reader,
            batch_size=self.eval_batch_size,
            hop=max(1, round(self.hop * self.rate)) if self.hop else None,
            rank=rank,
            world=world,
            **self._options(),
        )

    def _processes(self) -> tuple[int, int]:
        trainer = self.trainer
        return (trainer.global_rank, trainer.world_size) if trainer is not None else (0, 1)

    def _options(self) -> dict[str, Any]:
        import torch

        pinned = torch.cuda.is_available() if self.pin_memory is None else self.pin_memory
        options: dict[str, Any] = {"num_workers": self.workers, "pin_memory": pinned}
        if self.workers:
            options["prefetch_factor"] = self.prefetch
        return options
