"""Client of Anchorage, a vector store whose anchors are the model.

>>> from anchorage import Anchorage
>>> with Anchorage.local() as client:  # doctest: +SKIP
...     birds = client.collection("birds")
...     birds.create()
...     birds.put([{"id": "owl", "text": "an owl", "image": "owl.jpg"}])
"""

from ._answers import Classification, SearchResult, Similarities
from ._async._client import AsyncAnchorage
from ._async._collection import AsyncCollection
from ._errors import (
    AnchorageError,
    ApiError,
    CancelledError,
    ClientClosedRequestError,
    ConflictError,
    ForbiddenError,
    InsufficientMemoryError,
    InternalError,
    InvalidInputError,
    JobError,
    LocalServiceError,
    MethodNotAllowedError,
    MisdirectedError,
    NoAnswerError,
    NotFoundError,
    OtherEncoderError,
    TimeLimitError,
    TooLargeError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableError,
    UnsupportedMediaTypeError,
)
from ._inputs import anchor, external
from ._local import LocalOptions
from ._retry import Retries
from ._sync._client import Anchorage
from ._sync._collection import Collection
from ._tensors import Projection, ProjectionValues
from ._vectors import decode_vector, encode_vector

__version__ = "0.1.0"

__all__ = [
    "Anchorage",
    "AnchorageError",
    "ApiError",
    "AsyncAnchorage",
    "AsyncCollection",
    "CancelledError",
    "Classification",
    "ClientClosedRequestError",
    "Collection",
    "ConflictError",
    "ForbiddenError",
    "InsufficientMemoryError",
    "InternalError",
    "InvalidInputError",
    "JobError",
    "LocalOptions",
    "LocalServiceError",
    "MethodNotAllowedError",
    "MisdirectedError",
    "NoAnswerError",
    "NotFoundError",
    "OtherEncoderError",
    "Projection",
    "ProjectionValues",
    "Retries",
    "SearchResult",
    "Similarities",
    "TimeLimitError",
    "TooLargeError",
    "TooManyRequestsError",
    "UnauthorizedError",
    "UnavailableError",
    "UnprocessableError",
    "UnsupportedMediaTypeError",
    "anchor",
    "decode_vector",
    "encode_vector",
    "external",
]
