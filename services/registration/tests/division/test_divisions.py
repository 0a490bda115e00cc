"""Jinan's divisions as the reference file has them."""

from collections import Counter

from jinan.areas import is_area
from jinan.divisions import divisions


def test_twelve_districts_their_streets_and_5758_communities() -> None:
    found = divisions()
    assert Counter(division.kind for division in found) == {
        "city": 1,
        "district": 12,
        "zone": 1,
        "street": 164,
        "community": 5758,
    }


def test_each_lies_in_another_and_has_a_name() -> None:
    codes = {division.code for division in divisions()}
    for division in divisions():
        assert is_area(division.code)
        assert division.name
        assert division.parent in codes or division.kind == "city"
