# Generated from _async by scripts/generate.py.
"""The questions to a collection. Every answer names the sequence that it was computed at."""

from __future__ import annotations

import sys
from typing import Any, cast

from .. import types
from .._answers import Classification, SearchResult, Similarities
from ._part import CollectionPart

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


class QueriesPart(CollectionPart):
    def search(self, **request: Unpack[types.SearchRequest]) -> SearchResult:
        """The anchors that are most like a text, a picture, a vector or an anchor.

        An array is a vector, whose ``modality`` has to be given.
        """
        return SearchResult(self._query("/search", _any(request)), self._pictures)

    def search_many(self, **request: Unpack[types.SearchManyRequest]) -> list[SearchResult]:
        """Searches for up to 1,000 ``queries`` of one modality at once; a result for each, in their order."""
        answer = self._query("/search", _any(request))
        return [
            SearchResult(cast("types.SearchAnswer", {**answer, **result}), self._pictures)
            for result in answer["results"]
        ]

    def classify(self, **request: Unpack[types.ClassifyRequest]) -> Classification:
        """Classifies images without training. A class is a name, or has prompts of its own.

        ``explain=n`` lists the n anchors that decided most.
        """
        return Classification(self._query("/classify", _any(request)), self._pictures)

    def similarity(self, **request: Unpack[types.SimilarityRequest]) -> Similarities:
        """Scores images against texts."""
        return Similarities(self._query("/similarity", _any(request)))

    def relative(self, **request: Unpack[types.RelativeRequest]) -> types.RelativeAnswer:
        """Relative representations: similarities to the nearest anchors, the same space for both modalities."""
        return self._query("/relative", _any(request))

    def facets(self, **request: Unpack[types.FacetsRequest]) -> types.FacetsAnswer:
        """Counts anchors by the values of metadata keys."""
        return self._query("/facets", _any(request))

    def coverage(self, **request: Unpack[types.CoverageRequest]) -> types.CoverageAnswer:
        """How well the anchors support each class, and which pairs to add."""
        return self._query("/coverage", _any(request))

    def counterfactual(self, **request: Unpack[types.CounterfactualRequest]) -> types.CounterfactualAnswer:
        """Classifies as if some anchors were absent (``without``) or others present (``with_``). Nothing is written."""
        return self._query("/counterfactual", _any(request))

    def influence(self, **request: Unpack[types.InfluenceRequest]) -> types.InfluenceAnswer:
        """The anchors whose removal, one at a time, changes the most answers."""
        return self._query("/influence", _any(request))

    def place_on_projection(self, **request: Unpack[types.ProjectionPlaceRequest]) -> types.ProjectionPlace:
        """Where a text or an image would be on the map of the anchors, and what is near it."""
        return self._query("/projection/place", _any(request))

    def adapter_inputs(self, **request: Unpack[types.AdapterInputsRequest]) -> types.AdapterInputs:
        """Features of encoders' layers, or an adapter's output for them; see ``adapter_inputs_file`` for files."""
        return self._query("/adapter-inputs", _any(request))


def _any(request: object) -> dict[str, Any]:
    return cast("dict[str, Any]", request)
