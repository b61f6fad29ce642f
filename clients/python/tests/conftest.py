"""One real service for the whole run, started by the client itself."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from anchorage import Anchorage, Collection

DIMENSION = 4


@pytest.fixture(scope="session")
def client() -> Iterator[Anchorage]:
    """A client of the real service; ANCHORAGE_URL names one that runs already."""
    url = os.environ.get("ANCHORAGE_URL")
    with Anchorage(url) if url else Anchorage.local(ready_within=300) as client:
        yield client


@pytest.fixture
def new_name(client: Anchorage) -> Iterator[Callable[[], str]]:
    """Names of collections, which are deleted after the test."""
    names: list[str] = []

    def name() -> str:
        names.append(f"t-{uuid.uuid4().hex[:12]}")
        return names[-1]

    yield name
    there = {collection["name"] for collection in client.list_collections()}
    for each in names:
        if each in there:
            client.collection(each).delete()


@pytest.fixture
def birds(client: Anchorage, new_name: Callable[[], str]) -> Collection:
    """A collection of external encoders with an owl and a hen."""
    external = {"external": {"dimension": DIMENSION}}
    name = new_name()
    client.create_collection(name=name, imageEncoder=external, textEncoder=external)
    collection = client.collection(name)
    collection.put(
        [
            {
                "id": "owl",
                "text": "an owl",
                "imageVector": np.array([1, 0, 0, 0.5]),
                "textVector": np.array([1, 0.5, 0, 0]),
                "image": Image.new("RGB", (40, 30), "brown"),
                "metadata": {"owner": "ann", "query": "kept as it is"},
            },
            {
                "id": "hen",
                "text": "a hen",
                "imageVector": np.array([0, 1, 0, 0.5]),
                "textVector": np.array([0, 1, 0.5, 0]),
                "metadata": {"owner": "bob"},
            },
        ]
    )
    return collection


def colour_vectors(pictures: list[Image.Image]) -> np.ndarray:
    """An image encoder of a test: mean colours of both halves."""
    rows = [np.asarray(picture.convert("RGB").resize((2, 1)), dtype=np.float32).ravel() for picture in pictures]
    return np.stack(rows) + 1


def letter_vectors(texts: list[str]) -> np.ndarray:
    """A text encoder of a test: how often the letters a to h are in the text."""
    return np.array([[1 + text.count(letter) for letter in "abcdefgh"] for text in texts], dtype=np.float32)
