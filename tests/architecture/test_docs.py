"""The pages lead where they say, and leave out none of the vocabulary and decisions."""

import re
from pathlib import Path

import pytest

from contracts import vocabulary as words
from tests.architecture.tree import ROOT, files, name

PAGES = [path for path in files() if path.suffix == ".md"]
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    inside = [target for target in LINK.findall(page.read_text("utf-8")) if "://" not in target]
    assert [target for target in inside if not (page.parent / target).exists()] == []


def test_every_decision_is_in_the_list() -> None:
    decisions = ROOT / "docs" / "decisions"
    listed = set(LINK.findall((decisions / "README.md").read_text("utf-8")))
    assert listed == {path.name for path in decisions.glob("0*.md")}


@pytest.mark.parametrize("vocabulary", ["Category", "Route", "Skill", "Role"])
def test_the_glossary_has_every_word_of_the_vocabulary(vocabulary: str) -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    assert [
        word for word in words.values_of(getattr(words, vocabulary)) if f"`{word}`" not in glossary
    ] == []


def test_both_readmes_lead_to_the_same_pages() -> None:
    english, chinese = (
        {
            target
            for target in LINK.findall((ROOT / page).read_text("utf-8"))
            if not target.startswith("README")
        }
        for page in ("README.md", "README.zh-CN.md")
    )
    assert english == chinese
