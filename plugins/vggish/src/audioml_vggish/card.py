"""The model card that goes into the model folder."""

from __future__ import annotations

from audioml.core.models.manifest import Manifest

from .int8.parity import LEAST_CENTRED_COSINE, LEAST_COSINE, Parity

__all__ = ["card"]


def card(manifest: Manifest, *, size: int, parity: Parity | None, published: bool) -> str:
    """Return the card of a folder, in Markdown."""
    whitened = "pca" in manifest.options["output"].choices
    return _CARD.format(
        name=manifest.name,
        version=manifest.version,
        size=size,
        weights=_PUBLISHED if published else _OWN,
        data=_DATA if published else _OWN_DATA,
        whitening=_WHITENED if whitened else _RAW,
        precision=_precision(parity),
        licence=_LICENCE if published else _OWN_LICENCE.format(license=manifest.license),
    )


def _precision(parity: Parity | None) -> str:
    if parity is None:
        return "In single precision only: 8-bit integers were not asked for."
    steps = ""
    if parity.eight_bits_mean is not None:
        mean, most = parity.eight_bits_mean, parity.eight_bits_max
        steps = f"| 8-bit embedding, difference in steps of 256 | {mean:.2f} | {most} | |\n"
    return _PRECISION.format(
        verdict=_HOLDS if parity.holds else _FAILS,
        sounds=parity.sounds,
        examples=parity.examples,
        cosine=(parity.cosine_mean, parity.cosine_min, LEAST_COSINE),
        centred=(parity.centred_cosine_mean, parity.centred_cosine_min, LEAST_CENTRED_COSINE),
        steps=steps,
    )


_CARD = """\
# {name} {version}

An embedding of sound: {size} numbers for each 0.96 s, alike for sounds that are alike.

{weights}

## Intended use

Features for search, clustering and small classifiers over general sound: what is heard, not who
speaks or what is said. Compare embeddings of the same output and precision only.

## Input and output

Mono at 16 kHz; anything else is brought to that first. An example is 96 frames of 10 ms, 64 mel
bands each; the first needs 0.975 s, each further one another `hop` (0.96 s by default). What is
left at the end is dropped, completed with silence or, in a recording too short for one example,
repeated: option `pad`.

{whitening} `pool` makes one vector of the whole recording.

## Data

{data}

## Precision

{precision}
## Limits

- Trained on sound from videos at 16 kHz: nothing above 7.5 kHz is heard, nothing below 125 Hz.
- Another resampler than the original's gives slightly other numbers: feed 16 kHz to compare.
- The level matters: the logarithm has a fixed floor, so a whisper is not a faint shout.
- The network answers every 0.96 s of anything, silence included; it knows no classes.

## Licence

{licence}
"""

_PUBLISHED = """\
Weights: VGGish as published with AudioSet (Hershey et al., "CNN architectures for large-scale
audio classification", ICASSP 2017;
<https://github.com/tensorflow/models/tree/master/research/audioset/vggish>); the numbers are
unchanged."""
_OWN = """\
Weights: **the user's own.** They are not the file that was published with AudioSet, but a network
of the same build (Hershey et al., "CNN architectures for large-scale audio classification",
ICASSP 2017), and only whoever trained it knows what it is good for."""

_DATA = """\
The authors trained it to tell the labels of 70 million YouTube videos (YouTube-100M), and fitted
the whitening to its embeddings. Neither the videos nor their labels come with the model, and what
is rare in them it knows little of. audioml has measured no accuracy of its own."""

_OWN_DATA = "Unknown to audioml, which has measured no accuracy of its own."

_WHITENED = """\
`embedding` is by default in eight bits (`uint8`), as the embeddings of AudioSet were released:
whitened, clipped to [-2, 2], and fractions cut off. Option `output` gives the whitened numbers
(`pca`) or the network's own (`raw`) instead."""

_RAW = """\
`embedding` is the network's own numbers (`raw`): it was imported without PCA parameters, so there
are no whitened ones and none in eight bits."""

_PRECISION = """\
{verdict}

Compared with single precision over {examples} examples that it was not fitted to, of {sounds}:

| figure | mean | worst | mean wanted |
|---|---|---|---|
| cosine of the embeddings | {cosine[0]:.4f} | {cosine[1]:.4f} | {cosine[2]} |
| the same, less the mean of all embeddings | {centred[0]:.4f} | {centred[1]:.4f} | {centred[2]} |
{steps}"""

_HOLDS = """\
There is a second form, in 8-bit integers: a quarter of the size, and about a quarter of the time on
processors that multiply bytes (VNNI, or Arm's dot product)."""
_FAILS = """\
**A form in 8-bit integers was made and left out, for it is too far from single precision.**"""

_LICENCE = (
    "Apache-2.0, <https://www.apache.org/licenses/LICENSE-2.0>, copyright The AudioSet authors."
)

_OWN_LICENCE = "`{license}`, as whoever imported it said; NOASSERTION means that nobody did."
