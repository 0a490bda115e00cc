"""Jinan's divisions by their official codes (`data/jinan_divisions.csv`): city, districts, streets
and communities. Their names are place names: Chinese only."""

import csv
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from typing_extensions import TypeAliasType

_FILE = Path(__file__).parent / "data" / "jinan_divisions.csv"
_HIGH_TECH_ZONE = "370176"
"""Counted like a district by the statistics office; the city's twelve districts are without it."""
DivisionKind = TypeAliasType(
    "DivisionKind", Literal["city", "district", "zone", "street", "community"]
)


class Division(NamedTuple):
    """`parent` is empty for the city."""

    code: str
    name: str
    parent: str
    kind: DivisionKind


@cache
def names() -> dict[str, str]:
    """Code (4, 6, 9 or 12 digits) -> name: the city, its districts, streets and communities."""
    found = {"3701": "济南市"}
    with _FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for level in ("district", "street", "community"):
                found[row[f"{level}_code"]] = row[level]
    return found


@cache
def _streets() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code in sorted(names()):
        if len(code) == 9:
            found.setdefault(parent_of(code), []).append(code)
    return found


def streets_in(district: str) -> list[str]:
    """The 9-digit codes of a district's or zone's streets, in order."""
    return _streets().get(district, [])


def divisions() -> list[Division]:
    """All of them, by code."""
    return [
        Division(code, name, parent_of(code), kind_of(code))
        for code, name in sorted(names().items())
    ]


def parent_of(code: str) -> str:
    """The division directly around it; empty for the city."""
    return {4: "", 6: code[:4], 9: code[:6], 12: code[:9]}[len(code)]


def kind_of(code: str) -> DivisionKind:
    if code == _HIGH_TECH_ZONE:
        return "zone"
    kinds: dict[int, DivisionKind] = {4: "city", 6: "district", 9: "street", 12: "community"}
    return kinds[len(code)]


def name_of(code: str) -> str:
    """The name of the area, or of the smallest enclosing area that has one."""
    while code and code not in names():
        code = code[:-1]
    return names().get(code, "济南市")


@cache
def communities() -> frozenset[str]:
    """The 12-digit codes of Jinan's communities. Loaded once per process."""
    return frozenset(code for code in names() if len(code) == 12)
