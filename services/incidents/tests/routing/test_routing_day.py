"""The demonstration's day is labelled with what a duty officer would choose: routing decides the
same."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.incidents.policy import POLICIES
from services.incidents.routing.domain import RoutingDecision, RoutingInput, classify

_FILE = Path(__file__).parents[4] / "simulation" / "data" / "duandian_day.jsonl"
DAY: list[dict[str, Any]] = [json.loads(line) for line in _FILE.read_text("utf-8").splitlines()]


def _decision(entry: dict[str, Any], with_category: bool) -> RoutingDecision:
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
    decision = _decision(entry, with_category=True)
    assert (decision.route, decision.triage) == (entry["route"], None)
    assert decision.category == entry["category"]
    assert set(decision.skills) == set(entry["skills"])


def test_the_text_alone_gives_the_same_routes_as_the_picked_category() -> None:
    same = [entry for entry in DAY if _decision(entry, with_category=False).route == entry["route"]]
    assert len(DAY) == 36
    assert len(same) == 36


def test_six_volunteers_are_asked_for_where_the_text_asks_for_six() -> None:
    [asked] = [entry for entry in DAY if entry["category"] == "checkpoint"]
    assert _decision(asked, with_category=True).people_needed == 6
