"""From files to a model that answers: by the importer, and as the published model is pulled."""

import hashlib
import http.server
import json
import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import vggish_tiny

from audioml.core import load
from audioml.core.errors import AudiomlError, IntegrityError, UsageError
from audioml.core.models.importing import Importer, find_importer
from audioml.core.models.manifest import Manifest
from audioml.core.models.published import Origin
from audioml.core.store import Store
from audioml.core.testing import checks_for, sounds
from audioml.core.values import Audio
from audioml_vggish import folder as folders
from audioml_vggish.decoder import eight_bits
from audioml_vggish.features import VGGishLogMel
from audioml_vggish.importer import IMPORTER
from audioml_vggish.int8 import calibration
from audioml_vggish.model import VGGISH

NOISE = sounds.noise(3.0, rate=16000)
PADS = ("drop", "zero", "repeat")


@pytest.fixture(autouse=True)
def home(audioml_home, monkeypatch):
    """A store of this test's own, and few sounds to calibrate on."""
    monkeypatch.setattr(calibration, "_FITTED", 7)
    monkeypatch.setattr(calibration, "_TRIED", 7)


@pytest.fixture
def imported(fixtures, pca_file, tmp_path):
    """A function that imports the tiny network and returns its folder."""

    def call(*paths, name=None, **options):
        folder = tmp_path / "made"
        folder.mkdir()
        given = [fixtures / p for p in paths] or [fixtures / "v1.ckpt", pca_file]
        IMPORTER.write(given, folder, name=name, options=options)
        return folder

    return call


def expected(audio=NOISE):
    """What the network answers, in double precision: raw and whitened."""
    examples = VGGishLogMel()(audio).tensors["examples"]
    raw = vggish_tiny.embedding(vggish_tiny.arrays(), examples)
    pca = vggish_tiny.pca()
    return raw, (raw - pca["pca_means"].T) @ pca["pca_eigen_vectors"].T


def test_the_importer_is_found_by_the_files_alone(fixtures, pca_file):
    assert isinstance(IMPORTER, Importer)
    for name in ("v1.ckpt", "v2.ckpt", "state_zip.pth", "state_legacy.pth"):
        assert find_importer([fixtures / name, pca_file]) is IMPORTER


def test_an_imported_model_answers_as_the_paper_says(imported):
    model = load(imported(int8="no"))
    raw, whitened = expected()
    found = model.predict(NOISE)["embedding"]
    assert (found.hop, found.start, found.values.dtype) == (0.96, 0.0, np.uint8)
    assert np.abs(found.values.astype(int) - eight_bits(whitened)).max() <= 1
    found = model.configured(output="raw").predict(NOISE)["embedding"]
    np.testing.assert_allclose(found.values, raw, atol=1e-4)
    found = model.configured(output="pca", pool="mean").predict(NOISE)["embedding"]
    np.testing.assert_allclose(found.values, whitened.mean(axis=0, keepdims=True), atol=1e-4)


def test_the_contract(imported):
    model = load(imported(int8="no"))
    for configured in (model, model.configured(hop=0.1), model.configured(pool="max")):
        for check in checks_for(configured):
            check()


def test_options_reach_their_stages(imported):
    model = load(imported(int8="no"))
    found = model.configured(hop=0.48).predict(NOISE)["embedding"]
    assert (len(found), found.hop) == (5, 0.48)
    short = Audio(NOISE.samples[:, :4000], 16000)
    rows = {pad: len(model.configured(pad=pad).predict(short)["embedding"]) for pad in PADS}
    assert rows == {"drop": 0, "zero": 1, "repeat": 1}
    assert list(model.spec.options) == ["hop", "pad", "output", "pool"]
    for wrong in ({"hop": 0.0}, {"hop": 0.123}, {"pad": "short"}, {"output": "int8"}):
        with pytest.raises(AudiomlError, match=next(iter(wrong))):
            model.configured(**wrong)


def test_the_folder_says_what_it_is(imported):
    folder = imported(version="7", license="CC0-1.0", name="birds")
    manifest = Manifest.read(folder)
    assert (manifest.name, manifest.version, manifest.license) == ("birds", "7", "CC0-1.0")
    assert (manifest.task, manifest.rate, manifest.channels) == ("embedding", 16000, 1)
    assert (manifest.streaming, manifest.batching) == (True, "rows")
    assert manifest.options["output"].choices == ("raw", "pca", "uint8")
    assert set(manifest.files) >= {"vggish.onnx", "parity.json", "MODEL_CARD.md"}
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.startswith("# birds 7\n")
    assert "the user's own" in card
    assert "`CC0-1.0`" in card
    assert "{" not in card


