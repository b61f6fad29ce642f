"""The exchanges that test/client/corpus.test.ts replays through the TypeScript client, through both clients here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from anchorage import Anchorage, AsyncAnchorage, Classification, SearchResult, Similarities, decode_vector

TESTS = Path(__file__).resolve().parents[3] / "test"
CORPUS: dict[str, Any] = json.loads((TESTS / "client" / "corpus.json").read_text("utf-8"))
ID, COLLECTION, FILE = "a/1", "c", b"bytes of a file"
KEYWORDS = {"getCollection": "get", "getCollectionSize": "size", "updateCollection": "update"}

# Calls that are not the operation's name with the request's fields as keywords.
CALLS: dict[str, Callable[[Any, dict[str, Any]], Any]] = {
    "registerAdapter": lambda client, request: client.register_adapter(FILE, id="again"),
    "signIn": lambda client, request: client.sign_in(request["key"]),
    "anchorsOfSource": lambda birds, request: birds.anchors_of_source(request["container"]),
    "changeAnchor": lambda birds, request: birds.change_anchor(ID, **request),
    "compact": lambda birds, request: birds.compact(tables="vacuum"),
    "deleteAnchor": lambda birds, request: birds.delete_anchor(ID, neverAgain=True),
    "existingAnchors": lambda birds, request: birds.existing_anchors(request["ids"]),
    "getAnchor": lambda birds, request: birds.get_anchor(ID, minSequence=3),
    "getCollection": lambda birds, request: birds.get(minSequence=3),
    "getCollectionSize": lambda birds, request: birds.size(),
    "listAnchors": lambda birds, request: birds.list_anchors(filter={"owner": "ann"}, page_size=7),
    "listReceipts": lambda birds, request: birds.list_receipts(page_size=7),
    "putAnchors": lambda birds, request: birds.put(request["anchors"]),
    "updateCollection": lambda birds, request: birds.update(**request),
}
WITH_ID = {
    "cancelJob", "getAdaptation", "getAdapter", "getErasureReport", "getJob", "getReceipt", "getSelection", "revokeKey",
}  # fmt: skip


def snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def exchange(operation: str) -> dict[str, Any]:
    return json.loads((TESTS / "http" / "exchanges" / f"{operation}.json").read_text("utf-8"))


def call(client: Any, operation: str, request: dict[str, Any]) -> Any:
    target = client.collection(COLLECTION) if f"/collections/{COLLECTION}" in CORPUS[operation]["path"] else client
    if operation in CALLS:
        return CALLS[operation](target, request)
    method = getattr(target, snake(operation))
    if operation in WITH_ID:
        return method(ID)
    return method(**{f"{key}_" if key == "with" else key: value for key, value in request.items()})


def numeric(value: Any, key: str = "") -> Any:
    """Vectors of a request as numbers in 32 bits, whichever way they were written."""
    if key in ("vector", "imageVector", "textVector"):
        numbers = decode_vector(value).tolist() if isinstance(value, str) else value
        return [pytest.approx(number, rel=1e-6) for number in numbers]
    if isinstance(value, Mapping):
        return {name: numeric(each, name) for name, each in value.items()}
    return [numeric(each) for each in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    return value.raw if isinstance(value, (SearchResult, Classification, Similarities)) else value


async def replay_async(transport: httpx.MockTransport, operation: str, request: dict[str, Any]) -> Any:
    async with AsyncAnchorage("http://localhost", transport=transport) as client:
        result = call(client, operation, request)
        if isinstance(result, AsyncIterator):
            return [item async for item in result]
        return plain(await result)


def replay_sync(transport: httpx.MockTransport, operation: str, request: dict[str, Any]) -> Any:
    with Anchorage("http://localhost", transport=transport) as client:
        result = call(client, operation, request)
        return list(result) if isinstance(result, Iterator) else plain(result)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("operation", sorted(CORPUS))
def test_the_client_sends_and_returns_what_the_other_one_does(operation: str, is_async: bool) -> None:
    kept, expected = exchange(operation), CORPUS[operation]
    answer = kept["answer"]
    page = {**answer, "nextCursor": None} if "nextCursor" in answer else answer
    sent: list[dict[str, Any]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        is_file = request.headers.get("content-type") == "application/octet-stream"
        body = request.content.decode() if is_file else json.loads(request.content or "null")
        sent.append({"method": request.method, "url": request.url, "body": body})
        return httpx.Response(200, json=page)

    transport, request = httpx.MockTransport(handle), kept.get("request") or {}
    if is_async:
        returned = asyncio.run(replay_async(transport, operation, request))
    else:
        returned = replay_sync(transport, operation, request)

    url = httpx.URL(f"http://localhost{expected['path']}")
    assert [each["method"] for each in sent] == [expected["method"]]
    assert sent[0]["url"].raw_path.split(b"?")[0] == url.raw_path.split(b"?")[0]
    assert sorted(sent[0]["url"].params.multi_items()) == sorted(url.params.multi_items())
    assert numeric(sent[0]["body"]) == numeric(expected["body"])
    assert returned == (page if expected["returns"] is None else page[expected["returns"]])
