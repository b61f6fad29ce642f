"""The Python of docs/python.md as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import anchorage

PAGE = Path(__file__).resolve().parents[3] / "docs" / "python.md"


def test_the_examples_run_one_after_another(
    client: anchorage.Anchorage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(anchorage.Anchorage, "local", lambda: anchorage.Anchorage(client.url))
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    try:
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), names)
    finally:
        for name in ("squares", "vectors", "photos"):
            client.collection(name).delete()
    printed = capsys.readouterr().out
    for expected in (
        "['a red square']",
        "['blue']",
        "[2001, 2500] 3",
        "['the sea']",
        "anchors.0.imageVector",
    ):
        assert expected in printed
