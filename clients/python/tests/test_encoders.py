"""Encoders of one's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from conftest import colour_vectors, letter_vectors
from PIL import Image

from anchorage import Anchorage, OtherEncoderError

FILES = {"red": Image.new("RGB", (32, 32), "red"), "blue": Image.new("RGB", (32, 32), "blue")}
NAME = "test/colours"


def test_a_collection_keeps_the_name_and_fingerprint_of_its_encoders(
    client: Anchorage, new_name: Callable[[], str]
) -> None:
    name = new_name()
    photos = client.collection(name, image_encoder=colour_vectors, text_encoder=letter_vectors, name=NAME)
    photos.put([{"id": key, "text": f"a {key} square", "image": each} for key, each in FILES.items()])
    external = photos.get()["imageEncoder"]["external"]
    assert (external["dimension"], external["name"]) == (6, NAME)
    answer = photos.classify(images=[FILES["red"]], classes=["red", "blue"], templates=["a {} square"])
    assert answer.names == ["red"]
    assert photos.search(query="a blue square", target="text", limit=1).ids == ["blue"]
    assert photos.search(query=FILES["blue"], target="image", limit=1).ids == ["blue"]
    assert photos.similarity(images=[FILES["red"]], texts=["red", "blue"]).scores.shape == (1, 2)
    again = client.collection(name, image_encoder=colour_vectors, text_encoder=letter_vectors)
    assert again.put_all([{"id": f"g{i}", "text": "a green square", "image": FILES["red"]} for i in range(40)]) == 40


def test_another_function_is_refused(client: Anchorage, new_name: Callable[[], str]) -> None:
    name = new_name()
    client.collection(name, image_encoder=colour_vectors, text_encoder=letter_vectors, name=NAME).create()
    anchor = {"id": "a", "text": "a red square", "image": FILES["red"]}

    def mirrored(pictures: list[Image.Image]) -> np.ndarray:
        return colour_vectors(pictures)[:, ::-1]

    other = client.collection(name, image_encoder=mirrored, text_encoder=letter_vectors)
    with pytest.raises(
        OtherEncoderError, match=r'made by "test/colours"; the given function makes other ones \(cosine'
    ):
        other.put([anchor])

    def shorter(texts: list[str]) -> np.ndarray:
        return letter_vectors(texts)[:, :3]

    with pytest.raises(OtherEncoderError, match="have 8 values; the given function gives 3"):
        client.collection(name, image_encoder=colour_vectors, text_encoder=shorter).search(query="red", target="text")


def test_small_differences_of_another_machine_are_accepted(client: Anchorage, new_name: Callable[[], str]) -> None:
    name = new_name()
    client.collection(name, image_encoder=colour_vectors, text_encoder=letter_vectors).create()

    def halves(pictures: list[Image.Image]) -> np.ndarray:
        return colour_vectors(pictures).astype(np.float16)

    client.collection(name, image_encoder=halves, text_encoder=letter_vectors).check_encoders()


def test_an_encoder_is_refused_where_the_service_encodes(client: Anchorage, new_name: Callable[[], str]) -> None:
    name = new_name()
    client.collection(name).create()
    with pytest.raises(OtherEncoderError, match="encodes its images itself"):
        client.collection(name, image_encoder=colour_vectors).check_encoders()


def test_an_encoder_of_the_wrong_shape_is_told(client: Anchorage) -> None:
    photos = client.collection("nowhere", text_encoder=lambda texts: np.zeros(3))
    with pytest.raises(ValueError, match=r"must give an array \[3, d\] of 3 texts, not \[3\]"):
        photos.create()
