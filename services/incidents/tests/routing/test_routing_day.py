"""The demonstration's day is labelled with what a duty officer would choose: the rules choose the
same."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import simulation
from services.incidents.policy import POLICIES
from services.incidents.routing.domain import RoutingDecision, RoutingInput, classify

DAY: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(simulation.__file__).parent / "data" / "duandian_day.jsonl")
    .read_text("utf-8")
    .split("\n")
    if line
]


def _ruling(entry: dict[str, Any], with_category: bool) -> RoutingDecision:
    at = datetime.fromisoformat(entry["at"])
    return classify(
        RoutingInput(
            entry["text"], entry["category"] if with_category else None, entry["reporter"]
        ),
        POLICIES.at(at),
        at,
    )


@pytest.mark.parametrize("entry", DAY, ids=lambda e: str(e["n"]))
def test_a_labelled_report_is_routed_as_the_duty_officer_would(entry: dict[str, Any]) -> None:
    decision = _ruling(entry, with_category=True)
    assert decision.route == entry["route"]
    assert decision.category == entry["category"]
    assert set(decision.skills) == set(entry["skills"])


def test_the_words_alone_say_as_much_as_the_category_that_was_picked() -> None:
    same = [entry for entry in DAY if _ruling(entry, with_category=False).route == entry["route"]]
    assert len(DAY) == 36
    assert len(same) == 36


def test_six_volunteers_are_asked_for_where_the_text_asks_for_six() -> None:
    [asked] = [entry for entry in DAY if entry["category"] == "checkpoint"]
    assert _ruling(asked, with_category=True).people_needed == 6
