"""Writing so that nothing is lost or half-written: write beside, then rename."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .errors import AudiomlError, OutputError

__all__ = [
    "hashed",
    "is_inside",
    "native",
    "replacing",
    "replacing_folder",
    "sha256",
    "shown",
    "sync",
    "write_bytes",
    "writing",
]


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as one printable line, whatever characters its name holds."""
    text = os.fspath(path)
    return text if text.isprintable() and text.strip() == text and text else repr(text)


def is_inside(name: str) -> bool:
    """Return whether a path that a file names stays in the folder of that file, on any system."""
    path = PurePosixPath(name)
    odd = "\\" in name or ":" in name or "\0" in name
    return bool(name) and not (path.is_absolute() or ".." in path.parts or odd)


def native(path: Path) -> bytes | str:
    """Return a path as a C library takes it, whatever bytes its name holds."""
    return os.fsencode(path) if os.name == "posix" else str(path)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    return hashed(path, "sha256")


def hashed(path: Path, method: str) -> str:
    """Return a hash of a file's bytes in hexadecimal; ``method`` is one of `hashlib`'s names."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, method).hexdigest()


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def writing(what: str) -> Iterator[None]:
    """Turn what the system says while something is written into one sentence.

    Raises
    ------
    OutputError
        If the disk is full, the place cannot be written, and so on.
    """
    try:
        yield
    except AudiomlError:  # some of which are OSErrors too
        raise
    except FileExistsError as error:  # of a file that stands where a folder should be
        raise OutputError(f"cannot write {what}: {error.filename} is not a folder") from error
    except OSError as error:
        raise OutputError(f"cannot write {what}: {error.strerror or error}") from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``, which becomes ``path`` if the block succeeds.

    A link is followed: what it points to is replaced.

    Raises
    ------
    OutputError
        If the place cannot be written, the disk is full, or the rename fails.
    """
    with writing(shown(path)):
        target = Path(os.path.realpath(path))
        temporary = _beside(target)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            temporary.replace(target)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path: Path, *, again: bool = False) -> Iterator[Path]:
    """Give a new folder beside ``path``, which becomes ``path`` if the block succeeds.

    Where a folder stands there by then, that one stays and ours is dropped; with ``again``, ours
    takes its place.
    """
    with writing(shown(path)):
        temporary, aside = _beside(path), _beside(path)
        try:
            temporary.mkdir(parents=True)
            yield temporary
            if again and path.exists():
                path.rename(aside)
            try:
                temporary.rename(path)
            except OSError:
                if not path.exists():
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.rmtree(aside, ignore_errors=True)


def _beside(path: Path) -> Path:
    name = os.fsencode(path.name)[:100].decode(errors="ignore")  # disks count bytes
    return path.with_name(f".{name}.{os.getpid()}-{secrets.token_hex(4)}.part")


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file, or nothing; a pipe or a device is written to as it is."""
    with writing(shown(path)):
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
    with replacing(path) as temporary:
        temporary.write_bytes(data)
