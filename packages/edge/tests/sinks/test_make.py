from __future__ import annotations

import subprocess
import sys
import types

import pytest

from audioml.core.errors import NotFoundError, PluginError, UsageError
from audioml.core.plugins import Component, hookimpl
from audioml.edge import plugin
from audioml.edge.sinks import make, parse
from audioml.edge.sinks.base import EventSink, FileSink

KINDS = ["csv", "jsonl", "mqtt", "npz", "sqlite", "stdout"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stdout", ("stdout", None)),
        ("jsonl:", ("jsonl", None)),
        ("jsonl:a/b:c.jsonl", ("jsonl", "a/b:c.jsonl")),
        ("csv:/x", ("csv", "/x")),
        ("mqtt://u:p@h:1/t", ("mqtt", "mqtt://u:p@h:1/t")),
        ("mqtts://h/t", ("mqtt", "mqtts://h/t")),
        ("my-sink://h", ("my-sink", "my-sink://h")),
    ],
)
def test_what_the_command_line_says_is_understood(text, expected) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["", "/tmp/x", "results/a.csv", ":x", "Jsonl:x", "-"])
def test_what_names_no_sink_is_refused(text) -> None:
    with pytest.raises(UsageError, match="KIND:PLACE"):
        parse(text)


@pytest.mark.parametrize("kind", KINDS)
def test_every_sink_is_made_by_name(kind, tmp_path, audioml_plugins) -> None:
    audioml_plugins(edge=plugin)
    if kind == "mqtt":
        pytest.importorskip("paho.mqtt")
    sink = make(kind, "mqtt://h" if kind == "mqtt" else None, folder=tmp_path)
    assert isinstance(sink, FileSink if kind == "npz" else EventSink)
    assert list(tmp_path.iterdir()) == [], "nothing is written before there is something to write"


def test_options_are_checked(tmp_path, audioml_plugins) -> None:
    audioml_plugins(edge=plugin)
    make("csv", folder=tmp_path, options={"labels": "a,b"})
    for name in ("label", "folder", "to", "self"):
        with pytest.raises(UsageError, match=rf"'csv' has no option '{name}', it has labels"):
            make("csv", folder=tmp_path, options={name: 1})
    with pytest.raises(UsageError, match="got 'x'; say just stdout"):
        make("stdout", "x", folder=tmp_path)
    with pytest.raises(NotFoundError, match="'nosuch'"):
        make("nosuch", folder=tmp_path)


def test_a_sink_of_another_plugin(tmp_path, audioml_plugins) -> None:
    class Odd:
        def __init__(self, to=None, *, folder, color) -> None: ...

    module = types.ModuleType("their_sinks")
    module.Odd = Odd
    sys.modules["their_sinks"] = module

    @hookimpl
    def components():
        return [Component("sink", "odd", "their_sinks:Odd", "odd")]

    audioml_plugins(theirs=types.SimpleNamespace(components=components))
    with pytest.raises(UsageError, match="needs the option 'color'"):
        make("odd", folder=tmp_path)
    with pytest.raises(PluginError, match="neither"):
        make("odd", folder=tmp_path, options={"color": 1})


def test_sinks_are_light_to_import() -> None:
    modules = ", ".join(f"audioml.edge.sinks.{kind}" for kind in KINDS if kind != "npz")
    script = (
        f"import sys, {modules}; print([m for m in ('numpy', 'paho', 'rich') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
