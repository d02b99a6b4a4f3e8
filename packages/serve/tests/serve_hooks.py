"""For schemathesis: bodies of audio media types are sent as the bytes that they are."""

from __future__ import annotations

import schemathesis


@schemathesis.serializer(
    "audio/aiff", "audio/basic", "audio/x-caf", "audio/flac", "audio/mpeg", "audio/ogg",
    "audio/wav", "audio/x-w64", "audio/l16", "audio/pcm",
)  # fmt: skip
def as_they_are(_context, value):
    data = getattr(value, "data", value)
    return data if isinstance(data, bytes) else str(data).encode()
