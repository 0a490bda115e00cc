"""What is derived from the code is found out of date by one command, and written by one."""

from pathlib import Path

import pytest

from deploy import generate, tables


def test_a_file_that_lags_behind_or_is_missing_is_named(tmp_path: Path) -> None:
    fresh, lagging, missing = (tmp_path / name for name in ("fresh", "lagging", "missing"))
    fresh.write_text("as it should be", "utf-8")
    lagging.write_text("ReportSent", "utf-8")
    expected = {fresh: "as it should be", lagging: "ReportFiled", missing: ""}
    assert generate.stale(expected) == [lagging, missing]


def test_the_check_says_what_to_do_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    monkeypatch.setattr(generate, "derived", lambda: {page: "new"})
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "page.md is out of date. Right: make generate\n"
    assert not page.exists()
    assert generate.main([]) == 0
    assert page.read_text("utf-8") == "new"
    assert generate.main(["--check"]) == 0


def test_only_the_marked_part_of_a_page_is_written() -> None:
    page = "before\n<!-- generated: one -->\nold\n<!-- end -->\nafter\n"
    assert tables.filled(page, {"one": "new\n"}) == page.replace("old", "new")
    with pytest.raises(KeyError, match="one"):
        tables.filled(page, {})
