# Generated from _async by scripts/generate.py.
"""The methods that belong to no collection."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Callable, Sequence
from typing import Any, cast

from .. import types
from .._errors import JobError, TimeLimitError
from .._inputs import body_of
from ._transport import FILE, Transport, segment

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


class Service:
    """Everything of a service but its collections; see ``Anchorage``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _get(self, path: str) -> Any:
        return self._transport.json("GET", path)

    def _post(self, path: str, fields: object, *, repeatable: bool = False) -> Any:
        body = body_of(cast("dict[str, Any]", fields))
        return self._transport.json("POST", path, body=body, repeatable=repeatable)

    def create_collection(self, **spec: Unpack[types.CollectionSpec]) -> types.Collection:
        """Creates a collection. Without encoders it has the service's default ones."""
        return self._post("/v1/collections", spec)

    def list_collections(self) -> Sequence[types.Collection]:
        return (self._get("/v1/collections"))["collections"]

    def list_encoders(self) -> Sequence[types.Encoder]:
        return (self._get("/v1/encoders"))["encoders"]

    def list_jobs(self) -> Sequence[types.Job]:
        return (self._get("/v1/jobs"))["jobs"]

    def get_job(self, id: str) -> types.Job:
        return self._get(f"/v1/jobs/{segment(id)}")

    def cancel_job(self, id: str) -> types.Job:
        """Cancels a job and waits until it has ended."""
        return self._transport.json("DELETE", f"/v1/jobs/{segment(id)}")

    def wait_for_job(
        self,
        job: types.Job,
        *,
        on_progress: Callable[[types.Job], object] | None = None,
        timeout: float | None = None,
        every: float = 0.2,
    ) -> types.Job:
        """Waits until a job is done, and looks at it every 0.2 s.

        Raises JobError if it ends in another state, and TimeLimitError after ``timeout`` seconds; the job goes on then.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while job["state"] == "running":
            if until is not None and time.monotonic() > until:
                raise TimeLimitError(f"{job['kind']} of {job['subject']} is still running after {timeout} s")
            self._transport.sleep(every)
            job = self.get_job(job["id"])
            if on_progress is not None:
                on_progress(job)
        if job["state"] != "done":
            why = "" if job["error"] is None else f": {job['error']}"
            raise JobError(f"{job['kind']} of {job['subject']} ended as {job['state']}{why}")
        return job

    def list_service_receipts(self) -> Iterator[types.ServiceReceipt]:
        """The receipts of deleted collections in the order of their chain, fetched page by page."""
        cursor: str | None = None
        while True:
            page = self._transport.json("GET", "/v1/receipts", query={"cursor": cursor})
            for receipt in page["receipts"]:
                yield receipt
            cursor = page["nextCursor"]
            if cursor is None:
                return

    def about(self) -> types.About:
        """What the service is, and its version."""
        return self._get("/")

    def metrics(self) -> str:
        """Figures of the service in Prometheus's text format."""
        accept = "text/plain, application/problem+json"
        return (self._transport.send("GET", "/metrics", accept=accept)).text

    def health(self) -> types.Health:
        """Whether the process is up."""
        return self._get("/healthz")

    def readiness(self) -> types.Readiness:
        """Raises UnavailableError while indexes are loading."""
        return self._transport.json("GET", "/readyz", repeatable=False)

    def openapi(self) -> dict[str, Any]:
        """The description of every endpoint."""
        return self._get("/openapi.json")

    def docs(self) -> str:
        """The page that describes every endpoint, HTML."""
        return (self._transport.send("GET", "/docs", accept="text/html")).text

    def backup(self, **request: Unpack[types.BackupRequest]) -> Iterator[bytes]:
        """The file of a backup, in pieces as they come."""
        with self._transport.stream("POST", "/v1/backup", body=body_of(_any(request))) as answer:
            for piece in answer.iter_bytes():
                yield piece

    def get_signing_key(self) -> types.SigningKey:
        """The public key that reports of erasures are signed with."""
        return self._get("/v1/signing-key")

    def select(self, **request: Unpack[types.SelectionRequest]) -> types.Job:
        """Starts to rank image encoders for a collection or a data set; the job's id is the selection's."""
        return self._post("/v1/selections", request)

    def get_selection(self, id: str) -> types.SelectionState:
        """The selection, or before it is done its job."""
        return self._get(f"/v1/selections/{segment(id)}")

    def list_selections(self) -> Sequence[types.Selection]:
        return (self._get("/v1/selections"))["selections"]

    def delete_selection(self, id: str) -> None:
        self._transport.send("DELETE", f"/v1/selections/{segment(id)}")

    def transferability(self, **request: Unpack[types.TransferabilityRequest]) -> types.TransferabilityAnswer:
        """How well features fit labels, by several scores."""
        return self._post("/v1/transferability", request, repeatable=True)

    def rank_correlation(self, **request: Unpack[types.RankCorrelationRequest]) -> types.RankCorrelationAnswer:
        """How similarly two lists rank the same items."""
        return self._post("/v1/rank-correlation", request, repeatable=True)

    def consensus(self, **request: Unpack[types.ConsensusRequest]) -> types.ConsensusAnswer:
        """Runs generators and scorers in a closed loop until they agree."""
        return self._post("/v1/consensus", request, repeatable=True)

    def consensus_stream(self, **request: Unpack[types.ConsensusRequest]) -> Iterator[tuple[str, Any]]:
        """Runs the same and yields ``("round", ...)`` for each round when it ends, then ``("result", ...)``."""
        for event in self._transport.events("/v1/consensus", body_of(_any(request))):
            yield event

    def consensus_score(self, **request: Unpack[types.ConsensusScoreRequest]) -> types.ConsensusScoreAnswer:
        """The scores of some proposals by each scorer, raw and calibrated."""
        return self._post("/v1/consensus/score", request, repeatable=True)

    def list_scorers(self) -> Sequence[Any]:
        return (self._get("/v1/scorers"))["scorers"]

    def list_generators(self) -> Sequence[Any]:
        return (self._get("/v1/generators"))["generators"]

    def register_adapter(self, file: bytes, **parameters: str | int) -> types.Adapter:
        """Stores an adapter from a file: one of this service, or weights alone with parameters that describe them."""
        return self._transport.json(
            "POST",
            "/v1/adapters",
            query=parameters,
            content=file,
            content_type="application/octet-stream",
        )

    def train_adapter(self, **request: Unpack[types.TrainAdapterRequest]) -> types.Job:
        """Starts to train an adapter; the job's detail has the loss, and at its end the adapter's id."""
        return self._post("/v1/adapters/train", request)

    def list_adapters(self) -> Sequence[types.Adapter]:
        return (self._get("/v1/adapters"))["adapters"]

    def get_adapter(self, id: str) -> types.Adapter:
        """An adapter by its id, or ``id@version``."""
        return self._get(f"/v1/adapters/{segment(id)}")

    def get_adapter_file(self, id: str) -> bytes:
        """The safetensors file of an adapter."""
        return (self._transport.send("GET", f"/v1/adapters/{segment(id)}", accept=FILE)).content

    def delete_adapter(self, id: str) -> None:
        self._transport.send("DELETE", f"/v1/adapters/{segment(id)}")

    def list_decoders(self) -> Sequence[types.Decoder]:
        return (self._get("/v1/decoders"))["decoders"]

    def generate(self, **request: Unpack[types.GenerateRequest]) -> types.GenerateAnswer:
        """Has a language model answer a question about an image, or caption it."""
        return self._post("/v1/generate", request, repeatable=True)

    def generate_stream(self, **request: Unpack[types.GenerateRequest]) -> Iterator[tuple[str, Any]]:
        """Generates the same and yields ``("token", ...)`` for each token, then ``("result", ...)``."""
        for event in self._transport.events("/v1/generate", body_of(_any(request))):
            yield event

    def create_key(self, **spec: Unpack[types.KeySpec]) -> types.CreatedKey:
        """Makes an API key; the answer is the only place where it can be read."""
        return self._post("/v1/keys", spec)

    def list_keys(self) -> Sequence[types.ApiKey]:
        return (self._get("/v1/keys"))["keys"]

    def revoke_key(self, id: str) -> types.ApiKey:
        return self._transport.json("DELETE", f"/v1/keys/{segment(id)}")

    def sign_in(self, key: str) -> types.Session:
        """Changes a key into a cookie, which this client sends from then on."""
        return self._post("/v1/session", {"key": key})

    def get_session(self) -> types.Session:
        """What the key or the session of these requests may do."""
        return self._get("/v1/session")

    def sign_out(self) -> None:
        self._transport.send("DELETE", "/v1/session")


def _any(request: object) -> dict[str, Any]:
    return cast("dict[str, Any]", request)
