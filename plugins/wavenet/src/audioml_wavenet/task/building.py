"""The parts of a run, from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import OmegaConf

from audioml.core.errors import UsageError

from ..architecture import PRESETS, Architecture
from ..networks.wavenet import WaveNet
from .data import Songs
from .made import Made
from .module import Foreteller
from .parts import Measured, Sounds
from .songs import genres_in, opened

__all__ = ["architecture_of", "data", "genres_of", "module"]


def data(cfg: Any) -> Songs:
    """Return the data of a configuration."""
    plain = _plain(cfg)
    given, task = plain["data"], plain["task"]
    path, made = _corpus(plain)
    return Songs(
        path,
        rate=int(task["rate"]),
        field=architecture_of(plain).receptive_field,
        span=int(task["span"]),
        genres=genres_of(plain),
        made=made,
        batch_size=int(given["batch_size"]),
        eval_batch_size=given["eval_batch_size"],
        steps=given["steps"],
        held_out=given["held_out"],
        seed=int(plain["seed"]),
        workers=int(given["workers"]),
    )


def module(cfg: Any) -> Foreteller:
    """Return the module of a configuration.

    Raises
    ------
    UsageError
        If an augmentation is asked for, or the settings name no network.
    """
    plain = _plain(cfg)
    if plain["augmentation"]:
        raise UsageError(
            "a WaveNet learns samples as they are kept, which are not augmented: leave "
            "augmentation at none; task.jitter blurs what it hears"
        )
    task, learning = plain["task"], instantiate(cfg.model)
    genres = genres_of(plain)
    return Foreteller(
        WaveNet(architecture_of(plain)),
        jitter=float(task["jitter"]),
        told=1.0 - float(task["genre_dropout"]),
        parts=[
            Measured(),
            Sounds(rate=int(task["rate"]), conditions=len(genres), **task["samples"]),
        ],
        **{name: learning[name] for name in ("optimizer", "schedule", "ema")},
    )


def architecture_of(plain: Mapping[str, Any]) -> Architecture:
    """Return what the settings say the network is made of.

    Raises
    ------
    UsageError
        If they name no preset.
    ManifestError
        If a size is out of range.
    """
    sizes = dict(plain["model"]["network"])
    preset = sizes.pop("preset")
    if preset not in PRESETS:
        known = ", ".join(PRESETS)
        raise UsageError(f"there is no network {preset!r} (there is: {known}); see model=")
    given = {name: size for name, size in sizes.items() if size is not None}
    return replace(PRESETS[preset], conditions=len(genres_of(plain)), **given)


def genres_of(plain: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the genres that the network is told: none, some, or all that the corpus has."""
    wanted = plain["task"]["genres"]
    if not wanted:
        return ()
    if wanted != "all":
        return tuple(str(name) for name in ([wanted] if isinstance(wanted, str) else wanted))
    path, made = _corpus(plain)
    if made is not None:
        return tuple(sorted(made.genres))
    return genres_in(opened(path, rate=int(plain["task"]["rate"])))


def _corpus(plain: Mapping[str, Any]) -> tuple[Path, Made | None]:
    given = plain["data"]
    if given["path"]:
        return Path(given["path"]).expanduser(), None
    if given["made"]:
        made = Made.of(given["made"], rate=int(plain["task"]["rate"]))
        return Path(plain["paths"]["data"]) / made.name, made
    raise UsageError(
        "there is nothing to learn from: give data.path=CORPUS, made by `audioml generate "
        "prepare`, or experiment=quick, which makes songs up"
    )


def _plain(cfg: Any) -> dict[str, Any]:
    found: Any = OmegaConf.to_container(cfg, resolve=True) if OmegaConf.is_config(cfg) else cfg
    return dict(found)
