"""Jinan's communities by their official 12-digit codes
(`contracts/reference/jinan_divisions.csv`)."""

import csv
from functools import cache
from pathlib import Path

import contracts

_FILE = Path(contracts.__file__).parent / "reference" / "jinan_divisions.csv"


@cache
def communities() -> frozenset[str]:
    """Read once in a process."""
    with _FILE.open(encoding="utf-8", newline="") as rows:
        return frozenset(row["community_code"] for row in csv.DictReader(rows))
