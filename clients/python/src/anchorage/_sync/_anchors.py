# Generated from _async by scripts/generate.py.
"""The anchors of a collection: written, read, deleted."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from .. import types
from .._errors import ApiError
from .._inputs import anchor_body, body_of
from .._iterate import Anchors, Batch, each
from .._tables import anchors_to_arrow, anchors_to_pandas
from .._vectors import decode_vector
from ._part import CollectionPart
from ._transport import segment

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack

if TYPE_CHECKING:
    import pandas
    from PIL.Image import Image as PillowImage

MOST_IN_BATCH = 1_000
BATCH_BYTES = 8 * 1024 * 1024
ENCODED_AT_ONCE = 32


def _decoded(anchor: dict[str, Any]) -> types.StoredAnchor:
    for key in ("imageVector", "textVector"):
        if key in anchor:
            anchor[key] = decode_vector(anchor[key])
    return cast("types.StoredAnchor", anchor)


class AnchorsPart(CollectionPart):
    def put(
        self,
        anchors: Sequence[types.Anchor],
        *,
        minSequence: int | None = None,
        ifSequence: int | None = None,
    ) -> types.Written:
        """Stores all anchors or none, 1 to 10,000; an anchor of an id that is there is replaced.

        ``image`` may be a picture of Pillow, bytes or a path, vectors may be arrays. With ``ifSequence`` the
        request is not repeated, since a second one would collide with the first.
        """
        given: Sequence[Mapping[str, Any]] = anchors
        if self._encoders.given:
            self.check_encoders(create=True)
            given = self._encoders.anchors(given)
        body: dict[str, Any] = {"anchors": [anchor_body(anchor) for anchor in given]}
        body.update(body_of({"minSequence": minSequence, "ifSequence": ifSequence}))
        return self._transport.json("PUT", f"{self._path}/anchors", body=body, repeatable=ifSequence is None)

    def put_stream(
        self,
        anchors: Anchors,
        *,
        batch_size: int = MOST_IN_BATCH,
        batch_bytes: int = BATCH_BYTES,
    ) -> Iterator[types.WrittenLines]:
        """Stores any number of anchors in batches, and yields what was stored of each.

        Anchors are taken from the iterable as the service stores them: no more than one batch is held. Each
        batch is stored as a whole; an ApiError has the place of its first anchor in ``first``. Nothing is sent
        before the iteration begins.
        """
        batch = Batch(batch_size, batch_bytes)
        for some in self._ready(anchors):
            for anchor in some:
                batch.add(anchor)
                if batch.is_full:
                    yield self._put_batch(batch)
                    batch = batch.next()
        if batch.parts:
            yield self._put_batch(batch)

    def _ready(self, anchors: Anchors) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Anchors as they are sent: encoded, if there are encoders, a few at once."""
        waiting: list[Mapping[str, Any]] = []
        if self._encoders.given:
            self.check_encoders(create=True)
        for anchor in each(anchors):
            if not self._encoders.given:
                yield (anchor,)
                continue
            waiting.append(anchor)
            if len(waiting) == ENCODED_AT_ONCE:
                yield self._encoders.anchors(waiting)
                waiting = []
        if waiting:
            yield self._encoders.anchors(waiting)

    def _put_batch(self, batch: Batch) -> types.WrittenLines:
        try:
            written = self._transport.json("PUT", f"{self._path}/anchors", content=batch.body(), repeatable=True)
        except ApiError as error:
            error.first = batch.first
            raise
        lines = [batch.first + 1, batch.first + len(batch.parts)]
        return cast("types.WrittenLines", {**written, "lines": lines})

    def put_all(self, anchors: Anchors, *, batch_size: int = MOST_IN_BATCH) -> int:
        """Stores any number of anchors, see ``put_stream``; returns how many."""
        count = 0
        for written in self.put_stream(anchors, batch_size=batch_size):
            count += written["upserted"]
        return count

    def get_anchor(self, id: str, *, vectors: bool = False, minSequence: int | None = None) -> types.StoredAnchor:
        """An anchor; its vectors are arrays of float32."""
        query = {"vectors": "base64" if vectors else None, "minSequence": minSequence}
        return _decoded(self._get(f"/anchors/{segment(id)}", query))

    def list_anchors(
        self,
        *,
        filter: Mapping[str, Any] | None = None,
        vectors: bool = False,
        minSequence: int | None = None,
        page_size: int = 200,
    ) -> Iterator[types.StoredAnchor]:
        """All anchors in id order, fetched page by page; vectors are arrays of float32."""
        cursor: str | None = None
        while True:
            query = {
                "limit": page_size,
                "cursor": cursor,
                "filter": None if filter is None else _json(filter),
                "vectors": "base64" if vectors else None,
                "minSequence": minSequence,
            }
            page = self._get("/anchors", query)
            for anchor in page["anchors"]:
                yield _decoded(anchor)
            cursor = page["nextCursor"]
            if cursor is None:
                return

    def to_pandas(self, *, filter: Mapping[str, Any] | None = None, vectors: bool = False) -> pandas.DataFrame:
        """The anchors, one a row, by id."""
        return anchors_to_pandas(
            [anchor for anchor in self.list_anchors(filter=filter, vectors=vectors, page_size=1_000)]
        )

    def to_arrow(self, *, filter: Mapping[str, Any] | None = None, vectors: bool = False) -> Any:
        """The anchors, one a row, as a ``pyarrow.Table``; vectors are fixed-size lists of float32."""
        return anchors_to_arrow(
            [anchor for anchor in self.list_anchors(filter=filter, vectors=vectors, page_size=1_000)]
        )

    def change_anchor(self, id: str, **change: Unpack[types.AnchorChange]) -> types.StoredAnchor:
        """Changes an anchor's caption or metadata; its image stays."""
        return self._transport.json("PATCH", f"{self._path}/anchors/{segment(id)}", body=dict(change))

    def get_anchor_image(self, id: str, *, size: Literal["thumbnail", "original"] | None = None) -> bytes:
        """The file of an anchor's thumbnail, or of the original where it is kept and asked for."""
        path = f"{self._path}/anchors/{segment(id)}/image"
        accept = "image/*, application/problem+json"
        return (self._transport.send("GET", path, query={"size": size}, accept=accept)).content

    def get_picture(self, id: str, *, size: Literal["thumbnail", "original"] | None = None) -> PillowImage:
        """An anchor's image as a picture of Pillow."""
        import io

        from PIL import Image

        return Image.open(io.BytesIO(self.get_anchor_image(id, size=size)))

    def existing_anchors(self, ids: Sequence[str]) -> Sequence[str]:
        """The stored ones among at most 10,000 ids, each once, in the given order."""
        return (self._exists({"ids": list(ids)}))["existing"]

    def compare_anchors(self, anchors: Sequence[types.AnchorContent]) -> Sequence[types.ContentState]:
        """How at most 10,000 anchors differ from those stored under their ids."""
        return (self._exists({"anchors": list(anchors)})).get("states", [])

    def _exists(self, body: Mapping[str, Any]) -> types.ExistingAnchors:
        path = f"{self._path}/anchors/exists"
        return self._transport.json("POST", path, body=body, repeatable=True)

    def anchors_of_source(self, container: str) -> Iterator[str]:
        """The ids of the anchors of a source (a folder, table or shard), in id order, fetched page by page."""
        after: str | None = None
        while True:
            body = {"container": container, "limit": 1_000, **({} if after is None else {"after": after})}
            path = f"{self._path}/anchors/of-source"
            page = self._transport.json("POST", path, body=body, repeatable=True)
            for id in page["ids"]:
                yield id
            if len(page["ids"]) < 1_000:
                return
            after = page["ids"][-1]

    def delete_anchor(self, id: str, *, neverAgain: bool = False) -> types.Deleted:
        """Deletes an anchor. With ``neverAgain`` the same image, or nearly the same, is refused from then on."""
        query = {"neverAgain": True if neverAgain else None}
        return self._transport.json("DELETE", f"{self._path}/anchors/{segment(id)}", query=query)

    def delete_anchors(
        self,
        *,
        ids: Sequence[str] | None = None,
        filter: Mapping[str, Any] | None = None,
        neverAgain: bool | None = None,
        minSequence: int | None = None,
        ifSequence: int | None = None,
    ) -> types.Deleted:
        """Deletes anchors by ids or by a filter."""
        fields = {"ids": ids, "filter": filter, "neverAgain": neverAgain}
        return self._post("/anchors/delete", {**fields, "minSequence": minSequence, "ifSequence": ifSequence})


def _json(value: object) -> str:
    import json

    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
