"""A report says something: a sign that shows, or a photo for a person to look at."""

import pytest

from chassis.domain import Refusal
from services.incidents.policy import POLICIES
from services.incidents.report.domain.wording import has_words, seen_first, words_of
from services.incidents.routing.domain import RoutingInput, classify
from services.incidents.tests.reports import START


@pytest.mark.parametrize("text", ["火", "110", "help", "🔥", "。。救命", "\u200b路灯坏了", "é"])
def test_what_shows_is_a_report(text: str) -> None:
    assert words_of(text, None) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "。。。!?",
        "\u200b\u200d\u2060\ufeff",  # zero width
        "\u202e\u2066",  # directions
        "\u3164\u115f\u2800",  # fillers that count as letters or symbols
        "\ue000\ufffd",  # private use, replacement
        "\u0301\ufe0f",  # signs that need another
        "\U000e0041\U000e0042",  # tags
    ],
)
def test_what_does_not_show_needs_a_photo(text: str) -> None:
    assert not has_words(text)
    with pytest.raises(Refusal, match="text_empty") as refusal:
        words_of(text, None)
    assert [*refusal.value.fields] == ["body.text"]
    assert words_of(text, "pho_1") == ""


@pytest.mark.parametrize(
    ("category", "triage"),
    [(None, "normal"), ("traffic", "normal"), ("violence", "urgent"), ("emergency", "urgent")],
)
def test_a_photo_without_words_is_seen_first(category: object, triage: str) -> None:
    given = RoutingInput("", category, "resident")  # type: ignore[arg-type]
    assert seen_first(classify(given, POLICIES.at(START), START)).triage == triage
