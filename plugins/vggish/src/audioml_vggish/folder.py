"""Fills a model folder: the network as ONNX, in integers too, its card and its manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audioml.core.files import hashed, sha256
from audioml.core.models.manifest import Manifest, Part, Runtime
from audioml.core.models.write import write_manifest
from audioml.core.options import Option

from .card import card
from .checkpoints.gathering import Gathered, gathered
from .decoder import OUTPUTS, POOLS
from .features import PADS
from .graph import build
from .int8.calibration import made, recorded
from .int8.convert import FILE as INTEGERS
from .int8.convert import add_integers
from .int8.parity import Parity
from .model import VGGISH
from .network import LAST, layers, whitening
from .spectra import RATE

__all__ = ["EXACT", "Settings", "write_folder"]

EXACT = "vggish.onnx"
_OWN = "128 numbers for each second of sound: a VGGish with weights of the user's own"
_TOLERANCE = 5e-3  # of the self-test: a third of a step of the 8-bit embedding


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a folder is to be made.

    Parameters
    ----------
    int8
        Whether to make the network in integers too.
    calibrate
        A folder of recordings to fit the integers to, instead of sounds made by rule.
    version, license
        Of the weights, where they are not the published ones. By default the version is the
        beginning of the SHA-256 of their files, and the licence is not told.
    """

    int8: bool = True
    calibrate: Path | None = None
    version: str = ""
    license: str = "NOASSERTION"


def write_folder(
    paths: Sequence[Path],
    folder: Path,
    settings: Settings,
    *,
    name: str | None = None,
    published: bool | None = None,
) -> None:
    """Fill the empty ``folder`` with what the files hold.

    ``published`` tells that they are the files that AudioSet published; None looks at their
    hashes.

    Raises
    ------
    UsageError
        If the files are not one network, or there are no recordings to calibrate on.
    IntegrityError
        If a file is damaged, or the arrays are not those of VGGish.
    """
    on = recorded(settings.calibrate) if settings.calibrate else None  # first: it may be mistaken
    found = gathered(paths)
    size = found.network[f"vggish/{LAST}/biases"].shape[0]
    whitened = None if found.pca is None else whitening(found.pca, size=size)
    build(layers(found.network), whitened).write(folder / EXACT)
    parity = None
    if settings.int8:
        parity = add_integers(folder, folder / EXACT, found.network, whitened, on or made())
    origin = _origin(found, settings, published=published)
    manifest = _manifest(origin, parity, name=name or VGGISH.name, whitened=whitened is not None)
    text = card(manifest, size=size, parity=parity, published=origin.published)
    (folder / "MODEL_CARD.md").write_text(text, encoding="utf-8")
    write_manifest(folder, manifest, tolerance=_TOLERANCE)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Whose weights they are."""

    published: bool
    version: str
    license: str


def _origin(found: Gathered, settings: Settings, *, published: bool | None) -> _Origin:
    if published is None:
        wanted = [origin.digest for origin in VGGISH.origins]
        digests = [f"sha512:{hashed(path, 'sha512')}" for path in found.files]
        published = digests == wanted[: len(digests)]
    if published:
        version = VGGISH.version if found.pca is not None else f"{VGGISH.version}+raw"
        return _Origin(True, settings.version or version, VGGISH.license)
    state = hashlib.sha256("".join(sha256(path) for path in found.files).encode())
    return _Origin(False, settings.version or state.hexdigest()[:12], settings.license)


def _manifest(origin: _Origin, parity: Parity | None, *, name: str, whitened: bool) -> Manifest:
    runtimes = [Runtime("onnx", EXACT)]
    if parity is not None and parity.holds:
        distance = round(1.0 - parity.cosine_mean, 6)
        runtimes.append(Runtime("onnx", INTEGERS, precision="int8", parity=distance))
    outputs = OUTPUTS if whitened else ("raw",)
    output = outputs[-1]
    as_max: dict[str, dict[str, Any]] = {
        "extractor": {"hop": 0.96, "pad": "drop"},
        "decoder": {"output": "uint8", "pool": "none"},
    }
    return Manifest(
        name=name,
        version=origin.version,
        task=VGGISH.task,
        license=origin.license,
        source="https://github.com/tensorflow/models/tree/master/research/audioset/vggish",
        description=VGGISH.description if origin.published else _OWN,
        rate=RATE,
        channels=1,
        extractor=Part("vggish-logmel"),
        decoder=Part("vggish", {"output": output}),
        runtimes=tuple(runtimes),
        variants={"max": as_max} if whitened else {},
        streaming=True,
        batching="rows",
        answers=VGGISH.answers,
        options=_options(outputs),
    )


def _options(outputs: tuple[str, ...]) -> dict[str, Option]:
    """Return what a caller may set at each call."""
    return {
        "hop": Option(
            "both",
            0.96,
            minimum=0.01,
            maximum=60.0,
            step=0.01,
            description="seconds from one embedding to the next",
        ),
        "pad": Option(
            "extractor",
            "drop",
            choices=PADS,
            description="what becomes of sound that does not fill an example of 0.975 s: it is "
            "left out, completed with silence, or repeated where there is no more",
        ),
        "output": Option(
            "decoder",
            outputs[-1],
            choices=outputs,
            description="the network's own numbers, whitened ones, or these in eight bits",
        ),
        "pool": Option(
            "decoder",
            "none",
            choices=POOLS,
            description="one vector for the whole recording: the mean or the largest of each",
        ),
    }
