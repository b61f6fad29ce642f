"""Answers and anchors as tables of Arrow and of pandas, which are optional."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    import pandas

    from .types import StoredAnchor


def rows_to_pandas(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pandas.DataFrame:
    frame: Any = import_module("pandas").DataFrame
    return frame([{name: row.get(name) for name in columns} for row in rows], columns=list(columns))


def rows_to_arrow(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Any:
    return _arrow().table({name: [row.get(name) for row in rows] for name in columns})


def anchors_to_arrow(anchors: Sequence[StoredAnchor]) -> Any:
    """One row an anchor; vectors are fixed-size lists of float32, metadata is JSON."""
    arrow = _arrow()
    columns: dict[str, Any] = {
        "id": arrow.array([anchor["id"] for anchor in anchors], arrow.string()),
        "text": arrow.array([anchor["text"] for anchor in anchors], arrow.string()),
        "metadata": arrow.array(
            [json.dumps(anchor["metadata"], ensure_ascii=False) for anchor in anchors], arrow.string()
        ),
        "hasImage": arrow.array([anchor["hasImage"] for anchor in anchors], arrow.bool_()),
        "sequence": arrow.array([anchor["sequence"] for anchor in anchors], arrow.int64()),
    }
    for name in ("imageVector", "textVector"):
        vectors = [anchor.get(name) for anchor in anchors]
        given = [vector for vector in vectors if vector is not None]
        if given and len(given) == len(anchors):
            columns[name] = arrow.FixedSizeListArray.from_arrays(arrow.array(np.concatenate(given)), len(given[0]))
    return arrow.table(columns)


def anchors_to_pandas(anchors: Sequence[StoredAnchor]) -> pandas.DataFrame:
    """One row an anchor, by id; vectors are arrays, metadata a dictionary."""
    columns = (
        list(cast("dict[str, Any]", anchors[0])) if anchors else ["id", "text", "metadata", "hasImage", "sequence"]
    )
    frame: Any = rows_to_pandas(cast("Sequence[Mapping[str, Any]]", anchors), columns)
    return frame.set_index("id")


def _arrow() -> Any:
    # It has no types of its own.
    return import_module("pyarrow")
