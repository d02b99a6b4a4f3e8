"""Asks git, and nothing else: no hook runs, no variable misleads it, nothing is fetched."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["GitState", "git", "git_state", "repositories"]

_PATIENCE = 20.0  # seconds; asking a large repository on a slow disk takes a few
_LARGE = 1 << 20  # bytes; of an untracked file above this, size and name stand for the contents
_QUIETLY = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.allow=never",
    "-c",
    "core.quotePath=false",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitState:
    """The state of a working directory.

    ``diff`` is the SHA-256 of all that differs from the commit, empty where nothing does; two runs
    with the same commit and diff ran the same code. ``commit`` is empty before the first one.
    """

    commit: str
    branch: str
    dirty: bool
    diff: str


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Return what git answers in a folder.

    Raises
    ------
    FileNotFoundError
        If there is no git.
    subprocess.TimeoutExpired
        If it does not answer.
    """
    kept = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    env = {
        **kept,
        "LC_ALL": "C",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    command = ["git", "-C", str(folder), *_QUIETLY, *arguments]
    return subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE,
        check=False,
    )  # fmt: skip


def repositories(path: Path) -> list[Path]:
    """Return the folders above a path that hold a ``.git``, the innermost first.

    In a worktree or a submodule ``.git`` is a file; it counts as well.
    """
    return [folder for folder in Path(os.path.realpath(path)).parents if _has_git(folder)]


def git_state(folder: Path) -> GitState | None:
    """Return the state of the working directory around a folder; None where git does not know."""
    try:
        inside = git(folder, "rev-parse", "--show-toplevel")
        if inside.returncode:
            return None
        return _state(Path(os.fsdecode(inside.stdout.rstrip(b"\r\n"))))
    except (OSError, subprocess.SubprocessError):
        return None


def _has_git(folder: Path) -> bool:
    return os.path.lexists(folder / ".git")


def _state(top: Path) -> GitState:
    commit = _line(top, ("rev-parse", "--verify", "--quiet", "HEAD"))
    branch = _line(top, ("symbolic-ref", "--short", "--quiet", "HEAD"))
    base = commit or _line(top, ("hash-object", "-t", "tree", "--stdin"))  # of nothing at all
    differing = git(
        top, "diff", "--binary", "--no-ext-diff", "--no-textconv", "--no-color", base
    ).stdout
    untracked = git(top, "ls-files", "--others", "--exclude-standard", "-z").stdout
    if not differing and not untracked:
        return GitState(commit=commit, branch=branch, dirty=False, diff="")
    digest = hashlib.sha256(differing)
    for name in sorted(part for part in untracked.split(b"\0") if part):
        digest.update(b"\0" + name + b"\0" + _contents(top / os.fsdecode(name)))
    return GitState(commit=commit, branch=branch, dirty=True, diff=digest.hexdigest())


def _line(folder: Path, arguments: Sequence[str]) -> str:
    answer = git(folder, *arguments)
    return answer.stdout.decode(errors="replace").strip() if answer.returncode == 0 else ""


def _contents(path: Path) -> bytes:
    try:
        if path.is_symlink() or not path.is_file():
            return b""
        size = path.stat().st_size
        return str(size).encode() if size > _LARGE else hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""
