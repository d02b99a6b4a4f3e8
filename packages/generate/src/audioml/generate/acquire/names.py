"""Names that any system can have for a file, and the formats that files are of."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

__all__ = ["AUDIO", "safe_name", "sniffed_suffix", "suffix_of"]

AUDIO = (
    *(".aac", ".aif", ".aiff", ".au", ".caf", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus"),
    *(".w64", ".wav", ".webm", ".wma"),
)
"""Endings of files that are taken for sound."""

_LONGEST = 100  # bytes of one name: disks have 255, and endings and marks of ours are added
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_FORBIDDEN = frozenset('<>:"|?*')
_MAGIC = (
    (b"ID3", 0, ".mp3"),
    (b"fLaC", 0, ".flac"),
    (b"OggS", 0, ".ogg"),
    (b"WAVE", 8, ".wav"),
    (b"AIFF", 8, ".aiff"),
    (b"AIFC", 8, ".aiff"),
    (b"ftyp", 4, ".m4a"),
    (b"\x1aE\xdf\xa3", 0, ".webm"),
    (b"caff", 0, ".caf"),
    (b".snd", 0, ".au"),
)


def safe_name(text: str) -> str:
    """Return a relative path, with ``/``, that names a file below any folder on any system."""
    parts = [_safe(part) for part in re.split(r"[/\\]", text) if part not in ("", ".", "..")]
    return "/".join(parts) or "_"


def _safe(part: str) -> str:
    kept = "".join(c if c.isprintable() and c not in _FORBIDDEN else "_" for c in part)
    kept = kept.encode()[:_LONGEST].decode(errors="ignore").strip(" ").rstrip(".")
    kept = re.sub(r"^\.", "_", kept)
    return f"_{kept}" if _RESERVED.fullmatch(kept) or not kept else kept


def suffix_of(name: str) -> str:
    """Return the ending of a name if it is one of sound, in lower case; else nothing."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if suffix in AUDIO else ""


def sniffed_suffix(path: Path) -> str:
    """Return the ending that the first bytes of a file ask for; nothing if they are no sound."""
    with path.open("rb") as file:
        head = file.read(16)
    for magic, at, suffix in _MAGIC:
        if head[at : at + len(magic)] == magic:
            return suffix
    is_frame = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    if is_frame:
        return ".aac" if head[1] & 0x06 == 0 else ".mp3"  # layer 0 is ADTS
    return ""
