"""Refuses files of credentials that git keeps, may come to keep, or others may read.

A file is private if nobody but its owner may read it, and every repository around it neither tracks
it nor has had it in a commit; the innermost must ignore it, or a ``git add .`` would take it.
"""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

from audioml.core.files import shown

from ..runs.git import git, repositories
from .errors import CredentialsError, ExposedCredentialsError

__all__ = ["ensure_private"]

_IGNORED = ("check-ignore", "-q", "--no-index", "--")  # it would take the name for a pattern
_OTHERS = 0o177  # what a mode of 0600 has not


def ensure_private(path: str | Path) -> Path:
    """Return the real path of a file of credentials after it was found to be private.

    Raises
    ------
    CredentialsError
        If there is no such file.
    ExposedCredentialsError
        If others may read it; if a repository around it tracks it, has it in its history or does
        not ignore it; if git cannot be asked although there is a repository.
    """
    file = Path(os.path.realpath(Path(path).expanduser()))
    try:
        about = file.stat()
    except OSError as error:
        raise CredentialsError(
            f"the file of credentials {shown(file)} cannot be read: {error.strerror}"
        ) from error
    if not stat.S_ISREG(about.st_mode):
        raise CredentialsError(f"the file of credentials {shown(file)} is not a file")
    if os.name == "posix" and about.st_mode & _OTHERS:
        mode = stat.S_IMODE(about.st_mode)
        raise ExposedCredentialsError(
            f"the file of credentials {shown(file)} has mode {mode:04o}, 0600 was expected: "
            f"chmod 600 {shown(file)}"
        )
    for depth, repository in enumerate(repositories(file)):
        _check(file, repository, innermost=depth == 0)
    return file


def _check(file: Path, repository: Path, *, innermost: bool) -> None:
    name = file.relative_to(repository).as_posix()
    tracked = _ask(file, repository, "ls-files", "--error-unmatch", "--", f":(literal){name}")
    if tracked:
        raise ExposedCredentialsError(
            f"the file of credentials {shown(file)} is tracked by git in {shown(repository)}: "
            f"git rm --cached it, ignore it, and change what it holds"
        )
    if _was_committed(file, repository, name):
        raise ExposedCredentialsError(
            f"the file of credentials {shown(file)} is in the history of {shown(repository)}: "
            "change what it holds, and keep it under another name"
        )
    if innermost and not _ask(file, repository, *_IGNORED, f"./{name}"):
        raise ExposedCredentialsError(
            f"the file of credentials {shown(file)} is not ignored by git in {shown(repository)}: "
            f"add /{name} to its .gitignore, or keep it outside"
        )


def _was_committed(file: Path, repository: Path, name: str) -> bool:
    """Return whether any commit touched the path, or holds the contents under another name."""

    def ask(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return _run(file, repository, *arguments)

    def logged(*arguments: str) -> bool:
        log = ask("log", "--all", "--max-count=1", "--format=%H", *arguments)
        return _said(file, repository, log)

    has_head = ask("rev-parse", "--verify", "--quiet", "HEAD").returncode == 0
    if not has_head and not ask("for-each-ref", "--count=1").stdout:
        return False  # there is no commit, of which git log would complain
    if logged("--full-history", "--", f":(literal){name}"):
        return True
    blob = ask("hash-object", "--no-filters", "--", str(file))
    if not _said(file, repository, blob):
        return False
    found = blob.stdout.decode("ascii").strip()
    # the second question takes long in a large repository, and is seldom to be asked
    return ask("cat-file", "-e", found).returncode == 0 and logged(f"--find-object={found}")


def _said(file: Path, repository: Path, answer: subprocess.CompletedProcess[bytes]) -> bool:
    if answer.returncode:
        raise _unknown(file, repository, answer.stderr.decode(errors="replace"))
    return bool(answer.stdout)


def _ask(file: Path, repository: Path, *arguments: str) -> bool:
    """Return git's yes (0) or no (1); anything else is no answer, and refused."""
    answer = _run(file, repository, *arguments)
    if answer.returncode not in (0, 1):
        raise _unknown(file, repository, answer.stderr.decode(errors="replace"))
    return answer.returncode == 0


def _run(file: Path, repository: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return git(repository, *arguments)
    except FileNotFoundError as error:
        raise _unknown(file, repository, "git is not installed") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise _unknown(file, repository, str(error)) from error


def _unknown(file: Path, repository: Path, reason: str) -> ExposedCredentialsError:
    first = (reason.strip().splitlines() or ["no reason was given"])[0]
    return ExposedCredentialsError(
        f"git cannot tell whether the repository {shown(repository)} holds the file of credentials "
        f"{shown(file)}: {first}; keep the file outside, or use environment variables"
    )
