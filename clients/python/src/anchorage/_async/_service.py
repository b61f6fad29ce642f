"""The methods that belong to no collection."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

from .. import types
from .._errors import JobError, TimeLimitError
from .._inputs import body_of
from ._transport import FILE, AsyncTransport, segment

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


class AsyncService:
    """Everything of a service but its collections; see ``AsyncAnchorage``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def _get(self, path: str) -> Any:
        return await self._transport.json("GET", path)

    async def _post(self, path: str, fields: object, *, repeatable: bool = False) -> Any:
        body = body_of(cast("dict[str, Any]", fields))
        return await self._transport.json("POST", path, body=body, repeatable=repeatable)

    async def create_collection(self, **spec: Unpack[types.CollectionSpec]) -> types.Collection:
        """Creates a collection. Without encoders it has the service's default ones."""
        return await self._post("/v1/collections", spec)

    async def list_collections(self) -> Sequence[types.Collection]:
        return (await self._get("/v1/collections"))["collections"]

    async def list_encoders(self) -> Sequence[types.Encoder]:
        return (await self._get("/v1/encoders"))["encoders"]

    async def list_jobs(self) -> Sequence[types.Job]:
        return (await self._get("/v1/jobs"))["jobs"]

    async def get_job(self, id: str) -> types.Job:
        return await self._get(f"/v1/jobs/{segment(id)}")

    async def cancel_job(self, id: str) -> types.Job:
        """Cancels a job and waits until it has ended."""
        return await self._transport.json("DELETE", f"/v1/jobs/{segment(id)}")

    async def wait_for_job(
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
            await self._transport.sleep(every)
            job = await self.get_job(job["id"])
            if on_progress is not None:
                on_progress(job)
        if job["state"] != "done":
            why = "" if job["error"] is None else f": {job['error']}"
            raise JobError(f"{job['kind']} of {job['subject']} ended as {job['state']}{why}")
        return job

    async def list_service_receipts(self) -> AsyncIterator[types.ServiceReceipt]:
        """The receipts of deleted collections in the order of their chain, fetched page by page."""
        cursor: str | None = None
        while True:
            page = await self._transport.json("GET", "/v1/receipts", query={"cursor": cursor})
            for receipt in page["receipts"]:
                yield receipt
            cursor = page["nextCursor"]
            if cursor is None:
                return

    async def about(self) -> types.About:
        """What the service is, and its version."""
        return await self._get("/")

    async def metrics(self) -> str:
        """Figures of the service in Prometheus's text format."""
        accept = "text/plain, application/problem+json"
        return (await self._transport.send("GET", "/metrics", accept=accept)).text

    async def health(self) -> types.Health:
        """Whether the process is up."""
        return await self._get("/healthz")

    async def readiness(self) -> types.Readiness:
        """Raises UnavailableError while indexes are loading."""
        return await self._transport.json("GET", "/readyz", repeatable=False)

    async def openapi(self) -> dict[str, Any]:
        """The description of every endpoint."""
        return await self._get("/openapi.json")

    async def docs(self) -> str:
        """The page that describes every endpoint, HTML."""
        return (await self._transport.send("GET", "/docs", accept="text/html")).text

    async def backup(self, **request: Unpack[types.BackupRequest]) -> AsyncIterator[bytes]:
        """The file of a backup, in pieces as they come."""
        async with self._transport.stream("POST", "/v1/backup", body=body_of(_any(request))) as answer:
            async for piece in answer.aiter_bytes():
                yield piece

    async def get_signing_key(self) -> types.SigningKey:
        """The public key that reports of erasures are signed with."""
        return await self._get("/v1/signing-key")

    async def select(self, **request: Unpack[types.SelectionRequest]) -> types.Job:
        """Starts to rank image encoders for a collection or a data set; the job's id is the selection's."""
        return await self._post("/v1/selections", request)

    async def get_selection(self, id: str) -> types.SelectionState:
        """The selection, or before it is done its job."""
        return await self._get(f"/v1/selections/{segment(id)}")

    async def list_selections(self) -> Sequence[types.Selection]:
        return (await self._get("/v1/selections"))["selections"]

    async def delete_selection(self, id: str) -> None:
        await self._transport.send("DELETE", f"/v1/selections/{segment(id)}")

    async def transferability(self, **request: Unpack[types.TransferabilityRequest]) -> types.TransferabilityAnswer:
        """How well features fit labels, by several scores."""
        return await self._post("/v1/transferability", request, repeatable=True)

    async def rank_correlation(self, **request: Unpack[types.RankCorrelationRequest]) -> types.RankCorrelationAnswer:
        """How similarly two lists rank the same items."""
        return await self._post("/v1/rank-correlation", request, repeatable=True)

    async def consensus(self, **request: Unpack[types.ConsensusRequest]) -> types.ConsensusAnswer:
        """Runs generators and scorers in a closed loop until they agree."""
        return await self._post("/v1/consensus", request, repeatable=True)

    async def consensus_stream(self, **request: Unpack[types.ConsensusRequest]) -> AsyncIterator[tuple[str, Any]]:
        """Runs the same and yields ``("round", ...)`` for each round when it ends, then ``("result", ...)``."""
        async for event in self._transport.events("/v1/consensus", body_of(_any(request))):
            yield event

    async def consensus_score(self, **request: Unpack[types.ConsensusScoreRequest]) -> types.ConsensusScoreAnswer:
        """The scores of some proposals by each scorer, raw and calibrated."""
        return await self._post("/v1/consensus/score", request, repeatable=True)

    async def list_scorers(self) -> Sequence[Any]:
        return (await self._get("/v1/scorers"))["scorers"]

    async def list_generators(self) -> Sequence[Any]:
        return (await self._get("/v1/generators"))["generators"]

    async def register_adapter(self, file: bytes, **parameters: str | int) -> types.Adapter:
        """Stores an adapter from a file: one of this service, or weights alone with parameters that describe them."""
        return await self._transport.json(
            "POST",
            "/v1/adapters",
            query=parameters,
            content=file,
            content_type="application/octet-stream",
        )

    async def train_adapter(self, **request: Unpack[types.TrainAdapterRequest]) -> types.Job:
        """Starts to train an adapter; the job's detail has the loss, and at its end the adapter's id."""
        return await self._post("/v1/adapters/train", request)

    async def list_adapters(self) -> Sequence[types.Adapter]:
        return (await self._get("/v1/adapters"))["adapters"]

    async def get_adapter(self, id: str) -> types.Adapter:
        """An adapter by its id, or ``id@version``."""
        return await self._get(f"/v1/adapters/{segment(id)}")

    async def get_adapter_file(self, id: str) -> bytes:
        """The safetensors file of an adapter."""
        return (await self._transport.send("GET", f"/v1/adapters/{segment(id)}", accept=FILE)).content

    async def delete_adapter(self, id: str) -> None:
        await self._transport.send("DELETE", f"/v1/adapters/{segment(id)}")

    async def list_decoders(self) -> Sequence[types.Decoder]:
        return (await self._get("/v1/decoders"))["decoders"]

    async def generate(self, **request: Unpack[types.GenerateRequest]) -> types.GenerateAnswer:
        """Has a language model answer a question about an image, or caption it."""
        return await self._post("/v1/generate", request, repeatable=True)

    async def generate_stream(self, **request: Unpack[types.GenerateRequest]) -> AsyncIterator[tuple[str, Any]]:
        """Generates the same and yields ``("token", ...)`` for each token, then ``("result", ...)``."""
        async for event in self._transport.events("/v1/generate", body_of(_any(request))):
            yield event

    async def create_key(self, **spec: Unpack[types.KeySpec]) -> types.CreatedKey:
        """Makes an API key; the answer is the only place where it can be read."""
        return await self._post("/v1/keys", spec)

    async def list_keys(self) -> Sequence[types.ApiKey]:
        return (await self._get("/v1/keys"))["keys"]

    async def revoke_key(self, id: str) -> types.ApiKey:
        return await self._transport.json("DELETE", f"/v1/keys/{segment(id)}")

    async def sign_in(self, key: str) -> types.Session:
        """Changes a key into a cookie, which this client sends from then on."""
        return await self._post("/v1/session", {"key": key})

    async def get_session(self) -> types.Session:
        """What the key or the session of these requests may do."""
        return await self._get("/v1/session")

    async def sign_out(self) -> None:
        await self._transport.send("DELETE", "/v1/session")


def _any(request: object) -> dict[str, Any]:
    return cast("dict[str, Any]", request)
