"""Hands a command line to Hydra, and comes back with a figure and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from audioml.core.cli.output import say
from audioml.core.errors import AudiomlError, OutputError, UsageError
from audioml.core.files import shown

from ..suggesting import suggestion
from .arguments import CONFIG, Arguments, key_of, parse
from .outcome import Launched, gathering
from .searchpath import search_path, task_names

__all__ = ["launch"]

_SWEEP = "hydra.sweep.dir='${{paths.logs}}/{}/multiruns/${{now:%Y-%m-%d_%H-%M-%S-%f}}'"


def launch(arguments: Sequence[str]) -> Launched:
    """Run what a command line says.

    Raises
    ------
    UsageError
        If the configuration does not hold together.
    AudiomlError
        If the run failed for a reason that is expected to happen.
    """
    parsed = parse(arguments)
    if not parsed.asks_hydra:
        parsed = _with_search_path(parsed)
    with gathering() as done:
        try:
            _hydra(parsed)
        except Exception as error:  # noqa: BLE001 - it is raised below
            done.error = None if done.all_failed else _of_hydra(error)
    if done.error is not None:
        raise _explained(done.error, parsed)
    for sentence in done.failed:
        say(sentence)
    return done


def _with_search_path(parsed: Arguments) -> Arguments:
    if not parsed.tasks:
        _refuse_no_task(parsed)
    path = [f"'{each}'" for each in search_path(parsed.tasks)]
    if any(key_of(setting) == "hydra.searchpath" for setting in parsed.settings):
        return parsed  # as it was in the run that is gone on with, or as the user wants it
    settings = (*parsed.settings, f"hydra.searchpath=[{','.join(path)}]")
    if len(parsed.tasks) > 1 and parsed.folder is None:  # no one name for the sweep's folder
        settings = (*settings, _SWEEP.format("+".join(parsed.tasks)))
    return Arguments(parsed.options, settings, parsed.tasks, parsed.folder)


def _refuse_no_task(parsed: Arguments) -> None:
    for setting in parsed.settings:
        meant = suggestion(key_of(setting), ["task"])
        if meant and key_of(setting) != "task":
            raise UsageError(f"there is no setting {key_of(setting)!r}{meant}")
    known = ", ".join(task_names()) or "none; install a plugin that has one"
    raise UsageError(f"no task is named: audioml train task=NAME (there is: {known})")


def _hydra(parsed: Arguments) -> None:
    import hydra

    from .job import job

    main = hydra.main(config_path=f"pkg://{CONFIG}", config_name="train", version_base="1.3")(job)
    with _command_line(parsed.given), _errors_as_they_are():
        main()


def _of_hydra(error: Exception) -> Exception:
    """Return what went wrong before a run began or between runs."""
    if isinstance(error, OSError) and error.filename and not isinstance(error, AudiomlError):
        return OutputError(f"cannot write {shown(error.filename)}: {error.strerror}")
    return error


def _explained(error: Exception, parsed: Arguments) -> Exception:
    """Return what is wrong with a configuration as a sentence, and anything else as it is."""
    from hydra.errors import HydraException, InstantiationException
    from omegaconf.errors import OmegaConfBaseException

    from .typos import explained

    known = HydraException | OmegaConfBaseException
    if not isinstance(error, known) or isinstance(error, InstantiationException):
        return error
    return explained(error, parsed)


@contextlib.contextmanager
def _command_line(arguments: Sequence[str]) -> Iterator[None]:
    """Let Hydra find its arguments where it looks for them."""
    before = sys.argv
    sys.argv = ["audioml train", *arguments]
    try:
        yield
    finally:
        sys.argv = before


@contextlib.contextmanager
def _errors_as_they_are() -> Iterator[None]:
    """Keep Hydra from printing errors and ending the process itself."""
    before: Any = os.environ.get("HYDRA_FULL_ERROR")
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = before
