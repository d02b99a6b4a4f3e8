"""A folder for each class: ``dog/1.wav``, or ``train/dog/1.wav``."""

from __future__ import annotations

from audioml.core.errors import ValidationError
from audioml.core.files import shown

from ..files import audio_files, names_of
from ..items import Item
from ..labels import Labels
from ..settings import Settings
from .pairs import split_in

__all__ = ["parse"]


def parse(settings: Settings) -> list[Item]:
    """Return the recordings of a folder; the class of each is the folder above its split's.

    Raises
    ------
    ValidationError
        If a recording lies in no folder.
    """
    audio = audio_files(settings)
    names, root = names_of(audio), settings.source_path
    items = []
    for path in audio:
        split = split_in(path)
        below = path.split("/")[1 if split else 0 : -1]
        if not below:
            raise ValidationError(
                f"{shown(root / path)} lies in no folder that could be its class; "
                "expected CLASS/FILE or SPLIT/CLASS/FILE"
            )
        labels = Labels.of(classes=[below[0]])
        items.append(Item(name=names[path], audio=root / path, labels=labels, split=split))
    return items
