from __future__ import annotations

import json
import subprocess
import sys
import types
from pathlib import Path

import click
import pytest

from audioml.core.plugins import Component, hookimpl

HEAVY = {"numpy", "scipy", "librosa", "numba", "torch", "tensorflow", "pandas", "jams", "h5py"}


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "audioml.core.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("arguments", [["--help"], ["plugins"], ["plugins", "list"], ["--version"]])
def test_looking_around_imports_nothing_heavy(arguments) -> None:
    code = f"""
import sys
from audioml.core.cli.main import run
code = run({arguments!r})
print(sorted({HEAVY!r} & set(sys.modules)), code)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] 0", done.stdout


def test_the_module_is_the_command() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "audioml")


def test_wrong_usage_is_2_and_says_how(audioml_cli) -> None:
    for arguments in (["nope"], ["models", "nope"], ["--nope"], ["models", "pull"]):
        result = audioml_cli(*arguments)
        assert result.code == 2
        assert result.out == ""
        assert "Usage:" in result.err


def test_what_is_missing_is_3(audioml_cli, audioml_home) -> None:
    result = audioml_cli("models", "info", "nothing")
    assert (result.code, result.out) == (3, "")
    assert result.err == (
        "audioml: model 'nothing' is not in the store; run: audioml models pull nothing\n"
    )


def command(body) -> object:
    """Return a plugin whose command `try` runs `body`."""
    target = types.ModuleType("target_of_a_test")
    target.app = body if isinstance(body, click.Command) else click.command()(body)
    sys.modules["target_of_a_test"] = target
    module = types.ModuleType("plugin_of_a_test")

    @hookimpl
    def components():
        return [Component("command", "try", "target_of_a_test:app", "a test")]

    module.components = components
    return module


def test_an_interrupt_is_130(audioml_cli, audioml_plugins) -> None:
    def body():
        raise KeyboardInterrupt

    audioml_plugins(mine=command(body))
    result = audioml_cli("try")
    assert (result.code, result.err.strip()) == (130, "audioml: interrupted")


def test_a_bug_shows_its_traceback(audioml_cli, audioml_plugins) -> None:
    def body():
        raise ZeroDivisionError

    audioml_plugins(mine=command(body))
    with pytest.raises(ZeroDivisionError):
        audioml_cli("try")


def test_options_reach_a_command_as_they_are(audioml_cli, audioml_plugins) -> None:
    @click.command()
    @click.argument("name")
    @click.option("--loud", is_flag=True)
    def body(name, loud):
        print(name, loud)

    audioml_plugins(mine=command(body))
    assert audioml_cli("try", "--loud", "a b").out == "a b True\n"
    assert "--loud" in audioml_cli("try", "--help").out


def test_a_broken_plugin_is_listed_with_its_reason(audioml_cli, audioml_plugins) -> None:
    from audioml.core import plugin

    audioml_plugins(core=plugin, bad=types.SimpleNamespace(components=hookimpl(lambda: 3)))
    result = audioml_cli("plugins")
    assert result.code == 0
    assert "BROKEN" in result.out
    assert audioml_cli("--help").code == 0
    doctor = audioml_cli("doctor")
    assert doctor.code == 1
    assert "audioml plugins why bad" in doctor.out
    assert "Traceback" in audioml_cli("plugins", "why", "bad").out
    assert audioml_cli("plugins", "why", "core").code == 3


def test_models_go_through_the_store(audioml_cli, tiny, tmp_path) -> None:
    folder = tiny.write_folder(tmp_path / "m")
    assert "no models" in audioml_cli("models", "list").out
    added = Path(audioml_cli("models", "import", str(folder)).out.strip())
    assert "tiny-loud  1.0      ready" in audioml_cli("models", "list").out
    assert json.loads(audioml_cli("models", "info", "tiny-loud").out)["name"] == "tiny-loud"
    assert audioml_cli("models", "verify").out == "tiny-loud 1.0: sound\n"
    target = tmp_path / "out.zip"
    assert audioml_cli("models", "export", "tiny-loud", "-o", str(target)).code == 0
    assert target.stat().st_size > 100
    (added / "gain.json").write_text("{}")
    result = audioml_cli("models", "verify", "tiny-loud")
    assert result.code == 1
    assert "is not the file" in result.err
    assert "!! model tiny-loud" in audioml_cli("doctor").out
    (added / "model.json").write_text("{")
    assert "broken" in audioml_cli("models", "list").out
    assert audioml_cli("models", "remove", "tiny-loud").code == 0
    assert audioml_cli("models", "verify", "tiny-loud").code == 3


def test_weights_of_another_system_are_imported_by_whoever_knows_them(
    audioml_cli, tiny, tmp_path
) -> None:
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"SCALE 1")
    result = audioml_cli("models", "import", str(weights), "--name", "mine", "--set", "version=3")
    assert Path(result.out.strip()).parts[-2:] == ("mine", "3")
    assert audioml_cli("models", "verify").out == "mine 3: sound\n"
    assert audioml_cli("models", "import", str(weights), "--as", "scale").code == 0
    weights.write_bytes(b"something else")
    result = audioml_cli("models", "import", str(weights))
    assert result.code == 2
    assert "nor the weights of a system that an installed plugin imports (scale)" in result.err
    assert audioml_cli("models", "import", str(tmp_path / "gone.bin")).code == 3
    assert (
        "KEY=VALUE"
        in audioml_cli("models", "import", str(weights), "--as", "scale", "--set", "x").err
    )


def test_doctor_names_what_mends(audioml_cli, audioml_home, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = audioml_cli("doctor")
    assert "ok python" in result.out
    assert "store" in result.out
    ffmpeg = result.out.index("-- ffmpeg")
    assert "install ffmpeg" in result.out[ffmpeg:].splitlines()[1]


def test_a_full_disk_behind_standard_output_is_said(tiny, tmp_path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this system")
    code = """
from audioml.core.cli import main, output
import sys
import click
@click.command()
def root(): output.write_result(b"x" * 100000)
main.root = root
main.main()
"""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    said = done.stderr.decode()
    assert said == "audioml: cannot write standard output: No space left on device\n"


def test_the_command_of_a_broken_plugin_says_so(audioml_cli, audioml_plugins) -> None:
    audioml_plugins(edge=types.SimpleNamespace(components=hookimpl(lambda: 3)))
    result = audioml_cli("edge")
    assert result.code == 3
    assert "plugin 'edge' is broken" in result.err


def test_a_reader_that_goes_away_is_not_told_off(audioml_home) -> None:
    line = f"{sys.executable} -m audioml.core.cli plugins | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, check=False
    )
    assert done.stderr == b""
