"""Iterating over what may be given in several ways, and cutting it into batches."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, Union

from . import types
from ._inputs import anchor_body

T = TypeVar("T")
Anchors = Iterable["types.Anchor"]
AsyncAnchors = Union[Iterable["types.Anchor"], AsyncIterable["types.Anchor"]]


def each(items: Iterable[T]) -> Iterator[T]:
    yield from items


async def each_async(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


@dataclass
class Batch:
    """Anchors as JSON, until there are enough for one request."""

    most: int
    most_bytes: int
    first: int = 0
    parts: list[str] = field(default_factory=list[str])
    size: int = 0

    def add(self, anchor: Mapping[str, Any]) -> None:
        text = json.dumps(anchor_body(anchor), separators=(",", ":"), allow_nan=False)
        self.parts.append(text)
        self.size += len(text)

    @property
    def is_full(self) -> bool:
        return len(self.parts) >= self.most or self.size >= self.most_bytes

    def body(self) -> bytes:
        return ('{"anchors":[' + ",".join(self.parts) + "]}").encode()

    def next(self) -> Batch:
        """An empty batch for what follows this one."""
        return Batch(self.most, self.most_bytes, self.first + len(self.parts))
