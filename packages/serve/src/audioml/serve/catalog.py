"""The models that are served, each under one name."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from itertools import chain
from typing import Any, cast

from audioml.core.audio.conform import conform_blocks
from audioml.core.errors import AudiomlError, NotFoundError, UsageError
from audioml.core.models.load import load
from audioml.core.pipeline import Pipeline
from audioml.core.plugins import registry
from audioml.core.stages import Estimator, Generator, ModelSpec, concatenated
from audioml.core.store import Store
from audioml.core.values import Audio, Prediction

from .batching import Batcher, Turns, current
from .metrics import Metrics
from .settings import Settings

__all__ = ["Catalog", "Served"]

log = logging.getLogger(__name__)
_AT_ONCE = 1 << 22  # samples of sound that are turned into windows in one go: 16 MB


class Served:
    """One model behind the API: its calls share runs, or take turns."""

    def __init__(self, model: Estimator | Generator, settings: Settings, metrics: Metrics) -> None:
        self.spec: ModelSpec = model.spec
        self.batcher: Batcher | None = None
        shared = isinstance(model, Pipeline) and model.spec.batching == "rows"
        if isinstance(model, Pipeline) and shared:
            self.batcher = Batcher(
                model.session,
                name=model.spec.name,
                rows=settings.batch,
                waiting=settings.queue,
                told=metrics.runs(model.spec.name),
            )
            model = replace(model, session=self.batcher)
        self.model = model
        self.is_generator = not isinstance(model, Estimator)  # a protocol: costly to ask
        owner = model.session if isinstance(model, Pipeline) else model
        apart = bool(getattr(owner, "concurrent", False))
        self.turns = Turns(model.spec.name, waiting=settings.pending, apart=apart)

    @property
    def estimator(self) -> Estimator:
        """Return the model, which answers about sound.

        Raises
        ------
        UsageError
            If it makes sound.
        """
        if self.is_generator:
            raise UsageError(f"{self.spec.name} makes sound; ask for /generate")
        return cast("Estimator", self.model)

    @property
    def waiting(self) -> int:
        """Return how much waits for it: windows, or calls."""
        return self.batcher.waiting if self.batcher else self.turns.waiting

    def running(self, *, background: bool = False) -> float:
        """Return for how many seconds its oldest run has been going on, or its oldest job."""
        shared = self.batcher.running if self.batcher and not background else 0.0
        return max(shared, self.turns.running(background=background))

    def check_room(self) -> None:
        """Raise a `BusyError` if no more may wait for it."""
        (self.batcher or self.turns).check_room()

    def predict(self, blocks: Iterable[Audio], options: Mapping[str, Any]) -> Prediction:
        """Return the prediction for sound of any rate."""
        model = self.estimator.configured(**options)
        sound = _counted(conform_blocks(blocks, self.spec))
        if self.batcher:
            return _predicted(model, sound)
        with self.turns.turn():
            return _predicted(model, sound)

    def stream(self, blocks: Iterable[Audio], options: Mapping[str, Any]) -> Iterator[Prediction]:
        """Yield predictions as blocks arrive; a model that shares no runs takes turns for each."""
        model = self.estimator.configured(**options)
        found = model.stream(conform_blocks(blocks, self.spec))
        while True:
            with nullcontext() if self.batcher else self.turns.turn():
                prediction = next(found, None)
            if prediction is None:
                return
            yield prediction

    def close(self) -> None:
        """End what it runs in."""
        if self.batcher:
            self.batcher.close()


def _predicted(model: Estimator, blocks: Iterator[Audio]) -> Prediction:
    with current().timed("features"):
        head: list[Audio] = []
        size = 0
        for block in blocks:
            head.append(block)
            size += block.samples.size
            if size > _AT_ONCE:
                return model.predict_blocks(chain(head, blocks))
        return model.predict(concatenated(head))


def _counted(blocks: Iterator[Audio]) -> Iterator[Audio]:
    """Yield blocks; the time that they take to come is that of decoding."""
    call = current()
    while True:
        with call.timed("decode"):
            block = next(blocks, None)
        if block is None:
            return
        call.check()
        yield block


class Catalog(Mapping[str, Served]):
    """Models by name; a task such as ``chord`` is a name too, where one model answers to it."""

    def __init__(self, served: Iterable[Served]) -> None:
        self._served: dict[str, Served] = {}
        for each in served:
            if each.spec.name in self._served:
                raise UsageError(f"two models are called {each.spec.name!r}; serve one of them")
            self._served[each.spec.name] = each
        tasks = [each.spec.task for each in self._served.values()]
        self._tasks = {
            each.spec.task: each
            for each in self._served.values()
            if tasks.count(each.spec.task) == 1
        }

    def __getitem__(self, name: str) -> Served:
        found = self._served.get(name) or self._tasks.get(name)
        if found is None:
            known = ", ".join(self._served) or "none"
            raise NotFoundError(f"no model is called {name[:64]!r} here (there is: {known})")
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._served or name in self._tasks

    def __iter__(self) -> Iterator[str]:
        return iter(self._served)

    def __len__(self) -> int:
        return len(self._served)

    @classmethod
    def load(cls, settings: Settings, metrics: Metrics) -> Catalog:
        """Return the models that the settings name; every one that is ready where they name none.

        Raises
        ------
        AudiomlError
            If a model that is named cannot be loaded, or none is ready.
        """
        if settings.models:
            found = [Served(_loaded(ref, settings), settings, metrics) for ref in settings.models]
            if settings.precision and settings.precision not in {e.spec.precision for e in found}:
                raise UsageError(f"no model that is served has a runtime in {settings.precision!r}")
            return cls(found)
        found = []
        for ref in _ready():
            try:
                found.append(Served(_loaded(ref, settings), settings, metrics))
            except AudiomlError as error:
                log.warning("%s is left out: %s", ref, error)
        if not found:
            raise NotFoundError(
                "no model is ready to be served; `audioml models list` shows what can be had, "
                "`audioml models pull NAME` gets it"
            )
        return cls(found)


def _loaded(ref: str, settings: Settings) -> Any:
    how: dict[str, Any] = {"device": settings.device, "threads": settings.model_threads or None}
    if settings.precision:
        try:
            return load(ref, precision=settings.precision, **how)
        except UsageError as error:
            log.warning("%s; it runs in its own", error)
    return load(ref, **how)


def _ready() -> list[str]:
    """Return what the store holds and plugins bring along, by name."""
    names = dict.fromkeys(folder.parent.name for folder in Store().folders())
    for kind in ("estimator", "generator"):
        names |= {c.name: None for c in registry().components(kind) if not c.missing}
    return list(names)
