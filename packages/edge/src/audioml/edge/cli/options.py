"""The settings as options of a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields, replace
from pathlib import Path
from typing import Any

import click

from ..settings import SECTIONS, Settings, SinkSettings, read

__all__ = ["settings_from", "with_settings"]

_KINDS = {"str": click.STRING, "int": click.INT, "float": click.FLOAT, "Words": click.STRING}
_SHORT = {"model": ("-m",), "output": ("-o",)}
_PLACES = {"archive", "folder", "metrics_file", "output"}
_NO_OPTION = {"folder", "thresholds"}

Function = Callable[..., Any]


def with_settings(*sections: str, without: Sequence[str] = ()) -> Callable[[Function], Function]:
    """Return a decorator: the command has the options of sections, ``--config`` and ``--to``."""

    def decorate(function: Function) -> Function:
        for name in reversed(sections):
            for setting in reversed(fields(SECTIONS[name])):
                if setting.name not in {*_NO_OPTION, *without}:
                    function = _option(setting)(function)
        function = click.option(
            "--to",
            multiple=True,
            metavar="SINK[:WHERE]",
            help="Where results go: npz, jsonl, csv, sqlite, mqtt://HOST/TOPIC, stdout; repeatable",
        )(function)
        return click.option(
            "-c", "--config", type=click.Path(path_type=Path), help="Configuration file (TOML)."
        )(function)

    return decorate


def _option(setting: Field[Any]) -> Callable[[Function], Function]:
    kind, name = str(setting.type), setting.name.replace("_", "-")
    choices, text = setting.metadata["choices"], setting.metadata["help"]
    if kind == "bool":
        return click.option(f"--{name}/--no-{name}", default=None, help=text)
    plain = kind != "Words" and setting.default not in ("", MISSING) and "[default" not in text
    if plain:
        text += f" [default: {setting.default}]"
    return click.option(
        *(*_SHORT.get(setting.name, ()), f"--{name}", setting.name),
        type=click.Choice(choices) if choices else _KINDS[kind],
        multiple=kind == "Words",
        default=None,
        help=text,
    )


def settings_from(config: Path | None, to: tuple[str, ...], given: Mapping[str, Any]) -> Settings:
    """Return the settings of a file, if any, with what was given on the command line over them."""
    from ..sinks import parse

    settings = read(config) if config else Settings()
    if to:
        sinks = tuple(SinkSettings(kind=kind, to=where) for kind, where in map(parse, to))
        settings = replace(settings, sinks=sinks)
    return settings.over(dict(_given(given, based=settings.base is not None)))


def _given(given: Mapping[str, Any], *, based: bool) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        if value is None or value == ():
            continue
        # what is typed is relative to where it is typed, not to the configuration file
        typed = based and name in _PLACES and value
        yield name, str(Path(value).absolute()) if typed else value
