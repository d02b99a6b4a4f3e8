"""``audioml train prepare``: from a folder of recordings to a corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from audioml.core.cli import output
from audioml.core.errors import NotFoundError, UsageError
from audioml.core.executor import Engine, engine_named
from audioml.core.files import shown

from .settings import Settings

__all__ = ["prepare"]

_SETS = Path(__file__).parent / "sets"
_HELP = {
    "source_path": "Folder of the audio and the labels, of any structure.",
    "destination_path": "The corpus to be.",
    "metadata": "What more is known of the recordings: MAESTRO's file, or a table.",
    "audio_ext": "Endings of the audio, such as .wav,.flac.",
    "label_ext": "Endings of the labels; null where there are none.",
    "processed_ext": "Always .npy.",
    "sample_rate": "Hz.",
    "split": "Shares of train, validation and test, such as 80/10/10; or given.",
    "group": "What never lies in two splits: piece, artist, folder, file or a column.",
    "piece": "Regular expression whose group is the piece in a name.",
    "parser": "pairs, maestro, table, folders, a plugin's, or module:function.",
    "align": "report, correct or off.",
    "corrupt": "Audio that cannot be read: skip, stop or keep what can.",
    "unmatched": "Files without a partner: skip or stop.",
    "long_label": "Labels that go on after the audio: stop or skip.",
    "workers": "Processes.",
    "again": "true makes a corpus anew that is there already.",
    "engine": "Who does the work: local, spark, ray or a plugin's; it must see the same files.",
    "master": "Address of the engine's cluster; without, the engine works on this machine.",
}


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, text in reversed(_HELP.items()):
        command = click.option(f"--{name.replace('_', '-')}", name, metavar="VALUE", help=text)(
            command
        )
    return command


@click.command()
@click.argument("overrides", nargs=-1, metavar="[data=SET] [KEY=VALUE]...")
@_options
def prepare(overrides: tuple[str, ...], **options: str | None) -> int:
    """Turn a folder of recordings into a corpus that training maps.

    Audio and labels are paired by their names, brought to one rate and one channel, checked for
    an offset between the two, and split by piece. What could not be used is listed, and in
    report.json beside the corpus.

    SET is one of those that are known (see data=list), or a YAML file of settings. Each setting is
    given as KEY=VALUE or as an option.
    """
    given = [f"{name}={value}" for name, value in options.items() if value is not None]
    values = _values((*overrides, *given))
    if values.get("data") == "list":
        click.echo("\n".join(_known()))
        return 0
    engine = _engine(values.pop("engine", None), values.pop("master", None))
    settings = Settings.of(_of_set(values.pop("data", None)) | values)
    from .preparing import prepare as work

    report = work(settings, engine=engine)
    for line in report.lines():
        if not output.is_quiet():
            output.say(line)
    return 0


def _values(arguments: Iterable[str]) -> dict[str, Any]:
    """Return what KEY=VALUE says, values as YAML has them."""
    from omegaconf import OmegaConf

    values: dict[str, Any] = {}
    known = {field.name for field in fields(Settings)}
    for argument in arguments:
        name, equals, text = argument.lstrip("+").partition("=")
        if not equals:
            raise UsageError(f"expected KEY=VALUE, got {argument!r}")
        name = name.removeprefix("data.") if name.removeprefix("data.") in known else name
        if name.endswith(("path", "metadata", "piece")):
            values[name] = None if text == "null" else text  # a path is what it says
            continue
        try:
            node = OmegaConf.from_dotlist([f"value={text}"])
            values[name] = OmegaConf.to_container(node, resolve=False)["value"]  # type: ignore[call-overload,index]
        except Exception as error:  # the parser's, whatever it is
            raise UsageError(f"the value of {name!r} cannot be read: {text!r}") from error
    return values


def _engine(name: str | None, master: str | None) -> Engine | None:
    if name is None and master is not None:
        raise UsageError("master= is the address of an engine: name it, such as engine=spark")
    return None if name is None else engine_named(str(name), address=master)


def _known() -> list[str]:
    return sorted(path.stem for path in _SETS.glob("*.yaml"))


def _of_set(name: str | None) -> dict[str, Any]:
    """Return the settings of a data set that is known, or of a file."""
    if name is None:
        return {}
    from omegaconf import OmegaConf

    path = Path(str(name)) if str(name).endswith((".yaml", ".yml")) else _SETS / f"{name}.yaml"
    if not path.is_file():
        raise NotFoundError(
            f"there is no data set {shown(str(name))}; there is {', '.join(_known())}, "
            "and any YAML file"
        )
    found = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    if not isinstance(found, dict):
        raise UsageError(f"{shown(path)} must hold settings, such as audio_ext: .wav")
    return {str(key): value for key, value in found.items() if not str(key).startswith("_")}
