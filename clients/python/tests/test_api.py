"""The client against the service's OpenAPI document, and the generated files against their sources."""

from __future__ import annotations

from typing import Any

import api_types
import generate
import httpx
import pytest
from test_corpus import CORPUS, call, exchange, snake

from anchorage import Anchorage, Collection, Retries

# Where a method is not called as its operation is.
NAMES = {
    "deleteCollection": "delete",
    "getCollection": "get",
    "getCollectionSize": "size",
    "putAnchors": "put",
    "updateCollection": "update",
}


@pytest.fixture(scope="module")
def document(client: Anchorage) -> dict[str, Any]:
    return client.openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def test_every_operation_has_a_method(document: dict[str, Any]) -> None:
    assert len(operations(document)) > 70
    for _, path, operation in operations(document):
        owner = Collection if "{collection}" in path else Anchorage
        name = NAMES.get(operation["operationId"], snake(operation["operationId"]))
        assert callable(getattr(owner, name, None)), f"{owner.__name__}.{name}"


def test_a_post_is_sent_again_only_if_it_is_a_read(document: dict[str, Any]) -> None:
    """A client that gets 503 to everything shows which requests it repeats."""
    reads = {
        path for method, path, operation in operations(document) if method == "POST" and operation["x-scope"] == "read"
    }
    seen: dict[str, int] = {}

    def refuse(request: httpx.Request) -> httpx.Response:
        path = request.url.path.replace("/v1/collections/c", "/v1/collections/{collection}")
        seen[f"{request.method} {path}"] = seen.get(f"{request.method} {path}", 0) + 1
        return httpx.Response(503, json={"type": "", "title": "", "status": 503, "detail": ""})

    client = Anchorage(transport=httpx.MockTransport(refuse), retries=Retries(1, first_wait=0))
    for operation in CORPUS:
        with pytest.raises(Exception):  # noqa: B017
            result = call(client, operation, exchange(operation).get("request") or {})
            next(result)
    repeated = {key for key, count in seen.items() if key.startswith("POST") and count > 1}
    assert {key.removeprefix("POST ") for key in repeated} <= reads


def test_the_types_are_those_of_the_service(document: dict[str, Any]) -> None:
    written = (generate.PACKAGE / "types.py").read_text("utf-8")
    hint = "run: python scripts/generate.py URL"
    assert written == api_types.types_of(document), hint


def test_the_synchronous_code_is_generated_from_the_asynchronous() -> None:
    for path, text in generate.sync_files().items():
        assert path.read_text("utf-8") == text, f"{path.name}: run python scripts/generate.py"
