"""The shapes of what the API takes and answers, as JSON Schema."""

from __future__ import annotations

from typing import Any

__all__ = ["SCHEMAS", "ref"]

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_MAYBE_NUMBER: Schema = {"type": ["number", "null"]}
_TIME: Schema = {"type": "string", "format": "date-time"}
_SCALAR: Schema = {"type": ["boolean", "number", "string"]}


def ref(name: str) -> Schema:
    """Return a reference to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


def _record(*optional: str, **properties: Schema) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


def _map_of(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def _list_of(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


SCHEMAS: dict[str, Schema] = {
    "Problem": _record(
        "instance",
        type=_TEXT,
        title=_TEXT,
        status={"type": "integer"},
        detail={**_TEXT, "description": "One sentence: what was expected, what came."},
        instance={**_TEXT, "description": "The request's id, which the log knows too."},
    ),
    "Option": _record(
        "choices",
        "minimum",
        "maximum",
        "step",
        type={"enum": ["boolean", "integer", "number", "string"]},
        default=_SCALAR,
        choices=_list_of(_SCALAR),
        minimum=_NUMBER,
        maximum=_NUMBER,
        step={**_NUMBER, "description": "A number is a multiple of it."},
        description=_TEXT,
    ),
    "Model": _record(
        name=_TEXT,
        version=_TEXT,
        task=_TEXT,
        description=_TEXT,
        license={**_TEXT, "description": "Of the weights, as SPDX."},
        source=_TEXT,
        rate={"type": ["integer", "null"], "description": "Hz; null takes any."},
        channels={"type": ["integer", "null"]},
        streaming={"type": "boolean"},
        batching={"enum": ["rows", "none"]},
        precision=_TEXT,
        kind={"enum": ["estimator", "generator"]},
        answers=_list_of(_TEXT),
        metrics=_map_of(_NUMBER),
        options=_map_of(ref("Option")),
        links=_map_of(_TEXT),
    ),
    "Models": _record(models=_list_of(ref("Model"))),
    "Source": {
        **_record(name=_TEXT, version=_TEXT, weights=_TEXT),
        "type": ["object", "null"],
        "description": "The model that a number comes from, and the SHA-256 of its weights.",
    },
    "Frames": _record(
        kind={"const": "frames"},
        hop={**_NUMBER, "description": "Seconds from one frame to the next."},
        start={**_NUMBER, "description": "Time of the first frame in seconds."},
        labels=_list_of(_TEXT),
        shape=_list_of({"type": "integer"}),
        dtype=_TEXT,
        source=ref("Source"),
        values={"type": "array", "description": "Of this shape; null is not a finite number."},
    ),
    "Event": _record(
        start={**_NUMBER, "description": "Seconds."},
        end={**_NUMBER, "description": "Seconds."},
        value={"description": "A label, a number, or null."},
        confidence=_MAYBE_NUMBER,
        attributes={"type": "object"},
    ),
    "Annotation": _record(
        kind={"const": "annotation"},
        namespace={**_TEXT, "description": "As in JAMS, such as chord or note_midi."},
        source=ref("Source"),
        data=_list_of(ref("Event")),
    ),
    "Entry": {"oneOf": [ref("Frames"), ref("Annotation")]},
    "Document": _record(
        audioml=_TEXT,
        recording={
            **_record(duration={**_NUMBER, "description": "Seconds."}),
            "additionalProperties": True,
        },
        estimators=_map_of(_map_of(ref("Entry"))),
    ),
    "Results": _record(
        results=_list_of(
            {
                "type": "object",
                "required": ["filename"],
                "properties": {"filename": _TEXT, "problem": ref("Problem")},
            }
        )
    ),
    "Job": _record(
        "problem",
        id=_TEXT,
        model=_TEXT,
        filename=_TEXT,
        state={"enum": ["queued", "running", "done", "failed"]},
        progress={**_NUMBER, "minimum": 0, "maximum": 1},
        created=_TIME,
        expires={"type": ["string", "null"], "format": "date-time"},
        links=_map_of(_TEXT),
        problem=ref("Problem"),
    ),
    "Generate": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "seconds": {**_NUMBER, "exclusiveMinimum": 0, "default": 10},
            "seed": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1, "default": 0},
            "temperature": {**_NUMBER, "minimum": 0, "maximum": 100, "default": 1},
            "top_k": {"type": ["integer", "null"], "minimum": 1, "maximum": 2**31 - 1},
            "top_p": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
            "genre": {"type": ["string", "null"], "maxLength": 100},
        },
    },
    "Health": {"type": "object", "required": ["status"], "properties": {"status": _TEXT}},
}
