"""The client against the real service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

import anchorage
from anchorage import Anchorage, AsyncAnchorage, Collection, encode_vector


def test_a_vector_comes_back_bit_for_bit(birds: Collection) -> None:
    vector = np.array([0.1, -2, 1e-30, 3], dtype=np.float32)
    birds.put([{"id": "a", "imageVector": vector, "textVector": encode_vector(vector)}])
    anchor = birds.get_anchor("a", vectors=True)
    assert np.array_equal(anchor["imageVector"], vector)
    assert anchor["textVector"].dtype == np.float32
    assert "imageVector" not in birds.get_anchor("a")


def test_a_picture_goes_in_and_comes_out(birds: Collection) -> None:
    assert birds.get_picture("owl").size == (40, 30)
    assert birds.get_anchor_image("owl", size="original").startswith(b"\x89PNG")


def test_metadata_is_sent_as_it_is(birds: Collection) -> None:
    assert birds.get_anchor("owl")["metadata"] == {"owner": "ann", "query": "kept as it is"}
    assert [anchor["id"] for anchor in birds.list_anchors(filter={"query": "kept as it is"})] == ["owl"]


def test_a_search_takes_an_array_and_an_anchor(birds: Collection) -> None:
    found = birds.search(query=np.array([1, 0, 0, 0]), modality="image", target="image")
    assert found.ids == ["owl", "hen"]
    assert found.scores[0] > found.scores[1]
    assert birds.search(query=anchorage.anchor("hen"), modality="image", target="image", limit=1).ids == ["hen"]


def test_several_queries_are_answered_as_each_alone(birds: Collection) -> None:
    queries = [{"vector": np.array([1, 0, 0, 0])}, {"anchor": "hen"}]
    found = birds.search_many(queries=queries, modality="image", target="image")
    alone = [birds.search(query=query, modality="image", target="image") for query in queries]
    assert [(each.ids, list(each.scores)) for each in found] == [(each.ids, list(each.scores)) for each in alone]


def test_a_classification_explains_itself(birds: Collection) -> None:
    prompts = {"owl": np.array([1, 0.5, 0, 0]), "hen": np.array([0, 1, 0.5, 0])}
    answer = birds.classify(
        images=[anchorage.anchor("owl")],
        classes=[{"name": name, "prompts": [vector]} for name, vector in prompts.items()],
        explain=2,
    )
    assert answer.names == ["owl"]
    assert answer.results[0].get("explanation", [])[0]["anchor"] == "owl"
    frame = answer.to_pandas()
    assert list(frame["name"]) == ["owl", "hen"]
    assert answer.to_arrow().num_rows == 2


def test_anchors_are_a_table(birds: Collection) -> None:
    frame = birds.to_pandas(vectors=True)
    assert list(frame.index) == ["hen", "owl"]
    assert frame.loc["owl", "imageVector"].shape == (4,)
    table = birds.to_arrow(vectors=True)
    assert table.schema.field("imageVector").type.list_size == 4
    assert table.column("id").to_pylist() == ["hen", "owl"]


def test_a_stream_is_stored_in_batches_as_it_is_read(birds: Collection) -> None:
    taken = 0

    def anchors():
        nonlocal taken
        for i in range(25):
            taken = i + 1
            yield {"id": f"s{i:02}", "imageVector": [1, i, 0, 0], "textVector": [1, 0, i, 0]}

    stream = birds.put_stream(anchors(), batch_size=10)
    assert taken == 0
    first = next(stream)
    assert taken == 10
    assert first["lines"] == [1, 10]
    assert [written["lines"] for written in stream] == [[11, 20], [21, 25]]
    assert birds.get()["anchorCount"] == 27


def test_a_wrong_anchor_of_a_stream_is_named_by_its_batch_and_path(birds: Collection) -> None:
    anchors = [{"id": f"s{i}", "imageVector": [1, 2, 3, 4], "textVector": [1, 1, 1, 1]} for i in range(10)]
    anchors[7]["imageVector"] = [1, 2]
    with pytest.raises(anchorage.InvalidInputError) as caught:
        birds.put_all(anchors, batch_size=5)
    assert caught.value.first == 5
    assert caught.value.faults[0]["path"] == "anchors.2.imageVector"
    assert birds.existing_anchors(["s4", "s5"]) == ["s4"]


def test_errors_have_classes(client: Anchorage, birds: Collection) -> None:
    with pytest.raises(anchorage.NotFoundError) as caught:
        birds.get_anchor("nobody")
    assert (caught.value.status, caught.value.code) == (404, "not-found")
    with pytest.raises(anchorage.ConflictError):
        client.create_collection(name=birds.name)
    with pytest.raises(anchorage.InvalidInputError):
        birds.search(query=np.array([1]), modality="image", target="image")
    with pytest.raises(ValueError, match="no URL"):
        birds.get_anchor("..")


def test_a_counterfactual_takes_anchors_that_are_not_there(birds: Collection) -> None:
    cock = {
        "id": "cock",
        "imageVector": [0, 1, 0, 1],
        "textVector": [0, 1, 1, 0],
        "metadata": {"images": ["x"]},
    }
    answer = birds.counterfactual(
        images=[np.array([0, 1, 0, 1])],
        classes=[{"name": "hen", "prompts": [np.array([0, 1, 0.5, 0])]}],
        without={"ids": ["owl"]},
        with_=[cock],
    )
    assert len(answer["results"]) == 1


def test_a_job_is_waited_for(birds: Collection, client: Anchorage) -> None:
    seen: list[str] = []
    job = client.wait_for_job(birds.check(), on_progress=lambda job: seen.append(job["state"]), timeout=60)
    assert job["state"] == "done"
    assert seen[-1] == "done"
    assert birds.get_check()["anchorCount"] == 2
    with pytest.raises(anchorage.JobError, match="check of birds ended as failed: a reason"):
        client.wait_for_job({**job, "subject": "birds", "state": "failed", "error": "a reason"})


def test_receipts_are_listed_page_by_page(birds: Collection) -> None:
    receipt = birds.delete_anchor("hen")["receipt"]
    birds.delete_anchors(filter={"owner": "ann"})
    assert len(list(birds.list_receipts(page_size=1))) == 2
    assert birds.get_receipt(receipt["id"] or "")["count"] == 1


def test_the_map_is_arrays(birds: Collection, client: Anchorage) -> None:
    client.wait_for_job(birds.compute_projection(methods=["pca"]), timeout=60)
    projection = birds.get_projection()
    assert projection.ids == ["hen", "owl"]
    assert projection.places.shape == (2, 2)
    owners = birds.get_projection_values(key="owner")
    assert owners.codes is not None
    assert [owners.values[code] for code in owners.codes] == ["bob", "ann"]


def test_arrays_of_features_are_scored_in_either_precision(client: Anchorage) -> None:
    features = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    labels = np.arange(12) % 3
    scores = [
        client.transferability(features=each, labels=labels, methods=["logme"])["scores"]["logme"]["score"]
        for each in (features, features.astype(np.float64))
    ]
    assert scores[0] == scores[1]


def test_the_asynchronous_client_does_the_same(client: Anchorage, new_name: Callable[[], str]) -> None:
    async def use() -> list[str]:
        async with AsyncAnchorage(client.url) as other:
            external = {"external": {"dimension": 2}}
            birds = other.collection(new_name())
            await other.create_collection(name=birds.name, imageEncoder=external, textEncoder=external)

            async def anchors():
                for i in range(3):
                    await asyncio.sleep(0)
                    yield {"id": f"a{i}", "imageVector": [1, i], "textVector": [i, 1]}

            lines = [written["lines"] async for written in birds.put_stream(anchors(), batch_size=2)]
            assert lines == [[1, 2], [3, 3]]
            assert await birds.put_all([{"id": "a9", "imageVector": [1, 9], "textVector": [9, 1]}]) == 1
            assert (await birds.to_arrow()).num_rows == 4
            return [anchor["id"] async for anchor in birds.list_anchors(page_size=2)]

    assert asyncio.run(use()) == ["a0", "a1", "a2", "a9"]


def test_images_and_texts_are_encoded_by_the_service(client: Anchorage, new_name: Callable[[], str]) -> None:
    squares = client.collection(new_name())
    squares.create()
    pictures = {name: Image.new("RGB", (32, 32), name) for name in ("red", "blue")}
    squares.put([{"id": name, "text": f"a {name} square", "image": each} for name, each in pictures.items()])
    assert squares.classify(images=[pictures["red"]], classes=["a red square", "a blue square"]).names == [
        "a red square"
    ]
    found = squares.search(query="a blue square", target="image", limit=1)
    assert found.ids == ["blue"]
    html = found._repr_html_()
    assert 'src="data:image/' in html
