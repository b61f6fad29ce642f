"""The example as it stands."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from anchorage import Anchorage

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "python"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_it_runs(
    path: Path, client: Anchorage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANCHORAGE_URL", client.url)
    runpy.run_path(str(path))
    printed = capsys.readouterr().out
    assert "before: a red circle" in printed
    assert "4 pairs are erased" in printed
