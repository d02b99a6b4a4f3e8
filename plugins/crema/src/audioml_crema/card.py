"""The model card that goes into the model folder."""

from __future__ import annotations

from .model import CHORD

__all__ = ["CARD"]

_LICENSE = """\
BSD 2-Clause License

Copyright (c) 2017, Brian McFee
All rights reserved.

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

* Redistributions of source code must retain the above copyright notice, this
  list of conditions and the following disclaimer.

* Redistributions in binary form must reproduce the above copyright notice,
  this list of conditions and the following disclaimer in the documentation
  and/or other materials provided with the distribution.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
"""

_FIGURES = "\n".join(f"| {name} | {value:.3f} |" for name, value in (CHORD.metrics or {}).items())

CARD = f"""\
# {CHORD.name} {CHORD.version}

Estimates the chords of a recording of music: root, one of fourteen qualities, and inversion.

Weights: the chord model of crema 0.2.0 by Brian McFee (<https://github.com/bmcfee/crema>), as
published in its wheel, without the optimiser's state; the numbers are unchanged.

## Intended use

Tonal music with simultaneous notes, for lead sheets, search, analysis and teaching. The answer is
a machine's estimate, not a transcription: check it before you print or judge anything by it.

## Input and output

Mono at 44.1 kHz. One answer every 4096 samples (93 ms) for 170 labels: twelve roots, spelt with
sharps, times maj, min, dim, aug, min6, maj6, min7, maj7, 7, dim7, hdim7, minmaj7, sus2 and sus4;
`N` where there is no chord and `X` for a chord outside the vocabulary. A Viterbi path joins them
to segments; the bass, estimated beside them, gives the inversion. The confidence of a segment is
the mean probability of its label.

## Data

The author trained it on annotated recordings of popular music in patches of eight seconds,
transposed by up to six semitones both ways. The recordings are described in McFee and Bello,
"Structured training for large-vocabulary chord recognition", ISMIR 2017; they do not come with
the model.

## Figures

The author's own, stored beside the weights: the mean over 244 test recordings of mir_eval's
chord comparisons, each weighted by duration. Names that end in `_inv` count the inversion too.

| comparison | score |
|---|---|
{_FIGURES}

audioml has measured no accuracy of its own. It compares with crema 0.2.0 itself: the same labels,
inversions and times on the reference recordings, and probabilities within 0.001, with the variant
`crema`.

## Limits

- The features are relative to the loudest moment of the whole recording, so the model needs all
  of it before it answers, and a cut answers slightly differently from the whole.
- Trained on equal temperament and popular music. Rare qualities are found far less often than
  major and minor; noise and drums alone are still given chords.
- Qualities beyond the seventh (9, 11, 13) are named by the nearest seventh chord, or `X`.
- Where crema differs from what one would expect, the default mends it: silence is `N` (crema: a
  seventh chord, which one depends on the length), the last chord ends with the sound, a mean
  takes in its own frames only, and a recording of less than a frame is answered. The variant
  `crema` does exactly as crema does.
- A recording at another rate is resampled first; near-ties may fall the other way than with
  another resampler.

## Licence

{CHORD.license}. crema's LICENSE.md, which the package's metadata wrongly calls ISC:

```
{_LICENSE}```
"""
