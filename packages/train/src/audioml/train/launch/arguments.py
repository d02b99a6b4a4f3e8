"""The command line, made ready for Hydra: both spellings of groups, and runs to go on with."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from audioml.core.errors import IntegrityError, NotFoundError, UsageError
from audioml.core.files import shown

from ..suggesting import suggestion
from .state import read_overrides

__all__ = ["CONFIG", "LATE", "Arguments", "key_of", "parse"]

CONFIG = "audioml.train.conf"
LATE = ("task", "experiment", "hparams_search", "debug", "local")  # Hydra wants them without a plus
_SETTING = re.compile(
    r"(?P<sign>\+\+|\+|~)?(?P<key>[^=+~\s'\"\[{(][^=\s]*)=(?P<value>.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Arguments:
    """What is to be run.

    ``tasks`` are the names given, several in a sweep; ``folder`` is that of the run or sweep that
    is gone on with.
    """

    options: tuple[str, ...]
    settings: tuple[str, ...]
    tasks: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def given(self) -> list[str]:
        """Return options and settings as Hydra takes them."""
        return [*self.options, *self.settings]

    @property
    def asks_hydra(self) -> bool:
        """Return whether only Hydra itself is asked something, such as for its version."""
        asking = {"--version", "--hydra-help", "--shell-completion", "-sc"}
        return not asking.isdisjoint(self.options)


def key_of(setting: str) -> str:
    """Return the name that a setting sets, or an empty one."""
    found = _SETTING.fullmatch(setting)
    return found["key"].partition("@")[0] if found else ""


def parse(arguments: Sequence[str]) -> Arguments:
    """Return the command line with its spellings made one and its earlier run looked up.

    Raises
    ------
    UsageError
        If no task is named, or another than that of the run to go on with.
    NotFoundError
        If that run is not there.
    """
    options, settings = _split(arguments)
    _check_options(options)
    parsed = Arguments(tuple(options), tuple(map(_normal, settings)))
    parsed = _continued(parsed)
    return replace(parsed, tasks=_tasks(parsed.settings))


_TAKING = {"--cfg", "-c", "--package", "-p", "--config-path", "-cp", "--config-name", "-cn"}
_TAKING |= {"--config-dir", "-cd", "--experimental-rerun"}
_OPTIONS = {"--help", "-h", "--hydra-help", "--version", "--resolve", "--run", "-r", "--multirun"}
_OPTIONS |= {"-m", "--shell-completion", "-sc", "--info", "-i", *_TAKING}
_SHOWN = ("job", "hydra", "all")


def _split(arguments: Iterable[str]) -> tuple[list[str], list[str]]:
    options: list[str] = []
    settings: list[str] = []
    waiting = False
    for each in arguments:
        if waiting or each.startswith("-"):
            options.append(each)
            waiting = not waiting and each in _TAKING
        else:
            settings.append(each)
    return options, settings


def _check_options(options: Sequence[str]) -> None:
    """Refuse what Hydra would answer with all that it knows."""
    for option, value in itertools.zip_longest(options, options[1:]):
        if option.startswith("-") and option.partition("=")[0] not in _OPTIONS:
            raise UsageError(f"there is no option {option}{suggestion(option, sorted(_OPTIONS))}")
        if option in {"--cfg", "-c"} and value not in _SHOWN:
            raise UsageError(f"{option} takes {', '.join(_SHOWN)}, got {value!r}")


def _normal(setting: str) -> str:
    found = _SETTING.fullmatch(setting)
    if found and found["sign"] in {"+", "++"} and found["key"].partition("@")[0] in LATE:
        return f"{found['key']}={found['value']}"
    return setting


def _tasks(settings: Iterable[str]) -> tuple[str, ...]:
    for setting in settings:
        if key_of(setting) == "task":
            value = setting.partition("=")[2].strip()
            names = (name.strip().strip("'\"") for name in value.split(","))
            return tuple(name for name in names if name)
    return ()


def _continued(given: Arguments) -> Arguments:
    """Put the settings of the run that is gone on with before those that are given now."""
    value = _value(given.settings, "ckpt_path")
    if value in {"", "null", "none", "None"}:
        return given
    path = Path(value)
    if not path.exists():
        raise NotFoundError(f"there is nothing to go on with at {shown(path)}")
    folder = _folder_of(path)
    if folder is None:
        return given
    saved, sweep = read_overrides(folder)
    _check_task(given.settings, saved, folder)
    now = {key_of(setting) for setting in given.settings}
    settings = [s for s in saved if key_of(s) not in now]
    settings += [s for s in given.settings if key_of(s) != "ckpt_path"]
    place = "hydra.sweep.dir" if sweep else "hydra.run.dir"
    settings.append(f"{place}={_quoted(folder)}")
    options = given.options
    if sweep:
        options = tuple(dict.fromkeys((*options, "-m")))
    else:
        settings.append(f"ckpt_path={_quoted(_checkpoint(path))}")
    return Arguments(options, tuple(settings), folder=folder)


def _value(settings: Iterable[str], key: str) -> str:
    values = [s.partition("=")[2].strip().strip("'\"") for s in settings if key_of(s) == key]
    return values[-1] if values else ""


def _folder_of(path: Path) -> Path | None:
    """Return the folder of the run or sweep that a path is in, if it is one of ours."""
    inside = path.parent.name == "checkpoints"
    for folder in [path, path.parent.parent] if inside else [path]:
        if (folder / ".hydra").is_dir() or (folder / "multirun.yaml").is_file():
            return folder
    if path.is_dir():
        raise UsageError(f"{shown(path)} is neither the folder of a run nor a checkpoint")
    return None


def _checkpoint(path: Path) -> Path:
    if path.is_file():
        return path
    last = path / "checkpoints" / "last.ckpt"
    if not last.is_file():
        raise IntegrityError(
            f"the run in {shown(path)} was stopped before its first checkpoint; start it anew"
        )
    return last


def _check_task(given: Sequence[str], saved: Sequence[str], folder: Path) -> None:
    ours, theirs = _value(given, "task"), _value(saved, "task")
    if ours and ours != theirs:
        raise UsageError(
            f"{shown(folder)} is a run of the task {theirs!r}, not of {ours!r}: leave task= out, "
            "or name a checkpoint of that task"
        )


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${")
    return f"'{text}'"
