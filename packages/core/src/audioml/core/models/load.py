"""Loads a model by what the user calls it: a folder, a store name, or a short name."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from ..errors import (
    AudiomlError,
    MissingDependencyError,
    NotFoundError,
    PluginError,
    UsageError,
)
from ..pipeline import Pipeline
from ..plugins import Component, Registry, registry
from ..stages import Decoder, Estimator, FeatureExtractor, Generator, ModelSpec, Session
from ..store.store import Store, verify_files
from . import bare, golden
from .manifest import Manifest, Runtime
from .resolve import resolve
from .stamps import Stamp

__all__ = ["assemble", "check", "load"]

_STAGES: tuple[Literal["extractor"], Literal["decoder"]] = ("extractor", "decoder")


def load(
    ref: str | Path,
    *,
    variant: str | None = None,
    precision: str | None = None,
    device: str = "cpu",
    threads: int | None = None,
    store: Store | None = None,
    plugins: Registry | None = None,
) -> Any:
    """Return the estimator or generator that a name or a path means.

    Parameters
    ----------
    ref
        A model folder; a model file with its description beside it, see `audioml.core.models.bare`;
        a store name such as ``crema-chord`` or ``crema-chord@a4c7d57.0``; or the
        short name of a task such as ``chord``. A published model is fetched on first use.
    variant
        One of the model's named variants, such as ``crema``.
    precision
        Run it in this precision, such as ``int8``, instead of the first that can run here.
    device, threads
        Passed to the backend.
    store, plugins
        Instead of the ones of this environment.

    Raises
    ------
    NotFoundError
        If nothing is known by that name.
    IntegrityError
        If the model is not what its hashes and its self-test say.
    MissingDependencyError
        If no runtime of the model is installed.
    """
    plugins = plugins or registry()
    store = store or Store()
    found = resolve(ref, store=store, plugins=plugins)
    if isinstance(found, Component) and found.kind == "model":
        from ..cli.pulling import pull_shown

        found = pull_shown(store, found.load())
    if isinstance(found, Component):
        for what, wanted in (("variant", variant), ("precision", precision)):
            if wanted is not None:
                raise UsageError(f"{found.kind} {found.name!r} has no {what} {wanted!r}")
        return _made(found)
    if found.is_file():
        found, manifest = found.parent, bare.read(found, plugins)
    else:
        manifest = Manifest.read(found)
    stamp = Stamp(store.root / "stamps", found, manifest, plugins=plugins)
    if not stamp.valid():
        check(found, manifest, plugins=plugins)
        stamp.write()
    return assemble(
        found,
        manifest,
        variant=variant,
        precision=precision,
        device=device,
        threads=threads,
        plugins=plugins,
    )


def _made(component: Component, *arguments: Any, **params: Any) -> Any:
    """Return what a plugin's factory makes, if it is what the component says."""
    factory = component.load()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            model = factory(*arguments, **params)
    except AudiomlError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"{component.kind} {component.name!r} cannot be made: {type(error).__name__}: {error}"
        ) from error
    wanted: Any = {"estimator": Estimator, "generator": Generator}[component.kind]
    if not isinstance(model, wanted) or not isinstance(model.spec, ModelSpec):
        raise PluginError(
            f"{component.kind} {component.name!r} must be made by {component.target!r}: wanted "
            f"{wanted.__name__} that has a ModelSpec, got {type(model).__name__}"
        )
    return model


def check(folder: Path, manifest: Manifest, *, plugins: Registry | None = None) -> None:
    """Check the hashes and the self-test of a model folder.

    Raises
    ------
    IntegrityError
        If a file or an answer is not what the manifest says.
    """
    verify_files(folder, manifest)
    if manifest.golden is not None:
        golden.check(assemble(folder, manifest, plugins=plugins), manifest.golden)


def assemble(
    folder: Path,
    manifest: Manifest,
    *,
    variant: str | None = None,
    precision: str | None = None,
    device: str = "cpu",
    threads: int | None = None,
    plugins: Registry | None = None,
) -> Any:
    """Return the model of a folder, put together and not yet checked."""
    plugins = plugins or registry()
    if manifest.builder is not None:
        if variant is not None:
            manifest.part("extractor", variant)
        if precision is not None:
            raise _no_precision(manifest, precision)
        component = plugins.find(manifest.kind, manifest.builder.name)
        return _made(component, folder, manifest, **manifest.builder.params)

    def stages(chosen: Mapping[str, Any]) -> tuple[FeatureExtractor, Decoder]:
        made = []
        for stage in _STAGES:
            part = manifest.part(stage, variant)
            params = {**part.params, **_params(manifest, stage, chosen)}
            made.append(plugins.find(stage, part.name).load()(**params))
        return made[0], made[1]

    extractor, decoder = stages({})
    runtime, session = _session(
        folder, manifest, plugins, precision=precision, device=device, threads=threads
    )
    return Pipeline(manifest.spec_of(runtime), extractor, session, decoder, stages)


def _params(manifest: Manifest, stage: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of one stage that chosen options set."""
    options = ((name, manifest.options[name], value) for name, value in chosen.items())
    return {o.param or name: value for name, o, value in options if o.stage in (stage, "both")}


def _session(
    folder: Path,
    manifest: Manifest,
    plugins: Registry,
    *,
    precision: str | None,
    device: str,
    threads: int | None,
) -> tuple[Runtime, Session]:
    reasons = []
    runtimes = [r for r in manifest.runtimes if precision in (None, r.precision)]
    if not runtimes:
        raise _no_precision(manifest, str(precision))
    for runtime in runtimes:
        try:
            backend = plugins.find("backend", runtime.backend).load()()
            session: Session = backend.load(folder / runtime.file, device=device, threads=threads)
        except (NotFoundError, MissingDependencyError) as error:
            reasons.append(str(error))
        else:
            return runtime, session
    raise MissingDependencyError(
        f"no runtime of {manifest.name!r} can run here: " + "; ".join(reasons)
    )


def _no_precision(manifest: Manifest, precision: str) -> UsageError:
    known = ", ".join(dict.fromkeys(r.precision for r in manifest.runtimes)) or "only its own"
    return UsageError(f"{manifest.name} has no runtime in {precision!r} (it has: {known})")
