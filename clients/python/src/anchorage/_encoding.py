"""Replaces what a request holds of pictures and texts by the vectors of the client's own encoders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from ._encoders import Encoder, ImageEncoder, Side, TextEncoder, encoder_of


class Encoders:
    """The client's encoders of one collection, each of which may be absent: then the service encodes."""

    def __init__(self, image_encoder: ImageEncoder | None, text_encoder: TextEncoder | None, name: str | None) -> None:
        self._functions = {"image": image_encoder, "text": text_encoder}
        self._name = name
        self._made: dict[Side, Encoder | None] = {}

    @property
    def given(self) -> bool:
        """Whether anything is encoded here."""
        return any(function is not None for function in self._functions.values())

    def of(self, side: Side) -> Encoder | None:
        """The encoder of a side; its fingerprint is taken when it is first asked for."""
        if side not in self._made:
            function = self._functions[side]
            self._made[side] = None if function is None else encoder_of(side, function, self._name)
        return self._made[side]

    def spec(self) -> dict[str, Any]:
        """The encoders for a new collection; those of the service are absent."""
        made = {f"{side}Encoder": self.of(side) for side in _SIDES}
        return {key: encoder.spec() for key, encoder in made.items() if encoder is not None}

    def check(self, collection: Mapping[str, Any]) -> None:
        """Raises OtherEncoderError if the collection has other encoders."""
        for side in _SIDES:
            encoder = self.of(side)
            if encoder is not None:
                encoder.check(collection["name"], collection[f"{side}Encoder"])

    def anchors(self, anchors: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Anchors with a vector for each picture and text that has none yet."""
        whole = [dict(anchor) for anchor in anchors]
        for side in _SIDES:
            encoder, key = self.of(side), f"{side}Vector"
            missing = [anchor for anchor in whole if anchor.get(key) is None and anchor.get(side) is not None]
            if encoder is not None and missing:
                for anchor, vector in zip(missing, encoder.vectors([each[side] for each in missing]), strict=True):
                    anchor[key] = vector
        return whole

    def request(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """A query with vectors in place of pictures and texts."""
        whole = dict(fields)
        for key, side in (("images", "image"), ("texts", "text"), ("inputs", whole.get("modality"))):
            if side is not None and isinstance(whole.get(key), (list, tuple)):
                whole[key] = self._inputs(cast("Sequence[Any]", whole[key]), cast("Side", side))
        if "query" in whole:
            whole["query"] = self._inputs([whole["query"]], _side_of(whole["query"]))[0]
        if "classes" in whole and self.of("text") is not None:
            templates = cast("Sequence[str]", whole.pop("templates", None) or ["{}"])
            whole["classes"] = [self._class(each, templates) for each in whole["classes"]]
        return whole

    def _class(self, each: str | Mapping[str, Any], templates: Sequence[str]) -> dict[str, Any]:
        whole: dict[str, Any] = {"name": each} if isinstance(each, str) else dict(each)
        prompts = whole.get("prompts") or [template.replace("{}", whole["name"]) for template in templates]
        return {**whole, "prompts": self._inputs(prompts, "text")}

    def _inputs(self, inputs: Sequence[Any], side: Side) -> list[Any]:
        encoder = self.of(side)
        if encoder is None:
            return list(inputs)
        found = [_content(each, side) for each in inputs]
        wanted = [content for content in found if content is not None]
        vectors = iter(encoder.vectors(wanted)) if wanted else iter(())
        return [
            given if content is None else {"vector": next(vectors), "modality": side}
            for given, content in zip(inputs, found, strict=True)
        ]


_SIDES: tuple[Side, Side] = ("image", "text")


def _side_of(query: Any) -> Side:
    return "text" if isinstance(query, str) or (isinstance(query, Mapping) and "text" in query) else "image"


def _content(given: Any, side: Side) -> Any:
    """What of an input has to be encoded; None where nothing has."""
    if isinstance(given, np.ndarray):
        return None
    if not isinstance(given, Mapping):
        return given
    return cast("Mapping[str, Any]", given).get(side)
