# Generated from _async by scripts/generate.py.
"""One collection: its settings, the work on it, and what was deleted from it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, Literal, cast

from .. import types
from .._inputs import body_of
from .._tensors import Projection, ProjectionValues, projection_in, values_in
from ._anchors import AnchorsPart
from ._queries import QueriesPart
from ._transport import FILE, segment

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


class Collection(AnchorsPart, QueriesPart):
    """The methods of one collection, see ``Anchorage.collection``.

    Keywords are the fields of the request as the service's page ``/docs`` describes them.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def create(self, **spec: Unpack[types.CollectionChange]) -> types.Collection:
        """Creates the collection for the client's encoders, or for the service's default ones."""
        fields = {"name": self.name, **self._encoders.spec(), **_any(spec)}
        return self._transport.json("POST", "/v1/collections", body=body_of(fields))

    def get(self, *, minSequence: int | None = None) -> types.Collection:
        """The collection's settings, encoders, sequence and number of anchors."""
        return self._get("", {"minSequence": minSequence})

    def size(self) -> types.CollectionSize:
        """How many bytes of memory and disk it takes."""
        return self._get("/size")

    def update(self, **change: Unpack[types.CollectionChange]) -> types.Collection:
        """Changes the defaults of queries; absent fields keep their value."""
        return self._transport.json("PATCH", self._path, body=_any(change))

    def delete(self) -> None:
        """Deletes the collection with all its anchors."""
        self._transport.send("DELETE", self._path)

    def list_receipts(self, *, page_size: int = 200) -> Iterator[types.Receipt]:
        """All receipts of deletions from the beginning of their chain, fetched page by page."""
        cursor: str | None = None
        while True:
            page = self._get("/receipts", {"limit": page_size, "cursor": cursor})
            for receipt in page["receipts"]:
                yield receipt
            cursor = page["nextCursor"]
            if cursor is None:
                return

    def get_receipt(self, id: str) -> types.Receipt:
        """The receipt of a deletion."""
        return self._get(f"/receipts/{segment(id)}")

    def compact(self, *, tables: Literal["rewrite", "vacuum"] | None = None) -> types.Compacted:
        """Removes deleted anchors from memory, files and tables; ``rewrite``, the default, locks the tables."""
        return self._transport.json("POST", f"{self._path}/compact", query={"tables": tables})

    def adopt_indexes(self) -> types.AdoptedIndexes:
        """Makes the service adopt the index that ``build-index`` wrote to its DATA_DIR."""
        return self._transport.json("POST", f"{self._path}/indexes")

    def erase(self, **request: Unpack[types.EraseRequest]) -> types.Job:
        """Starts a job that deletes anchors, erases their bytes and keeps a signed report under the job's id."""
        return self._post("/erase", _any(request))

    def list_erasure_reports(self) -> Sequence[Any]:
        """The erasures, newest first."""
        return (self._get("/erasure-reports"))["reports"]

    def get_erasure_report(self, id: str) -> types.SignedErasureReport:
        """The signed report of the erasure by that job."""
        return self._get(f"/erasure-reports/{segment(id)}")

    def get_erasure_report_html(self, id: str) -> str:
        """The same as one HTML page that holds the JSON."""
        path = f"{self._path}/erasure-reports/{segment(id)}/html"
        return (self._transport.send("GET", path, accept="text/html")).text

    def check(self, **request: Unpack[types.CheckRequest]) -> types.Job:
        """Starts a job that looks for what is wrong with the anchors."""
        return self._post("/check", _any(request))

    def get_check(self) -> types.Check:
        """What the last check found."""
        return self._get("/check")

    def tune(self, **request: Unpack[types.TuneRequest]) -> types.Job:
        """Starts a job that searches for better settings on the collection's own anchors."""
        return self._post("/tune", _any(request))

    def get_tuning(self) -> types.Tuning:
        """The latest finished tuning."""
        return self._get("/tune")

    def create_adaptation(self, **request: Unpack[types.AdaptationRequest]) -> types.Adaptation:
        """Aligns images in another style with the anchors; then queries may name it as their adaptation."""
        return self._post("/adaptations", _any(request))

    def list_adaptations(self) -> Sequence[types.Adaptation]:
        return (self._get("/adaptations"))["adaptations"]

    def get_adaptation(self, id: str) -> types.Adaptation:
        return self._get(f"/adaptations/{segment(id)}")

    def delete_adaptation(self, id: str) -> None:
        self._transport.send("DELETE", f"{self._path}/adaptations/{segment(id)}")

    def calibrate(self, **request: Unpack[types.CalibrateRequest]) -> types.Job:
        """Starts a job that measures the certainty of classifications; then requests can ask for probabilities."""
        return self._post("/calibrate", _any(request))

    def list_calibrations(self) -> Sequence[types.Calibration]:
        return (self._get("/calibrations"))["calibrations"]

    def evaluate(self, **request: Unpack[types.EvaluateRequest]) -> types.Job:
        """Starts a job that measures how right the collection's answers are on its own anchors."""
        return self._post("/evaluate", _any(request))

    def get_evaluation(self) -> types.Evaluation:
        """The latest one since the service started."""
        return self._get("/evaluate")

    def forecast(self, **request: Unpack[types.ForecastRequest]) -> types.Job:
        """Starts a job that forecasts the error of the collection's answers with more anchors."""
        return self._post("/forecast", _any(request))

    def get_forecast(self) -> types.Forecast:
        """The latest finished forecast."""
        return self._get("/forecast")

    def reencode(self, **request: Unpack[types.ReencodeRequest]) -> types.Job:
        """Starts a job that moves the collection to other encoders."""
        return self._post("/reencode", _any(request))

    def get_reencoding(self) -> types.Reencoding:
        """How far the move to other encoders is."""
        return self._get("/reencode")

    def compute_projection(self, **request: Unpack[types.ProjectionRequest]) -> types.Job:
        """Starts a job that computes a map of the anchors in the plane."""
        return self._post("/projection", _any(request))

    def get_projection(
        self, *, method: Literal["pca", "umap"] | None = None, side: Literal["image", "text"] | None = None
    ) -> Projection:
        """The map of the anchors, as arrays."""
        path = f"{self._path}/projection"
        answer = self._transport.send("GET", path, query={"method": method, "side": side}, accept=FILE)
        return projection_in(answer.content)

    def get_projection_values(
        self, *, key: str | None = None, of: Literal["agreement"] | None = None
    ) -> ProjectionValues:
        """A metadata key of every anchor on the map, or how far its image and text agree."""
        path = f"{self._path}/projection/values"
        answer = self._transport.send("GET", path, query={"key": key, "of": of}, accept=FILE)
        return values_in(answer.content)

    def make_features(self, **request: Unpack[types.FeaturesRequest]) -> types.Job:
        """Starts a job that makes the features of encoders' layers for all images."""
        return self._post("/features", _any(request))

    def adapter_inputs_file(self, **request: Unpack[types.AdapterInputsRequest]) -> Iterator[bytes]:
        """The features as a file of ``format`` ``npy`` or ``safetensors``, in pieces as they come."""
        path = f"{self._path}/adapter-inputs"
        with self._transport.stream("POST", path, body=body_of(_any(request))) as answer:
            for piece in answer.iter_bytes():
                yield piece


def _any(request: object) -> dict[str, Any]:
    return cast("dict[str, Any]", request)
