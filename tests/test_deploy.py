"""The files of ``deploy/``: each is what its tool takes, and all of them agree with each other."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
DOCKERFILE = (DEPLOY / "docker" / "Dockerfile").read_text(encoding="utf-8")
UNIT = DEPLOY / "systemd" / "audioml-serve.service"
NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
KUSTOMIZED = ["base", "models", "overlays/cpu", "overlays/gpu", "overlays/max"]
PLAIN = [p for f in ("base", "models") for p in sorted((KUBERNETES / f).glob("*.yaml"))
         if p.name != "kustomization.yaml"]  # fmt: skip
UID = 10001


def told(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rendered(name: str) -> list[dict]:
    """Return what kubectl makes of a folder."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    done = told("kubectl", "kustomize", KUBERNETES / name)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of_kind(kind: str, manifests: list[dict]) -> dict:
    (found,) = [m for m in manifests if m["kind"] == kind]
    return found


def plain(name: str) -> dict:
    return yaml.safe_load((KUBERNETES / name).read_text(encoding="utf-8"))


def pod(manifest: dict) -> dict:
    return manifest["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def unit() -> dict[str, list[str]]:
    """Return the lines of the unit, by what they set."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def unit_environment() -> dict[str, str]:
    pairs = " ".join(unit()["Environment"]).split()
    return dict(pair.split("=", 1) for pair in pairs)


def image_environment() -> dict[str, str]:
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    return dict(re.findall(r"^(?:ENV)?\s+([A-Z_]+)=(\S+)", final, re.MULTILINE))


# what the tools say


@pytest.mark.parametrize("path", PLAIN, ids=lambda p: p.name)
def test_a_manifest_is_one_that_kubernetes_takes(path) -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is absent")
    manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
    validate.validate(manifest, validate.latest_version(), strict=True)


@pytest.mark.parametrize("name", KUSTOMIZED)
def test_what_kustomize_renders_is_what_kubernetes_takes(name) -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is absent")
    for manifest in rendered(name):
        validate.validate(manifest, validate.latest_version(), strict=True)


def test_a_wrong_manifest_is_noticed() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is absent")
    wrong = plain("base/deployment.yaml")
    wrong["spec"]["replicas"] = "one"
    with pytest.raises(validate.ValidationError):
        validate.validate(wrong, validate.latest_version(), strict=True)


def test_every_file_is_part_of_a_kustomization() -> None:
    for folder in (KUBERNETES / "base", KUBERNETES / "models"):
        listed = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
        there = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
        assert set(listed["resources"]) == there


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    if shutil.which("hadolint") is None:
        pytest.skip("hadolint is not installed")
    done = told("hadolint", DEPLOY / "docker" / "Dockerfile")
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_unit_and_finds_it_confined(tmp_path) -> None:
    path = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    path.write_text(re.sub("^ExecStart=.*", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    done = told("systemd-analyze", "verify", path)
    assert UNIT.name not in done.stderr, done.stderr
    done = told("systemd-analyze", "security", "--offline=true", "--threshold=20", path)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd cannot judge a file")
    assert done.returncode == 0, done.stdout[-300:]


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
def test_nginx_takes_its_configuration(tmp_path) -> None:
    path = tmp_path / "nginx.conf"
    local = NGINX.replace("serve:8000", "127.0.0.1:8000").replace("/tmp/", f"{tmp_path}/")
    path.write_text(local)
    done = told("nginx", "-t", "-c", path, "-p", tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_shell_takes_the_smoke_test() -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    done = told("bash", "-n", DEPLOY / "docker" / "smoke.sh")
    assert done.returncode == 0, done.stderr


# what must agree


def known_variables() -> set[str]:
    """Return the names of settings, and those that the sources read or set themselves."""
    settings = pytest.importorskip("audioml.serve.settings", reason="audioml-serve is absent")
    known = {f"{settings.ENVIRONMENT}_{f.name.upper()}" for f in fields(settings.Settings)}
    sources = [*ROOT.glob("p*/*/src/**/*.py")]
    for path in sources:
        quoted = re.findall(r'"(AUDIOML_[A-Z_]+)"', path.read_text(encoding="utf-8"))
        known.update(quoted)
    return known


@pytest.mark.parametrize(
    "path", sorted(p for p in DEPLOY.rglob("*") if p.is_file()), ids=lambda p: p.name
)
def test_every_variable_is_one_that_audioml_knows(path) -> None:
    named = set(re.findall(r"\bAUDIOML_[A-Z_]+\b", path.read_text(encoding="utf-8")))
    assert named <= known_variables()


def test_settings_that_are_given_make_sense(compose) -> None:
    settings = pytest.importorskip("audioml.serve.settings", reason="audioml-serve is absent")
    defaults = {f"{settings.ENVIRONMENT}_{f.name.upper()}": f for f in fields(settings.Settings)}
    given = [
        image_environment(),
        plain("base/configmap.yaml")["data"],
        plain("overlays/gpu/configmap.yaml")["data"],
        plain("overlays/max/configmap.yaml")["data"],
        compose["services"]["serve"]["environment"],
        unit_environment(),
    ]
    for environment in given:
        own = {defaults[n]: v for n, v in environment.items() if n in defaults}
        kinds = {"int": int, "float": float}
        values = {f.name: kinds.get(str(f.type), str)(v) for f, v in own.items()}
        values.pop("models", None)
        settings.Settings(**values)


def test_all_listen_at_the_port_that_is_asked(compose) -> None:
    base = plain("base/deployment.yaml")
    (container,) = pod(base)["containers"]
    port = container["ports"][0]["containerPort"]
    settings = pytest.importorskip("audioml.serve.settings", reason="audioml-serve is absent")
    assert port == settings.Settings().port
    assert f"EXPOSE {port}\n" in DOCKERFILE
    assert plain("base/configmap.yaml")["data"]["AUDIOML_SERVE_PORT"] == str(port)
    assert plain("base/service.yaml")["spec"]["ports"][0]["port"] == port
    serve = compose["services"]["serve"]
    assert serve["environment"]["AUDIOML_SERVE_PORT"] == str(port)
    assert serve["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert unit_environment()["AUDIOML_SERVE_PORT"] == str(port)
    assert f"server serve:{port} " in NGINX


def test_max_listens_at_its_own_port() -> None:
    manifests = rendered("overlays/max")
    (container,) = pod(of_kind("Deployment", manifests))["containers"]
    settings = of_kind("ConfigMap", manifests)["data"]
    service = of_kind("Service", manifests)
    assert settings["AUDIOML_SERVE_PRESET"] == "max"
    assert container["ports"] == [{"name": "http", "containerPort": 5000}]
    assert settings["AUDIOML_SERVE_PORT"] == "5000"
    assert [p["port"] for p in service["spec"]["ports"]] == [5000]


def test_probes_ask_what_the_server_answers() -> None:
    pytest.importorskip("audioml.serve.settings", reason="audioml-serve is absent")
    from audioml.serve.guards import OPEN

    (container,) = pod(plain("base/deployment.yaml"))["containers"]
    probes = {n: container[f"{n}Probe"]["httpGet"] for n in ("startup", "readiness", "liveness")}
    assert {p["port"] for p in probes.values()} == {container["ports"][0]["name"]}
    assert probes["liveness"]["path"] == "/healthz"
    assert probes["readiness"]["path"] == probes["startup"]["path"] == "/readyz"
    assert {p["path"] for p in probes.values()} <= set(OPEN), "a probe has no key"
    assert re.search(r"^HEALTHCHECK .*\\\n +CMD .*audioml serve ping ", DOCKERFILE, re.MULTILINE)


def test_all_run_as_the_same_user_who_owns_nothing(compose) -> None:
    assert f"\nUSER {UID}:{UID}\n" in DOCKERFILE
    assert f"--chown={UID}:{UID} /models" in DOCKERFILE
    for name in ("base/deployment.yaml", "models/job.yaml"):
        context = pod(plain(name))["securityContext"]
        assert context["runAsNonRoot"] is True
        assert {context[n] for n in ("runAsUser", "runAsGroup", "fsGroup")} == {UID}
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    for name in ("serve", "models"):
        assert compose["services"][name]["user"] == f"{UID}:{UID}"


def test_no_container_can_write_but_to_scratch(compose) -> None:
    for name in ("base/deployment.yaml", "models/job.yaml"):
        spec = pod(plain(name))
        (container,) = spec["containers"]
        assert spec["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        mounts = {m["mountPath"]: m.get("readOnly", False) for m in container["volumeMounts"]}
        assert mounts == {"/models": name.startswith("base"), "/tmp": False}
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    assert image_environment()["AUDIOML_HOME"] == "/models"


def test_only_who_pulls_models_has_the_network(compose) -> None:
    assert image_environment()["AUDIOML_OFFLINE"] == "1"
    assert unit_environment()["AUDIOML_OFFLINE"] == "1"
    assert "AUDIOML_OFFLINE" not in compose["services"]["serve"]["environment"]
    assert "AUDIOML_OFFLINE" not in plain("base/configmap.yaml")["data"]
    assert compose["services"]["models"]["environment"]["AUDIOML_OFFLINE"] == "0"
    (job,) = pod(plain("models/job.yaml"))["containers"]
    assert job["env"] == [{"name": "AUDIOML_OFFLINE", "value": "0"}]
    policy = plain("base/network.yaml")["spec"]
    assert policy["egress"] == []
    labels = plain("models/job.yaml")["spec"]["template"]["metadata"]["labels"]
    assert not policy["podSelector"]["matchLabels"].items() <= labels.items()


def test_selectors_find_the_pods_and_claims_the_store() -> None:
    deployment = plain("base/deployment.yaml")["spec"]
    labels = deployment["template"]["metadata"]["labels"].items()
    (spread,) = pod({"spec": deployment})["topologySpreadConstraints"]
    selectors = [
        deployment["selector"]["matchLabels"],
        spread["labelSelector"]["matchLabels"],
        plain("base/service.yaml")["spec"]["selector"],
        plain("base/disruption.yaml")["spec"]["selector"]["matchLabels"],
        plain("base/network.yaml")["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector and selector.items() <= labels for selector in selectors)
    claim = plain("base/claim.yaml")["metadata"]["name"]
    for name in ("base/deployment.yaml", "models/job.yaml"):
        (volume,) = [v for v in pod(plain(name))["volumes"] if v["name"] == "models"]
        assert volume["persistentVolumeClaim"]["claimName"] == claim
    target = plain("base/autoscaler.yaml")["spec"]["scaleTargetRef"]
    assert target["name"] == plain("base/deployment.yaml")["metadata"]["name"]


def test_a_service_sets_no_variable_of_ours() -> None:
    """A service NAME gives pods NAME_PORT: with `audioml-serve`, that is the port to listen at."""
    assert pod(plain("base/deployment.yaml"))["enableServiceLinks"] is False
    for name in KUSTOMIZED:
        for manifest in rendered(name):
            if manifest["kind"] == "Service":
                assert manifest["metadata"]["name"] != "audioml-serve"


@pytest.mark.parametrize("where", ["kubernetes", "compose", "systemd"])
def test_there_is_time_to_end(where, compose) -> None:
    if where == "kubernetes":
        spec = pod(plain("base/deployment.yaml"))
        pause = float(spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
        grace = float(plain("base/configmap.yaml")["data"]["AUDIOML_SERVE_GRACE"])
        assert spec["terminationGracePeriodSeconds"] >= pause + grace + 5
    elif where == "compose":
        serve = compose["services"]["serve"]
        until = float(serve["stop_grace_period"].removesuffix("s"))
        assert until >= float(serve["environment"]["AUDIOML_SERVE_GRACE"]) + 5
    else:
        until = float(unit()["TimeoutStopSec"][0])
        assert until >= float(unit_environment()["AUDIOML_SERVE_GRACE"]) + 5


def test_threads_are_as_many_as_the_cores(compose) -> None:
    (container,) = pod(plain("base/deployment.yaml"))["containers"]
    settings = plain("base/configmap.yaml")["data"]
    serve = compose["services"]["serve"]
    assert settings["AUDIOML_SERVE_MODEL_THREADS"] == container["resources"]["limits"]["cpu"]
    assert int(serve["environment"]["AUDIOML_SERVE_MODEL_THREADS"]) == serve["cpus"]
    for environment in (settings, serve["environment"], unit_environment()):
        assert environment["OMP_NUM_THREADS"] == environment["OPENBLAS_NUM_THREADS"] == "1"


def test_memory_is_the_same_everywhere(compose) -> None:
    limits = pod(plain("base/deployment.yaml"))["containers"][0]["resources"]["limits"]["memory"]
    mebibytes = int(limits.removesuffix("Mi"))
    assert compose["services"]["serve"]["mem_limit"] == f"{mebibytes}m"
    assert unit()["MemoryMax"] == [f"{mebibytes}M"]


def test_nginx_lets_through_what_the_server_takes(compose) -> None:
    settings = pytest.importorskip("audioml.serve.settings", reason="audioml-serve is absent")
    defaults = settings.Settings()
    assert f"client_max_body_size {defaults.max_body >> 20}m;" in NGINX
    assert f"client_max_body_size {defaults.max_job_body >> 30}g;" in NGINX
    (patience,) = re.findall(r"proxy_read_timeout (\d+)s", NGINX)
    assert float(patience) > defaults.deadline
    for name in ("client_header_timeout", "client_body_timeout", "limit_conn ", "send_timeout"):
        assert re.search(rf"^\s+{name}", NGINX, re.MULTILINE)
    trusted = compose["services"]["serve"]["environment"]["AUDIOML_SERVE_FORWARDED_ALLOW"]
    assert trusted == compose["services"]["nginx"]["networks"]["front"]["ipv4_address"]


def test_keys_are_read_where_they_are_mounted() -> None:
    text = (KUBERNETES / "components/keys/kustomization.yaml").read_text(encoding="utf-8")
    component = yaml.safe_load(text)
    changes = [c for patch in component["patches"] for c in yaml.safe_load(patch["patch"])]
    values = {change["path"]: change["value"] for change in changes}
    folder = values["/spec/template/spec/containers/0/volumeMounts/-"]["mountPath"]
    assert values["/data/AUDIOML_SERVE_KEYS"] == f"{folder}/keys"
    assert "--from-file=keys" in text


def test_the_image_holds_what_is_in_the_repository() -> None:
    built = re.findall(r"\b(?:packages|plugins)/[a-z]+\b", DOCKERFILE)
    assert built
    for name in built:
        assert (ROOT / name / "pyproject.toml").is_file(), name
    kept = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]
    copied = re.findall(r"^COPY (\w[\w.]*) ", DOCKERFILE, re.MULTILINE)
    assert set(copied) == set(kept)
