"""What every group of a collection's methods is built on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._encoding import Encoders
from .._errors import NotFoundError
from .._html import Thumbnails
from .._inputs import body_of
from ._transport import AsyncTransport, segment


class CollectionPart:
    """A collection by name. No request is sent before a method is called."""

    def __init__(self, transport: AsyncTransport, name: str, encoders: Encoders) -> None:
        self.name = name
        self._transport = transport
        self._path = f"/v1/collections/{segment(name)}"
        self._encoders = encoders
        self._checked = False

    async def _get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        return await self._transport.json("GET", f"{self._path}{path}", query=query)

    async def _query(self, path: str, fields: Mapping[str, Any]) -> Any:
        """A read by POST, which may be repeated."""
        encoded = await self._encoded(fields)
        return await self._transport.json("POST", f"{self._path}{path}", body=body_of(encoded), repeatable=True)

    async def _post(self, path: str, fields: Mapping[str, Any]) -> Any:
        """A write or the start of a job."""
        return await self._transport.json("POST", f"{self._path}{path}", body=body_of(fields))

    async def _encoded(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self._encoders.given:
            return fields
        await self.check_encoders()
        return self._encoders.request(fields)

    async def check_encoders(self, *, create: bool = False) -> None:
        """Compares the client's encoders with those that made the collection's vectors; once for each object.

        Raises OtherEncoderError if they differ. With ``create``, a collection that is not there is created for them.
        """
        if self._checked:
            return
        try:
            collection = await self._get("")
        except NotFoundError:
            if not create:
                raise
            spec = {"name": self.name, **self._encoders.spec()}
            collection = await self._transport.json("POST", "/v1/collections", body=body_of(spec))
        self._encoders.check(collection)
        self._checked = True

    @property
    def _pictures(self) -> Thumbnails:
        headers = {key: value for key, value in self._transport.client.headers.items() if key == "authorization"}
        return Thumbnails(f"{self._transport.url}{self._path}", headers)
