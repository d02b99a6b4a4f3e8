"""``audioml doctor``: versions, backends, the store, and the command that mends what is missing."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import click

from ..errors import AudiomlError
from ..files import shown
from ..models.manifest import Manifest
from ..plugins import registry
from ..store.store import Store

__all__ = ["app", "findings"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is, and what would mend it."""

    what: str
    state: str
    fix: str = ""
    fatal: bool = False


@click.command()
def app() -> int:
    """Find out what is missing here, and which command mends it."""
    found = list(findings())
    width = max(len(f.what) for f in found)
    for finding in found:
        mark = "!!" if finding.fatal else "--" if finding.fix else "ok"
        click.echo(f"{mark} {finding.what.ljust(width)}  {finding.state}")
        if finding.fix:
            click.echo(f"   {' ' * width}  -> {finding.fix}")
    return 1 if any(f.fatal for f in found) else 0


def findings() -> Iterator[Finding]:
    """Yield everything that is worth knowing of this installation."""
    yield Finding("python", f"{platform.python_version()} ({sys.executable})")
    yield Finding("platform", platform.platform())
    for name in ("audioml-core", "numpy", "soundfile", "soxr"):
        yield _distribution(name)
    yield from _libsndfile()
    yield _ffmpeg()
    yield from _plugins()
    yield from _store()


def _distribution(name: str) -> Finding:
    try:
        return Finding(name, version(name))
    except PackageNotFoundError:
        return Finding(name, "not installed", f"pip install {name}", fatal=True)


def _libsndfile() -> Iterator[Finding]:
    try:
        import soundfile
    except (ImportError, OSError) as error:
        yield Finding("libsndfile", str(error), "pip install --force-reinstall soundfile", True)
        return
    reads = soundfile.available_formats()
    mp3 = "reads mp3" if "MP3" in reads else "does not read mp3"
    fix = "" if "MP3" in reads else "pip install --upgrade soundfile"
    yield Finding("libsndfile", f"{soundfile.__libsndfile_version__}, {mp3}", fix)


def _ffmpeg() -> Finding:
    path = shutil.which("ffmpeg")
    if path:
        return Finding("ffmpeg", path)
    fix = {"darwin": "brew install ffmpeg", "win32": "winget install ffmpeg"}
    return Finding(
        "ffmpeg",
        "not installed: m4a, aac, wma and video cannot be read",
        fix.get(sys.platform, "apt install ffmpeg (or your system's package)"),
    )


def _plugins() -> Iterator[Finding]:
    for plugin in registry().plugins:
        missing = sorted({name for c in plugin.components for name in c.missing})
        state = f"{plugin.distribution} {plugin.version}, {len(plugin.components)} components"
        fix = f"pip install {' '.join(missing)}" if missing else ""
        yield Finding(f"plugin {plugin.name}", state, fix)
    for backend in registry().components("backend"):
        fix = f"pip install {' '.join(backend.missing)}" if backend.missing else ""
        yield Finding(f"backend {backend.name}", backend.summary, fix)
    yield from _components()
    for broken in registry().broken:
        fix = f"pip uninstall {broken.distribution}, or: audioml plugins why {broken.name}"
        yield Finding(f"plugin {broken.name}", f"broken: {broken.reason}", fix, fatal=True)


def _components() -> Iterator[Finding]:
    """Yield the components that cannot be used: of one name with another, or not importable."""
    for component in registry().components():
        try:
            registry().find(component.kind, component.name)
            if not component.missing:
                component.load()
        except AudiomlError as error:
            yield Finding(f"{component.kind} {component.name}", str(error), "", fatal=True)


def _store() -> Iterator[Finding]:
    from ..models.load import check

    store = Store()
    place = store.root
    while not os.path.exists(place):
        place = place.parent
    if place.is_dir() and os.access(place, os.W_OK):
        free = shutil.disk_usage(place).free / 1e9
        yield Finding("store", f"{shown(store.root)}, {free:.1f} GB free")
    else:
        fix = "set AUDIOML_HOME to a folder that you may write"
        yield Finding("store", f"{shown(store.root)} cannot be written", fix, fatal=True)
    for folder in store.broken():
        fix = f"audioml models pull {folder.parent.name} --again"
        yield Finding(f"model {folder.parent.name}", "has lost its model.json", fix, fatal=True)
    for folder in store.folders():
        name = folder.parent.name
        try:
            manifest = Manifest.read(folder)
            check(folder, manifest)
            yield Finding(f"model {name}", f"{manifest.version}, sound")
        except AudiomlError as error:
            fix = f"audioml models pull {name} --again"
            yield Finding(f"model {name}", str(error), fix, fatal=True)
