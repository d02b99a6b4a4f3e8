"""What this plugin offers, as data: nothing is imported until it is used."""

from __future__ import annotations

from collections.abc import Iterator

from audioml.core.plugins import Component, hookimpl

audioml_contract = 1


@hookimpl
def components() -> Iterator[Component]:
    """Return the sink, the addresses and the task."""
    here = "audioml_noticeboard"
    yield Component("sink", "noticeboard", f"{here}.sink:Noticeboard", "when was it heard last?")
    yield Component("route", "noticeboard", f"{here}.routes:routes", "the noticeboard, to look at")
    yield Component("task", "kettle", f"{here}.kettle.task:Kettle", "whether a kettle whistles")
