"""What is kept of a search tells nobody's position."""

from services.dispatch.callout.store import record
from services.dispatch.selection.domain.explanation import explain
from services.dispatch.selection.domain.kept import coarse
from services.dispatch.selection.domain.situation import Found, Person
from services.dispatch.tests.calls import NOW, POLICY, found, opened


def search() -> Found:
    """`a` was called, `near` only looked at."""
    made = found(opened(), "a")
    near = Person(
        volunteer="near", distance_m=637, seen_at=NOW, birth_year=1980, last_called_at=NOW
    )
    verdict = made.selection.verdicts[0].with_(volunteer="near", reason="others_first", score=11.4)
    return made.with_(
        situation=made.situation.with_(people=(*made.situation.people, near)),
        selection=made.selection.with_(verdicts=(*made.selection.verdicts, verdict)),
    )


def test_who_was_only_looked_at_is_kept_within_a_ring_and_with_the_reason():
    kept = explain([Found.model_validate_json(record(search())["searches"])])
    near, called = kept["near"], kept["a"]
    assert (near.distance_m, near.score, near.reason) == (1000, None, "others_first")
    assert (called.reason, called.score) == ("called", 2.0)


def test_no_exact_distance_and_no_time_of_a_position_is_stored():
    text = record(search())["searches"]
    assert "637" not in text
    assert "11.4" not in text
    assert '"seen_at":"' not in text


def test_what_is_coarse_stays_as_it_is():
    once = coarse(search(), POLICY)
    assert coarse(once, POLICY) == once
