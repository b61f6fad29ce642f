"""A program of a user, for the type checker alone: pyright --strict has nothing to say about it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from anchorage import Anchorage, AsyncAnchorage, SearchResult, anchor, external, types

if sys.version_info >= (3, 11):
    from typing import assert_type
else:
    from typing_extensions import assert_type


def rows() -> Iterator[types.Anchor]:
    yield {"id": "a", "imageVector": np.zeros(3, dtype=np.float32), "textVector": [1.0, 2.0], "text": "a fox"}


def use(client: Anchorage) -> None:
    client.create_collection(name="birds", imageEncoder=external(3), textEncoder="use-lite", asif={"k": "auto"})
    birds = client.collection("birds")
    assert_type(birds.put([{"id": "b", "text": "an owl", "image": Image.new("RGB", (8, 8))}]), types.Written)
    for written in birds.put_stream(rows()):
        assert_type(written["lines"], "types.Sequence[int]")
    assert_type(birds.search(query=Path("owl.jpg"), target="text", limit=3), SearchResult)
    answer = birds.classify(images=[anchor("a"), b"GIF89a"], classes=["owl", {"name": "hen"}], explain=3)
    assert_type(answer.names, "list[str | None]")
    assert_type(client.wait_for_job(birds.tune(folds=5))["state"] == "done", bool)
    vector = birds.get_anchor("a", vectors=True).get("imageVector")
    assert vector is not None
    assert_type(vector.tolist()[0] is None, bool)


async def use_async(client: AsyncAnchorage) -> None:
    birds = client.collection("birds")
    assert_type(await birds.get(), types.Collection)
    async for each in birds.list_anchors(filter={"owner": "ann"}):
        assert_type(each, types.StoredAnchor)
