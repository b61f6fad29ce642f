"""Writes the generated parts of the client: ``types.py`` and ``_sync``.

python scripts/generate.py            # _sync, from _async
python scripts/generate.py URL        # types.py as well, from the service's /openapi.json
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import httpx
from api_types import types_of

PACKAGE = Path(__file__).parent.parent / "src" / "anchorage"
HEADER = "# Generated from _async by scripts/generate.py.\n"

# In this order: what the asynchronous source says, and what the synchronous code says for it.
WORDS = (
    ("AsyncAnchorage", "Anchorage"),
    ("AsyncCollection", "Collection"),
    ("AsyncService", "Service"),
    ("AsyncAnchors", "Anchors"),
    ("AsyncTransport", "Transport"),
    ("AsyncClient", "Client"),
    ("AsyncBaseTransport", "BaseTransport"),
    ("AsyncIterator", "Iterator"),
    ("AsyncGenerator", "Generator"),
    ("AsyncIterable", "Iterable"),
    ("async def ", "def "),
    ("async with ", "with "),
    ("async for ", "for "),
    ("await ", ""),
    ("each_async", "each"),
    ("__aenter__", "__enter__"),
    ("__aexit__", "__exit__"),
    ("aclose", "close"),
    ("aread", "read"),
    ("aiter_", "iter_"),
    ("asynccontextmanager", "contextmanager"),
    ("asyncio.sleep", "time.sleep"),
    ("import asyncio", "import time"),
    ("_async", "_sync"),
)


def synchronous(source: str) -> str:
    """The synchronous code for a module of ``_async``."""
    for words, replacement in WORDS:
        source = source.replace(words, replacement)
    return HEADER + source


def sync_files() -> dict[Path, str]:
    """Every file of ``_sync`` with what it must hold."""
    sources = sorted((PACKAGE / "_async").glob("*.py"))
    return {PACKAGE / "_sync" / path.name: synchronous(path.read_text("utf-8")) for path in sources}


def main() -> None:
    for path, text in sync_files().items():
        path.write_text(text, "utf-8")
    if len(sys.argv) > 1:
        document: dict[str, Any] = httpx.get(f"{sys.argv[1].rstrip('/')}/openapi.json").json()
        (PACKAGE / "types.py").write_text(types_of(document), "utf-8")


if __name__ == "__main__":
    main()
