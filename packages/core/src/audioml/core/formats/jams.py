"""JAMS, the JSON annotated music specification (Humphrey et al. 2014), written without its library.

Attributes such as velocity stand in the annotation's sandbox, in the order of the observations,
which is that of time, as the library keeps them. JAMS knows no time before zero: what begins
earlier begins at zero here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..analysis import Analysis, Recording
from ..errors import MissingDependencyError
from ..values import Annotation
from .events import confidence, named, plain, require
from .format import Format

if TYPE_CHECKING:
    import jams

__all__ = ["JAMS", "document", "encode", "to_jams"]

_VERSION = "0.3.4"
_KNOWN = """
    beat beat_position blob chord chord_harte chord_roman key_mode lyrics lyrics_bow mood_thayer
    multi_segment note_hz note_midi onset pattern_jku pitch_class pitch_contour pitch_hz pitch_midi
    scaper segment_open segment_salami_function segment_salami_lower segment_salami_upper
    segment_tut tag_audioset tag_audioset_genre tag_audioset_instruments tag_cal10k tag_cal500
    tag_fma_genre tag_fma_subgenre tag_gtzan tag_medleydb_instruments tag_msd_tagtraum_cd1
    tag_msd_tagtraum_cd2 tag_open tag_urbansound tempo vector
"""
_NAMESPACES = frozenset(_KNOWN.split())  # those of jams 0.3.5; it refuses to load any other


def encode(analysis: Analysis) -> bytes:
    """Return the analysis as the text of a JAMS file.

    Raises
    ------
    OutputError
        If no estimator gave annotations.
    """
    require(list(named(analysis)), "no annotations, which is all that JAMS can say")
    text = json.dumps(document(analysis), indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def document(analysis: Analysis) -> dict[str, Any]:
    """Return the analysis as the tree of a JAMS file."""
    return {
        "annotations": [_annotation(n.annotation, analysis.recording) for n in named(analysis)],
        "file_metadata": _file_metadata(analysis.recording),
        "sandbox": {},
    }


def to_jams(analysis: Analysis) -> jams.JAMS:
    """Return the analysis as an object of the ``jams`` library.

    Raises
    ------
    MissingDependencyError
        If ``jams`` is not installed.
    """
    try:
        import jams
    except ImportError as error:
        raise MissingDependencyError(
            "objects of the jams library need it installed: pip install jams"
        ) from error
    return jams.JAMS(**document(analysis))


def _file_metadata(recording: Recording) -> dict[str, Any]:
    identifiers = dict(recording.identifiers)
    if recording.sha256:
        identifiers.setdefault("sha256", recording.sha256)
    return {
        "title": recording.title,
        "artist": recording.artist,
        "release": recording.release,
        "duration": plain(recording.duration),
        "identifiers": identifiers,
        "jams_version": _VERSION,
    }


def _annotation(annotation: Annotation, recording: Recording) -> dict[str, Any]:
    namespace, sandbox = _namespace(annotation), {}
    order = np.argsort(np.maximum(annotation.intervals[:, 0], 0), kind="stable")
    if namespace != annotation.namespace:
        sandbox["namespace"] = annotation.namespace
    sandbox |= {name: plain(array[order]) for name, array in annotation.attributes.items()}
    return {
        "annotation_metadata": _annotation_metadata(annotation),
        "namespace": namespace,
        "data": [_observation(annotation, i) for i in order.tolist()],
        "sandbox": sandbox,
        "time": 0.0,
        "duration": plain(recording.duration),
    }


def _namespace(annotation: Annotation) -> str:
    if annotation.namespace in _NAMESPACES:
        return annotation.namespace
    texts = all(isinstance(value, str) for value in annotation.values)
    return "tag_open" if texts and len(annotation) else "blob"


def _annotation_metadata(annotation: Annotation) -> dict[str, Any]:
    source = annotation.source
    tools = f"audioml {__version__}"
    return {
        "curator": {"name": "", "email": ""},
        "annotator": {"weights": source.weights} if source and source.weights else {},
        "version": source.version if source else "",
        "corpus": "",
        "annotation_tools": f"{source.name}, {tools}" if source else tools,
        "annotation_rules": "",
        "validation": "",
        "data_source": "program",
    }


def _observation(annotation: Annotation, index: int) -> dict[str, Any]:
    start, end = (max(0.0, float(t)) for t in annotation.intervals[index])
    sure = confidence(annotation, index)
    if annotation.namespace == "tempo":  # its schema wants a number; evaluation takes it as weight
        sure = 1.0 if sure is None else min(max(sure, 0.0), 1.0)
    value = plain(annotation.values[index])
    return {"time": start, "duration": end - start, "value": value, "confidence": sure}


JAMS = Format(".jams", encode, "application/vnd.jams+json")
