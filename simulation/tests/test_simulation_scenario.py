import json
from pathlib import Path
from typing import Any

import pytest

from simulation.scenario import DayError, parse, read

LINE: dict[str, Any] = {
    "n": 1,
    "at": "2026-03-05T06:40:00+08:00",
    "reporter": "resident",
    "text": "堵车了",
    "category": "traffic",
    "community": "370104009008",
    "longitude": 116.9412,
    "latitude": 36.6688,
    "route": "volunteers",
    "skills": [],
}


def line(**changes: Any) -> str:
    return json.dumps({key: value for key, value in (LINE | changes).items() if value is not ...})


def test_the_default_day_is_valid():
    day = read(Path(__file__).parents[1] / "data" / "duandian_day.jsonl")
    assert len(day.entries) == 36
    assert (day.entries[0].n, day.entries[-1].n) == (1, 36)


def test_reports_are_ordered_by_time_then_number():
    day = parse([line(n=2), line(n=3, at="2026-03-05T06:39:00+08:00"), line(n=1)])
    assert [entry.n for entry in day.entries] == [3, 1, 2]


@pytest.mark.parametrize("missing", ["category", "community", "skills", "datum"])
def test_optional_fields_may_be_missing_or_null(missing: str):
    assert parse([line(**{missing: ...})]).entries[0].n == 1
    assert parse([line(**{missing: None})]).entries[0].n == 1


def test_blank_lines_windows_line_ends_and_unknown_fields_are_ignored():
    assert len(parse(["", line(extra="?") + "\r", "  "]).entries) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"n": ...}, "n"),
        ({"n": "1"}, "n"),
        ({"n": 0}, "n"),
        ({"n": True}, "n"),
        ({"at": "2026-03-05T06:40:00"}, "at"),
        ({"at": "soon"}, "at"),
        ({"at": ...}, "at"),
        ({"reporter": "mayor"}, "reporter"),
        ({"text": " "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": {"$ne": 1}}, "text"),
        ({"category": "party"}, "category"),
        ({"community": "3701040"}, "community"),
        ({"community": "370102001001"}, "community"),
        ({"longitude": float("nan")}, "longitude"),
        ({"longitude": 121.4}, "longitude"),
        ({"latitude": ...}, "latitude"),
        ({"route": "army"}, "route"),
        ({"route": ...}, "route"),
        ({"skills": ["flying"]}, "skills.0"),
        ({"datum": "bd09"}, "datum"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(changes: dict[str, Any], field: str):
    with pytest.raises(DayError) as caught:
        parse([line(n=7), "", line(**changes)])
    assert (caught.value.line, caught.value.field) == (3, field)
    assert str(caught.value).startswith(f"line 3: {field}: ")


@pytest.mark.parametrize("broken", ["{", "[]", "1", "null", "[" * 100_000])
def test_a_line_that_is_not_an_object_is_named(broken: str):
    with pytest.raises(DayError, match=r"^line 2: "):
        parse([line(), broken])


def test_a_number_used_twice_is_named_with_both_lines():
    with pytest.raises(DayError, match="line 2: n: 1 was used on line 1"):
        parse([line(), line()])


def test_a_day_may_not_span_weeks():
    with pytest.raises(DayError, match="line 2: at: "):
        parse([line(), line(n=2, at="2026-04-05T06:40:00+08:00")])


def test_empty_missing_and_binary_files_are_refused(tmp_path: Path):
    empty, binary = tmp_path / "empty.jsonl", tmp_path / "binary.jsonl"
    empty.write_text("\n\n")
    binary.write_bytes(line().encode() + b"\n\xff\xfe\n")
    with pytest.raises(DayError, match="no report"):
        read(empty)
    with pytest.raises(DayError, match=r"line 2: is not UTF-8"):
        read(binary)
    with pytest.raises(DayError, match="cannot be read"):
        read(tmp_path / "nowhere.jsonl")
