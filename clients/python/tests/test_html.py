"""How answers look in a notebook."""

from __future__ import annotations

import numpy as np

import anchorage
from anchorage import Collection
from anchorage._html import bar


def test_bars_go_to_the_side_of_their_sign() -> None:
    assert "left:50%;width:25.0%" in bar(0.5, 1)
    assert "right:50%;width:50.0%" in bar(-2, 2)
    assert "width:0.0%" in bar(0, 0)


def test_an_explained_classification_shows_pictures_and_bars(birds: Collection) -> None:
    birds.put(
        [
            {"id": "<b>", "text": "<i>bold</i>", "imageVector": [1, 0, 0, 1], "textVector": [-1, 0, 0, 0.1]},
            {
                "id": "against",
                "text": "no owl",
                "imageVector": [1, 0.1, 0, 0.5],
                "textVector": [-1, -0.4, 0, 0],
            },
        ]
    )
    birds.update(asif={"negatives": "keep"})
    prompt = {"name": "owl", "prompts": [np.array([1, 0.5, 0, 0])]}
    answer = birds.classify(images=[anchorage.anchor("owl")], classes=[prompt], explain=4)
    html = answer._repr_html_()
    assert "data:image/" in html
    assert "&lt;i&gt;bold&lt;/i&gt;" in html
    assert "<i>" not in html
    assert "left:50%" in html
    assert "right:50%" in html


def test_a_search_shows_pictures(birds: Collection) -> None:
    html = birds.search(query=np.array([1, 0, 0, 0]), modality="image", target="image")._repr_html_()
    assert html.count("<img") == 1
    assert "an owl" in html
