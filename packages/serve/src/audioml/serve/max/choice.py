"""Which of the served models answers as the original did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audioml.core.errors import NotFoundError

if TYPE_CHECKING:
    from audioml.core.stages import ModelSpec

    from ..service import Service

__all__ = ["ENTRY", "OUTPUT", "model_of"]

ENTRY = "embedding"
OUTPUT = {"output": "uint8"}

_HOW = (
    "make one with `audioml models pull vggish`, or with "
    "`audioml models import vggish_model.ckpt vggish_pca_params.npz`"
)


def model_of(service: Service, name: str = "") -> str:
    """Return the name of the model behind ``/model/predict``.

    It is the one of that name if one is given; else the first that is named for VGGish, else the
    first that embeds.

    Raises
    ------
    NotFoundError
        If there is none, or if the one named has no 8-bit embedding.
    """
    if name:
        spec = service.catalog[name].spec
        if not _embeds(spec):
            raise NotFoundError(
                f"the model {name!r} has no 8-bit embedding, which MAX's API answers; {_HOW}"
            )
        return spec.name
    found = [each for each, served in service.catalog.items() if _embeds(served.spec)]
    if not found:
        raise NotFoundError(f"MAX's API needs a model with an 8-bit embedding, found none; {_HOW}")
    return next((each for each in found if "vggish" in each.lower()), found[0])


def _embeds(spec: ModelSpec) -> bool:
    output = spec.options.get("output")
    return ENTRY in spec.answers and output is not None and OUTPUT["output"] in output.choices
