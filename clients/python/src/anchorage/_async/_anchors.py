"""The anchors of a collection: written, read, deleted."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from .. import types
from .._errors import ApiError
from .._inputs import anchor_body, body_of
from .._iterate import AsyncAnchors, Batch, each_async
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
    async def put(
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
            await self.check_encoders(create=True)
            given = self._encoders.anchors(given)
        body: dict[str, Any] = {"anchors": [anchor_body(anchor) for anchor in given]}
        body.update(body_of({"minSequence": minSequence, "ifSequence": ifSequence}))
        return await self._transport.json("PUT", f"{self._path}/anchors", body=body, repeatable=ifSequence is None)

    async def put_stream(
        self,
        anchors: AsyncAnchors,
        *,
        batch_size: int = MOST_IN_BATCH,
        batch_bytes: int = BATCH_BYTES,
    ) -> AsyncIterator[types.WrittenLines]:
        """Stores any number of anchors in batches, and yields what was stored of each.

        Anchors are taken from the iterable as the service stores them: no more than one batch is held. Each
        batch is stored as a whole; an ApiError has the place of its first anchor in ``first``. Nothing is sent
        before the iteration begins.
        """
        batch = Batch(batch_size, batch_bytes)
        async for some in self._ready(anchors):
            for anchor in some:
                batch.add(anchor)
                if batch.is_full:
                    yield await self._put_batch(batch)
                    batch = batch.next()
        if batch.parts:
            yield await self._put_batch(batch)

    async def _ready(self, anchors: AsyncAnchors) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
        """Anchors as they are sent: encoded, if there are encoders, a few at once."""
        waiting: list[Mapping[str, Any]] = []
        if self._encoders.given:
            await self.check_encoders(create=True)
        async for anchor in each_async(anchors):
            if not self._encoders.given:
                yield (anchor,)
                continue
            waiting.append(anchor)
            if len(waiting) == ENCODED_AT_ONCE:
                yield self._encoders.anchors(waiting)
                waiting = []
        if waiting:
            yield self._encoders.anchors(waiting)

    async def _put_batch(self, batch: Batch) -> types.WrittenLines:
        try:
            written = await self._transport.json("PUT", f"{self._path}/anchors", content=batch.body(), repeatable=True)
        except ApiError as error:
            error.first = batch.first
            raise
        lines = [batch.first + 1, batch.first + len(batch.parts)]
        return cast("types.WrittenLines", {**written, "lines": lines})

    async def put_all(self, anchors: AsyncAnchors, *, batch_size: int = MOST_IN_BATCH) -> int:
        """Stores any number of anchors, see ``put_stream``; returns how many."""
        count = 0
        async for written in self.put_stream(anchors, batch_size=batch_size):
            count += written["upserted"]
        return count

    async def get_anchor(self, id: str, *, vectors: bool = False, minSequence: int | None = None) -> types.StoredAnchor:
        """An anchor; its vectors are arrays of float32."""
        query = {"vectors": "base64" if vectors else None, "minSequence": minSequence}
        return _decoded(await self._get(f"/anchors/{segment(id)}", query))

    async def list_anchors(
        self,
        *,
        filter: Mapping[str, Any] | None = None,
        vectors: bool = False,
        minSequence: int | None = None,
        page_size: int = 200,
    ) -> AsyncIterator[types.StoredAnchor]:
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
            page = await self._get("/anchors", query)
            for anchor in page["anchors"]:
                yield _decoded(anchor)
            cursor = page["nextCursor"]
            if cursor is None:
                return

    async def to_pandas(self, *, filter: Mapping[str, Any] | None = None, vectors: bool = False) -> pandas.DataFrame:
        """The anchors, one a row, by id."""
        return anchors_to_pandas(
            [anchor async for anchor in self.list_anchors(filter=filter, vectors=vectors, page_size=1_000)]
        )

    async def to_arrow(self, *, filter: Mapping[str, Any] | None = None, vectors: bool = False) -> Any:
        """The anchors, one a row, as a ``pyarrow.Table``; vectors are fixed-size lists of float32."""
        return anchors_to_arrow(
            [anchor async for anchor in self.list_anchors(filter=filter, vectors=vectors, page_size=1_000)]
        )

    async def change_anchor(self, id: str, **change: Unpack[types.AnchorChange]) -> types.StoredAnchor:
        """Changes an anchor's caption or metadata; its image stays."""
        return await self._transport.json("PATCH", f"{self._path}/anchors/{segment(id)}", body=dict(change))

    async def get_anchor_image(self, id: str, *, size: Literal["thumbnail", "original"] | None = None) -> bytes:
        """The file of an anchor's thumbnail, or of the original where it is kept and asked for."""
        path = f"{self._path}/anchors/{segment(id)}/image"
        accept = "image/*, application/problem+json"
        return (await self._transport.send("GET", path, query={"size": size}, accept=accept)).content

    async def get_picture(self, id: str, *, size: Literal["thumbnail", "original"] | None = None) -> PillowImage:
        """An anchor's image as a picture of Pillow."""
        import io

        from PIL import Image

        return Image.open(io.BytesIO(await self.get_anchor_image(id, size=size)))

    async def existing_anchors(self, ids: Sequence[str]) -> Sequence[str]:
        """The stored ones among at most 10,000 ids, each once, in the given order."""
        return (await self._exists({"ids": list(ids)}))["existing"]

    async def compare_anchors(self, anchors: Sequence[types.AnchorContent]) -> Sequence[types.ContentState]:
        """How at most 10,000 anchors differ from those stored under their ids."""
        return (await self._exists({"anchors": list(anchors)})).get("states", [])

    async def _exists(self, body: Mapping[str, Any]) -> types.ExistingAnchors:
        path = f"{self._path}/anchors/exists"
        return await self._transport.json("POST", path, body=body, repeatable=True)

    async def anchors_of_source(self, container: str) -> AsyncIterator[str]:
        """The ids of the anchors of a source (a folder, table or shard), in id order, fetched page by page."""
        after: str | None = None
        while True:
            body = {"container": container, "limit": 1_000, **({} if after is None else {"after": after})}
            path = f"{self._path}/anchors/of-source"
            page = await self._transport.json("POST", path, body=body, repeatable=True)
            for id in page["ids"]:
                yield id
            if len(page["ids"]) < 1_000:
                return
            after = page["ids"][-1]

    async def delete_anchor(self, id: str, *, neverAgain: bool = False) -> types.Deleted:
        """Deletes an anchor. With ``neverAgain`` the same image, or nearly the same, is refused from then on."""
        query = {"neverAgain": True if neverAgain else None}
        return await self._transport.json("DELETE", f"{self._path}/anchors/{segment(id)}", query=query)

    async def delete_anchors(
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
        return await self._post("/anchors/delete", {**fields, "minSequence": minSequence, "ifSequence": ifSequence})


def _json(value: object) -> str:
    import json

    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
