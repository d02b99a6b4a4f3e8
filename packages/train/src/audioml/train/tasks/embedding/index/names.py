"""What a person calls a recording: its whole name, without its ending, or the end of its path."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

__all__ = ["Names"]


class Names:
    """Finds recordings by what they are called.

    Parameters
    ----------
    names
        Paths below a folder, with ``/``, each once.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._whole = {name: at for at, name in enumerate(names)}
        self._of_last: dict[str, list[int]] = {}

    def whole(self, called: str) -> int | None:
        """Return the place of the recording of this name."""
        return self._whole.get(called)

    def place(self, called: str) -> int | None:
        """Return the place of a recording; None where there is none, or more than one.

        Endings need not be told, and other endings do not matter where that is clear.
        """
        wanted = called.replace("\\", "/").removeprefix("./")
        if wanted in self._whole:
            return self._whole[wanted]
        if not self._of_last:  # only where someone does not give whole names
            found = defaultdict(list)
            for at, name in enumerate(self.names):
                found[_bare(_last(name))].append(at)
            self._of_last = dict(found)
        last = _last(wanted)
        keys = dict.fromkeys((last, _bare(last), _bare(_bare(last))))
        alike = [at for key in keys for at in self._of_last.get(key, ())]
        for text in (wanted, _bare(wanted)):
            places = {at for at in alike if _ends(self.names[at], text)}
            if places:
                return places.pop() if len(places) == 1 else None
        return None


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _bare(name: str) -> str:
    """Return a name without its ending."""
    folder, slash, last = name.rpartition("/")
    stem, _, _ = last.rpartition(".")
    return f"{folder}{slash}{stem or last}"


def _ends(name: str, wanted: str) -> bool:
    return any(f"/{each}".endswith(f"/{wanted}") for each in (name, _bare(name)))
