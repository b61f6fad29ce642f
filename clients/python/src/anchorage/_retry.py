"""When a request is sent again, and how long to wait before."""

from __future__ import annotations

import random
from dataclasses import dataclass

RETRIED_STATUSES = frozenset({429, 503})


@dataclass(frozen=True)
class Retries:
    """How often a request that may be repeated is sent again after 429, 503 or a broken connection.

    Only requests whose repetition changes nothing are: reads, queries, and writes of anchors without ``ifSequence``.
    """

    attempts: int = 3
    """Requests after the first one; 0 for none."""
    first_wait: float = 0.25
    """Seconds before the second request at most; doubled for each one that follows."""
    longest_wait: float = 8.0

    def wait(self, attempt: int, retry_after: str | None = None) -> float:
        """Seconds to wait before the request after ``attempt`` (from 0) failed ones, with full jitter.

        ``retry_after`` is the header of the answer: no request is sent before that.

        >>> Retries(first_wait=0).wait(3)
        0.0
        """
        jitter = random.uniform(0, min(self.longest_wait, self.first_wait * 2**attempt))
        named = float(retry_after) if retry_after is not None and retry_after.isdigit() else 0.0
        return named + jitter
