"""Makes a model folder of VGGish's weights, whoever wrote them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from audioml.core.errors import UsageError

from .checkpoints.gathering import are_vggish
from .folder import Settings, write_folder

__all__ = ["IMPORTER", "VGGishImporter"]

_TRUTHS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_OPTIONS = ("calibrate", "int8", "license", "version")


class VGGishImporter:
    """Reads TensorFlow's checkpoints and torchvggish's state dicts, with or without whitening.

    Its settings: ``calibrate=FOLDER`` fits the integers to recordings, ``int8=no`` leaves the
    integers out, ``version=`` and ``license=`` tell of weights that are the user's own.
    """

    def recognises(self, paths: Sequence[Path], /) -> bool:
        """Return whether these files together are a VGGish."""
        return are_vggish(paths)

    def write(
        self,
        paths: Sequence[Path],
        folder: Path,
        /,
        *,
        name: str | None = None,
        options: Mapping[str, str],
    ) -> None:
        """Fill the empty ``folder``.

        Raises
        ------
        UsageError
            If an option is unknown or makes no sense, or the files are not one network.
        IntegrityError
            If a file is damaged, or the arrays are not those of VGGish.
        """
        write_folder(paths, folder, _settings(options), name=name)


def _settings(options: Mapping[str, str]) -> Settings:
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        raise UsageError(
            f"VGGish's importer has no setting {unknown[0]!r} (it has: {', '.join(_OPTIONS)})"
        )
    int8 = options.get("int8", "yes").lower()
    if int8 not in _TRUTHS:
        raise UsageError(f"'int8' is yes or no, got {int8!r}")
    calibrate = Path(options["calibrate"]) if "calibrate" in options else None
    if calibrate is not None and not _TRUTHS[int8]:
        raise UsageError("'calibrate' is of use with int8=yes only")
    return Settings(
        int8=_TRUTHS[int8],
        calibrate=calibrate,
        version=options.get("version", ""),
        license=options.get("license", "NOASSERTION"),
    )


IMPORTER = VGGishImporter()
