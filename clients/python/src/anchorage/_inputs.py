"""What may be given as a picture, a vector or an input, and how it is written as JSON."""

from __future__ import annotations

import io
import os
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, cast

import numpy as np
from numpy.typing import NDArray

from ._vectors import Vector, encode_vector

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

    from .types import EncoderChoice

    ImageLike = Union[PillowImage, bytes, "os.PathLike[str]", Mapping[str, str]]
else:
    ImageLike = Any
"""A picture: of Pillow, the bytes of an image file, a path of one, or ``{"base64": ...}``."""

VectorLike = Union["NDArray[Any]", Sequence[float], str]
"""A vector: an array, numbers, or base64 of little-endian float32."""

InputLike = Union[str, ImageLike, "NDArray[Any]", Mapping[str, Any]]
"""A text, a picture, a vector (an array), or a mapping such as ``{"anchor": "a1"}``."""

ClassLike = Union[str, Mapping[str, Any]]
"""The name of a class, or ``{"name": ..., "prompts": [inputs]}``."""

__all__ = ["ClassLike", "ImageLike", "InputLike", "Vector", "VectorLike", "body_of", "image_bytes"]

VECTOR_KEYS = frozenset({"vector", "imageVector", "textVector"})
# Keys below these are the user's own.
RAW_KEYS = frozenset({"filter", "metadata", "words"})
# Matrices whose rows may be base64; float32 alone, so that nothing is rounded.
MATRIX_KEYS = frozenset({"features", "fLabels", "sourceProbabilities"})
INPUT_KEYS = frozenset({"query", "input"})
INPUT_LIST_KEYS = frozenset({"images", "texts", "inputs", "prompts"})


def anchor(id: str) -> dict[str, str]:
    """The input that stands for a stored anchor.

    >>> anchor("a1")
    {'anchor': 'a1'}
    """
    return {"anchor": id}


def external(dimension: int) -> EncoderChoice:
    """The encoder of a collection that is given vectors of this dimension.

    >>> external(64)
    {'external': {'dimension': 64}}
    """
    return {"external": {"dimension": dimension}}


def is_picture(value: object) -> bool:
    """Whether a value is a picture of Pillow, without importing Pillow."""
    return hasattr(value, "convert") and hasattr(value, "save")


def image_bytes(image: ImageLike) -> bytes:
    """The bytes of an image file: a picture of Pillow becomes a PNG.

    >>> image_bytes(b"GIF89a")
    b'GIF89a'
    """
    if isinstance(image, bytes):
        return image
    if isinstance(image, (bytearray, memoryview)):
        return bytes(image)
    if isinstance(image, Mapping):
        return b64decode(image["base64"])
    if isinstance(image, os.PathLike):
        return Path(image).read_bytes()
    if is_picture(image):
        file = io.BytesIO()
        kept = image if image.mode in ("1", "L", "LA", "RGB", "RGBA", "P") else image.convert("RGB")
        kept.save(file, "PNG")
        return file.getvalue()
    raise TypeError(f"a picture is expected: of Pillow, bytes or a path, not {type(image).__name__}")


def _image(value: object) -> object:
    if isinstance(value, Mapping):
        return cast("Mapping[str, str]", value)
    return {"base64": b64encode(image_bytes(cast("ImageLike", value))).decode("ascii")}


def input_of(value: object) -> object:
    """An input as JSON.

    >>> input_of("a red fox")
    {'text': 'a red fox'}
    >>> input_of(np.array([1, 2], dtype="f4"))
    {'vector': 'AACAPwAAAEA='}
    """
    if isinstance(value, Mapping):
        return _body(cast("Mapping[str, object]", value))
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, np.ndarray):
        return {"vector": encode_vector(value)}
    return {"image": _image(value)}


def _is_list(value: object) -> bool:
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes))


def _field(key: str, value: object) -> object:
    if key in RAW_KEYS:
        return value
    if key in VECTOR_KEYS:
        return value if isinstance(value, str) else encode_vector(value)
    if key in INPUT_KEYS:
        return input_of(value)
    if key in INPUT_LIST_KEYS and _is_list(value):
        return [input_of(each) for each in cast("Sequence[object]", value)]
    if key == "image":
        return _image(value)
    if key == "with" and _is_list(value):
        return [anchor_body(each) for each in cast("Sequence[Mapping[str, object]]", value)]
    if key == "condition" and isinstance(value, Mapping):
        return {name: _condition(name, each) for name, each in cast("Mapping[str, object]", value).items()}
    return _value(value, key)


def _condition(key: str, value: object) -> object:
    return input_of(value) if key in ("image", "text") else _field(key, value)


def _body(fields: Mapping[str, object]) -> dict[str, object]:
    return {key: _field(key, value) for key, value in fields.items()}


def _value(value: object, key: str = "") -> object:
    if isinstance(value, Mapping):
        return _body(cast("Mapping[str, object]", value))
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, np.ndarray) and key in MATRIX_KEYS:
        array = cast("NDArray[Any]", value)
        if array.dtype == np.float32 and array.ndim >= 2:
            return [encode_vector(row) if array.ndim == 2 else _value(row, key) for row in array]
    if isinstance(value, (np.ndarray, np.generic)):
        return cast("object", value.tolist())
    if isinstance(value, Sequence):
        return [_value(each, key) for each in cast("Sequence[object]", value)]
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


def body_of(fields: Mapping[str, object]) -> dict[str, object]:
    """A request's fields as JSON. A keyword that Python keeps for itself is given with ``_`` behind it.

    >>> body_of({"images": ["a fox"], "with_": [], "classes": ["owl"]})
    {'images': [{'text': 'a fox'}], 'with': [], 'classes': [{'name': 'owl'}]}
    >>> body_of({"features": np.array([[1], [2]], dtype="f4"), "labels": np.array([0, 1])})
    {'features': ['AACAPw==', 'AAAAQA=='], 'labels': [0, 1]}
    """
    given = {key.rstrip("_"): value for key, value in fields.items() if value is not None}
    body = _body(given)
    classes = given.get("classes")
    if _is_list(classes):
        named = cast("Sequence[object]", classes)
        body["classes"] = [{"name": each} if isinstance(each, str) else _value(each) for each in named]
    return body


def anchor_body(fields: Mapping[str, object]) -> dict[str, object]:
    """An anchor as JSON; metadata stays as it is."""
    body: dict[str, object] = {}
    for key, value in fields.items():
        if value is None:
            continue
        if key in ("imageVector", "textVector"):
            body[key] = value if isinstance(value, str) else encode_vector(value)
        else:
            body[key] = _image(value) if key == "image" else value
    return body
