"""Whether a folder is on a file system whose changes elsewhere raise no events here."""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_remote"]

_REMOTE = frozenset({"9p", "afs", "ceph", "cifs", "glusterfs", "nfs", "nfs4", "smb3", "vboxsf"})


def is_remote(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Return whether a folder is on a network mount, a host's shared folder or FUSE."""
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:  # no Linux: events are tried
        return False
    best, kind = "", ""
    place = str(folder.resolve())
    for line in lines:
        _, at, this, *_ = line.split(" ")
        at = at.encode().decode("unicode_escape", errors="replace")
        inside = place == at or place.startswith(at.rstrip("/") + "/")
        if inside and len(at) >= len(best):
            best, kind = at, this
    return kind in _REMOTE or kind.startswith("fuse.")
