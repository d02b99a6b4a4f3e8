"""The parts of a run, from its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.utils import instantiate

from audioml.train.features import LogMel, settings
from audioml.train.launch.parts import made
from audioml.train.networks import started

from ..corpus import corpus, opened, plain_settings
from ..recordings import counted
from .listening import Interactions, read_interactions
from .module import Contrastive
from .network import Embedder
from .pairs import PairedData
from .sounds import INTERACTIONS, MADE_UP

__all__ = ["data", "module", "paired"]


def data(cfg: Any) -> PairedData:
    """Return the batches of a configuration."""
    path = corpus(cfg, MADE_UP)
    return paired(
        cfg,
        path,
        near=str(cfg.task.near),
        interactions=_interactions(cfg, path),
        liked_share=float(cfg.task.liked_share),
    )


def paired(cfg: Any, path: Path, **how: Any) -> PairedData:
    """Return the batches of a corpus: pairs of windows of ``task.window`` seconds."""
    return PairedData(
        path,
        window=float(cfg.task.window),
        batch_size=int(cfg.data.batch_size),
        eval_batch_size=cfg.data.get("eval_batch_size"),
        steps=cfg.data.get("steps"),
        seed=int(cfg.seed),
        short=cfg.data.get("short", "pad"),
        workers=int(cfg.data.workers),
        **how,
    )


def module(cfg: Any) -> Contrastive:
    """Return the module of a configuration."""
    path, task = corpus(cfg, MADE_UP), plain_settings(cfg.task)
    prepared = opened(path, rate=int(cfg.task.rate))
    features = LogMel(**settings(task))
    network = Embedder.of(features.shape, int(task["size"]), task["network"])
    started(network.encoder, task["encoder"], features=task["features"])
    listening = _table(cfg, path) is not None
    return Contrastive(
        network,
        temperature=float(task["temperature"]),
        by_class=bool(prepared.classes) and task["near"] != "class",
        by_listening=listening,
        features=features,
        augmentation=made(cfg.augmentation) or None,
        facts={
            "corpus": str(path.resolve()),
            "recordings": counted(prepared),
            "liked": listening and task["liked_share"] > 0,
        },
        **instantiate(cfg.model),
    )


def _interactions(cfg: Any, path: Path) -> Interactions | None:
    table = _table(cfg, path)
    if table is None:
        return None
    return read_interactions(table, opened(path, rate=int(cfg.task.rate)).names)


def _table(cfg: Any, path: Path) -> Path | None:
    """Return the table of interactions: the one that is given, or that of made-up listeners."""
    if cfg.task.interactions:
        return Path(cfg.task.interactions).expanduser()
    made_up = not (cfg.data.get("path") or cfg.data.get("source_path"))
    if made_up and cfg.data.made.get("listeners"):
        return path.parent / "sounds" / INTERACTIONS
    return None
