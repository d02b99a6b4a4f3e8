"""The published model: where it is, and how it becomes a model folder."""

from __future__ import annotations

from pathlib import Path

from audioml.core.models.published import Origin, Published

__all__ = ["VGGISH"]

_PLACE = "https://storage.googleapis.com/audioset"


def _write(fetched: tuple[Path, ...], folder: Path) -> None:
    from .folder import Settings, write_folder

    write_folder(fetched, folder, Settings(), published=True)


# the digests are those of IBM/MAX-Audio-Embedding-Generator, sha512sums.txt
VGGISH = Published(
    name="vggish",
    version="1.0",
    task="embedding",
    license="Apache-2.0",
    description="128 numbers for each second of sound: the embedding published with AudioSet",
    origins=(
        Origin(
            f"{_PLACE}/vggish_model.ckpt",
            "sha512:4e320f1b148f7ae8e08a8df17b102582e57fd8a9688ec17ce8f6077f062ce8fc"
            "aea711933c1b80192f3c2a9f7a09b40d6616e04b0f22a68d217ff1ec8ef0376f",
        ),
        Origin(
            f"{_PLACE}/vggish_pca_params.npz",
            "sha512:3728bcbc45cb05b4cff527434a069f990e110f1fc9687f74fce55dc204da6aa0"
            "f0f96cb4466a96fc056c32743c63830022c839072cc501a3f14bfb44928a701c",
        ),
    ),
    write=_write,
    answers=("embedding",),
)
