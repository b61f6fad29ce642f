"""Encoders of one's own: functions that turn pictures and texts into vectors on the client."""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from ._errors import OtherEncoderError
from ._inputs import image_bytes, is_picture

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

Side = Literal["image", "text"]
ImageEncoder = Callable[[list[Any]], Any]
"""Of pictures (of Pillow, RGB) to vectors: an array ``[n, d]``, or what ``numpy.asarray`` makes one of."""
TextEncoder = Callable[[list[str]], Any]
"""Of texts to vectors: an array ``[n, d]``, or what ``numpy.asarray`` makes one of."""

FIXED_TEXTS = ["a red fox in the snow", "two owls on a branch at night", "the sea"]
PICTURE_SIZE = 224
# What another machine or 16-bit numbers change of a vector is far less; another checkpoint changes more.
LEAST_COSINE = 0.99


def fixed_pictures() -> list[PillowImage]:
    """The three pictures of an image encoder's fingerprint: a gradient, rings and stripes."""
    from PIL import Image

    y, x = np.mgrid[0:PICTURE_SIZE, 0:PICTURE_SIZE].astype(np.float64) / PICTURE_SIZE
    distance = np.hypot(x - 0.5, y - 0.5)
    patterns = [
        (x, y, 1 - x),
        ((distance * 12) % 1, distance, 1 - distance),
        ((x * 8) % 1, ((x + y) * 4) % 1, y),
    ]
    return [Image.fromarray((np.stack(each, axis=-1) * 255).clip(0, 255).astype(np.uint8)) for each in patterns]


def picture_of(value: Any) -> PillowImage:
    """The picture for an encoder, RGB."""
    from PIL import Image

    picture = cast("PillowImage", value) if is_picture(value) else Image.open(io.BytesIO(image_bytes(value)))
    return picture.convert("RGB")


@dataclass(frozen=True)
class Encoder:
    """A function of one side, and what it is recognised by."""

    side: Side
    function: Callable[[list[Any]], Any]
    name: str | None
    fingerprint: NDArray[np.float64]
    """The vectors of the three fixed inputs, of norm 1."""

    @property
    def dimension(self) -> int:
        return self.fingerprint.shape[1]

    def vectors(self, items: Sequence[Any]) -> NDArray[np.float32]:
        """``[n, d]``"""
        given = list(items) if self.side == "text" else [picture_of(item) for item in items]
        return _vectors(self.function, given, self.side)

    def spec(self) -> dict[str, Any]:
        """The encoder for a new collection."""
        halves = self.fingerprint.astype("<f2").tobytes()
        told = {"dimension": self.dimension, "fingerprint": b64encode(halves).decode("ascii")}
        return {"external": told if self.name is None else {**told, "name": self.name}}

    def check(self, collection: str, choice: Any) -> None:
        """Raises OtherEncoderError if the collection's vectors were made by another function.

        A collection that was made without a fingerprint is compared by the dimension alone.
        """
        external = cast("Mapping[str, Any]", choice).get("external", {}) if isinstance(choice, Mapping) else None
        if external is None:
            raise OtherEncoderError(
                f'{collection} encodes its {self.side}s itself, by "{choice}"; do not give {self.side}_encoder'
            )
        made_by = f' by "{external["name"]}"' if "name" in external else ""
        start = f"the {self.side} vectors of {collection} were made{made_by}"
        if external["dimension"] != self.dimension:
            raise OtherEncoderError(
                f"{start} and have {external['dimension']} values; the given function gives {self.dimension}"
            )
        if "fingerprint" not in external:
            return
        halves = np.frombuffer(b64decode(external["fingerprint"]), "<f2").astype(np.float64)
        if halves.size != self.fingerprint.size:
            raise OtherEncoderError(f"{start}, with a fingerprint of another kind")
        cosines = np.sum(np.reshape(halves, self.fingerprint.shape) * self.fingerprint, axis=1)
        if cosines.min() < LEAST_COSINE:
            raise OtherEncoderError(
                f"{start}; the given function makes other ones (cosine {cosines.min():.3f} for a fixed {self.side})"
            )


def encoder_of(side: Side, function: Callable[[list[Any]], Any], name: str | None) -> Encoder:
    """Takes the fingerprint of a function: it is called once, with three inputs."""
    fixed: list[Any] = list(FIXED_TEXTS) if side == "text" else list(fixed_pictures())
    vectors = _vectors(function, fixed, side).astype(np.float64)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.all(norms > 0):
        raise ValueError(f"the {side} encoder gives a vector of zeros")
    return Encoder(side, function, name, vectors / norms)


def _vectors(function: Callable[[list[Any]], Any], items: list[Any], side: Side) -> NDArray[np.float32]:
    vectors = np.asarray(function(items), dtype=np.float32)
    if vectors.ndim != 2 or vectors.shape[0] != len(items):
        raise ValueError(
            f"the {side} encoder must give an array [{len(items)}, d] of {len(items)} {side}s, "
            f"not {list(vectors.shape)}"
        )
    return vectors
