"""Whose figures somebody may see, and the median of counted minutes."""

import pytest

from contracts.vocabulary import Role
from services.incidents.figures.domain import may_see, median
from services.incidents.tests.reports import COMMUNITY, person


@pytest.mark.parametrize(
    ("role", "grant", "area", "seen"),
    [
        ("resident", "3701", COMMUNITY, True),
        ("resident", "3701", "370104009", False),
        ("resident", COMMUNITY, "370104009009", False),
        ("volunteer", COMMUNITY, COMMUNITY, True),
        ("officer", "370104009", "370104009", True),
        ("officer", "370104009", "370104", False),
        ("committee", COMMUNITY, COMMUNITY, True),
        ("city_desk", "3701", "3701", True),
        ("city_desk", "370104", "370102", False),
        ("operator", "3701", "3701", False),
    ],
)
def test_who_may_see_figures(role: Role, grant: str, area: str, seen: bool) -> None:
    assert may_see(person(role, grant), area) is seen


@pytest.mark.parametrize(
    ("minutes", "middle"),
    [({}, None), ({3: 1}, 3), ({1: 1, 4: 1}, 2.5), ({1: 5, 9: 2}, 1), ({1: 2, 9: 2}, 5)],
)
def test_median(minutes: dict[int, int], middle: float | None) -> None:
    assert median(minutes) == middle
