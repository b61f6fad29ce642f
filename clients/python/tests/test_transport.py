"""Retries, time limits and errors, against answers that are made up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import anchorage
from anchorage import Anchorage, Retries

QUICK = Retries(attempts=2, first_wait=0)
BUSY = {"type": "/docs#problem-unavailable", "title": "Unavailable", "status": 503, "detail": "not now"}
Step = Callable[[httpx.Request], httpx.Response]


class Script:
    """Answers requests in turn, and keeps them."""

    def __init__(self, *steps: Any) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def client(self, **options: Any) -> Anchorage:
        return Anchorage(transport=httpx.MockTransport(self), **{"retries": QUICK, **options})


def busy(status: int = 503) -> httpx.Response:
    return httpx.Response(status, json={**BUSY, "status": status})


def done(value: Any) -> httpx.Response:
    return httpx.Response(200, json=value)


@pytest.mark.parametrize("first", [busy(), busy(429), httpx.ConnectError("refused"), httpx.ReadError("cut")])
def test_a_read_is_sent_again(first: object) -> None:
    script = Script(first, done({"collections": []}))
    assert script.client().list_collections() == []
    assert len(script.requests) == 2


def test_a_query_and_a_write_of_anchors_are_sent_again() -> None:
    script = Script(busy(), done({"hits": []}), busy(), done({"upserted": 1}))
    birds = script.client().collection("birds")
    birds.search(query="an owl", target="image")
    birds.put([{"id": "a", "imageVector": [1.0], "textVector": [1.0]}])
    assert len(script.requests) == 4


@pytest.mark.parametrize(
    "use",
    [
        lambda client: client.create_collection(name="birds"),
        lambda client: client.collection("birds").tune(),
        lambda client: client.collection("birds").delete_anchor("a"),
        lambda client: client.collection("birds").update(asif={"k": 5}),
        lambda client: client.collection("birds").put([{"id": "a"}], ifSequence=3),
    ],
)
def test_what_a_repetition_could_change_is_sent_once(use: Callable[[Anchorage], object]) -> None:
    script = Script(busy())
    with pytest.raises(anchorage.UnavailableError):
        use(script.client())
    assert len(script.requests) == 1


def test_other_errors_are_not_sent_again_and_the_last_failure_is_raised() -> None:
    with pytest.raises(anchorage.InternalError):
        Script(httpx.Response(500, json={**BUSY, "type": "/docs#problem-internal", "status": 500})).client().about()
    script = Script(busy(), busy(), busy())
    with pytest.raises(anchorage.UnavailableError):
        script.client().about()
    assert len(script.requests) == 3


def test_no_request_is_sent_before_retry_after(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    script = Script(httpx.Response(503, json=BUSY, headers={"retry-after": "2"}), done({"name": "anchorage"}))
    script.client(retries=Retries(first_wait=0.5)).about()
    assert 2 <= waits[0] <= 2.5


def test_waits_grow_up_to_a_limit() -> None:
    retries = Retries(first_wait=1, longest_wait=4)
    assert max(retries.wait(0) for _ in range(200)) <= 1
    assert 2 < max(retries.wait(9) for _ in range(200)) <= 4


def test_a_service_that_does_not_answer_is_an_error_of_its_own() -> None:
    with pytest.raises(anchorage.TimeLimitError):
        Script(httpx.ReadTimeout("slow")).client(retries=0).about()
    with pytest.raises(anchorage.NoAnswerError, match="does not answer: refused"):
        Script(httpx.ConnectError("refused")).client(retries=0).about()


def test_an_answer_of_a_proxy_is_unavailable() -> None:
    with pytest.raises(anchorage.UnavailableError) as caught:
        Script(httpx.Response(502, text="<h1>Bad gateway</h1>")).client().about()
    assert caught.value.problem["detail"] == "<h1>Bad gateway</h1>"


def test_every_code_has_a_class() -> None:
    source = Path(__file__).resolve().parents[3] / "src" / "api" / "problem.ts"
    listed = re.search(r"PROBLEM_CODES = \[(.*?)\]", source.read_text("utf-8"), re.DOTALL)
    assert listed is not None
    assert {each.code for each in anchorage.ApiError.__subclasses__()} == set(re.findall(r'"([a-z-]+)"', listed[1]))


def test_options_are_those_of_a_copy() -> None:
    script = Script(busy(), busy(), done({}))
    client = script.client()
    with pytest.raises(anchorage.UnavailableError):
        client.with_options(retries=0, timeout=1).about()
    assert script.requests[0].extensions["timeout"]["read"] == 1
    assert client.about() == {}


def test_events_are_read_and_a_problem_in_them_is_raised() -> None:
    problem = {"type": "/docs#problem-conflict", "title": "", "status": 409, "detail": "moved"}
    text = f'event: round\ndata: {{"round": 1}}\n\nevent: problem\ndata: {json.dumps(problem)}\n\n'
    events = Script(httpx.Response(200, text=text)).client().consensus_stream(collection="birds")
    assert next(events) == ("round", {"round": 1})
    with pytest.raises(anchorage.ConflictError, match="moved"):
        next(events)


def test_the_key_is_sent() -> None:
    script = Script(done({}))
    script.client(api_key="secret").about()
    assert script.requests[0].headers["authorization"] == "Bearer secret"
