"""Everything that can be run over this repository: `nox -l` lists it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "lint", "types"]

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
DISTRIBUTIONS = {
    "core": "packages/core",
    "analyze": "packages/analyze",
    "edge": "packages/edge",
    "generate": "packages/generate",
    "serve": "packages/serve",
    "train": "packages/train",
    "crema": "plugins/crema",
    "librosa": "plugins/librosa",
    "onnx": "plugins/onnx",
    "tensorflow": "plugins/tensorflow",
    "tflite": "plugins/tflite",
    "torch": "plugins/torch",
    "transcription": "plugins/transcription",
    "vggish": "plugins/vggish",
    "wavenet": "plugins/wavenet",
}
APART = {"tensorflow"}  # half a gigabyte, and versions of its own: only `alone` has it
QUICK = "not slow and not browser and not long"
ALL_CORES = ("-n", "auto")


def _groups(*names: str) -> list[str]:
    return list(nox.project.dependency_groups(PROJECT, *names))


def _install(session: nox.Session, *arguments: str) -> None:
    """Install into the session's environment, unless nothing has changed since the last time."""
    projects = sorted([ROOT / "constraints.txt", *ROOT.glob("p*/*/pyproject.toml")])
    state = hashlib.sha256(repr(arguments).encode())
    for path in [ROOT / "pyproject.toml", *projects]:
        state.update(path.read_bytes())
    stamp = Path(session.virtualenv.location, "audioml-installed")
    if stamp.is_file() and stamp.read_text() == state.hexdigest():
        session.log("everything is installed")
        return
    stamp.unlink(missing_ok=True)
    session.log("installing (a minute or two the first time)")
    session.install("-c", "constraints.txt", "--disable-pip-version-check", *arguments)
    stamp.write_text(state.hexdigest())


def _editable(*names: str) -> list[str]:
    return [part for name in names for part in ("-e", f"./{DISTRIBUTIONS[name]}")]


def _everything() -> list[str]:
    return _editable(*(name for name in DISTRIBUTIONS if name not in APART))


def _install_all(session: nox.Session) -> None:
    groups = _groups("test", "reference", "browser", "notebook", "deploy", "train")
    _install(session, *_everything(), *groups)


@nox.session
def demo(session: nox.Session) -> None:
    """Find the chords of a song: of the one named, or of one made on the spot."""
    _install(session, *_editable("core", "analyze", "crema"))
    given = [a for a in session.posargs if a]
    song = Path(os.environ.get("PWD", "."), given[0]) if given else ROOT / "demo" / "song.wav"
    if not given:
        session.run("python", "examples/make_song.py", str(song), silent=False)
    session.run("audioml", "analyze", str(song), "-f", "text")
    session.run("audioml", "analyze", str(song), "-o", "demo/", "-f", "jams,html")
    for suffix in (".jams", ".html"):
        session.log("written: %s", Path("demo", song.stem + suffix))


@nox.session
def tests(session: nox.Session) -> None:
    """Run the quick tier; what is skipped is printed with its reason."""
    _install_all(session)
    session.run("pytest", *ALL_CORES, "-m", QUICK, *session.posargs)


@nox.session(venv_backend="none")
def full(session: nox.Session) -> None:
    """Run every tier: the quick one, the slow one, and the browser."""
    _tests(session, "")


@nox.session(venv_backend="none")
def parity(session: nox.Session) -> None:
    """Compare with the originals' own outputs; fails where these are absent."""
    _tests(session, "parity", AUDIOML_REQUIRE_TEST_DATA="1")


def _tests(session: nox.Session, marked: str, **env: str) -> None:
    """Run the tests with a mark, in the environment of the quick ones."""
    nested = (sys.executable, "-m", "nox", "-s", "tests", "--", "-m", marked)
    session.run(*nested, *session.posargs, env=env)


