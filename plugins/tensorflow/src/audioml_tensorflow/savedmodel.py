"""SavedModel folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audioml.core.errors import IntegrityError, NotFoundError, UntrustedError, ValidationError
from audioml.core.files import shown

from .network import Network, tensor

__all__ = ["read"]

_GRAPH = "saved_model.pb"
_USUAL = "serving_default"
# operations that run Python, or touch files; those that bring the weights do too, and stay
_HARMFUL = frozenset(
    {
        "DebugIdentityV2", "EagerPyFunc", "FixedLengthRecordReaderV2", "IdentityReaderV2",
        "MatchingFiles", "PrintV2", "PyFunc", "PyFuncStateless", "ReadFile", "SaveDatasetV2",
        "TextLineReaderV2", "WholeFileReaderV2", "WriteFile",
    }
)  # fmt: skip


def read(folder: Path, tensorflow: Any) -> Network:
    """Return the network of a folder: its signature ``serving_default``, or its only one.

    Raises
    ------
    NotFoundError
        If the folder holds no SavedModel.
    UntrustedError
        If the graph runs Python, or reads or writes files.
    ValidationError
        If there is no such signature.
    """
    _check(folder)
    loaded = tensorflow.saved_model.load(str(folder))
    signatures = {n: f for n, f in loaded.signatures.items() if not n.startswith("__")}
    name = _USUAL if _USUAL in signatures else next(iter(signatures), "")
    if name != _USUAL and len(signatures) != 1:
        raise ValidationError(
            f"{shown(folder)} must have a signature {_USUAL!r} or a single one, got "
            f"{', '.join(map(repr, signatures)) or 'none'}"
        )
    function = signatures[name]
    inputs = tuple(tensor(n, t) for n, t in function.structured_input_signature[1].items())
    outputs = tuple(tensor(n, t) for n, t in function.structured_outputs.items())

    def call(feeds: Mapping[str, Any]) -> Mapping[str, Any]:
        # `loaded` owns the variables: the function alone would not keep them
        given: Mapping[str, Any] = loaded.signatures[name](**feeds)
        return given

    return Network(inputs, outputs, call)


def _check(folder: Path) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    try:
        data = (folder / _GRAPH).read_bytes()
    except OSError as error:
        raise NotFoundError(
            f"{shown(folder)} is no SavedModel: cannot read its {_GRAPH}: {error.strerror or error}"
        ) from error
    model = saved_model_pb2.SavedModel()
    try:
        model.ParseFromString(data)
    except Exception as error:  # protobuf has had several kinds
        raise IntegrityError(f"{shown(folder)} is damaged: {_GRAPH} is no SavedModel") from error
    for meta in model.meta_graphs:
        graph = meta.graph_def
        nodes = [*graph.node, *(n for f in graph.library.function for n in f.node_def)]
        found = sorted({node.op for node in nodes} & _HARMFUL)
        if found:
            raise UntrustedError(
                f"{shown(folder)} is refused, as it could run code of its own or touch files: its "
                f"graph holds {', '.join(found)}; wanted a network that only computes"
            )
