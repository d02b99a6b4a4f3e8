"""The API's own description, OpenAPI 3.1, with the models that are served."""

from .document import document

__all__ = ["document"]