def _wheels(session: nox.Session) -> Path:
    """Return a folder with a wheel of every distribution, built anew where a source changed."""
    folder, state = ROOT / ".nox" / "wheels", hashlib.sha256()
    files = (p for d in DISTRIBUTIONS.values() for p in (ROOT / d).rglob("*") if p.is_file())
    for path in sorted(files):
        if "__pycache__" not in path.parts and "tests" not in path.parts:
            state.update(str(path).encode() + path.read_bytes())
    stamp = folder / "state"
    if stamp.is_file() and stamp.read_text() == state.hexdigest():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    session.install("build")
    for project in DISTRIBUTIONS.values():
        command = ("python", "-m", "build", "--wheel", "--outdir", str(folder), project)
        session.run(*command, silent=True)
    session.run("pip", "uninstall", "--yes", "build", "pyproject_hooks", silent=True)
    stamp.write_text(state.hexdigest())
    return folder


@nox.session
@nox.parametrize("dist", list(DISTRIBUTIONS))
def alone(session: nox.Session, dist: str) -> None:
    """Test one distribution with nothing installed but what it declares."""
    wheels = _wheels(session)
    session.install(
        *("-c", "constraints.txt", "--find-links", str(wheels), f"audioml-{dist}"),
        *_groups("test"),
    )
    tests = f"{DISTRIBUTIONS[dist]}/tests"
    session.run("pytest", *ALL_CORES, "-m", QUICK, tests, *session.posargs)


@nox.session
@nox.parametrize("engine", ["spark", "ray"])
def engines(session: nox.Session, engine: str) -> None:
    """Test an engine of clusters on this machine; Spark needs Java 17."""
    core = f"./{DISTRIBUTIONS['core']}[{engine}]"
    _install(session, "-e", core, *_editable("generate"), *_groups("test"))
    tests = ("core/tests/executor", "generate/tests/prepare/test_prepare_engines.py")
    session.run("pytest", *(f"packages/{path}" for path in tests), *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and the layers."""
    _install(session, *_groups("lint"))
    session.install("--no-deps", *_editable(*DISTRIBUTIONS))  # layers are read, nothing is run
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    _install(session, *_everything(), *_groups("types", "test"), "nox")
    session.run("mypy", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, and check the site; a warning is an error."""
    _install(session, *_everything(), *_groups("docs", "browser"), "pyarrow", "pytest")
    session.run("python", "docs/generate_cli.py", "--check")
    session.run("python", "docs/generate_serve.py", "--check")
    site = "docs/_build/html"
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", site)
    session.run("pytest", "tests/test_docs_site.py", env={"AUDIOML_SITE": str(ROOT / site)})


@nox.session
def bench(session: nox.Session) -> None:
    """Measure; every benchmark measures both of its sides in one run."""
    paths = [f"./{DISTRIBUTIONS[name]}" for name in ("core", "analyze", "crema")]
    session.install("-c", "constraints.txt", "--force-reinstall", *paths)  # as users have them
    session.run("python", "benchmarks/analyze.py", *session.posargs)


@nox.session
def bench_edge(session: nox.Session) -> None:
    """Measure the edge; `-- --original` measures SONYC's own stack beside it."""
    paths = [f"./{DISTRIBUTIONS[name]}" for name in ("core", "edge", "tflite")]
    session.install("-c", "constraints.txt", "librosa", "--force-reinstall", *paths)
    session.run("python", "benchmarks/edge.py", *session.posargs)


@nox.session
def bench_serve(session: nox.Session) -> None:
    """Measure the server; `-- --max FOLDER` measures IBM MAX beside it, `--litserve` LitServe."""
    paths = [f"./{DISTRIBUTIONS[name]}" for name in ("core", "serve", "onnx", "vggish")]
    session.install("-c", "constraints.txt", "--force-reinstall", *paths)
    session.run("python", "benchmarks/serve.py", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build every distribution into dist/ and check its metadata."""
    _install(session, *_groups("build"))
    for path in [".", *DISTRIBUTIONS.values()]:
        session.run("python", "-m", "build", "--outdir", "dist", path)
    session.run("twine", "check", "--strict", *map(str, Path("dist").glob("*")))
