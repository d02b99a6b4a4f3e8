"""A plugin with a collection, two of whose names are an attempt."""

from __future__ import annotations

from audioml.core.plugins import Component, hookimpl
from audioml.generate.acquire import Item, Url


@hookimpl
def components():
    yield Component("collection", "choir", "acquire_choir:CHOIR", "songs of a choir")


class Choir:
    settings = {}
    credit = "The *choir*"
    url = ""

    def items(self, wanted, fetcher):
        for name, suffix in [("../up", ".flac"), ("x", "/../../y"), ("kyrie", ".flac")]:
            yield Item(id=name, place=Url(self.url), suffix=suffix, licence="CC0-1.0")


CHOIR = Choir()
