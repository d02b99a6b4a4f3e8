"""Many plugins, some of them broken: nothing is imported before it is used, nobody is harmed."""

from __future__ import annotations

import json
import subprocess
import sys

COMMAND = """
@hookimpl
def components():
    yield Component("command", "{0}", "audioml_{0}.target:app", "what {0} does")
"""
TARGET = """
import sys
import click

sys.modules["a_heavy_library"] = sys


@click.command()
def app():
    "Say it."
    click.echo("{0}")
"""
BROKEN = {
    "raises": "raise RuntimeError('out of cheese')\n",
    "exits": "raise SystemExit(9)\n",
    "lacks": "import no_such_module\n",
    "nonsense": "@hookimpl\ndef components():\n    return 3\n",
    "typo": "@hookimpl\ndef componets():\n    return ()\n",
    "misspelt": "def components(:\n",
    "newer": "audioml_contract = 999\n",
    "talks": "print('hello')\n" + COMMAND.format("talks"),
}
HEAVY = {"numpy", "scipy", "torch", "tensorflow", "librosa", "onnxruntime", "a_heavy_library"}
SCRIPT = """
import json, sys
from audioml.core.cli.main import run
code = run(json.loads(sys.argv[1]))
sys.stderr.write("\\n" + json.dumps([code, sorted(sys.modules)]))
"""


def cli(*arguments):
    """Run a command line in a process of its own: its output, and what it imported."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return done.stdout, set(modules)


def test_help_with_twenty_plugins_imports_no_target_and_no_library(install):
    names = [f"say{index}" for index in range(20)]
    for name in names:
        install(name, COMMAND.format(name), target=TARGET.format(name))
    said, modules = cli("--help")
    for name in names:
        assert f"what {name} does" in said
        assert f"audioml_{name}.plugin" in modules
    assert not {module for module in modules if module.endswith(".target")}
    assert not modules & HEAVY
    said, modules = cli("say7")
    assert said == "say7\n"
    assert {m for m in modules if m.endswith(".target")} == {"audioml_say7.target"}


def test_broken_plugins_harm_no_other(install):
    for name, source in BROKEN.items():
        install(name, source, target=TARGET.format(name))
    install("good", COMMAND.format("good"), target=TARGET.format("good"))
    assert cli("good")[0] == "good\n"
    assert "what good does" in cli("--help")[0]
    listed = cli("plugins")[0]
    for name in BROKEN.keys() - {"talks"}:
        assert f"{name} (audioml-{name} 1.0): BROKEN" in listed
        assert f"audioml plugins why {name}" in listed
    assert "out of cheese" in listed
    assert "hello" not in listed
    assert "good (audioml-good 1.0), imported in " in listed
