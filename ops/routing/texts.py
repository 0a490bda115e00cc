"""The labelled texts: reading them, and what the model sees of them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.vocabulary import Category, Role, Route
from services.incidents.routing.domain.reading import pieces_read

FOLDER = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Labelled:
    """A text and what a sensible duty officer chooses (`labels.md`)."""

    text: str
    role: Role
    given: Category | None
    before: str | None
    category: Category
    route: Route
    danger: str
    unclear: bool
    writer: str

    @property
    def kind(self) -> str:
        return f"{self.category}|{self.route}"

    def pieces(self) -> set[str]:
        return pieces_read(self.text, self.before, self.given, self.role)


def read(file: Path, writer: str | None = None) -> list[Labelled]:
    """Raises KeyError for a line that lacks a label."""
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    return [_labelled(line, writer or file.stem) for line in lines]


def _labelled(line: dict[str, Any], writer: str) -> Labelled:
    names = ("text", "role", "given", "before", "category", "route", "danger", "unclear")
    return Labelled(**{name: line[name] for name in names}, writer=writer)


def all_texts() -> list[Labelled]:
    return [text for file in sorted(FOLDER.glob("*.jsonl")) for text in read(file)]
