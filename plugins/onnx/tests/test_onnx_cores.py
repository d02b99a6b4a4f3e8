import os

import pytest

from audioml_onnx.cores import usable_cores


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A function that makes a file system of which the cgroups are told, and counts its cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)

    def count(cgroup, **files):
        (tmp_path / "proc/self").mkdir(parents=True)
        (tmp_path / "proc/self/cgroup").write_text(cgroup)
        for name, text in files.items():
            path = tmp_path / "sys/fs/cgroup" / name.replace("__", "/").replace("cpu_", "cpu.")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return usable_cores(tmp_path)

    return count


def test_without_a_quota_it_is_the_affinity(machine):
    assert machine("0::/\n", cpu_max="max 100000\n") == 8


@pytest.mark.parametrize(("quota", "cores"), [(200000, 2), (150000, 2), (50000, 1), (9900000, 8)])
def test_a_container_has_a_quota(machine, quota, cores):
    assert machine("0::/\n", cpu_max=f"{quota} 100000\n") == cores


def test_the_groups_above_count_too(machine):
    files = {"pod__cpu_max": "300000 100000\n", "pod__one__cpu_max": "max 100000\n"}
    assert machine("0::/pod/one\n", **files) == 3


def test_a_quota_of_version_1(machine):
    files = {"cpu__cpu_cfs_quota_us": "400000\n", "cpu__cpu_cfs_period_us": "100000\n"}
    assert machine("4:memory:/x\n1:cpu,cpuacct:/docker/far\n", **files) == 4


def test_no_quota_of_version_1(machine):
    files = {"cpu__cpu_cfs_quota_us": "-1\n", "cpu__cpu_cfs_period_us": "100000\n"}
    assert machine("1:cpu:/\n", **files) == 8


@pytest.mark.parametrize("text", ["", "what is this", "max", "0 0", "x y"])
def test_what_cannot_be_read_is_no_quota(machine, text):
    assert machine("0::/\nodd\n", cpu_max=text) == 8


def test_there_is_at_least_one_core_here():
    assert 1 <= usable_cores() <= os.cpu_count()
