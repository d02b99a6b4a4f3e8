"""``audioml serve [MODEL]...``: the server itself."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, fields, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import click

from audioml.core.cli import output

from ..settings import ENVIRONMENT, Settings

__all__ = ["run"]

_KINDS = {"str": click.STRING, "int": click.INT, "float": click.FLOAT}
_JOBS = "audioml-jobs-"
_MAX = {"host": "0.0.0.0", "port": 5000}  # noqa: S104 - as IBM MAX listens


def _with_settings(function: Callable[..., Any]) -> Callable[..., Any]:
    for each in reversed(fields(Settings)):
        if each.metadata:
            function = _option(each)(function)
    return function


def _option(setting: Field[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    about, name = setting.metadata, setting.name
    text = about["help"]
    if setting.default != "" and "[default" not in text:
        text += f" [default: {setting.default:g}]" if _is_number(setting.default) else (
            f" [default: {setting.default}]"
        )  # fmt: skip
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        type=click.Choice(about["choices"]) if about["choices"] else _KINDS[str(setting.type)],
        default=None,
        envvar=f"{ENVIRONMENT}_{name.upper()}",
        help=text,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, float)


@click.command()
@click.argument("models", nargs=-1, envvar=f"{ENVIRONMENT}_MODELS")
@_with_settings
@click.option("-v", "--verbose", is_flag=True, help="Say what is done, every request included.")
@click.option("-q", "--quiet", is_flag=True, help="Say only what failed.")
def run(models: tuple[str, ...], *, verbose: bool, quiet: bool, **given: Any) -> int:
    """Serve MODEL... behind one HTTP API; without a name, all that are ready.

    Every option may stand in the environment: AUDIOML_SERVE_PORT is --port.
    """
    settings = _settings(models, given)
    output.configure_logging(verbose=verbose, quiet=quiet)
    _log_requests(settings, quiet=quiet)
    _one_thread_each()
    from ..running import run as run_server

    with _shared_folders(settings) as settings:
        build, longer = partial(_build, settings), {"/v1/jobs": settings.max_job_body}
        return run_server(build, settings, server=settings.server, longer=longer)


def _build(settings: Settings) -> Any:
    from ..service import build

    service = build(settings)
    service.warm()
    return service


def _settings(models: tuple[str, ...], given: Mapping[str, Any]) -> Settings:
    told = {name: value for name, value in given.items() if value is not None}
    if told.get("preset") == "max":
        told = {**_MAX, **told}
    return replace(Settings(), models=models, **told)


@contextlib.contextmanager
def _shared_folders(settings: Settings) -> Iterator[Settings]:
    """Make what the worker processes share and that outlives one of them: jobs, and figures."""
    with contextlib.ExitStack() as stack:
        if settings.jobs and not settings.job_folder:
            _sweep_jobs()
            made = stack.enter_context(TemporaryDirectory(prefix=f"{_JOBS}{os.getpid()}-"))
            settings = replace(settings, job_folder=made)
        if settings.workers > 1:
            memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
            # not on a disk: files of figures are mapped, and a full disk would end the process
            made = stack.enter_context(TemporaryDirectory(prefix="audioml-metrics-", dir=memory))
            os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", made)
        yield settings


def _sweep_jobs() -> None:
    """Remove the jobs of servers that were killed: they hold what clients sent."""
    if not Path("/proc/self").exists():
        return
    for left in Path(gettempdir()).glob(f"{_JOBS}*-*"):
        process = left.name.removeprefix(_JOBS).partition("-")[0]
        if process.isdecimal() and not Path("/proc", process).exists():
            shutil.rmtree(left, ignore_errors=True)


def _one_thread_each() -> None:
    """Keep BLAS from starting threads that fight the model's: a third of the throughput."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def _log_requests(settings: Settings, *, quiet: bool) -> None:
    if quiet:
        return
    log = logging.getLogger("audioml.serve.access")
    log.setLevel(logging.INFO)
    if settings.log_format == "json":
        from ..logs import JsonLines

        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        root = logging.getLogger("audioml")
        root.handlers[:] = [handler]
        root.propagate = False
