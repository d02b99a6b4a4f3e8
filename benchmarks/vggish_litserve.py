"""VGGish behind LitServe, with the same features and the same model as audioml's own server.

``python vggish_litserve.py MODEL PRECISION PORT``, in the environment ``litserve`` of `originals`.
LitServe looks at annotations, so that they are not postponed here.
"""

import sys
from typing import Any

import litserve  # type: ignore[import-not-found, unused-ignore]
import numpy as np
import soundfile
from fastapi import Request  # type: ignore[import-not-found, unused-ignore]

from audioml.core import Audio, load
from audioml.core.audio import conform
from audioml.core.values import Rows

__all__ = ["VGGish", "main"]

BATCH = 8  # requests: the best of those tried


class VGGish(litserve.LitAPI):  # type: ignore[misc, unused-ignore]
    """Clips in, rows of 128 numbers out."""

    def __init__(self, model: str, precision: str) -> None:
        super().__init__(max_batch_size=BATCH)
        self._name, self._precision = model, precision

    def setup(self, device: str) -> None:
        """Load the model, in the process that is to run it."""
        self._model = load(self._name, precision=self._precision).configured(output="uint8")

    def decode_request(self, request: Request) -> Rows:
        """Return the features of the clip that was uploaded."""
        samples, rate = soundfile.read(request["audio"].file, dtype="float32", always_2d=True)
        audio = conform(Audio(np.ascontiguousarray(samples.T), rate), self._model.spec)
        rows: Rows = self._model.transform(audio)
        return rows

    def batch(self, inputs: list[Rows]) -> tuple[list[Rows], dict[str, Any]]:
        """Return the examples of all clips as one input."""
        names = inputs[0].tensors
        joined = {name: np.concatenate([rows.tensors[name] for rows in inputs]) for name in names}
        return inputs, joined

    def predict(self, inputs: Any) -> tuple[list[Rows], Any]:
        """Run the model once."""
        if isinstance(inputs, Rows):  # a batch of one is none
            inputs = self.batch([inputs])
        clips, tensors = inputs
        return clips, self._model.session.run(tensors)

    def unbatch(self, output: tuple[list[Rows], Any]) -> list[Any]:
        """Return what the model said of each clip."""
        clips, heads = output
        ends = np.cumsum([len(rows) for rows in clips])
        return [
            self._decoded(rows, {name: head[end - len(rows) : end] for name, head in heads.items()})
            for rows, end in zip(clips, ends, strict=True)
        ]

    def _decoded(self, rows: Rows, heads: Any) -> Any:
        found = self._model.decode(heads, starts=rows.starts, end=float(len(rows)))
        return found["embedding"].values

    def encode_response(self, output: Any) -> dict[str, Any]:
        """Return the answer as IBM MAX spells it."""
        return {"status": "ok", "embedding": output.astype(np.float64).tolist()}


def main() -> None:
    """Serve until ended."""
    model, precision, port = sys.argv[1:]
    server = litserve.LitServer(VGGish(model, precision), accelerator="cpu", workers_per_device=1)
    server.run(host="127.0.0.1", port=int(port), generate_client_file=False, log_level="warning")


if __name__ == "__main__":
    main()
