"""The errors of the client: one class for each code of the service, and those of the client itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from .types import Problem, ProblemErrors


class AnchorageError(Exception):
    """The base of all errors that this client raises about Anchorage."""


class NoAnswerError(AnchorageError):
    """The service could not be reached, or the connection broke before it answered."""


class TimeLimitError(NoAnswerError):
    """The service did not answer in time."""


class JobError(AnchorageError):
    """A job ended in another state than ``done``."""


class OtherEncoderError(AnchorageError):
    """The collection's vectors were made by another function than the one that is given."""


class LocalServiceError(AnchorageError):
    """The service could not be started on this machine."""


class ApiError(AnchorageError):
    """An error answer of the service (RFC 9457).

    ``status`` is the HTTP status, ``problem`` the whole answer, and ``faults`` names each field that is wrong. In a
    stream of anchors, ``first`` is the place of the failed batch's first anchor, and paths count from it.
    """

    code: str = "unavailable"
    first: int | None = None

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem["detail"])
        self.problem: Final = problem
        self.status: Final = problem["status"]

    @property
    def faults(self) -> list[ProblemErrors]:
        """Each field that is wrong: ``path``, ``keys`` and ``message``."""
        return list(self.problem.get("errors", []))


class InvalidInputError(ApiError):
    code = "invalid-input"


class UnauthorizedError(ApiError):
    code = "unauthorized"


class ForbiddenError(ApiError):
    code = "forbidden"


class NotFoundError(ApiError):
    code = "not-found"


class MethodNotAllowedError(ApiError):
    code = "method-not-allowed"


class ConflictError(ApiError):
    code = "conflict"


class TooLargeError(ApiError):
    code = "too-large"


class UnsupportedMediaTypeError(ApiError):
    code = "unsupported-media-type"


class MisdirectedError(ApiError):
    code = "misdirected"


class UnprocessableError(ApiError):
    code = "unprocessable"


class TooManyRequestsError(ApiError):
    code = "too-many-requests"


class ClientClosedRequestError(ApiError):
    code = "client-closed-request"


class InternalError(ApiError):
    code = "internal"


class UnavailableError(ApiError):
    code = "unavailable"


class InsufficientMemoryError(ApiError):
    """Memory would pass 90 % of its limit; ``problem["neededBytes"]`` says how much it would take."""

    code = "insufficient-memory"


class CancelledError(ApiError):
    code = "cancelled"


CLASSES: Final = {each.code: each for each in ApiError.__subclasses__()}
_TYPE = re.compile(r"#problem-([a-z-]+)$")


def error_of(problem: Problem) -> ApiError:
    """The error for a problem; one of another server, or of an unknown code, is an ``UnavailableError``."""
    found = _TYPE.search(problem["type"])
    return CLASSES.get(found[1] if found else "", UnavailableError)(problem)


def is_problem(value: Any) -> bool:
    """Whether an answer is a problem."""
    return isinstance(value, dict) and {"type", "title", "status", "detail"} <= cast("dict[str, Any]", value).keys()


def error_of_answer(status: int, reason: str, text: str) -> ApiError:
    """The error for an answer that is not a success, which a proxy may have sent."""
    try:
        value: Any = json.loads(text)
    except ValueError:
        value = None
    if is_problem(value):
        return error_of(cast("Problem", value))
    return error_of({"type": "about:blank", "title": reason or "Error", "status": status, "detail": text[:500]})
