"""One collection: its settings, the work on it, and what was deleted from it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
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


class AsyncCollection(AnchorsPart, QueriesPart):
    """The methods of one collection, see ``AsyncAnchorage.collection``.

    Keywords are the fields of the request as the service's page ``/docs`` describes them.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    async def create(self, **spec: Unpack[types.CollectionChange]) -> types.Collection:
        """Creates the collection for the client's encoders, or for the service's default ones."""
        fields = {"name": self.name, **self._encoders.spec(), **_any(spec)}
        return await self._transport.json("POST", "/v1/collections", body=body_of(fields))

    async def get(self, *, minSequence: int | None = None) -> types.Collection:
        """The collection's settings, encoders, sequence and number of anchors."""
        return await self._get("", {"minSequence": minSequence})

    async def size(self) -> types.CollectionSize:
        """How many bytes of memory and disk it takes."""
        return await self._get("/size")

    async def update(self, **change: Unpack[types.CollectionChange]) -> types.Collection:
        """Changes the defaults of queries; absent fields keep their value."""
        return await self._transport.json("PATCH", self._path, body=_any(change))

    async def delete(self) -> None:
        """Deletes the collection with all its anchors."""
        await self._transport.send("DELETE", self._path)

    async def list_receipts(self, *, page_size: int = 200) -> AsyncIterator[types.Receipt]:
        """All receipts of deletions from the beginning of their chain, fetched page by page."""
        cursor: str | None = None
        while True:
            page = await self._get("/receipts", {"limit": page_size, "cursor": cursor})
            for receipt in page["receipts"]:
                yield receipt
            cursor = page["nextCursor"]
            if cursor is None:
                return

    async def get_receipt(self, id: str) -> types.Receipt:
        """The receipt of a deletion."""
        return await self._get(f"/receipts/{segment(id)}")

    async def compact(self, *, tables: Literal["rewrite", "vacuum"] | None = None) -> types.Compacted:
        """Removes deleted anchors from memory, files and tables; ``rewrite``, the default, locks the tables."""
        return await self._transport.json("POST", f"{self._path}/compact", query={"tables": tables})

    async def adopt_indexes(self) -> types.AdoptedIndexes:
        """Makes the service adopt the index that ``build-index`` wrote to its DATA_DIR."""
        return await self._transport.json("POST", f"{self._path}/indexes")

    async def erase(self, **request: Unpack[types.EraseRequest]) -> types.Job:
        """Starts a job that deletes anchors, erases their bytes and keeps a signed report under the job's id."""
        return await self._post("/erase", _any(request))

    async def list_erasure_reports(self) -> Sequence[Any]:
        """The erasures, newest first."""
        return (await self._get("/erasure-reports"))["reports"]

    async def get_erasure_report(self, id: str) -> types.SignedErasureReport:
        """The signed report of the erasure by that job."""
        return await self._get(f"/erasure-reports/{segment(id)}")

    async def get_erasure_report_html(self, id: str) -> str:
        """The same as one HTML page that holds the JSON."""
        path = f"{self._path}/erasure-reports/{segment(id)}/html"
        return (await self._transport.send("GET", path, accept="text/html")).text

    async def check(self, **request: Unpack[types.CheckRequest]) -> types.Job:
        """Starts a job that looks for what is wrong with the anchors."""
        return await self._post("/check", _any(request))

    async def get_check(self) -> types.Check:
        """What the last check found."""
        return await self._get("/check")

    async def tune(self, **request: Unpack[types.TuneRequest]) -> types.Job:
        """Starts a job that searches for better settings on the collection's own anchors."""
        return await self._post("/tune", _any(request))

    async def get_tuning(self) -> types.Tuning:
        """The latest finished tuning."""
        return await self._get("/tune")

    async def create_adaptation(self, **request: Unpack[types.AdaptationRequest]) -> types.Adaptation:
        """Aligns images in another style with the anchors; then queries may name it as their adaptation."""
        return await self._post("/adaptations", _any(request))

    async def list_adaptations(self) -> Sequence[types.Adaptation]:
        return (await self._get("/adaptations"))["adaptations"]

    async def get_adaptation(self, id: str) -> types.Adaptation:
        return await self._get(f"/adaptations/{segment(id)}")

    async def delete_adaptation(self, id: str) -> None:
        await self._transport.send("DELETE", f"{self._path}/adaptations/{segment(id)}")

    async def calibrate(self, **request: Unpack[types.CalibrateRequest]) -> types.Job:
        """Starts a job that measures the certainty of classifications; then requests can ask for probabilities."""
        return await self._post("/calibrate", _any(request))

    async def list_calibrations(self) -> Sequence[types.Calibration]:
        return (await self._get("/calibrations"))["calibrations"]

    async def evaluate(self, **request: Unpack[types.EvaluateRequest]) -> types.Job:
        """Starts a job that measures how right the collection's answers are on its own anchors."""
        return await self._post("/evaluate", _any(request))

    async def get_evaluation(self) -> types.Evaluation:
        """The latest one since the service started."""
        return await self._get("/evaluate")

    async def forecast(self, **request: Unpack[types.ForecastRequest]) -> types.Job:
        """Starts a job that forecasts the error of the collection's answers with more anchors."""
        return await self._post("/forecast", _any(request))

    async def get_forecast(self) -> types.Forecast:
        """The latest finished forecast."""
        return await self._get("/forecast")

    async def reencode(self, **request: Unpack[types.ReencodeRequest]) -> types.Job:
        """Starts a job that moves the collection to other encoders."""
        return await self._post("/reencode", _any(request))

    async def get_reencoding(self) -> types.Reencoding:
        """How far the move to other encoders is."""
        return await self._get("/reencode")

    async def compute_projection(self, **request: Unpack[types.ProjectionRequest]) -> types.Job:
        """Starts a job that computes a map of the anchors in the plane."""
        return await self._post("/projection", _any(request))

    async def get_projection(
        self, *, method: Literal["pca", "umap"] | None = None, side: Literal["image", "text"] | None = None
    ) -> Projection:
        """The map of the anchors, as arrays."""
        path = f"{self._path}/projection"
        answer = await self._transport.send("GET", path, query={"method": method, "side": side}, accept=FILE)
        return projection_in(answer.content)

    async def get_projection_values(
        self, *, key: str | None = None, of: Literal["agreement"] | None = None
    ) -> ProjectionValues:
        """A metadata key of every anchor on the map, or how far its image and text agree."""
        path = f"{self._path}/projection/values"
        answer = await self._transport.send("GET", path, query={"key": key, "of": of}, accept=FILE)
        return values_in(answer.content)

    async def make_features(self, **request: Unpack[types.FeaturesRequest]) -> types.Job:
        """Starts a job that makes the features of encoders' layers for all images."""
        return await self._post("/features", _any(request))

    async def adapter_inputs_file(self, **request: Unpack[types.AdapterInputsRequest]) -> AsyncIterator[bytes]:
        """The features as a file of ``format`` ``npy`` or ``safetensors``, in pieces as they come."""
        path = f"{self._path}/adapter-inputs"
        async with self._transport.stream("POST", path, body=body_of(_any(request))) as answer:
            async for piece in answer.aiter_bytes():
                yield piece


def _any(request: object) -> dict[str, Any]:
    return cast("dict[str, Any]", request)
