"""How answers look in a notebook: thumbnails, and bars for what speaks for a class (right) and against it (left)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from .types import ClassifyResult, SearchAnswerHits

MOST_PICTURES = 48
SECONDS_A_PICTURE = 2.0
KINDS = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"RIFF": "webp", b"<svg": "svg+xml"}


class Thumbnails:
    """Thumbnails of a collection's anchors, fetched when an answer is shown and kept with it."""

    def __init__(self, address: str, headers: Mapping[str, str]) -> None:
        self._address = address
        self._headers = dict(headers)
        self._kept: dict[str, bytes | None] = {}

    def fetch(self, ids: Iterable[str]) -> None:
        """Fetches what is not there yet, at most 48 pictures; an answer shows itself without those that fail."""
        wanted = [id for id in dict.fromkeys(ids) if id not in self._kept][:MOST_PICTURES]
        if not wanted:
            return
        with httpx.Client(headers=self._headers, timeout=SECONDS_A_PICTURE) as client:
            for id in wanted:
                self._kept[id] = self._one(client, id)

    def _one(self, client: httpx.Client, id: str) -> bytes | None:
        from ._sync._transport import segment

        try:
            response = client.get(f"{self._address}/anchors/{segment(id)}/image")
        except (httpx.HTTPError, ValueError):
            return None
        return response.content if response.is_success else None

    def html(self, id: str, height: int = 48) -> str:
        """The picture of an anchor, or nothing where it has none."""
        data = self._kept.get(id)
        kind = next((kind for start, kind in KINDS.items() if data and data.startswith(start)), None)
        if data is None or kind is None:
            return ""
        source = f"data:image/{kind};base64,{b64encode(data).decode('ascii')}"
        return f'<img src="{source}" alt="{escape(id, quote=True)}" style="height:{height}px">'


def bar(value: float, largest: float) -> str:
    """A bar of a signed value: to the right of the middle if it is positive, else to the left."""
    share = 0 if largest == 0 else min(abs(value) / largest, 1) * 50
    side, colour = ("left", "#2a78b5") if value >= 0 else ("right", "#c4552d")
    return (
        '<div style="position:relative;width:160px;height:12px;background:#8882">'
        f'<div style="position:absolute;{side}:50%;width:{share:.1f}%;height:12px;background:{colour}"></div></div>'
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f"<th style='text-align:left'>{escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def hits_html(hits: Sequence[SearchAnswerHits], pictures: Thumbnails) -> str:
    """The hits of a search."""
    pictures.fetch(hit["id"] for hit in hits)
    rows = (
        (pictures.html(hit["id"]), escape(hit["id"]), escape(hit["text"] or ""), f"{hit['score']:.4f}") for hit in hits
    )
    return table(("", "id", "text", "score"), rows)


def result_html(result: ClassifyResult, pictures: Thumbnails) -> str:
    """The classes of one image, and the anchors that decided for the first."""
    classes = result["classes"]
    largest = max((abs(each["score"]) for each in classes), default=0.0)
    ranked: list[Sequence[str]] = [
        (escape(each["name"]), bar(each["score"], largest), f"{each['score']:.4f}", _probability(each))
        for each in classes
    ]
    parts = [table(("class", "", "score", "probability"), ranked)]
    explanation = result.get("explanation", [])
    if explanation and classes:
        pictures.fetch(each["anchor"] for each in explanation)
        largest = max(abs(each["contribution"]) for each in explanation)
        rows = (
            (
                pictures.html(each["anchor"]),
                escape(each["text"] or each["anchor"]),
                bar(each["contribution"], largest),
                f"{each['contribution']:+.4f}",
            )
            for each in explanation
        )
        parts.append(f"<p>Anchors that speak for <b>{escape(classes[0]['name'])}</b>, and against it:</p>")
        parts.append(table(("", "anchor", "", "contribution"), rows))
    return "".join(parts)


def _probability(each: Mapping[str, Any]) -> str:
    value = each.get("probability")
    return "" if value is None else f"{value:.1%}"
