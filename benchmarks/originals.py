"""Virtual environments in which the original systems still run, built once and kept in a cache.

``python benchmarks/originals.py crema-A`` prints the path of that environment's interpreter.
Two recipes of crema 0.2.0: A is the one every stored reference was made with, B is the same
code on newer libraries and shows how far library versions alone move the results. ``max`` runs
IBM MAX's audio embedding generator, whose source is not a package; ``litserve`` another server of
today, around audioml's own VGGish.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["RECIPES", "Recipe", "build", "cache_folder", "find_python", "main"]


@dataclass(frozen=True)
class Recipe:
    """What one environment is made of: `steps` are the arguments of successive ``pip install``."""

    python: str
    steps: tuple[tuple[str, ...], ...]

    @property
    def digest(self) -> str:
        """The fingerprint that says whether an environment was built from this very recipe."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


# Without isolation the old setup.py sees the pinned setuptools, which still has pkg_resources.
_CREMA = ("--no-deps", "--no-build-isolation", "crema==0.2.0")
_PINS_A = (
    "numpy==1.21.6 scipy==1.7.3 librosa==0.9.1 numba==0.55.2 resampy==0.3.1 jams==0.3.4 "
    "scikit-learn==1.0.2 tensorflow-cpu==2.8.4 keras==2.8.0 mir_eval==0.7 pumpp==0.6.0 "
    "h5py==3.6.0 pandas==1.4.4 protobuf<3.20 six soundfile==0.13.1"
)
_PINS_B = (
    "tensorflow-cpu==2.15.1 keras==2.15.0 numpy==1.26.4 scipy==1.14.1 scikit-learn==1.5.2 "
    "librosa==0.11.0 pumpp==0.6.0 jams==0.3.5 mir_eval==0.8.2 pandas<3 h5py six"
)
_SONYC = "tflite-runtime==2.14.0 numpy==1.26.4 librosa==0.11.0 soundfile soxr"
# alone: it pins flask-restplus 0.11, and runs with 0.13 as well
_MAXFW = ("--no-deps", "maxfw==1.1.3")
_MAX = (
    "tensorflow==1.15.4 numpy==1.18.4 scipy==1.4.1 resampy==0.2.1 flask-restplus==0.13.0 "
    "flask-cors<4 werkzeug<1 flask<1.2 jinja2<3 itsdangerous<2.1 markupsafe<2.1 protobuf<3.21 "
    "json_tricks==3.13.1"
)
_HERE = Path(__file__).resolve().parents[1]
_LITSERVE = "litserve==0.2.19 python-multipart onnxruntime soundfile soxr"
_AUDIOML = ("packages/core", "plugins/onnx", "plugins/vggish")
RECIPES = {
    "crema-A": Recipe("3.9", (("setuptools<60", "wheel"), tuple(_PINS_A.split()), _CREMA)),
    "crema-B": Recipe("3.11", (("setuptools<80", "wheel"), tuple(_PINS_B.split()), _CREMA)),
    "litserve": Recipe(
        "3.11", (tuple(_LITSERVE.split()), tuple(f"--editable={_HERE / part}" for part in _AUDIOML))
    ),
    "max": Recipe("3.7", (_MAXFW, tuple(_MAX.split()))),
    "sonyc": Recipe("3.11", (tuple(_SONYC.split()),)),
}


def cache_folder() -> Path:
    """Where environments are kept: ``$AUDIOML_BENCH_CACHE`` or ``~/.cache/audioml-benchmarks``."""
    chosen = os.environ.get("AUDIOML_BENCH_CACHE")
    return Path(chosen).absolute() if chosen else Path.home() / ".cache" / "audioml-benchmarks"


def find_python(version: str, *, given: str | None = None) -> str:
    """`given` if it is a Python `version`, else the first the environment, PATH or pyenv has."""
    variable = "AUDIOML_PYTHON" + version.replace(".", "")
    for candidate in [given] if given else _candidates(version, os.environ.get(variable)):
        if _version_of(candidate) == version:
            return candidate
    option = "--python" + version.replace(".", "")
    looked = repr(given) if given else "PATH or pyenv"
    msg = f"no Python {version} at {looked}: install one, or name it with {option} or ${variable}"
    raise FileNotFoundError(msg)


def _candidates(version: str, from_environment: str | None) -> Iterator[str]:
    """Interpreters worth asking, cheapest first."""
    yield from filter(None, [from_environment, sys.executable, shutil.which(f"python{version}")])
    pyenv = shutil.which("pyenv")
    if pyenv:
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=False)
        yield from map(str, Path(root.stdout.strip(), "versions").glob(f"{version}.*/bin/python"))


def _version_of(interpreter: str) -> str | None:
    """``3.9`` for an interpreter that runs, None for one that does not."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        reply = subprocess.run([interpreter, "-c", ask], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return reply.stdout.strip()


def build(name: str, *, python: str | None = None) -> Path:
    """The interpreter of environment `name`, built first unless its stamp says it already is."""
    recipe, folder = RECIPES[name], cache_folder() / name
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "recipe.sha256"
    if stamp.is_file() and stamp.read_text().strip() == recipe.digest:
        return interpreter
    base = find_python(recipe.python, given=python)
    _run([base, "-m", "venv", "--clear", str(folder)])
    for step in recipe.steps:
        _run([str(interpreter), "-m", "pip", "install", "--quiet", *step])
    stamp.write_text(recipe.digest + "\n")
    return interpreter


def _run(command: list[str]) -> None:
    """Run `command` with its output on standard error, which leaves stdout to the answer."""
    subprocess.run(command, check=True, stdout=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Build one environment, print its interpreter; 1 with one sentence where that fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--python37", metavar="PATH", help="a Python 3.7, for max")
    parser.add_argument("--python39", metavar="PATH", help="a Python 3.9, for crema-A")
    parser.add_argument("--python311", metavar="PATH", help="a Python 3.11, for the others")
    options = parser.parse_args(argv)
    version = RECIPES[options.name].python
    given = getattr(options, f"python{version.replace('.', '')}")
    try:
        print(build(options.name, python=given))
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        print(f"originals: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
