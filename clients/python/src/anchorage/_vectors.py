"""Vectors on the wire: base64 of little-endian float32."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


def encode_vector(values: Any) -> str:
    """Base64 of little-endian float32, of one vector as any array or sequence of numbers.

    >>> encode_vector([1.0, 2.0])
    'AACAPwAAAEA='
    """
    array = np.ascontiguousarray(values, dtype="<f4")
    if array.ndim != 1:
        raise ValueError(f"a vector has one dimension, not {array.ndim}")
    return b64encode(array.data).decode("ascii") if array.size else ""


def decode_vector(text: str) -> Vector:
    """The vector of a base64 text; a view of the decoded bytes, which cannot be written to."""
    return np.frombuffer(b64decode(text, validate=True), "<f4").astype(np.float32, copy=False)
