"""The check as people run it: on the real contracts, and on ones that went wrong."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from contracts import topics
from contracts.envelope import Event
from contracts.tools import check


def test_the_contracts_as_they_are_pass() -> None:
    assert check.findings() == []


def _released_with(tmp_path: Path, event: str, field: str, schema: dict[str, Any]) -> Path:
    """The released contracts, as if `event` had had this field too."""
    kept = json.loads(check.RELEASED.read_text("utf-8"))
    kept[event]["schema"]["properties"][field] = schema
    path = tmp_path / "released.json"
    path.write_text(json.dumps(kept), "utf-8")
    return path


def test_a_field_that_was_taken_away_is_refused(tmp_path: Path) -> None:
    release = _released_with(tmp_path, "ReportFiled", "floor", {"type": "integer"})
    (line,) = check.findings(release=release)
    assert line.startswith("ReportFiled.floor: the field was removed.")


def test_a_break_cannot_be_released(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release = _released_with(tmp_path, "ReportRouted", "round", {"type": "string"})
    before = release.read_text("utf-8")
    assert check.main(["--release"], release=release) == 1
    assert "ReportRouted.round: the type changed from string to integer" in capsys.readouterr().out
    assert release.read_text("utf-8") == before


def test_an_addition_is_released(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release = tmp_path / "released.json"
    kept = check.current()
    del kept["ReportFiled"]
    release.write_text(json.dumps(kept), "utf-8")
    assert check.main(["--release"], release=release) == 0
    assert json.loads(release.read_text("utf-8")) == check.current()
    assert "all well" in capsys.readouterr().out


class Lost(Event):
    topic: ClassVar[str] = topics.NOTIFY
    key: ClassVar[str] = "thing"
    ordering_key: ClassVar[str] = "person"
    example: ClassVar = {"what": 3, "when": "now"}
    what: str


def test_an_event_that_is_badly_described_is_refused() -> None:
    assert list(check.badly_described([Lost])) == [
        "Lost: has no docstring. Right: one line that says what happened, in the past tense.",
        "Lost: key 'person' is not one of its fields. Right: one of what.",
        "Lost: key 'thing' is not one of its fields. Right: one of what.",
        "Lost.what: its example does not fit: Input should be a valid string. "
        "Right: correct the example.",
        "Lost.when: is in the example but not a field. Right: remove it, or add the field.",
    ]
