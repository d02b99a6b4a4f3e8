"""Every setting, once: what it is called in the configuration file and on the command line."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from audioml.core.errors import UsageError
from audioml.core.files import shown

from .watch.wanted import IGNORED, PATTERNS

__all__ = [
    "SECTIONS",
    "Disk",
    "Files",
    "Model",
    "RecordSettings",
    "Service",
    "Settings",
    "SinkSettings",
    "read",
    "template",
]

Words = tuple[str, ...]


def _setting(
    default: Any, text: str, *choices: str, least: float = -math.inf, most: float = math.inf
) -> Any:
    about = {"help": text, "choices": choices, "least": least, "most": most}
    return field(default=default, metadata=about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The model."""

    model: str = _setting("", "Model folder, model file (.tflite, .chain), or name in the store.")
    threads: int = _setting(1, "Threads of the model's runtime.", least=1)
    variant: str = _setting("", "Named variant of the model.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Which files are analysed, and what becomes of them."""

    folder: str = _setting("", "Folder to watch; by default the configuration file's.")
    output: str = _setting("", "Folder for results and the journal [default: FOLDER-results].")
    pattern: Words = _setting(PATTERNS, "Names of recordings, as in a shell; case does not matter.")
    ignore: Words = _setting(IGNORED, "Names of files and folders to be passed over.")
    recursive: bool = _setting(True, "Look into folders within the folder.")
    order: str = _setting("oldest", "Which waiting file comes first.", "oldest", "newest")
    settle: float = _setting(2.0, "Seconds without change after which a file is whole.", least=0)
    rescan: float = _setting(45.0, "Seconds between looks through the whole folder.", least=1)
    poll: float = _setting(0.0, "Seconds between looks, in place of events; 0: events.", least=0)
    after: str = _setting("keep", "What becomes of analysed audio.", "keep", "delete", "archive")
    archive: str = _setting("", "Folder for analysed audio, for `after = archive`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSettings:
    """What is written of a result."""

    records: str = _setting("both", "Which records are made.", "windows", "files", "both")
    threshold: float = _setting(-1.0, "Score from which a label counts as present; below 0: none.")
    smoothing: float = _setting(0.0, "Seconds over which scores are averaged.", least=0)
    top: int = _setting(0, "How many of the highest labels a record names; 0: all.", least=0)
    values: bool = _setting(False, "Put embeddings into the records of windows too.")
    thresholds: Mapping[str, float] = field(
        default_factory=dict,
        metadata={"help": "Thresholds of single labels, over the common one.", "choices": ()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """What happens when the disk fills."""

    high: float = _setting(0.95, "Share of the disk from which it counts as full.", least=0, most=1)
    low: float = _setting(0.90, "Share of the disk down to which room is made.", least=0, most=1)
    when_full: str = _setting(
        "wait",
        "Wait; delete analysed audio, oldest first; or then even audio not analysed yet.",
        *("wait", "delete-processed", "drop-oldest"),
    )

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise UsageError(
                f"'low' must not be above 'high', got {self.low:g} and {self.high:g}; set both"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How the service shows itself."""

    metrics: str = _setting("", "Address for Prometheus, such as 127.0.0.1:9109.")
    metrics_file: str = _setting("", "File for the textfile collector of Prometheus.")
    outbox: int = _setting(1_000_000, "Records that may wait for a sink; of more, the oldest go.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkSettings:
    """Where records go."""

    kind: str
    to: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of them."""

    model: Model = field(default_factory=Model)
    files: Files = field(default_factory=Files)
    records: RecordSettings = field(default_factory=RecordSettings)
    disk: Disk = field(default_factory=Disk)
    service: Service = field(default_factory=Service)
    sinks: tuple[SinkSettings, ...] = ()
    base: Path | None = None

    def over(self, given: Mapping[str, Any]) -> Settings:
        """Return the settings with those that were given by name put over them."""
        changed = {}
        for name, section in SECTIONS.items():
            mine = {f.name: given[f.name] for f in fields(section) if f.name in given}
            if mine:
                _check(section, mine, where="")
                changed[name] = replace(getattr(self, name), **mine)
        return replace(self, **changed)

    def place(self, path: str) -> Path:
        """Return a path of the configuration file, which is relative to that file."""
        return (self.base or Path()) / Path(path).expanduser()

    @property
    def folder(self) -> Path:
        """Return the folder to watch.

        Raises
        ------
        UsageError
            If neither the command line nor a configuration file names one.
        """
        if self.files.folder:
            return self.place(self.files.folder)
        if self.base is not None:
            return self.base
        raise UsageError("name the folder to watch, or a configuration file: -c edge.toml")

    @property
    def output(self) -> Path:
        """Return the folder for results and the journal."""
        if self.files.output:
            return self.place(self.files.output)
        folder = self.folder.resolve()
        return folder.with_name(f"{folder.name}-results")


SECTIONS: dict[str, type[Any]] = {
    "model": Model,
    "files": Files,
    "records": RecordSettings,
    "disk": Disk,
    "service": Service,
}
"""The tables of the configuration file by name; a setting's name is in only one of them."""

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "Words": (list, tuple),
    "Mapping[str, float]": (dict,),
}
_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "Words": "a list of text that is not empty",
    "Mapping[str, float]": "a table of numbers",
}


def read(path: Path) -> Settings:
    """Return the settings of a configuration file.

    Raises
    ------
    UsageError
        If it cannot be read, or a table, a name or a value is none that it takes.
    """
    where = shown(path)
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{where} cannot be read: {error}") from error
    sinks = tuple(_sink(each, where) for each in _tables(told.pop("sink", []), where))
    sections = {}
    for name, table in told.items():
        section = SECTIONS.get(name)
        if section is None or not isinstance(table, dict):
            known = ", ".join(f"[{each}]" for each in SECTIONS)
            raise UsageError(f"{where}: {name!r} is not one of its tables: {known}, [[sink]]")
        _check(section, table, where=f"{where}: [{name}] ")
        sections[name] = section(
            **{k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
        )
    return Settings(sinks=sinks, base=path.resolve().parent, **sections)


def _tables(told: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        raise UsageError(f"{where}: sinks are written as [[sink]], each with a kind")
    return told


def _sink(table: dict[str, Any], where: str) -> SinkSettings:
    options = dict(table)
    kind, to = options.pop("kind", None), options.pop("to", None)
    if not isinstance(kind, str) or not isinstance(to, str | None):
        raise UsageError(f"{where}: a [[sink]] has a 'kind', such as \"jsonl\", got {table}")
    return SinkSettings(kind=kind, to=to, options=options)


def _check(section: type[Any], given: Mapping[str, Any], *, where: str) -> None:
    known = {each.name: each for each in fields(section)}
    for name, value in given.items():
        if name not in known:
            raise UsageError(f"{where}has no setting {name!r}; it has: {', '.join(known)}")
        _check_value(known[name], value, where)


def _check_value(setting: Field[Any], value: Any, where: str) -> None:
    kind, choices = str(setting.type), setting.metadata["choices"]
    right = isinstance(value, _TYPES[kind]) and (kind == "bool" or not isinstance(value, bool))
    if kind == "Words":
        right = right and all(isinstance(each, str) for each in value)
        right = right and (bool(value) or setting.name != "pattern")
    if choices and value not in choices:
        raise UsageError(f"{where}{setting.name} is one of {', '.join(choices)}; got {value!r}")
    if not right:
        raise UsageError(f"{where}{setting.name} must be {_WORDS[kind]}, got {value!r}")
    if kind in ("int", "float"):
        least, most = setting.metadata["least"], setting.metadata["most"]
        if not least <= value <= most:
            to = f" and at most {most:g}" if most < math.inf else ""
            told = f"must be at least {least:g}{to}" if least > -math.inf else "must be a number"
            raise UsageError(f"{where}{setting.name} {told}, got {value!r}")


def template() -> str:
    """Return a configuration file that holds every setting with its default, commented out."""
    return "\n".join(_template()) + "\n"


def _template() -> Iterator[str]:
    yield "# audioml edge: every setting, with its default; remove the # before one to change it."
    yield "# Paths are relative to this file, those of sinks to the folder for results."
    for name, section in SECTIONS.items():
        yield ""
        yield f"[{name}]"
        for setting in fields(section):
            choices = setting.metadata["choices"]
            text = setting.metadata["help"] + (f" One of {', '.join(choices)}." if choices else "")
            yield f"# {text}"
            yield f"#{setting.name} = {_toml(_default(setting))}"
    yield ""
    yield "# Where records go: jsonl, csv, sqlite, mqtt, stdout; npz writes a file for each input."
    for kind, to in (("npz", None), ("jsonl", "results.jsonl"), ("mqtt", "mqtt://host:1883/topic")):
        yield "#[[sink]]"
        yield f'#kind = "{kind}"'
        if to:
            yield f'#to = "{to}"'


def _default(setting: Field[Any]) -> Any:
    return {} if setting.default is MISSING else setting.default


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str) else str(value)
