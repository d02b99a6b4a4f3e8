"""`audioml plugins new`: what it refuses, and that what it writes is installed and tested."""

from __future__ import annotations

import subprocess
import tomllib

import pytest

from audioml.core.plugins.scaffold import SKELETONS, write_plugin

KINDS = sorted(SKELETONS)
EDGE, TRAIN = ("audioml.edge",), ("audioml.train", "audioml_onnx", "onnx")
NEEDS = {"sink": EDGE, "source": EDGE, "task": TRAIN}


@pytest.fixture
def new(audioml_cli, tmp_path):
    def call(*arguments):
        return audioml_cli("plugins", "new", *arguments, "--into", str(tmp_path))

    return call


@pytest.mark.parametrize("name", ["Loud", "a b", "../up", "1st", "", "a_b", "-a", "a-", "é"])
def test_a_name_that_is_none_is_refused(new, tmp_path, name):
    result = new("--kind", "estimator", "--", name) if name.startswith("-") else None
    result = result or new(name, "--kind", "estimator")
    assert result.code == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("plugins", "command", "there is a command 'plugins' already"),
        ("core", "estimator", "audioml-core is installed already"),
        ("none", "estimator", "a class 'None', which is taken"),
        ("audio", "estimator", "a class 'Audio', which is taken"),
        ("event", "sink", "a class 'Event', which is taken"),
    ],
)
def test_a_name_that_is_taken_is_refused(new, tmp_path, name, kind, said):
    result = new(name, "--kind", kind)
    assert result.code == 2
    assert said in result.err
    assert len(result.err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over(new, tmp_path):
    (tmp_path / "audioml-mine").mkdir()
    result = new("mine", "--kind", "sink")
    assert result.code == 1
    assert "is there already, and is not written over" in result.err
    assert not list((tmp_path / "audioml-mine").iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_complete(new, tmp_path, kind):
    result = new(f"loud-{kind}", "--kind", kind)
    assert result.code == 0, result.err
    root = tmp_path / f"audioml-loud-{kind}"
    package = root / "src" / f"audioml_loud_{kind}"
    for path in (root / "README.md", root / "LICENSE", package / "plugin.py"):
        assert path.stat().st_size > 100
    assert (package / "py.typed").is_file()
    assert list((root / "tests").glob("test_*.py"))
    about = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert about["entry-points"]["audioml"] == {f"loud-{kind}": f"audioml_loud_{kind}.plugin"}
    for path in root.rglob("*"):
        text = path.name + (path.read_text(encoding="utf-8") if path.is_file() else "")
        assert "$" not in text
        assert "__module__" not in text
        if path.suffix == ".py":
            compile(text.removeprefix(path.name), path, "exec")


@pytest.fixture(scope="module")
def fresh(fresh_environment, tmp_path_factory):
    """A new environment into which a plugin of each kind is installed, and their folders."""
    place = tmp_path_factory.mktemp("written")
    folders = {kind: write_plugin(f"my-{kind}", kind, place)[0] for kind in KINDS}
    editable = [part for folder in folders.values() for part in ("--editable", str(folder))]
    done = run(fresh_environment, "pip", "install", "--quiet", *editable)
    assert done.returncode == 0, done.stderr
    return fresh_environment, folders


def run(environment, *command, **options):
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, **options
    )


def skip_without(kind):
    for module in NEEDS.get(kind, ()):
        pytest.importorskip(module, reason=f"{module} is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_installed_and_its_tests_pass(fresh, kind):
    skip_without(kind)
    environment, folders = fresh
    tested = run(environment, "pytest", "-q", "-p", "no:cacheprovider", cwd=folders[kind])
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert " passed" in tested.stdout


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_installed_is_listed_and_keeps_the_contract(fresh, kind):
    skip_without(kind)
    environment, _ = fresh
    listed = run(environment, "audioml", "plugins", "list").stdout
    assert f"my-{kind} (audioml-my-{kind} 0.1.0)" in listed
    checked = run(environment, "audioml", "plugins", "check", f"my-{kind}")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"my-{kind}: keeps the contract" in checked.stdout
