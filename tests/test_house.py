"""What holds for the repository as a whole."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DISTRIBUTIONS = sorted([*ROOT.glob("packages/*"), *ROOT.glob("plugins/*")])
SOURCES = [path for d in DISTRIBUTIONS for path in d.glob("src/**/*.py")]


def project(folder: Path) -> dict:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_audioml_is_a_namespace_that_no_distribution_owns() -> None:
    assert not list(ROOT.glob("p*/*/src/audioml/__init__.py"))


def test_every_distribution_has_the_same_version() -> None:
    import audioml.core

    versions = {project(d)["version"] for d in [ROOT, *DISTRIBUTIONS]}
    assert versions == {audioml.core.__version__}


def test_our_distributions_pin_each_other_to_their_own_version() -> None:
    for folder in [ROOT, *DISTRIBUTIONS]:
        about = project(folder)
        extras = about.get("optional-dependencies", {}).values()
        wanted = [*about["dependencies"], *(name for extra in extras for name in extra)]
        for requirement in wanted:
            if requirement.startswith("audioml-"):
                assert requirement.endswith(f"=={about['version']}"), (folder.name, requirement)


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda d: d.name)
def test_every_distribution_is_complete(folder: Path) -> None:
    about = project(folder)
    assert about["name"] == f"audioml-{folder.name}"
    assert about["requires-python"] == ">=3.11"
    assert about["license"] == "Apache-2.0"
    assert (folder / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert (folder / "README.md").stat().st_size > 200
    assert list(folder.glob("src/**/py.typed"))
    assert list(folder.glob("tests/**/test_*.py"))
    assert about["entry-points"]["audioml"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is_and_what_it_offers(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    names = {t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets
             if isinstance(t, ast.Name)}  # fmt: skip
    defines = any(
        isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")
        for n in tree.body
    )
    assert "__all__" in names or not defines


def test_every_hook_is_documented() -> None:
    from audioml.core.plugins import hookspecs

    hooks = [n for n in vars(hookspecs).values() if getattr(n, "audioml_spec", None) is not None]
    assert hooks
    text = (ROOT / "docs" / "reference" / "hooks.md").read_text(encoding="utf-8")
    for hook in hooks:
        assert hook.__doc__
        assert f"`{hook.__name__}" in text
    for kind in __import__("audioml.core.plugins", fromlist=["KINDS"]).KINDS:
        assert f"`{kind}`" in text, f"component kind {kind} is not documented"
