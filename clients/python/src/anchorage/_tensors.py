"""Arrays of a safetensors file, as the map of the anchors is answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUMBERS = {"F32": "<f4", "U32": "<u4", "U8": "u1"}


@dataclass(frozen=True)
class Projection:
    """A map of a collection's anchors: ``places`` is ``[anchors, 2]``, in the order of ``ids``."""

    ids: list[str]
    places: NDArray[np.float32]
    about: dict[str, str]
    """The method, the side, the sequences, the seed, and what else is there."""


@dataclass(frozen=True)
class ProjectionValues:
    """A value of each anchor on the map, in the order of its ids.

    Of a metadata key, ``codes`` are places in ``values`` (4294967295 without the key, 4294967294 for rare
    values); of the agreement, ``numbers`` are given.
    """

    values: list[Any]
    codes: NDArray[np.uint32] | None
    counts: NDArray[np.uint32] | None
    numbers: NDArray[np.float32] | None
    about: dict[str, str]


def read_tensors(file: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The arrays of a safetensors file by name, and its texts."""
    length = int.from_bytes(file[:8], "little")
    header: dict[str, Any] = json.loads(file[8 : 8 + length])
    texts: dict[str, str] = header.pop("__metadata__", {})
    arrays: dict[str, NDArray[Any]] = {}
    for name, part in header.items():
        start, end = (8 + length + offset for offset in part["data_offsets"])
        shape = tuple(int(length) for length in part["shape"])
        arrays[name] = np.reshape(np.frombuffer(file[start:end], NUMBERS[part["dtype"]]), shape)
    return arrays, texts


def projection_in(file: bytes) -> Projection:
    arrays, about = read_tensors(file)
    return Projection(json.loads(arrays["ids"].tobytes()), arrays["places"], about)


def values_in(file: bytes) -> ProjectionValues:
    arrays, about = read_tensors(file)
    values: list[Any] = json.loads(arrays["values"].tobytes()) if "values" in arrays else []
    return ProjectionValues(values, arrays.get("codes"), arrays.get("counts"), arrays.get("numbers"), about)
