"""Acquiring: from a collection to a folder of recordings whose licences allow it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from audioml.core import __version__
from audioml.core.errors import AudiomlError, OutputError, UsageError
from audioml.core.files import sha256

from ..progress import Told
from .attribution import attributed
from .choosing import Request, chosen_items, collection_of
from .collection import Collection
from .destination import AUDIO_FOLDER, Destination
from .fetcher import Fetcher
from .item import Item, Member
from .licences import Licence
from .manifest import Recording
from .names import sniffed_suffix
from .report import Report
from .web import Web

__all__ = ["acquire", "choose"]

log = logging.getLogger(__name__)
_TOOL = f"audioml-generate {__version__}"


def acquire(
    request: Request,
    *,
    web: Web | None = None,
    told: Told | None = None,
    report: Report | None = None,
) -> Report:
    """Get what is asked for, and write what there is into the manifest.

    What fails is counted, and the others are got; what was got before is not got again. After an
    interrupt, a kill or a full disk the same call goes on.

    Parameters
    ----------
    request
        What to get.
    web
        How to ask for it.
    told
        Hears how far it is.
    report
        Is filled; one who interrupts it has the counts so far.

    Raises
    ------
    UsageError
        If the request makes no sense.
    NotFoundError
        If there is no such collection.
    OfflineError
        If the collection cannot be reached at all.
    OutputError
        If nothing can be written any more.
    """
    web, told, report = web or Web(), told or Told(), report or Report()
    collection = collection_of(request)
    destination = Destination(request.destination)
    fetcher = Fetcher(destination.parts, web, told=told.size)
    try:
        with destination.alone(), _kept(destination, fetcher):
            told.item(request.collection)
            chosen = list(chosen_items(request, collection, fetcher, report))
            run = _Run(
                request=request,
                collection=collection,
                destination=destination,
                fetcher=fetcher,
                told=told,
                report=report,
            )
            run.get(chosen)
    except OutputError as error:
        raise OutputError(f"{error}; what was got is kept, and the same command goes on") from error
    finally:
        web.close()
    return report


@contextlib.contextmanager
def _kept(destination: Destination, fetcher: Fetcher) -> Iterator[None]:
    """Write the manifest when the block ends, however it does."""
    try:
        yield
    except OutputError:
        fetcher.close(finished=False)
        with contextlib.suppress(OutputError):  # which would say the same again
            destination.save()
        raise
    except BaseException:
        fetcher.close(finished=False)
        destination.save()
        raise
    fetcher.close(finished=True)
    destination.save()


def choose(
    request: Request, *, web: Web | None = None
) -> tuple[list[tuple[Item, Licence]], Report]:
    """Return what `acquire` would get, and what it would refuse; no recording is fetched.

    Raises
    ------
    AudiomlError
        As `acquire` does.
    """
    web, report = web or Web(), Report()
    destination = Destination(request.destination)
    fetcher = Fetcher(destination.parts, web)
    try:
        chosen = list(chosen_items(request, collection_of(request), fetcher, report))
    finally:
        fetcher.close(finished=False)
        destination.tidy()
        web.close()
    return chosen, report


class _Run:
    """One run over the items that were chosen."""

    def __init__(
        self,
        *,
        request: Request,
        collection: Collection,
        destination: Destination,
        fetcher: Fetcher,
        told: Told,
        report: Report,
    ) -> None:
        self._name, self._credit = request.collection, collection.credit
        self._destination, self._fetcher = destination, fetcher
        self._told, self._report = told, report

    def get(self, chosen: list[tuple[Item, Licence]]) -> None:
        """Get the items, one after the other."""
        todo = [pair for pair in chosen if self._is_missing(pair[0])]
        self._told.begin("getting", len(todo))
        for item, licence in todo:
            self._told.item(item.id)
            try:
                self._get(item, licence)
            except (OutputError, UsageError):
                raise
            except AudiomlError as error:
                self._report.failed[item.id] = str(error)
                log.info("failed: %s: %s", item.id, error)
            self._told.done()

    def _is_missing(self, item: Item) -> bool:
        """Return whether an item is to be got, its archive knowing of it either way."""
        found = self._destination.find(item.id)
        if isinstance(item.place, Member):
            archive = self._fetcher.archive(item.place.archive, digest=item.place.whole)
            if found is None:
                archive.want(item.place.member)
        if found is None:
            return True
        if found.collection != self._name:
            self._report.failed[item.id] = (
                f"a recording of this name is there from the collection {found.collection!r}"
            )
        else:
            self._report.before += 1
        return False

    def _get(self, item: Item, licence: Licence) -> None:
        assert item.place is not None
        part = item.place.get(self._fetcher)
        suffix = item.suffix or sniffed_suffix(part.path)
        path = f"{AUDIO_FOLDER}/{item.id}{suffix}"
        other = self._destination.taken_by(path)
        if other is not None and other != item.id:
            part.discard()
            self._report.failed[item.id] = f"{path} is the file of {other} already"
            return
        size = part.size
        row = Recording(
            id=item.id,
            path=path,
            url=item.place.url,
            sha256=sha256(part.path),
            bytes=size,
            licence=licence.id,
            licence_url=licence.url,
            attribution=attributed(item, licence),
            artist=item.artist,
            title=item.title,
            album=item.album,
            genre=item.genre,
            split=item.split,
            collection=self._name,
            fetched_at=self._fetcher.web.clock.today(),
            tool=_TOOL,
        )
        self._destination.add(row, part, credit=self._credit)
        self._report.fetched += 1
        self._report.bytes += size
