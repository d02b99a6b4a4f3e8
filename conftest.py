"""Fixtures that the tests of several distributions share."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
import venv
from pathlib import Path
from typing import NoReturn

import pytest

# what is tested only by itself: `nox -s alone`
_APART = {"plugins/tensorflow": "audioml_tensorflow"}
collect_ignore = [path for path, name in _APART.items() if not importlib.util.find_spec(name)]
_DATA = Path(__file__).parents[1] / "shared" / "data"


@pytest.fixture(autouse=True)
def _interrupts() -> None:
    """Ctrl-C means what it means at a terminal, though a script's background has it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _absent(reason: str) -> NoReturn:
    """Skip, or fail where a run is worth nothing without, as that of ``nox -s parity``."""
    if os.environ.get("AUDIOML_REQUIRE_TEST_DATA"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The outputs of the original systems: ``AUDIOML_TEST_DATA``, or ``../shared/data``."""
    folder = Path(os.environ.get("AUDIOML_TEST_DATA", _DATA))
    if not folder.is_dir():
        _absent("the originals' outputs are not here: set AUDIOML_TEST_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def pulled_weights(request: pytest.FixtureRequest) -> Path:
    """A store with the published models, pulled once and kept until what converts them changes."""
    crema = pytest.importorskip("audioml_crema", reason="audioml-crema is not installed")
    from audioml.core.errors import OfflineError
    from audioml.core.store import Store
    from audioml_crema.model import CHORD

    sources = sorted(Path(crema.__file__).parent.glob("*.py"))
    state = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    store = Store(Path(request.config.cache.mkdir(f"audioml-home-{state[:12]}")))
    try:
        folder = store.pull(CHORD)
    except OfflineError as error:
        _absent(f"the published weights cannot be had: {error}")
    return folder.parents[2]


@pytest.fixture
def weights(pulled_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of this test's own, in whose store the published models are."""
    home = tmp_path / "audioml-home"
    home.mkdir()
    (home / "models").symlink_to(pulled_weights / "models")
    monkeypatch.setenv("AUDIOML_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def fresh_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a new virtual environment, in which what is installed here can be seen.

    ``pip install -e FOLDER`` adds to it and to nothing else, and needs no network. Its scripts are
    ``python``, ``pip``, ``pytest`` and ``audioml``.
    """
    for name in ("hatchling", "editables"):
        pytest.importorskip(name, reason=f"{name} is not installed, which builds what is")
    place = tmp_path_factory.mktemp("fresh") / "env"
    venv.EnvBuilder(symlinks=os.name != "nt").create(place)
    scripts = place / ("Scripts" if os.name == "nt" else "bin")
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.check_output([scripts / "python", "-c", asked], text=True).strip()
    here = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    seen = "".join(f"import site; site.addsitedir({path!r})\n" for path in here)
    Path(site, "what_is_installed_here.pth").write_text(seen)
    for name, module in (("pip", "pip"), ("pytest", "pytest"), ("audioml", "audioml.core.cli")):
        script = (
            f"#!{scripts / 'python'}\nimport runpy\nrunpy.run_module({module!r}, None, '__main__')"
        )
        (scripts / name).write_text(script)
        (scripts / name).chmod(0o755)
    own = ("PYTHONPATH", "AUDIOML_")  # what one test sets is nothing to the others
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {
        **kept,
        "PATH": f"{scripts}{os.pathsep}{kept['PATH']}",
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "false",  # so pip spells that there is none
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "OMP_NUM_THREADS": "1",
    }
