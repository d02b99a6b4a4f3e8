"""Whether a plugin was written for this version of the contract, and what to say if not."""

from __future__ import annotations

from ..errors import PluginError
from . import hookspecs

__all__ = ["checked_contract"]


def checked_contract(written_for: object, distribution: str, version: str) -> str:
    """Return what is to be said of a plugin that was written for an older contract, or nothing.

    Parameters
    ----------
    written_for
        What its module says, ``audioml_contract``.
    distribution, version
        What it was installed with.

    Raises
    ------
    PluginError
        If it was written for a newer contract, or one that is no longer kept.
    """
    now, then = hookspecs.CONTRACT, written_for
    if not isinstance(then, int) or isinstance(then, bool) or then < 1:
        raise PluginError(f"'audioml_contract' must be a number from 1, got {then!r}")
    named = f"{distribution} {version}".strip()
    told = f"{named} is written for version {then} of the plugin contract"
    if then > now:
        raise PluginError(
            f"{told}, and this audioml-core knows up to {now}; run: pip install -U audioml-core"
        )
    if then < now - 1:
        raise PluginError(f"{told}, which is no longer kept; run: pip install -U {distribution}")
    if then == now:
        return ""
    return (
        f"{told}, and this is version {now}: it works until version {now + 1}; look for a newer "
        f"{distribution}"
    )
