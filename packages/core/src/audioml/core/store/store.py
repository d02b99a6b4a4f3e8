"""Model folders on this machine: ``HOME/models/NAME/VERSION``, each checked and whole."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from ..errors import IntegrityError, ManifestError, OfflineError, UsageError
from ..files import hashed, replacing, replacing_folder, sha256, shown, writing
from ..models.manifest import MANIFEST, Manifest
from ..models.published import Origin, Published
from . import sources
from .trust import Trust

__all__ = ["Store", "home", "is_exported", "is_whole", "offline", "verify_files"]

_MAX_UNPACKED = 16 << 30
_STALE = 86400.0  # seconds


def home() -> Path:
    """Return the folder of the store: ``AUDIOML_HOME``, or the platform's cache folder."""
    given = os.environ.get("AUDIOML_HOME")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("audioml", appauthor=False))


def offline() -> bool:
    """Return whether the network is off by ``AUDIOML_OFFLINE``."""
    return os.environ.get("AUDIOML_OFFLINE", "") not in ("", "0")


class Store:
    """The models of one home folder, by default `home`."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or home()
        self.trust = Trust(self.root / "trust.json")

    def folders(self) -> Iterator[Path]:
        """Yield the model folders, by name and from the oldest version to the newest."""
        folders = [f for f in self._places() if os.path.isfile(f / MANIFEST)]
        yield from sorted(folders, key=lambda f: (f.parent.name, _version_key(f.name)))

    def find(self, name: str, version: str | None = None) -> Path | None:
        """Return the folder of a model, of the newest version unless one is named."""
        matching = [
            folder
            for folder in self.folders()
            if folder.parent.name == name and version in (None, folder.name)
        ]
        return matching[-1] if matching else None

    def pull(
        self,
        published: Published,
        *,
        given: Sequence[Path] = (),
        again: bool = False,
        progress: sources.Progress | None = None,
    ) -> Path:
        """Fetch a published model, check it, make its folder, and return that.

        Two processes may pull one model at the same time: each works beside, one folder stays.

        Parameters
        ----------
        given
            The files that the user has, in the order of ``origins``, instead of the network.
        again
            Replace the folder that is there, once the new one is whole.

        Raises
        ------
        IntegrityError
            If what came is not what was published.
        OfflineError
            If the network is off or does not answer.
        """
        target = self._place(published.name, published.version)
        if is_whole(target) and not again:
            return target
        _check_given(published, given)
        remote = any(not origin.url.startswith("file:") for origin in published.origins)
        if not given and offline() and remote:
            raise OfflineError(
                f"model {published.name!r} must be fetched and the network is off; connect once "
                f"and run: audioml models pull {published.name}"
            )
        with self._scratch() as scratch:
            fetched = []
            for origin, own in zip_longest(published.origins, given):
                fetched.append(_fetched(origin, own, scratch, published, progress))
            broken = target.exists() and not is_whole(target)
            with replacing_folder(target, again=again or broken) as folder:
                if published.write is None:
                    _unpack(fetched[0], folder)
                else:
                    published.write(tuple(fetched), folder)
                self._check_folder(folder)
        self._note_pulled(target)
        return target

    def own(self, name: str) -> Path | None:
        """Return the newest folder of a model that was not pulled but brought by the user."""
        own = [f for f in self.folders() if f.parent.name == name and not self._pulled(f).exists()]
        return own[-1] if own else None

    def _pulled(self, folder: Path) -> Path:
        return self.root / "pulled" / folder.parent.name / folder.name

    def _note_pulled(self, folder: Path) -> None:
        note = self._pulled(folder)
        with writing(f"the store {shown(self.root)}"):
            note.parent.mkdir(parents=True, exist_ok=True)
            note.touch()

    def add(self, archive: Path) -> Path:
        """Put an exported model (a zip, or a model folder) into the store and return its folder."""
        if archive.is_dir():
            return self._add_folder(archive)
        if not is_exported(archive):
            raise UsageError(f"{shown(archive)} is neither a model folder nor an exported model")
        return self.make(lambda folder: _unpack(archive, folder))

    def make(self, write: Callable[[Path], None]) -> Path:
        """Put the model into the store that ``write(folder)`` makes, and return its folder."""
        with self._scratch() as scratch:
            write(scratch)
            return self._add_folder(scratch)

    def _add_folder(self, source: Path) -> Path:
        manifest = self._check_folder(source)
        target = self._place(manifest.name, manifest.version)
        if target.exists():
            raise UsageError(f"{manifest.name} {manifest.version} is in the store already")
        with replacing_folder(target) as folder:
            for name in [MANIFEST, *manifest.files]:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / name, folder / name)
        return target

    def export(self, folder: Path, archive: Path) -> None:
        """Write a model folder as one zip, the same bytes for the same model."""
        manifest = self._check_folder(folder)
        with (
            replacing(archive) as temporary,
            zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as file,
        ):
            for name in [MANIFEST, *sorted(manifest.files)]:
                info = zipfile.ZipInfo(name)  # dated 1980-01-01, whoever writes it and when
                info.external_attr = (stat.S_IFREG | 0o644) << 16
                file.writestr(info, (folder / name).read_bytes(), zipfile.ZIP_DEFLATED)

    def remove(self, folder: Path) -> None:
        """Delete a model folder of the store."""
        if self.root.resolve() not in folder.resolve().parents:
            raise UsageError(f"{shown(folder)} is not in the store")
        with writing(shown(folder)):
            shutil.rmtree(folder)

    def broken(self) -> Iterator[Path]:
        """Yield folders that stand where models do and have no manifest."""
        yield from (f for f in self._places() if not os.path.isfile(f / MANIFEST))

    def _places(self) -> list[Path]:
        with contextlib.suppress(PermissionError):  # a store that may not be looked into
            found = sorted(self.root.glob("models/*/*"))
            return [folder for folder in found if not folder.name.startswith(".")]
        return []

    @contextlib.contextmanager
    def _scratch(self) -> Iterator[Path]:
        """Give a folder on the disk of the store, since the system's may be small."""
        with writing(f"the store {shown(self.root)}"):
            self.root.mkdir(parents=True, exist_ok=True)
            self._sweep()
            with tempfile.TemporaryDirectory(prefix=".part-", dir=self.root) as folder:
                yield Path(folder)

    def _sweep(self) -> None:
        """Remove what was left by processes that were killed more than a day ago."""
        for left in [*self.root.glob(".part-*"), *self.root.glob("models/*/.*.part")]:
            with contextlib.suppress(OSError):  # gone meanwhile
                if time.time() - left.stat().st_mtime > _STALE:
                    shutil.rmtree(left, ignore_errors=True)

    @staticmethod
    def _check_folder(folder: Path) -> Manifest:
        manifest = Manifest.read(folder)
        verify_files(folder, manifest)
        return manifest

    def _place(self, name: str, version: str) -> Path:
        return self.root / "models" / name / version


