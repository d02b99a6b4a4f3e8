"""What the documents tell people to type at a server is typed here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("flask", reason="audioml-serve is not installed")
pytest.importorskip("audioml_vggish", reason="audioml-vggish is not installed")

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
BLOCK = re.compile(r"(<!-- not run: [^\n]+ -->\n)?```(\w+)\n(.*?)```", re.DOTALL)
TYPED = ("audioml ", "curl ", "ffmpeg ", "AUDIOML_")
SERVER = re.compile(r"(?:\w+=(?:\S+|\"[^\"]*\") )*audioml serve(?! (?:key|ping)\b)")
ADDRESS = re.compile(r"http://127\.0\.0\.1:(?:8000|5000)")
NOISE = """
import numpy as np

from audioml.core import Audio, ModelSpec
from audioml.core.plugins import Component, hookimpl


@hookimpl
def components():
    here = __name__
    yield Component("generator", "noise", f"{here}:Noise", "noise")
    yield Component("importer", "named", f"{here}.importer:IMPORTER", "ONNX networks with names")
    yield Component("route", "count", f"{here}.routes:routes", "how much a model finds")


class Noise:
    spec = ModelSpec("noise", "1", "noise", "MIT", rate=8000)

    def start(self, options, /):
        return Blocks(options)


class Blocks:
    state = b""

    def __init__(self, options):
        self._options = options

    def __iter__(self):
        random = np.random.default_rng(self._options.seed)
        for second in range(int(self._options.seconds)):
            yield Audio(random.uniform(-0.5, 0.5, (1, 8000)).astype("f4"), 8000, float(second))
