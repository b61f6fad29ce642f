"""Sends requests, again where they may be repeated, and turns failures into errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from .._errors import NoAnswerError, TimeLimitError, error_of, error_of_answer
from .._retry import RETRIED_STATUSES, Retries

JSON = "application/json, application/problem+json"
FILE = "application/octet-stream, application/problem+json"


def segment(id: str) -> str:
    """One segment of a path.

    ``.`` and ``..`` are refused: they are resolved even if they are encoded, so that the request would be another.
    """
    if id in ("", ".", ".."):
        raise ValueError(f"no URL can name {id!r}")
    return quote(id, safe="")


def _parameters(query: Mapping[str, Any] | None) -> dict[str, str]:
    given = {key: value for key, value in (query or {}).items() if value is not None}
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in given.items()}


@dataclass(frozen=True)
class AsyncTransport:
    """The connection to a service; copies with other options share it."""

    client: httpx.AsyncClient
    url: str
    retries: Retries
    timeout: httpx.Timeout

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        content: bytes | None = None,
        content_type: str = "application/json",
        accept: str = JSON,
        repeatable: bool | None = None,
    ) -> httpx.Response:
        """The answer, complete.

        ``repeatable`` says whether the request may be sent again; by default it may if it is a GET.
        """
        may_repeat = method == "GET" if repeatable is None else repeatable
        request = self._request(method, path, query, body, content, content_type, accept)
        attempt = 0
        while True:
            left = self.retries.attempts - attempt if may_repeat else 0
            retry_after: str | None = None
            try:
                response = await self.client.send(request)
            except httpx.TimeoutException as error:
                if left <= 0:
                    raise TimeLimitError(f"{self.url} did not answer in time: {method} {path}") from error
            except httpx.TransportError as error:
                if left <= 0:
                    raise NoAnswerError(f"{self.url} does not answer: {error or type(error).__name__}") from error
            else:
                if response.is_success:
                    return response
                if left <= 0 or response.status_code not in RETRIED_STATUSES:
                    raise error_of_answer(response.status_code, response.reason_phrase, response.text)
                retry_after = response.headers.get("retry-after")
            await self.sleep(self.retries.wait(attempt, retry_after))
            attempt += 1

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def json(self, method: str, path: str, **call: Any) -> Any:
        """The answer as JSON; None where it has no body."""
        response = await self.send(method, path, **call)
        return response.json() if response.content else None

    async def events(self, path: str, body: Mapping[str, object]) -> AsyncIterator[tuple[str, Any]]:
        """The server-sent events of an answer, by name. Leaving the iteration ends the work.

        A problem in the stream is raised.
        """
        accept = "text/event-stream, application/problem+json"
        async with self.stream("POST", path, body={**body, "stream": True}, accept=accept) as response:
            name, data = "", ""
            async for line in response.aiter_lines():
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data += line[5:].strip()
                elif line == "" and data:
                    value = json.loads(data)
                    if name == "problem":
                        raise error_of(value)
                    yield name, value
                    name, data = "", ""

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, *, body: object = None, accept: str = FILE
    ) -> AsyncGenerator[httpx.Response]:
        """The answer while it comes in; it is sent once."""
        request = self._request(method, path, None, body, None, "application/json", accept)
        try:
            response = await self.client.send(request, stream=True)
            try:
                if not response.is_success:
                    await response.aread()
                    raise error_of_answer(response.status_code, response.reason_phrase, response.text)
                yield response
            finally:
                await response.aclose()
        except httpx.TimeoutException as error:
            raise TimeLimitError(f"{self.url} did not answer in time: {method} {path}") from error
        except httpx.TransportError as error:
            raise NoAnswerError(f"{self.url} does not answer: {error or type(error).__name__}") from error

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: object,
        content: bytes | None,
        content_type: str,
        accept: str,
    ) -> httpx.Request:
        sent = content
        if body is not None:
            sent = json.dumps(body, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
        headers = {"accept": accept, **({} if sent is None else {"content-type": content_type})}
        return self.client.build_request(
            method,
            f"{self.url}{path}",
            params=_parameters(query) or None,
            headers=headers,
            content=sent,
            timeout=self.timeout,
        )