def is_exported(path: Path) -> bool:
    """Return whether a path is a model folder, or one written as a zip by `Store.export`."""
    if path.is_dir():
        return (path / MANIFEST).is_file()
    try:
        with zipfile.ZipFile(path) as file:
            return MANIFEST in file.namelist()
    except (zipfile.BadZipFile, OSError):
        return False


def is_whole(folder: Path) -> bool:
    """Return whether a folder has a manifest and files of the right sizes: a quick look."""
    try:
        files = Manifest.read(folder).files
        return all((folder / name).stat().st_size == f.bytes for name, f in files.items())
    except (ManifestError, OSError):
        return False


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Check every file of a model folder by size and SHA-256.

    Raises
    ------
    IntegrityError
        If one is missing or is not what the manifest says.
    """
    for name, entry in manifest.files.items():
        path = folder / name
        try:
            size = path.stat().st_size if path.is_file() else None
            same = size == entry.bytes and sha256(path) == entry.sha256
        except OSError as error:
            raise IntegrityError(f"{shown(path)} cannot be read: {error.strerror}") from error
        if not same:
            what = "is missing" if size is None else "is not the file that model.json describes"
            raise IntegrityError(
                f"{shown(path)} {what}; restore it, or run: "
                f"audioml models pull {manifest.name} --again"
            )
    for runtime in manifest.runtimes:
        if runtime.file not in manifest.files:
            raise ManifestError(f"runtime file {runtime.file!r} is not listed under 'files'")


def _check_given(published: Published, given: Sequence[Path]) -> None:
    if given and len(given) != len(published.origins):
        names = ", ".join(PurePosixPath(origin.url).name for origin in published.origins)
        raise UsageError(
            f"{published.name} is made of {len(published.origins)} file(s) ({names}), "
            f"got {len(given)}; give each with --from"
        )


def _fetched(
    origin: Origin,
    given: Path | None,
    scratch: Path,
    published: Published,
    progress: sources.Progress | None,
) -> Path:
    """Return a file of a model, fetched or taken from what the user has, and checked."""
    path = scratch / f"{published.origins.index(origin)}" / PurePosixPath(origin.url).name
    path.parent.mkdir(exist_ok=True)
    if given is not None:
        sources.from_local(origin.url, given, path)
    else:
        sources.fetch(origin.url, path, progress=progress)
    method, _, wanted = origin.digest.partition(":")
    size, digest = path.stat().st_size, hashed(path, method)
    if digest != wanted or origin.bytes not in (None, size):
        expected = f"{origin.bytes} bytes of " if origin.bytes is not None else ""
        raise IntegrityError(
            f"{shown(given) if given else origin.url} is not the published {published.name} "
            f"{published.version}: expected {expected}{method} {wanted[:12]}…, got {size} bytes of "
            f"{digest[:12]}…; nothing was kept"
        )
    return path


def _unpack(archive: Path, folder: Path) -> None:
    try:
        _unpack_safely(archive, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise IntegrityError(f"{shown(archive)} is damaged: {error}") from error


def _unpack_safely(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        if sum(info.file_size for info in file.infolist()) > _MAX_UNPACKED:
            raise IntegrityError(f"{shown(archive)} unpacks to more than 16 GiB")
        for info in file.infolist():
            path = PurePosixPath(info.filename)
            special = stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR)
            if path.is_absolute() or ".." in path.parts or "\\" in info.filename or special:
                raise IntegrityError(f"{shown(archive)} holds an unsafe name: {info.filename!r}")
        file.extractall(folder)


def _version_key(version: str) -> tuple[tuple[int, int | str], ...]:
    parts = version.replace("-", ".").replace("+", ".").replace("_", ".").split(".")
    return tuple((1, int(p)) if p.isdigit() else (0, p) for p in parts)
