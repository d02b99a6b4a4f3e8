"""The HTTP API of IBM's MAX Audio Embedding Generator, so that its clients need no change.

``GET /`` and ``/swagger.json``, ``GET /model/metadata`` and ``POST /model/predict`` answer with the
statuses, content types and bodies of version 1.2.0 of that server. Where it failed with 500 on
audio that can be read, the embedding is answered; on what cannot, a sentence with 400.
"""

from __future__ import annotations

from .blueprint import blueprint
from .choice import model_of

__all__ = ["blueprint", "model_of"]
