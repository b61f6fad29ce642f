"""Compares how fast the Python and the TypeScript client write given vectors, in alternating runs.

python bench/upsert.py [--anchors 100000] [--dimension 512] [--runs 3] [--url URL]

Each run writes to a new collection. The TypeScript client writes numbers, as its documentation shows, and base64.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from anchorage import Anchorage, external, types

REPOSITORY = Path(__file__).resolve().parents[3]
SCRIPT = REPOSITORY / "research" / "bench" / "upsert-client.ts"


def anchors(count: int, dimension: int) -> Iterator[types.Anchor]:
    rows = np.random.default_rng(1).random((1_000, dimension), dtype=np.float32) - 0.5
    for i in range(count):
        yield {"id": f"row-{i}", "imageVector": rows[i % 1_000], "textVector": rows[(i * 7 + 1) % 1_000]}


def by_python(client: Anchorage, name: str, count: int, dimension: int) -> float:
    started = time.perf_counter()
    written = client.collection(name).put_all(anchors(count, dimension))
    assert written == count
    return time.perf_counter() - started


def by_typescript(form: str) -> Callable[[Anchorage, str, int, int], float]:
    def run(client: Anchorage, name: str, count: int, dimension: int) -> float:
        command = ["node", "--import", "tsx", str(SCRIPT), client.url, name, str(count), str(dimension), form]
        done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
        return float(done.stdout)

    return run


CLIENTS = {
    "Python": by_python,
    "TypeScript, numbers": by_typescript("numbers"),
    "TypeScript, base64": by_typescript("base64"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anchors", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--url", help="a service that runs already; by default one is started")
    options = parser.parse_args()
    count, dimension = options.anchors, options.dimension
    rates: dict[str, list[float]] = {name: [] for name in CLIENTS}
    with Anchorage(options.url) if options.url else Anchorage.local(ready_within=300) as client:
        for run in range(options.runs):
            for name, write in CLIENTS.items():
                collection = "bench-upsert"
                client.create_collection(
                    name=collection, imageEncoder=external(dimension), textEncoder=external(dimension)
                )
                seconds = write(client, collection, count, dimension)
                assert client.collection(collection).get()["anchorCount"] == count
                client.collection(collection).delete()
                rates[name].append(count / seconds)
                print(
                    f"run {run + 1}, {name}: {count} in {seconds:.1f} s, {count / seconds:,.0f} a second",
                    flush=True,
                )
    medians = {name: statistics.median(each) for name, each in rates.items()}
    for name in list(CLIENTS)[1:]:
        print(f"Python / {name}: {medians['Python'] / medians[name]:.2f} (medians)")


if __name__ == "__main__":
    main()