def test_integers_are_listed_only_where_they_are_close_enough(imported, monkeypatch):
    monkeypatch.setattr("audioml_vggish.int8.parity.LEAST_COSINE", -2.0)
    monkeypatch.setattr("audioml_vggish.int8.parity.LEAST_CENTRED_COSINE", -2.0)
    folder = imported()
    figures = json.loads((folder / "parity.json").read_text())
    exact, integers = Manifest.read(folder).runtimes
    assert (exact.file, exact.precision, exact.parity) == ("vggish.onnx", "float32", None)
    assert (integers.file, integers.precision) == ("vggish.int8.onnx", "int8")
    assert integers.parity == pytest.approx(1 - figures["cosine_mean"], abs=1e-6)
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert f"{figures['cosine_mean']:.4f}" in card
    model = load(folder, precision="int8")
    assert model.spec.precision == "int8"
    found = model.configured(output="raw").predict(NOISE)["embedding"].values
    assert np.abs(found - expected()[0]).mean() < 0.1 * expected()[0].max()


def test_integers_that_are_not_are_left_out_and_said(imported, monkeypatch):
    monkeypatch.setattr("audioml_vggish.int8.parity.LEAST_COSINE", 2.0)
    folder = imported()
    assert [r.precision for r in Manifest.read(folder).runtimes] == ["float32"]
    assert not (folder / "vggish.int8.onnx").exists()
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "was made and left out" in card
    with pytest.raises(UsageError, match="int8"):
        load(folder, precision="int8")


def test_without_whitening_there_are_only_raw_numbers(imported):
    folder = imported("v2.ckpt", int8="no")
    manifest = Manifest.read(folder)
    assert manifest.options["output"].choices == ("raw",)
    assert not manifest.variants
    assert "imported without PCA parameters" in (folder / "MODEL_CARD.md").read_text("utf-8")
    found = load(folder).predict(NOISE)["embedding"].values
    np.testing.assert_allclose(found, expected()[0], atol=1e-4)


def test_whitening_out_of_a_state_dict(imported):
    model = load(imported("state_legacy.pth", int8="no"), variant="max")
    found = model.predict(NOISE)["embedding"].values.astype(int)
    assert np.abs(found - eight_bits(expected()[1])).max() <= 1


def test_recordings_to_calibrate_on(imported, tmp_path):
    from audioml.core.audio import write

    for index in range(4):
        write(tmp_path / f"{index}.wav", sounds.noise(2.0, rate=16000, seed=index, level=1.0))
    figures = json.loads((imported(calibrate=str(tmp_path)) / "parity.json").read_text())
    assert figures["sounds"].startswith("4 of the user's own recordings")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"colour": "red"}, "has no setting 'colour' .it has: calibrate, int8, license, version"),
        ({"int8": "maybe"}, "'int8' is yes or no, got 'maybe'"),
        ({"int8": "no", "calibrate": "x"}, "'calibrate' is of use with int8=yes only"),
        ({"calibrate": "/gone"}, "is not a folder of recordings"),
    ],
)
def test_settings_that_make_no_sense(imported, options, said):
    with pytest.raises(UsageError, match=said):
        imported(**options)


def test_the_same_files_make_the_same_folder(imported, tmp_path):
    one = {p.name: p.read_bytes() for p in imported().iterdir()}
    (tmp_path / "made").rename(tmp_path / "first")
    assert one == {p.name: p.read_bytes() for p in imported().iterdir()}


@pytest.fixture
def published(fixtures, pca_file, tmp_path):
    """The published model, its files tiny ones that a server on this machine gives."""
    place = tmp_path / "served"
    place.mkdir()
    files = {"vggish_model.ckpt": fixtures / "v1.ckpt", "vggish_pca_params.npz": pca_file}
    for name, path in files.items():
        (place / name).write_bytes(path.read_bytes())
    handler = partial(Quiet, directory=place)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        origins = [
            Origin(
                f"http://127.0.0.1:{server.server_port}/{name}",
                f"sha512:{hashlib.sha512(path.read_bytes()).hexdigest()}",
            )
            for name, path in files.items()
        ]
        yield replace(VGGISH, origins=tuple(origins))
        server.shutdown()
        thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def test_the_published_model_is_pulled(published):
    folder = Store().pull(published)
    manifest = Manifest.read(folder)
    assert (manifest.name, manifest.version, manifest.license) == ("vggish", "1.0", "Apache-2.0")
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "as published with AudioSet" in card
    assert "user's own" not in card
    found = load("vggish").predict(NOISE)["embedding"].values.astype(int)
    assert np.abs(found - eight_bits(expected()[1])).max() <= 1


def test_other_files_than_the_published_ones_are_refused(published, fixtures, pca_file):
    given = [fixtures / "v2.ckpt.index", pca_file]
    with pytest.raises(IntegrityError, match="is not the published vggish"):
        Store().pull(published, given=given)
    assert not list(Store().folders())


def test_published_files_that_are_imported_are_known_by_their_hashes(
    imported, published, monkeypatch
):
    monkeypatch.setattr(folders, "VGGISH", published)
    manifest = Manifest.read(imported(int8="no"))
    assert (manifest.version, manifest.license) == ("1.0", "Apache-2.0")
