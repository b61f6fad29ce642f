"""Answers that know more than their JSON: arrays, tables, and how they look in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from ._html import Thumbnails, hits_html, result_html
from ._tables import rows_to_arrow, rows_to_pandas

if TYPE_CHECKING:
    import pandas

    from .types import ClassifyAnswer, ClassifyResult, SearchAnswer, SearchAnswerHits, SimilarityAnswer

HIT_COLUMNS = ("id", "score", "text", "metadata")
CLASS_COLUMNS = ("image", "rank", "name", "score", "probability")


@dataclass(frozen=True)
class SearchResult:
    """The answer of a search; iterate over it, or read ``raw``."""

    raw: SearchAnswer
    _pictures: Thumbnails = field(repr=False)

    @property
    def hits(self) -> Sequence[SearchAnswerHits]:
        """Best first."""
        return self.raw["hits"]

    @property
    def ids(self) -> list[str]:
        return [hit["id"] for hit in self.hits]

    @property
    def scores(self) -> NDArray[np.float64]:
        return np.array([hit["score"] for hit in self.hits], dtype=np.float64)

    def __len__(self) -> int:
        return len(self.hits)

    def __iter__(self) -> Iterator[SearchAnswerHits]:
        return iter(self.hits)

    def to_pandas(self) -> pandas.DataFrame:
        return rows_to_pandas(self.hits, HIT_COLUMNS)

    def to_arrow(self) -> Any:
        """A ``pyarrow.Table``."""
        return rows_to_arrow(self.hits, HIT_COLUMNS)

    def _repr_html_(self) -> str:
        return hits_html(self.hits, self._pictures)


@dataclass(frozen=True)
class Classification:
    """The answer of a classification; one result an image, or read ``raw``."""

    raw: ClassifyAnswer
    _pictures: Thumbnails = field(repr=False)

    @property
    def results(self) -> Sequence[ClassifyResult]:
        return self.raw["results"]

    @property
    def names(self) -> list[str | None]:
        """The first class of each image; None where it abstained from all."""
        return [result["classes"][0]["name"] if result["classes"] else None for result in self.results]

    def __len__(self) -> int:
        return len(self.results)

    def __iter__(self) -> Iterator[ClassifyResult]:
        return iter(self.results)

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {"image": image, "rank": rank, **cast("dict[str, Any]", each)}
            for image, result in enumerate(self.results)
            for rank, each in enumerate(result["classes"], 1)
        ]

    def to_pandas(self) -> pandas.DataFrame:
        """One row for each listed class of each image."""
        return rows_to_pandas(self._rows(), CLASS_COLUMNS)

    def to_arrow(self) -> Any:
        """One row for each listed class of each image, as a ``pyarrow.Table``."""
        return rows_to_arrow(self._rows(), CLASS_COLUMNS)

    def _repr_html_(self) -> str:
        warnings = "".join(f"<p>{escape(each)}</p>" for each in self.raw.get("warnings", []))
        return warnings + "<hr>".join(result_html(result, self._pictures) for result in self.results)


@dataclass(frozen=True)
class Similarities:
    """The answer of a comparison of images with texts."""

    raw: SimilarityAnswer

    @property
    def scores(self) -> NDArray[np.float64]:
        """``[images, texts]``"""
        return np.array(self.raw["scores"], dtype=np.float64)
