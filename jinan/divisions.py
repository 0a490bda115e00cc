"""Names of Jinan's administrative divisions by code (`data/jinan_divisions.csv`). Place names:
Chinese only."""

import csv
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "jinan_divisions.csv"


@cache
def names() -> dict[str, str]:
    """Code (4, 6, 9 or 12 digits) -> name: the city, its districts, streets and communities."""
    found = {"3701": "济南市"}
    with _FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            for level in ("district", "street", "community"):
                found[row[f"{level}_code"]] = row[level]
    return found


def name_of(code: str) -> str:
    """The name of the area, or of the smallest enclosing area that has one."""
    while code and code not in names():
        code = code[:-1]
    return names().get(code, "济南市")


@cache
def communities() -> frozenset[str]:
    """The 12-digit codes of Jinan's communities. Loaded once per process."""
    return frozenset(code for code in names() if len(code) == 12)
