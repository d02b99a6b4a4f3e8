"""Writing so that nothing is lost or half-written: write beside, then rename."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from .errors import OutputError

__all__ = ["replacing", "replacing_folder", "sha256", "shown", "write_bytes"]


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as one printable line, whatever characters its name holds."""
    text = os.fspath(path)
    return text if text.isprintable() and text.strip() == text and text else repr(text)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``, which becomes ``path`` if the block succeeds.

    Raises
    ------
    OutputError
        If the place cannot be written, the disk is full, or the rename fails.
    """
    temporary = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"cannot write {shown(path)}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give a new folder beside ``path``, which becomes ``path`` if the block succeeds.

    Where another process has put a folder there meanwhile, that one stays and ours is dropped.
    """
    temporary = _beside(path)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if not path.exists():
            with contextlib.suppress(FileExistsError):
                _rename_unless_taken(temporary, path)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"cannot write {shown(path)}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _rename_unless_taken(temporary: Path, path: Path) -> None:
    try:
        temporary.rename(path)
    except OSError:
        if not path.exists():
            raise


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}.part")


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file, or nothing."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)