"""


class Reader:
    """Somebody who follows a page from top to bottom, in one folder."""

    def __init__(self, folder: Path, plugins: Path) -> None:
        self.server: subprocess.Popen[str] | None = None
        self.url, self.port = "http://127.0.0.1:9", 0
        self.names: dict[str, object] = {}
        self.ran: list[str] = []
        curl = folder / "curl"
        curl.mkdir()
        (curl / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        self.environment = {"CURL_HOME": str(curl), "PATH": path, "PYTHONPATH": str(plugins)}

    def follow(self, page: str) -> None:
        for skipped, language, block in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
            if skipped:
                continue
            if language == "sh":
                for line in block.splitlines():
                    self.type(line.split(" #")[0].strip())
            if language == "python" and not block.startswith("Component("):
                exec(compile(block, page, "exec"), self.names)

    def type(self, line: str) -> None:
        if not line.startswith(TYPED):
            return
        if line.startswith("ffmpeg ") and shutil.which("ffmpeg") is None:
            return
        if SERVER.match(line):
            self.serve(line)
        else:
            done = subprocess.run(
                ADDRESS.sub(self.url, line),
                shell=True,
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, **self.environment},
                timeout=120,
            )
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            assert '"problem"' not in done.stdout, (line, done.stdout)
        self.ran.append(line)

    def serve(self, line: str) -> None:
        self.leave()
        self.server = subprocess.Popen(
            f"exec env {line} --port {self.port} --host 127.0.0.1",
            shell=True,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **self.environment},
        )
        told = []
        for said in self.server.stderr or ():
            told.append(said)
            if found := re.search(r"serving on (http://[\w.]+:\d+)", said):
                self.url, self.port = found[1], int(found[1].rpartition(":")[2])
                threading.Thread(target=self.server.stderr.read, daemon=True).start()
                os.environ["AUDIOML_SERVE_URL"] = self.environment["AUDIOML_SERVE_URL"] = self.url
                return
        raise AssertionError((line, told))

    def leave(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait(60)
            self.server = None


SIZES = {
    "conv1": (3, 3, 1, 4),
    "conv2": (3, 3, 4, 4),
    "conv3/conv3_1": (3, 3, 4, 4),
    "conv3/conv3_2": (3, 3, 4, 4),
    "conv4/conv4_1": (3, 3, 4, 4),
    "conv4/conv4_2": (3, 3, 4, 4),
    "fc1/fc1_1": (96, 16),
    "fc1/fc1_2": (16, 16),
    "fc2": (16, 128),
}


def write_small_vggish(path: Path) -> None:
    """Write the weights of a narrow VGGish as torch names and safetensors stores them."""
    random, header, body = np.random.default_rng(3), {}, b""
    numbers = {"features": iter((0, 3, 6, 8, 11, 13)), "embeddings": iter((0, 2, 4))}
    for shape in SIZES.values():
        part = "features" if len(shape) == 4 else "embeddings"
        weight = random.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape[::-1])
        if len(shape) == 4:  # (out, in, rows, columns)
            weight = weight.transpose(0, 1, 3, 2)
        number = next(numbers[part])
        for name, array in (("weight", weight), ("bias", random.normal(0, 0.05, shape[-1]))):
            data = np.ascontiguousarray(array, "<f4").tobytes()
            header[f"{part}.{number}.{name}"] = {
                "dtype": "F32",
                "shape": array.shape,
                "data_offsets": [len(body), len(body) + len(data)],
            }
            body += data
    head = json.dumps(header).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + body)


def write_loud(path: Path) -> None:
    """Write an ONNX network of one-second windows: how loud and how quiet they are."""
    onnx = pytest.importorskip("onnx")
    make, floats = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        make.make_node("Abs", ["audio"], ["sizes"]),
        make.make_node("ReduceMean", ["sizes"], ["loud"], axes=[1], keepdims=1),
        make.make_node("Neg", ["loud"], ["quiet"]),
        make.make_node("Concat", ["loud", "quiet"], ["scores"], axis=1),
    ]
    graph = make.make_graph(
        nodes,
        "loud",
        [make.make_tensor_value_info("audio", floats, ["rows", 8000])],
        [make.make_tensor_value_info("scores", floats, ["rows", 2])],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())


@pytest.fixture
def plugins(tmp_path) -> Path:
    """A folder from which Python installs a generator, and what the reference of hooks shows."""
    folder = tmp_path / "plugins"
    module, about = folder / "audioml_mine", folder / "audioml_mine-0.1.dist-info"
    module.mkdir(parents=True)
    about.mkdir()
    (module / "__init__.py").write_text(NOISE)
    page = (ROOT / "docs/reference/hooks.md").read_text(encoding="utf-8")
    for name, code in re.findall(
        r"`audioml_mine/(\w+\.py)`:\n\n```python\n(.*?)```", page, re.DOTALL
    ):
        (module / name).write_text(code)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: audioml-mine\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text("[audioml]\nmine = audioml_mine\n")
    return folder


@pytest.fixture
def home(tmp_path, pulled_weights, monkeypatch) -> Path:
    """A store with the published chords, and with a small VGGish in place of the published one."""
    home = tmp_path / "audioml-home"
    (home / "models").mkdir(parents=True)
    for model in (pulled_weights / "models").iterdir():
        (home / "models" / model.name).symlink_to(model)
    monkeypatch.setenv("AUDIOML_HOME", str(home))
    return home


@pytest.fixture
def reader(tmp_path, plugins, home, monkeypatch) -> Iterator[Reader]:
    """Somebody in a folder with all the files that the pages name."""
    from audioml.core.audio import write
    from audioml.core.cli.main import run
    from audioml.core.testing import music

    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AUDIOML_SERVE_URL", "http://127.0.0.1:9")
    audio, _ = music(bar=0.6)
    for name in ("song.mp3", "song.wav", "live/a.flac", "live/b.wav", "recordings/a.wav"):
        Path(name).parent.mkdir(exist_ok=True)
        write(folder / name, audio)
    write_small_vggish(folder / "weights.safetensors")
    random = np.random.default_rng(4)
    means = random.normal(0, 0.1, (128, 1))
    np.savez("vggish_pca_params.npz", pca_means=means,
             pca_eigen_vectors=random.normal(0, 0.1, (128, 128)))  # fmt: skip
    weights = ["weights.safetensors", "vggish_pca_params.npz"]
    assert run(["models", "import", *weights, "--set", "version=1.0"]) == 0
    shutil.copytree(home / "models/vggish/1.0", folder / "models/street")
    manifest = folder / "models/street/model.json"
    manifest.write_text(manifest.read_text().replace('"name": "vggish"', '"name": "street"', 1))
    write_loud(folder / "loud.onnx")
    Path("loud.labels").write_text("loud\nquiet\n")
    shutil.copyfile("loud.onnx", "models/X.onnx")
    Path("models/X.toml").write_text(
        '[extractor]\nname = "pcm"\nparams = {rate = 8000, window = 1.0}\n'
    )
    reader = Reader(tmp_path, plugins)
    yield reader
    reader.leave()


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize(
    ("page", "lines"),
    [
        ("docs/tutorial/first-service.md", 6),
        ("docs/howto/serve.md", 25),
        ("docs/howto/max.md", 3),
        ("docs/howto/vggish.md", 7),
        ("docs/reference/hooks.md", 4),
    ],
)
def test_the_pages_about_serving_can_be_followed(reader, page, lines) -> None:
    reader.follow(page)
    assert len(reader.ran) >= lines


@pytest.mark.slow
@pytest.mark.weights
def test_the_readme_serves(reader) -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("**`audioml serve`**")[2]
    for line in BLOCK.search(section)[3].splitlines():
        if "models pull" not in line:
            reader.type(line.split(" #")[0].strip())
    assert len(reader.ran) == 2


@pytest.fixture
def empty_service(audioml_home):
    from audioml.serve.catalog import Catalog
    from audioml.serve.metrics import Metrics
    from audioml.serve.service import Service
    from audioml.serve.settings import Settings

    service = Service(Settings(jobs=0), Catalog([]), Metrics())
    yield service
    service.close()


def reference() -> str:
    return (ROOT / "docs/reference/serve.md").read_text(encoding="utf-8")


def test_every_setting_is_documented_as_it_is(monkeypatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    import generate_serve

    from audioml.serve.settings import Settings

    text = reference()
    assert generate_serve.page(text) == text, "python docs/generate_serve.py"
    assert all(f"`AUDIOML_SERVE_{each.name.upper()}`" in text for each in fields(Settings))


def test_every_address_is_documented(empty_service) -> None:
    text = reference()
    files = ("page", "swagger_files")
    rules = empty_service.app.url_map.iter_rules()
    own = [rule for rule in rules if rule.endpoint.partition(".")[0] not in files]
    assert len(own) > 10
    for rule in own:
        path = rule.rule.replace("<", "{").replace(">", "}")
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert f"`{method} {path}`" in text, f"{method} {path} is not documented"


def test_every_metric_is_documented(empty_service) -> None:
    page = empty_service.metrics.page().decode()
    ours = re.findall(r"^# TYPE (audioml_\w+?)(?:_created)? \w+$", page, flags=re.MULTILINE)
    assert len(set(ours)) > 6
    for name in ours:
        assert f"`{name}`" in reference(), f"{name} is not documented"


def test_every_field_of_the_api_is_documented() -> None:
    from audioml.serve.openapi.schemas import SCHEMAS

    text = reference()
    names = {name for schema in SCHEMAS.values() for name in schema.get("properties", {})}
    assert len(names) > 40
    for name in names:
        assert f"`{name}`" in text or f'"{name}"' in text, f"{name} is not documented"


def test_every_form_of_an_answer_is_documented() -> None:
    from audioml.core.formats import find_format
    from audioml.serve.answers import FORMATS

    for name in FORMATS:
        assert f"| `{name}` | `{find_format(name).media}` |" in reference()
